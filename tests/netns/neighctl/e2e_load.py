# SPDX-License-Identifier: Apache-2.0
"""Loading: what is saved comes back, what is foretold happens, and what cannot be understood is named."""

import json
import os
import subprocess
import tempfile
import unittest

import harness
from harness import Network, ip, ip_neigh, lladdr, run, run_json


class Load(Network):
    def test_proxy_entries_are_restored(self):
        for a in ("192.0.2.33", "2001:db8::33"):
            ip("neigh", "add", "proxy", a, "dev", "eth0")
        ip("neigh", "add", "proxy", "192.0.2.34", "dev", "eth0", "protocol", "bgp")
        proxies = {e["address"] for e in run_json("list", "--proxy")[1]["neighbors"]}
        self.assertEqual(proxies, {"192.0.2.33", "192.0.2.34", "2001:db8::33"})
        for how, save in (("ours", ["--json"]), ("ours", ["--jsonl"]), ("ours", []), ("ours", ["--brief"]),
                          ("ours", ["--wide"]), ("ip", ["-j"]), ("ip", [])):
            with self.subTest(how=how, save=save):
                saved = (run("list", "--proxy", *save).out if how == "ours" else
                         ip(*save, "-4", "neigh", "show", "proxy") if save == [] else None)
                if saved is None:  # one document for each family, as `ip` asks for one
                    saved = json.dumps([e for f in ("-4", "-6") for e in json.loads(ip("-j", f, "neigh", "show", "proxy"))])
                elif how == "ip":
                    saved += ip("-6", "neigh", "show", "proxy")
                for a in proxies:
                    ip("neigh", "del", "proxy", a, "dev", "eth0")
                self.assertEqual(run_json("list", "--proxy")[1]["neighbors"], [])
                _, foretold = run_json("load", "-", "--dry-run", stdin=saved)
                self.assertEqual({r["result"] for r in foretold["results"]}, {"added"}, saved)
                code, document = run_json("load", "-", stdin=saved)
                self.assertEqual((code, document["added"], document["skipped"]), (0, 3, 0), saved)
                self.assertEqual({e["address"] for e in run_json("list", "--proxy")[1]["neighbors"]}, proxies)
                self.assertEqual(run_json("load", "-", stdin=saved)[1]["unchanged"], 3)

    def test_an_owner_that_is_not_said_stays(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", lladdr(7), "dev", "eth0", "protocol", "bgp")
        line = f"192.0.2.7,{lladdr(7)},eth0\n"
        self.assertEqual(run_json("load", "-", "--dry-run", stdin=line)[1]["unchanged"], 1)
        self.assertEqual(run_json("load", "-", stdin=line)[1]["unchanged"], 1)
        self.assertEqual(run_json("get", "192.0.2.7")[1]["neighbors"][0]["protocol"], "bgp")

    def test_a_link_layer_address_takes_effect_or_is_refused(self):
        for number, state in enumerate(("failed", "incomplete", "none"), start=50):
            a = f"192.0.2.{number}"
            ip("neigh", "add", a, "dev", "eth0", "nud", state)
            ran = run("set", a, "lladdr", lladdr(number))
            self.assertEqual(ran.code, 0, ran.err)
            self.assertEqual(ip_neigh(a, "nud", "all")[(a, "eth0")][:2], (lladdr(number), "permanent"))
            self.assertEqual(run("set", a, "lladdr", lladdr(1), "nud", state).code, 2)
            for words in ([], ["--dry-run"]):
                self.assertEqual(run("load", "-", *words, stdin=f"{a},{lladdr(1)},eth0,{state}\n").code, 2)
            self.assertEqual(ip_neigh(a, "nud", "all")[(a, "eth0")][:2], (lladdr(number), "permanent"))

    def test_what_is_said_of_the_interface_must_agree(self):
        index = json.loads(ip("-j", "link", "show", "eth0"))[0]["ifindex"]
        entry = {"address": "fe80::7", "lladdr": lladdr(7), "interface": "eth0", "ifindex": index}
        for wrong in ({"ifindex": 1}, {"ifindex": index + 1000}, {"address": "fe80::7%lo"},
                      {"interface": None, "address": "fe80::7%lo"}):
            code, document = run_json("load", "-", stdin="[\n" + json.dumps({**entry, **wrong}) + "\n]")
            self.assertEqual((code, document["results"][0]["line"], document["results"][0]["column"]), (2, 2, 1), wrong)
        self.assertEqual(ip_neigh("nud", "all", "dev", "eth0"), {})
        moved = json.dumps([{**entry, "ifindex": 1}])
        self.assertEqual(run("load", "-", "--by-name", stdin=moved).code, 0)
        self.assertIn(("fe80::7", "eth0"), ip_neigh())

    def test_json_mistakes_have_a_place(self):
        good = '{"dst":"192.0.2.7","dev":"eth0","lladdr":"02:00:00:00:00:07"}'
        bad = '{"dst":"192.0.2.8","dev":"eth0","lladdr":"02:00:00:00:00:zz"}'
        code, document = run_json("load", "-", stdin=f"[{good},{bad}]")
        result = document["results"][1]
        self.assertEqual((code, result["line"], result["column"], result["member"]),
                         (4, 1, len(good) + 3 + bad.index('"lladdr"'), "lladdr"))
        ran = run("load", "-", "--format", "jsonl", stdin=f"{good}\n{bad}\n{good}\n")
        self.assertIn("line 2, column %d, 'lladdr': " % (bad.index('"lladdr"') + 1), ran.err)
        broken = subprocess.run([harness.NEIGHCTL, "load", "-"], capture_output=True, check=False,
                                input=f"{good}\n".encode() + b'{"dst":"192.0.2.\xff"}\n' + f"{good}\n".encode())
        self.assertEqual(broken.returncode, 4)
        self.assertIn("line 2, column 17: this is no JSON", broken.stderr.decode())
        self.assertNotIn("was not read", broken.stderr.decode())

    STATES = ("", "none", "incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent",
              "unreachable")
    LLADDRS = ("", "02:00", lladdr(1), lladdr(1) + ":02", ":".join(["0a"] * 32))

    def matrix(self, flags):
        """CSV lines of every state x link-layer address x there or not, and the batch that makes those that are."""
        lines, there, number = [], [], 0
        for prefix in ("198.51.", "2001:db8:9::"):
            for state in self.STATES:
                for link in self.LLADDRS:
                    for exists in (False, True):
                        number += 1
                        a = f"{prefix}{number >> 8}.{number & 255}" if prefix.endswith(".") else f"{prefix}{number:x}"
                        lines.append((a, f"{a},{link},eth0,{state},{flags}", link, state))
                        if exists:
                            there.append(f"neigh add {a} lladdr {lladdr(0x77)} dev eth0 nud stale protocol bgp\n")
        return lines, "".join(there)

    def test_what_is_foretold_happens(self):
        for operation in ([], ["--create"], ["--set"], ["--delete"]):
            for flags in ("", "router", "managed", "extern_learn", "extern_valid"):
                lines, there = self.matrix(flags)
                text = "".join(line + "\n" for _, line, _, _ in lines)
                with self.subTest(operation=operation, flags=flags):
                    ip("neigh", "flush", "nud", "all", "dev", "eth0")
                    run("flush", "--all")
                    subprocess.run(["ip", "-batch", "-"], input=there, text=True, check=True)
                    before = ip_neigh("nud", "all")
                    dry_code, dry = run_json("load", "-", "--dry-run", *operation, stdin=text)
                    self.assertEqual(ip_neigh("nud", "all"), before)
                    code, real = run_json("load", "-", *operation, stdin=text)
                    self.assertEqual(dry_code, code)
                    self.assertEqual(len(real["results"]), len(lines))
                    for foretold, done, (_, line, _, _) in zip(dry["results"], real["results"], lines):
                        self.assertEqual(foretold, done, line)
                    after = ip_neigh("nud", "all")
                    for done, (a, line, link, state) in zip(real["results"], lines):
                        key = (a, "eth0")
                        if done["result"] in ("failed", "skipped", "unchanged"):
                            self.assertEqual(after.get(key), before.get(key), line)
                        elif done["result"] == "removed":
                            self.assertNotIn(key, after, line)
                        elif link and flags != "managed":  # the kernel resolves those by itself
                            self.assertEqual(after[key][0], link, line)
                        else:
                            self.assertIn(key, after, line)
                    if not operation:
                        # The kernel's verdict in words of our own: what can be, is.
                        usable = ("", "reachable", "stale", "delay", "probe", "noarp", "permanent")
                        if flags in ("", "router", "extern_learn"):
                            for done, (_, line, link, state) in zip(real["results"], lines):
                                fits = link == lladdr(1) and state in usable
                                self.assertEqual(done["result"] in ("added", "changed"), fits, line)

    def test_no_ipv4_neighbors_on_loopback(self):
        line = f"10.0.0.1,{lladdr(1)},lo\n"
        for ran in (run("add", "10.0.0.1", "lladdr", lladdr(1), "dev", "lo"), run("load", "-", stdin=line),
                    run("load", "-", "--dry-run", stdin=line)):
            self.assertEqual(ran.code, 1)
            self.assertIn("which is a loopback interface", ran.err)
        self.assertEqual(ip_neigh("nud", "all", "dev", "lo"), {})

    def test_files_that_cannot_be_read(self):
        for path, code, error in (("/nonexistent", 1, "no_such_file"), ("/", 1, "system")):
            got, document = run_json("load", path)
            self.assertEqual((got, document["error"]), (code, error))
        # Of a standard input that is closed, one that is a directory, and a file that fails when it is read.
        for how, code, message in (("<&-", 1, "Bad file descriptor"), ("</", 1, "Is a directory"),
                                   ("</proc/self/mem", 1, "Input/output error")):
            done = subprocess.run(["sh", "-c", f"'{harness.NEIGHCTL}' load - {how}"], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, code, done)
            self.assertIn(message, done.stdout + done.stderr)
        before = self.table()
        code, document = run_json("load", "--atomic", "/proc/self/mem")
        self.assertEqual((code, document["failed"], document["results"][0]["error"]), (1, 1, "system"))
        self.assertEqual(self.table(), before)
        with tempfile.NamedTemporaryFile("w") as file:
            os.chmod(file.name, 0)
            got, document = run_json("load", file.name, unprivileged=True)
            self.assertEqual((got, document["error"]), (3, "permission_denied"))


if __name__ == "__main__":
    harness.enter_namespaces()
    unittest.main(verbosity=2)
