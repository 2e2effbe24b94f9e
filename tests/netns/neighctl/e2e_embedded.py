# SPDX-License-Identifier: Apache-2.0
"""--stack embedded: an engine of its own on a TAP device and on a network device, with the kernel as the other host."""

import json
import os
import subprocess
import tempfile
import unittest

import harness
from harness import NEIGHCTL, Network, ip, ip_neigh, lladdr, run, run_json, run_lines, until

OURS = "02:00:00:00:00:42"
TAP = ["--stack", "embedded", "--port", "tap:tap0", "--mac", OURS, "--address", "198.51.100.2/24", "--address",
       "2001:db8:2::2/64"]
PACKET = ["--stack", "embedded", "--port", "packet:eth0", "--mac", OURS, "--address", "192.0.2.42/24", "--address",
          "2001:db8::42/64"]


class OnATap(Network):
    """The kernel is at the other end of tap0, with .1 and ::1."""

    KERNEL = "02:00:00:00:00:aa"

    def setUp(self):
        super().setUp()
        ip("tuntap", "add", "tap0", "mode", "tap")
        ip("link", "set", "tap0", "addrgenmode", "none", "address", self.KERNEL)
        ip("address", "add", "198.51.100.1/24", "dev", "tap0")
        ip("address", "add", "2001:db8:2::1/64", "dev", "tap0", "nodad")
        ip("link", "set", "tap0", "up")

    def test_resolve(self):
        for a in ("198.51.100.1", "2001:db8:2::1"):
            code, document = run_json("resolve", a, *TAP)
            self.assertEqual(code, 0, document)
            entry = document["neighbors"][0]
            self.assertEqual((entry["lladdr"], entry["state"], entry["interface"]), (self.KERNEL, "reachable", "tap0"))
        code, document = run_json("resolve", "198.51.100.99", "--timeout", "100ms", *TAP)
        self.assertEqual((code, document["error"]), (1, "timed_out"))
        code, document = run_json("resolve", "203.0.113.1", *TAP)
        self.assertEqual((code, document["error"]), (1, "unreachable"))

    def test_list_tells_what_was_heard(self):
        self.assertEqual(run_json("list", *TAP)[1]["neighbors"], [])
        listening = subprocess.Popen([NEIGHCTL, "list", "--json", "--listen", "5s", *TAP], stdout=subprocess.PIPE, text=True)
        # The kernel asks for the engine's address: the engine answers, and knows who asked.
        # Asked again and again: the first answer may be the engine's own announcement, for which nobody asked.
        def answered():
            found.append(OURS in run("resolve", "198.51.100.2", "dev", "tap0", "--again", "--timeout", "500ms").out)
            return listening.poll() is not None
        found = []
        until(answered, "the end of listening")
        self.assertIn(True, found)
        out, _ = listening.communicate(timeout=harness.PATIENCE)
        heard = {e["address"]: e["lladdr"] for e in json.loads(out)["neighbors"]}
        self.assertEqual(heard.get("198.51.100.1"), self.KERNEL, heard)

    def test_watch(self):
        watching = subprocess.Popen([NEIGHCTL, "watch", "--jsonl", "--count", "1", *TAP], stdout=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(watching.stdout.readline())["event"], "synced")
        until(lambda: OURS in run("resolve", "198.51.100.2", "dev", "tap0", "--again", "--timeout", "500ms").out
              or watching.poll() is not None, "the engine answering")
        lines = [json.loads(line) for line in watching.stdout]
        self.assertEqual(watching.wait(timeout=harness.PATIENCE), 0)
        watching.stdout.close()
        for line in lines:
            harness.validate(line, "lines", "watch")
        self.assertEqual((lines[0]["event"], lines[0]["neighbor"]["address"]), ("added", "198.51.100.1"))

    def test_announce_is_heard(self):
        for a in ("198.51.100.2", "2001:db8:2::2"):
            # Without an engine the TAP device has no carrier, and the kernel forgets what it has heard there.
            speaking = subprocess.Popen([NEIGHCTL, "announce", a, "--count", "100", "--interval", "100ms", "--jsonl", *TAP],
                                        stdout=subprocess.PIPE, text=True)
            until(lambda: "LOWER_UP" in ip("link", "show", "dev", "tap0"), "carrier on tap0")
            ip("neigh", "replace", a, "lladdr", lladdr(0x66), "dev", "tap0", "nud", "stale")
            until(lambda a=a: ip_neigh(a).get((a, "tap0"), ("",))[0] == OURS, f"the kernel hearing the announcement of {a}")
            speaking.terminate()
            speaking.communicate(timeout=harness.PATIENCE)
            code, document = run_json("announce", a, *TAP)
            self.assertEqual((code, document["announced"][0]["lladdr"]), (0, OURS), document)

    def test_verify_a_saved_table(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write(f"address,lladdr,interface\n198.51.100.1,{self.KERNEL},tap0\n2001:db8:2::1,{lladdr(0x77)},tap0\n"
                       f"192.0.2.2,{lladdr(1)},eth0\n")
            file.flush()
            code, document = run_json("verify", "--table", file.name, *TAP)
            self.assertEqual((code, document["right"], document["wrong"]), (1, 1, 1), document)
            code, document = run_json("list", "--table", file.name, *TAP)
            self.assertEqual([e["address"] for e in document["neighbors"]], ["198.51.100.1", "2001:db8:2::1"])
            file.write("192.0.2.x,02:00:00:00:00:01,tap0\n")
            file.flush()
            code, document = run_json("list", "--table", file.name, *TAP)
            self.assertEqual(code, 2)
            self.assertIn("line 5: '192.0.2.x' is not an IPv4 or IPv6 address", document["message"])


class OnADevice(Network):
    def test_resolve_verify_announce(self):
        for own, peer in (("192.0.2.42", "192.0.2.2"), ("2001:db8::42", "2001:db8::2")):
            code, document = run_json("resolve", peer, *PACKET)
            self.assertEqual((code, document["neighbors"][0]["lladdr"]), (0, self.THERE), document)
            ip("-n", "peer", "neigh", "replace", own, "lladdr", lladdr(0x66), "dev", "eth1", "nud", "stale")
            self.assertEqual(run_json("announce", own, *PACKET)[0], 0)
            until(lambda own=own: ip_neigh(own, netns="peer")[(own, "eth1")][0] == OURS, f"the peer hearing {own}")
        self.assertEqual({key[0] for key in ip_neigh()}, set(), "the kernel here asked nobody")
        # The kernel's own table, verified without the kernel.
        ip("neigh", "add", "192.0.2.2", "lladdr", lladdr(0x55), "dev", "eth0")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(run("list", "--json").out)
            file.flush()
            code, lines = run_lines("verify", "--table", file.name, *PACKET)
        self.assertEqual((code, lines[0]["verdict"], lines[0]["answers"][0]["lladdr"]), (1, "wrong", self.THERE))

    def test_mistakes(self):
        for words, code, text in (
                (["--stack", "embedded", "--port", "eth0"], 2, "'eth0' is not a port"),
                (["--stack", "embedded", "--port", "packet:eth0"], 2, "which link-layer address has the stack on eth0?"),
                (["--stack", "embedded", "--mac", OURS], 2, "'--mac' belongs to a port"),
                (["--port", "tap:tap0"], 2, "'--port' describes an embedded stack"),
                (["--stack", "embedded", "--port", "packet:eth9", "--mac", OURS], 1, "packet:eth9 cannot be opened"),
                (["--stack", "embedded", "--table", "/nonexistent"], 1, "'/nonexistent' cannot be read"),
                (PACKET[:4] + ["--mac", "01:00:00:00:00:01"], 2, "'--mac 01:00:00:00:00:01' is a group address"),
                (PACKET[:4] + ["--mac", "00:00:00:00:00:00"], 2, "is no address of a station"),
                (PACKET[:4] + ["--mac", "02:00"], 2, "'--mac 02:00' has 2 bytes, and 6 are wanted"),
                (PACKET[:4] + ["--mac", self.HERE], 2, f"'--mac {self.HERE}' is the one of eth0 itself"),
                (PACKET + ["--address", "192.0.2.42/25"], 2, "'--address 192.0.2.42/25' gives an address a second time"),
                (PACKET + ["--address", "224.0.0.1/4"], 2, "'--address 224.0.0.1/4' is not the address of one host"),
                (PACKET + ["--address", "0.0.0.0/24"], 2, "is not the address of one host"),
                (PACKET + ["--address", "198.51.100.0/24"], 2, "is the network's own address"),
                (PACKET + ["--address", "198.51.100.255/24"], 2, "is the broadcast address of its subnet")):
            ran = run("list", *words)
            self.assertEqual(ran.code, code, ran.err)
            self.assertIn(text, ran.err)
        for port, capability in (("tap:tap9", "CAP_NET_ADMIN"), ("packet:eth0", "CAP_NET_RAW")):
            ran = run("list", "--stack", "embedded", "--port", port, "--mac", OURS, unprivileged=True)
            self.assertEqual(ran.code, 3, ran.err)
            self.assertIn(f"needs {capability}", ran.err)


class WithoutAPort(Network):
    def test_a_lan_in_memory(self):
        code, document = run_json("resolve", "192.0.2.2", "2001:db8::2", "--stack", "embedded", unprivileged=True)
        self.assertEqual((code, [e["lladdr"] for e in document["neighbors"]]), (0, [self.THERE, self.THERE]))
        self.assertEqual(ip_neigh(), {})

    def test_tour_without_namespaces(self):
        code, document = run_json("tour")
        self.assertEqual((code, document["stack"], document["surprises"]), (0, "kernel", 0))
        # A user namespace in which no network namespace may be made.
        script = "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\""
        line = ["unshare", "-U", "-r", "sh", "-ec", script, "sh", NEIGHCTL, "tour"]
        human = subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(human.returncode, 0, human.stdout + human.stderr)
        self.assertIn("no private network here", human.stdout)
        self.assertIn("the tour runs on the embedded stack instead", human.stdout)
        self.assertIn("all as expected", human.stdout)
        machine = subprocess.run([*line, "--json"], capture_output=True, text=True, check=False)
        document = json.loads(machine.stdout)
        harness.validate(document, "documents", "tour")
        self.assertEqual((machine.returncode, document["stack"], document["surprises"]), (0, "embedded", 0))


if __name__ == "__main__":
    harness.enter_namespaces()
    unittest.main(verbosity=2)
