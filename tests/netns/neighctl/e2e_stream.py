# SPDX-License-Identifier: Apache-2.0
"""Loading and watching: every format, bursts with a stalled reader, readers that go away."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import BURST, NEIGHCTL, Network, as_ip, ip, ip_neigh, lladdr, run, run_json, run_lines, ten, until

class Load(Network):
    def test_every_format_v4_and_v6(self):
        wanted = {("192.0.2.7", "eth0"): ("02:00:00:00:00:07", "stale", frozenset(["router"])),
                  ("2001:db8::7", "eth0"): ("02:00:00:00:00:08", "permanent", frozenset())}
        for (a, dev), (l, state, flags) in wanted.items():
            ip("neigh", "add", a, "lladdr", l, "dev", dev, "nud", state, *flags)
        saved = {
            "json": run("list", "--json").out, "jsonl": run("list", "--jsonl").out, "ip -j": ip("-j", "neigh"),
            "ip": ip("neigh"), "ip -s": ip("-s", "neigh"),
            "csv": "address,lladdr,interface,state,flags\n192.0.2.7,02-00-00-00-00-07,eth0,stale,router\n"
                   "2001:db8::7,0200.0000.0008,eth0,,\n",
            "batch": "neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0 nud stale router\n"
                     "neigh add 2001:db8::7 lladdr 02:00:00:00:00:08 dev eth0\n",
        }
        for name, text in saved.items():
            with self.subTest(format=name):
                ip("neigh", "flush", "dev", "eth0", "nud", "all")
                code, document = run_json("load", "-", stdin=text)
                self.assertEqual((code, document["added"]), (0, 2), document)
                self.assertEqual(ip_neigh(), wanted)
                self.assertEqual(run_json("load", "-", stdin=text)[1]["unchanged"], 2)
        for name, text in (("list", run("list").out), ("list --wide", run("list", "--wide").out)):
            with self.subTest(format=name):
                ip("neigh", "flush", "dev", "eth0", "nud", "all")
                self.assertEqual(run_json("load", "-", stdin=text)[1]["added"], 2)
                self.assertEqual(ip_neigh(), wanted)
        ip("neigh", "flush", "dev", "eth0", "nud", "all")
        ran = run("load", "-", "dev", "eth0", stdin="02:00:00:00:00:07 192.0.2.7\n2001:db8::7 02:00:00:00:00:08\n")
        self.assertEqual((ran.code, ran.out), (0, "✓ 2 added\n"))
        self.assertEqual({key: row[0] for key, row in ip_neigh().items()}, {k: r[0] for k, r in wanted.items()})

    def test_tables_of_arp(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", lladdr(7), "dev", "eth0", "nud", "stale")
        ip("neigh", "add", "192.0.2.8", "lladdr", lladdr(8), "dev", "eth0")
        wanted = ip_neigh()
        saved = {"/proc/net/arp": open("/proc/self/net/arp", encoding="ascii").read()}
        for options in ("-n", "-an"):
            if shutil.which("arp"):
                saved["arp " + options] = subprocess.run(["arp", options], capture_output=True, text=True, check=True).stdout
            else:
                print(f"arp is not installed: 'arp {options}' is not read", file=sys.stderr)
        for name, text in saved.items():
            with self.subTest(source=name):
                ip("neigh", "flush", "dev", "eth0", "nud", "all")
                code, document = run_json("load", "-", stdin=text)
                self.assertEqual((code, document["added"]), (0, 2), document)
                self.assertEqual(ip_neigh(), wanted)

    def test_what_would_be_lost_is_refused(self):
        for text, hint in ((f"address,lladdr,interfcae\n192.0.2.7,{lladdr(7)},eth0\n", "did you mean 'interface'?"),
                           (f'[{{"dst":"192.0.2.7","lladdr":"{lladdr(7)}","dev":"eth0","stat":["STALE"]}}]',
                            "did you mean 'state'?"),
                           (f"192.0.2.7,02:00,eth0\n", "'neighctl interfaces --json' tells the length on each interface")):
            code, document = run_json("load", "-", "dev", "eth0", stdin=text)
            self.assertEqual((code, document["results"][0]["hint"]), (2, hint), document)
            self.assertEqual(ip_neigh(), {})

    def test_one_result_per_line(self):
        text = ("192.0.2.1x,02:00:00:00:00:01,eth0\n192.0.2.7,02:00:00:00:00:07,eth0\n\n192.0.2.8,zz,eth0\n"
                "192.0.2.9,02:00:00:00:00:09,eht0\n192.0.2.10,02:00,eth0\n127.0.0.1,02:00:00:00:00:01,eth0\n"
                "192.0.2.11,02:00:00:00:00:0b,eth0\n")
        code, document = run_json("load", "-", stdin=text)
        self.assertEqual(code, 4)
        self.assertEqual([(r["line"], r["result"]) for r in document["results"]],
                         [(1, "failed"), (2, "added"), (4, "failed"), (5, "failed"), (6, "failed"), (7, "failed"),
                          (8, "added")])
        self.assertEqual({key[0] for key in ip_neigh()}, {"192.0.2.7", "192.0.2.11"})
        before = ip_neigh("nud", "all")
        _, lines = run_lines("load", "-", "--atomic", stdin=text)
        self.assertEqual(lines[-1]["loaded"], 0)
        self.assertEqual(ip_neigh("nud", "all"), before)
        self.assertEqual(run("load", "-", stdin="what is this\n").code, 2)
        human = run("load", "-", stdin=text)
        self.assertIn("line 4: 'zz' is not a link-layer address", human.err)

    def test_atomic_is_rolled_back(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", "02:00:00:00:00:77", "dev", "eth0", "nud", "stale")
        before = ip_neigh("nud", "all")
        # The last one is refused by the table itself.
        good = "".join(f"192.0.2.{i},{lladdr(i)},eth0\n" for i in range(13, 110))
        text = good + f"192.0.2.7,{lladdr(1)},eth0\n"
        code, document = run_json("load", "-", "--atomic", "--create", stdin=text)
        self.assertEqual((code, document["loaded"], document["failed"]), (1, 0, 1))
        self.assertGreater(document["rolled_back"], 0)
        self.assertEqual(document["rolled_back"] + document["not_loaded"], 97)
        self.assertEqual(ip_neigh("nud", "all"), before)
        # What can be seen in advance stops everything before the table is touched.
        text = good + f"255.255.255.255,{lladdr(1)},eth0\n"
        code, document = run_json("load", "-", "--atomic", stdin=text)
        self.assertEqual((code, document["loaded"], document["failed"], document["not_loaded"]), (1, 0, 1, 97))
        self.assertEqual(ip_neigh("nud", "all"), before)

    def test_atomic_gives_managed_entries_back(self):
        for family, a in (("-4", "192.0.2.2"), ("-6", "2001:db8::2")):
            with self.subTest(family=family):
                ip("neigh", "add", a, "dev", "eth0", "managed")
                # The peer answers, so the kernel's work is over before the load begins.
                until(lambda a=a: ip_neigh(a)[(a, "eth0")][0] == self.THERE, f"{a} being resolved")
                absent = "2001:db8::77" if family == "-6" else "192.0.2.77"
                text = f"{a},{lladdr(0x99)},eth0\n{absent},{lladdr(1)},eth0\n"
                code, document = run_json("load", "-", "--atomic", "--set", stdin=text)
                self.assertEqual((code, document["loaded"], document["rolled_back"]), (1, 0, 1), document)
                entry = ip_neigh(a)[(a, "eth0")]
                self.assertEqual((entry[0], entry[2]), (self.THERE, frozenset(["managed"])))
                self.assertNotEqual(entry[1], "permanent")

    def test_dry_run_needs_no_privilege_and_changes_nothing(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", "02:00:00:00:00:77", "dev", "eth0")
        before = ip_neigh("nud", "all")
        text = "192.0.2.7,02:00:00:00:00:07,eth0\n2001:db8::8,02:00:00:00:00:08,eth0\n"
        ran = run("load", "-", "--dry-run", stdin=text, unprivileged=True)
        self.assertEqual(ran.code, 0)
        self.assertEqual([line[0] for line in ran.out.splitlines()[:2]], ["~", "+"])
        self.assertEqual(run("load", "-", "--dry-run", "--delete", stdin="192.0.2.7,,eth0\n").out[0], "-")
        self.assertEqual(ip_neigh("nud", "all"), before)
        code, document = run_json("load", "-", stdin=text, unprivileged=True)
        self.assertEqual((code, document["error"]), (3, "permission_denied"))
        self.assertEqual(ip_neigh("nud", "all"), before)


class Stream:
    """A `neighctl watch` whose output is read only when the test wants it."""

    def __init__(self, *words):
        self.process = subprocess.Popen([NEIGHCTL, "watch", *words], stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "LC_ALL": "C.UTF-8"})

    def first_line(self):
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        rest = self.process.stdout.read()
        code = self.process.wait(timeout=harness.PATIENCE)
        self.process.stdout.close()
        return code, [json.loads(line) for line in rest.splitlines()]


def replay(events, start=()):
    table = dict(start)
    for e in events:
        if e["event"] in ("added", "changed"):
            table.update(as_ip([e["neighbor"]]))
        elif e["event"] == "removed":
            table.pop((e["neighbor"]["address"], e["neighbor"]["interface"]))
    return table


class Watch(Network):
    def test_changes_v4_and_v6(self):
        for a in ("192.0.2.7", "2001:db8::7"):
            stream = Stream("--jsonl", "--mirror", a)
            self.assertEqual(stream.first_line()["event"], "synced")
            run("add", a, "lladdr", "02:00:00:00:00:07", "dev", "eth0")
            run("set", a, "lladdr", "02:00:00:00:00:08")
            run("set", a, "nud", "stale")
            run("delete", a)
            run("add", a, "lladdr", "02:00:00:00:00:09", "dev", "eth0")
            run("add", "192.0.2.200", "lladdr", "02:00:00:00:00:07", "dev", "eth0", "--quiet")
            run("delete", "192.0.2.200")
            code, lines = stream.stop()
            self.assertEqual(code, 0)
            for line in lines:
                harness.validate(line, "lines", "watch")
            kinds = [e["event"] for e in lines]
            self.assertEqual(kinds[0], "added")
            changes = [set(e["changed"]) for e in lines if e["event"] == "changed"]
            self.assertEqual(changes[:2], [{"lladdr"}, {"state"}])
            self.assertIn("removed", kinds)
            self.assertEqual(replay(lines), ip_neigh(a))
            mirror = [e["neighbor"] for e in lines if e["event"] == "mirror"]
            self.assertEqual(as_ip(mirror), ip_neigh(a))
            self.assertEqual(lines[-1], {"event": "end", "changes": lines[-1]["changes"], "gaps": 0})

    def test_filters_and_limits(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", "02:00:00:00:00:07", "dev", "eth0")
        code, document = run_json("watch", "--for", "100ms", "--initial", "--mirror")
        self.assertEqual(code, 0)
        self.assertEqual([e["event"] for e in document["events"]][:2], ["added", "synced"])
        self.assertEqual(as_ip(document["neighbors"]), ip_neigh())
        stream = Stream("--jsonl", "--count", "1", "nud", "stale")
        stream.first_line()
        run("set", "192.0.2.7", "nud", "stale")
        lines = [json.loads(line) for line in stream.process.stdout]
        self.assertEqual(stream.process.wait(timeout=harness.PATIENCE), 0)
        stream.process.stdout.close()
        self.assertEqual([e["event"] for e in lines], ["added", "end"])

    def test_renamed_interfaces(self):
        ip("link", "add", "eth2", "type", "veth", "peer", "name", "eth3")
        for dev in ("eth2", "eth3"):
            ip("link", "set", dev, "addrgenmode", "none", "up")
        stream = Stream("--jsonl", "--mirror", "10.2.2.0/24")
        self.assertEqual(stream.first_line()["event"], "synced")
        told = []
        for number, (dev, renamed) in enumerate((("eth2", ("eth2", "was2")), ("was2", ("eth3", "eth2")), ("eth2", None)),
                                                start=2):
            ip("neigh", "add", f"10.2.2.{number}", "lladdr", lladdr(number), "dev", dev)
            told.append(stream.first_line()["neighbor"])  # before the next rename
            if renamed:
                ip("link", "set", renamed[0], "name", renamed[1])
        self.assertEqual([n["interface"] for n in told], ["eth2", "was2", "eth2"])
        code, lines = stream.stop()
        self.assertEqual(code, 0)
        self.assertEqual(as_ip([e["neighbor"] for e in lines if e["event"] == "mirror"]), ip_neigh("10.2.2.0/24"))
        self.assertEqual({key[1] for key in ip_neigh("10.2.2.0/24")}, {"was2", "eth2"})

    def test_burst_with_a_stalled_reader(self):
        stream = Stream("--jsonl", "--mirror")
        self.assertEqual(stream.first_line()["event"], "synced")
        # Nobody reads from here on: the pipe fills, the watch stalls, the kernel drops notifications.
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            for i in range(BURST):
                file.write(f"{ten(i)},{lladdr(i)},eth0\n" if i % 2 else f"2001:db8:1::{i >> 16:x}:{i & 65535:x},{lladdr(i)},eth0\n")
            file.flush()
            self.assertEqual(run("load", file.name).out, f"✓ {BURST:,} added\n")
        gone = "".join(f"{ten(i)},,eth0\n" for i in range(1, 20_000, 2))
        self.assertEqual(run("load", "-", "--delete", stdin=gone).code, 0)
        other = "".join(f"{ten(i)},{lladdr(i + 7)},eth0\n" for i in range(20_001, 30_000, 2))
        self.assertEqual(run("load", "-", stdin=other).code, 0)
        code, lines = stream.stop()
        self.assertEqual(code, 0)
        kinds = {e["event"] for e in lines}
        self.assertIn("gap_began", kinds)
        self.assertEqual(sum(e["event"] == "gap_began" for e in lines), sum(e["event"] == "gap_healed" for e in lines))
        self.assertGreaterEqual(lines[-1]["gaps"], 1)
        fresh = as_ip(run_lines("list")[1])
        self.assertEqual(len(fresh), BURST - 10_000)
        self.assertEqual(fresh, ip_neigh())
        mirror = as_ip([e["neighbor"] for e in lines if e["event"] == "mirror"])
        self.assertEqual(mirror, fresh)
        self.assertEqual(replay(lines), fresh)

    def test_a_reader_that_goes_away(self):
        stream = Stream("--jsonl", "--initial")
        stream.first_line()
        stream.process.stdout.close()  # nothing changes: it ends all the same
        self.assertEqual(stream.process.wait(timeout=harness.PATIENCE), -signal.SIGPIPE)
        done = subprocess.run(f"{NEIGHCTL} list --all > /dev/full", shell=True, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)


if __name__ == "__main__":
    harness.enter_namespaces()
    unittest.main(verbosity=2)
