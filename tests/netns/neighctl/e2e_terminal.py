# SPDX-License-Identifier: Apache-2.0
"""neighctl on a pseudo-terminal: color, width, progress, the live view, Ctrl-C and Ctrl-Z."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import tempfile
import termios
import time
import unittest

import harness
from harness import BURST, NEIGHCTL, Network, ip, ip_neigh, lladdr, run, ten, until


def resize(descriptor, columns, lines=30):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


class Terminal:
    """neighctl on a pseudo-terminal of 100 columns and 30 lines."""

    def __init__(self, *words, env=None, columns=100, program=NEIGHCTL):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            resize(1, columns)
            settings = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})}
            os.execvpe(program, [program, *words], settings)
        self.text = ""

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

    def frames(self):
        """What the live view has shown so far: screens, each a list of lines without colors."""
        screens = self.text.split("\x1b[H")[1:]
        return [[re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line).rstrip("\r") for line in s.split("\n")] for s in screens]

    def wait_for_frame(self, condition, what):
        def seen():
            self.read()
            # The last one may not have arrived whole.
            return next((f for f in reversed(self.frames()[:-1]) if condition(f)), None)
        return until(seen, what)

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

    def test_list_fits_eighty_columns(self):
        ip("neigh", "add", "2001:db8::1234:5678:9abc:def0", "lladdr", lladdr(7), "dev", "eth0", "nud", "stale")
        code, text = self.show("list", "--color=never", columns=80)
        self.assertEqual(code, 0)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80, text)
        self.assertIn("did not fit: --wide shows all", self.show("list", "--color=never", columns=70)[1])
        self.assertIn("VENDOR", self.show("list", "--wide", "--color=never", columns=60)[1])
        ip("neigh", "flush", "dev", "eth0")
        self.assertIn("no entry matches", self.show("list", "dev", "eth0")[1])

    def test_nothing_is_wider_than_the_terminal(self):
        name = "averylongifname"
        ip("link", "set", "eth0", "down")
        ip("link", "set", "eth0", "name", name)
        ip("link", "set", name, "up")
        own = [lladdr(0x55)] * 3 + [self.HERE]
        for number, link in enumerate(own):
            ip("neigh", "add", f"2001:db8:1111:2222:3333:4444:5555:666{number}", "lladdr", link, "dev", name, "router",
               "protocol", "bgp")
            ip("neigh", "add", f"192.0.2.{100 + number}", "lladdr", link, "dev", name)
        commands = (["list"], ["interfaces"], ["doctor"], ["doctor", "--assume", "1,2,2000000000"],
                    ["verify", "--count", "1", "--interval", "20ms"], ["list", "--proxy"],
                    ["get", "2001:db8:1111:2222:3333:4444:5555:6660"])
        for columns in (60, 80, 100):
            for words in commands:
                _, text = self.show(*words, "--color=never", columns=columns)
                # A command to be typed is not broken.
                wide = [line for line in text.splitlines() if len(line.rstrip()) > columns and " = " not in line]
                self.assertEqual(wide, [], (columns, words))
        _, text = self.show("list", "--color=never", columns=80)
        self.assertIn("2001:db8:1111:2222:3333:4444:5555:6663  " + self.HERE, text)
        self.assertIn("    permanent", text)
        self.assertNotIn("did not fit", text)

    def test_live_view_shows_rates_in_eighty_columns(self):
        terminal = Terminal("watch", "--top", columns=80)
        terminal.wait_for("neighctl watch")
        for i in range(20):
            ip("neigh", "add", f"192.0.2.{100 + i}", "lladdr", lladdr(i), "dev", "eth0")
        frame = terminal.wait_for_frame(lambda f: "20 entries" in f[0], "a frame with all entries")
        self.assertEqual(frame[3].split()[:6], ["INTERFACE", "ENTRIES", "+/s", "~/s", "-/s", "PERM"])
        self.assertNotEqual(frame[4].split()[2], "0")
        self.assertTrue(all(len(line) <= 80 for line in frame), frame)
        terminal.send("q")
        self.assertEqual(terminal.finish(), 0)
        self.assertIn("reading the table", terminal.frames()[0][0])

    def test_a_paused_view_follows_the_size_of_the_terminal(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", lladdr(7), "dev", "eth0")
        terminal = Terminal("watch", "--top", columns=100)
        terminal.wait_for("1 entry on 1 interface")
        terminal.send(" ")
        terminal.wait_for("PAUSED")
        ip("neigh", "add", "192.0.2.8", "lladdr", lladdr(8), "dev", "eth0")
        for columns, lines in ((50, 12), (90, 25)):
            resize(terminal.fd, columns, lines)
            frame = terminal.wait_for_frame(lambda f, n=lines: len(f) == n, f"a frame of {lines} lines")
            self.assertTrue(all(len(line) <= columns for line in frame), frame)
            self.assertIn("PAUSED", frame[0])
            self.assertIn("1 entry", frame[0], "it stands still")
        terminal.send(" ")
        terminal.wait_for("2 entries on 1 interface")
        terminal.send("q")
        self.assertEqual(terminal.finish(), 0)

    def test_suspending_the_live_view_gives_the_terminal_back(self):
        # Job control is a shell's: Ctrl-Z stops, `fg` goes on.
        shell = Terminal("--norc", "--noprofile", "-i", program="bash", env={"PS1": "ready> "})
        shell.wait_for("ready> ")
        shell.send(f"stty -a > /run/before; {NEIGHCTL} watch --top\n")
        shell.wait_for("0 entries on 0 interfaces")
        self.assertFalse(termios.tcgetattr(shell.fd)[3] & termios.ECHO)
        shown = len(shell.text)
        shell.send("\x1a")
        shell.wait_for("Stopped")
        self.assertIn("\x1b[?25h\x1b[?1049l", shell.text[shown:shell.text.index("Stopped")])
        shell.send("stty -a > /run/after; cmp /run/before /run/after && echo the s''ame\n")
        shell.wait_for("the same")
        shown = len(shell.text)
        shell.send("fg\n")
        until(lambda: shell.read() and "\x1b[?1049h" in shell.text[shown:], "the other screen again")
        ip("neigh", "add", "192.0.2.7", "lladdr", lladdr(7), "dev", "eth0")
        until(lambda: shell.read() and "1 entry on 1 interface" in shell.text[shown:], "a new frame")
        shell.send("q")
        until(lambda: shell.read() and "\x1b[?1049l" in shell.text[shown:], "the end of the view")
        shell.send("exit\n")
        self.assertEqual(shell.finish(), 0)


if __name__ == "__main__":
    harness.enter_namespaces()
    unittest.main(verbosity=2)
