# SPDX-License-Identifier: Apache-2.0
"""Loading and watching: every format, bursts with a stalled reader, signals, pseudo-terminals."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

import harness
from harness import NEIGHCTL, Network, as_ip, ip, ip_neigh, run, run_json, run_lines, until

BURST = 100_000


def lladdr(number):
    return f"02:00:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def ten(number):
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


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
        ip("neigh", "flush", "dev", "eth0", "nud", "all")
        ran = run("load", "-", "dev", "eth0", stdin="02:00:00:00:00:07 192.0.2.7\n2001:db8::7 02:00:00:00:00:08\n")
        self.assertEqual((ran.code, ran.out), (0, "✓ 2 added\n"))
        self.assertEqual({key: row[0] for key, row in ip_neigh().items()}, {k: r[0] for k, r in wanted.items()})

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
        # The last one is refused by the table itself: 4 bytes on an interface with 6.
        text = "".join(f"192.0.2.{i},{lladdr(i)},eth0\n" for i in range(3, 100)) + "192.0.2.100,02:00:00:01,eth0\n"
        code, document = run_json("load", "-", "--atomic", stdin=text)
        self.assertEqual((code, document["loaded"], document["failed"]), (1, 0, 1))
        self.assertEqual(ip_neigh("nud", "all"), before)

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
        stream.process.stdout.close()
        end = time.monotonic() + harness.PATIENCE
        number = 0
        while stream.process.poll() is None and time.monotonic() < end:
            number += 1
            run("replace", "192.0.2.7", "lladdr", lladdr(number), "dev", "eth0")
        self.assertEqual(stream.process.wait(timeout=1), -signal.SIGPIPE)
        done = subprocess.run(f"{NEIGHCTL} list --all > /dev/full", shell=True, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)


class Terminal:
    """neighctl on a pseudo-terminal of 100 columns and 30 lines."""

    def __init__(self, *words, env=None, columns=100):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            settings = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})}
            os.execve(NEIGHCTL, [NEIGHCTL, *words], settings)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        self.text = ""
        self.code = None

    def read(self, seconds=0.05):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            block = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += block.decode("utf-8", "replace")
        return bool(block)

    def wait_for(self, text):
        def seen():
            self.read()
            return text in self.text
        until(seen, f"{text!r} on the terminal, which shows {self.text[-2000:]!r},")

    def send(self, keys):
        os.write(self.fd, keys.encode())

    def finish(self):
        end = time.monotonic() + harness.PATIENCE
        while self.read() and time.monotonic() < end:
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


class OnATerminal(Network):
    def show(self, *words, **how):
        terminal = Terminal(*words, **how)
        code = terminal.finish()
        return code, terminal.text

    def test_color(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", "02:00:00:00:00:07", "dev", "eth0")
        code, text = self.show("list")
        self.assertEqual(code, 0)
        self.assertIn("\x1b[34mpermanent\x1b[0m", text)
        self.assertIn("1 entry", text)
        for words, env in ((["list"], {"NO_COLOR": "1"}), (["list", "--color=never"], None), (["list"], {"TERM": "dumb"}),
                           (["list", "--json"], None)):
            self.assertNotIn("\x1b", self.show(*words, env=env)[1], (words, env))
        self.assertIn("\x1b[", self.show("list", "--color=always", env={"NO_COLOR": "1"})[1])
        self.assertNotIn("\x1b", run("list").out)
        self.assertIn("\x1b[", run("list", "--color").out)
        self.assertIn("\x1b[", run("list", env={"CLICOLOR_FORCE": "1"}).out)
        self.assertIn("\x1b[31mneighctl:", self.show("lsit")[1])

    def test_progress_bar(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.writelines(f"{ten(i)},{lladdr(i)},eth0\n" for i in range(BURST))
            file.flush()
            code, text = self.show("load", file.name)
        self.assertEqual(code, 0)
        self.assertRegex(text, r"loading [█░]{24} +\d+%  [\d,]+ entries  [\d,]+/s  \d+s left")
        self.assertIn(f"{BURST:,} added", text)
        self.assertEqual(len(ip_neigh()), BURST)

    def test_live_view(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", "02:00:00:00:00:07", "dev", "eth0")
        terminal = Terminal("watch", "--top")
        terminal.wait_for("1 entry on 1 interface")
        self.assertIn("\x1b[?1049h", terminal.text)
        for i in range(20):
            ip("neigh", "add", f"192.0.2.{100 + i}", "lladdr", lladdr(i), "dev", "eth0")
        terminal.wait_for("21 entries on 1 interface")
        terminal.wait_for("192.0.2.119")
        terminal.send(" ")
        terminal.wait_for("PAUSED")
        terminal.send(" s")
        terminal.wait_for("by rate")
        terminal.send("q")
        self.assertEqual(terminal.finish(), 0)
        self.assertIn("\x1b[?1049l", terminal.text)
        self.assertIn("\x1b[?25h", terminal.text)

    def test_live_view_ends_on_a_signal_and_restores_the_screen(self):
        terminal = Terminal("watch", "--top")
        terminal.wait_for("neighctl watch")
        os.kill(terminal.pid, signal.SIGTERM)
        self.assertEqual(terminal.finish(), 0)
        self.assertIn("\x1b[?1049l", terminal.text)

    def test_interrupt_prints_the_mirror(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", "02:00:00:00:00:07", "dev", "eth0")
        terminal = Terminal("watch", "--mirror")
        terminal.wait_for("watching, 1 entry so far")
        terminal.send("\x03")
        self.assertEqual(terminal.finish(), 0)
        self.assertIn("02:00:00:00:00:07", terminal.text.split("compared with the table")[1])


if __name__ == "__main__":
    harness.enter_namespaces()
    unittest.main(verbosity=2)
