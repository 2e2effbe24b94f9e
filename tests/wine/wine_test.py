#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Wine module, end to end: Windows programs under Wine against the same sources on Linux and against `ip -json neigh`.

Runs in a network namespace of its own with a peer on the other end of a veth pair, with a Wine prefix and server of its
own, once for each kind of user: root, and an unprivileged user in its own user namespace.
"""
import argparse
import concurrent.futures
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import xml.sax.saxutils

NOBODY = 65534
SKIP = 77
PROGRAM_LIMIT = 120  # seconds for one program; nothing is judged by time


def ip(*arguments):
    out = subprocess.run(["ip", "-json", *arguments], capture_output=True, text=True, check=True).stdout
    return json.loads(out) if out.strip() else []


class World:
    """The inside of the namespace: a link with a peer, and a Wine that serves it."""

    def __init__(self, options):
        self.folder = options.folder
        self.stage = options.stage
        os.environ["WINEPREFIX"] = os.path.join(self.folder, "prefix")
        os.environ["HOME"] = self.folder
        os.environ["NEIGH_WINE_MODULE"] = self.path("module")
        os.environ["WINEDEBUG"] = "-all"
        os.environ.pop("DISPLAY", None)
        os.environ.pop("NEIGH_STACK", None)
        self.peer = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        while self.namespace_of("self") == self.namespace_of(self.peer.pid):
            time.sleep(0.01)
        peer = str(self.peer.pid)
        for line in ("link set lo up",
                     "link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02",
                     f"link set v1 netns {peer}", "addr add 192.0.2.1/24 dev v0", "addr add 2001:db8::1/64 dev v0 nodad",
                     "link set v0 up"):
            subprocess.run(["ip", *line.split()], check=True)
        for line in ("link set lo up", "addr add 192.0.2.2/24 dev v1", "addr add 2001:db8::2/64 dev v1 nodad",
                     "link set v1 up"):
            subprocess.run(["nsenter", "--target", peer, "--net", "ip", *line.split()], check=True)
        while any("tentative" in a or a.get("operstate") == "DOWN" for link in ip("address", "show", "dev", "v0")
                  for a in [link, *link["addr_info"]]):
            time.sleep(0.05)
        self.index = ip("link", "show", "dev", "v0")[0]["ifindex"]

    @staticmethod
    def namespace_of(pid):
        return os.readlink(f"/proc/{pid}/ns/net")

    def close(self):
        subprocess.run(["wineserver", "-k"], check=False, capture_output=True)
        self.peer.kill()
        self.peer.wait()

    def path(self, name):
        return os.path.join(self.stage, name)

    def native(self, *arguments, **options):
        return self.run([self.path("family"), *arguments], **options)

    def launched(self, program, *arguments, **options):
        return self.run([self.path("neigh-wine"), self.path(program), *arguments], **options)

    def stock(self, program, *arguments):
        return self.run(["wine", self.path(program), *arguments])

    @staticmethod
    def run(command, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        try:
            return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=PROGRAM_LIMIT, **options)
        except subprocess.TimeoutExpired as expired:
            raise AssertionError(f"{command} did not end; it said {expired.stdout!r}") from expired

    @staticmethod
    def clean():
        subprocess.run(["ip", "neigh", "flush", "nud", "all"], check=False, capture_output=True)


def text_of(done, code):
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    assert done.returncode == code, f"exit code {done.returncode}, expected {code}: {text}{done.stderr.decode()}"
    return text


def same(native, wine):
    difference = list(difflib.unified_diff(native.splitlines(), wine.splitlines(), "native", "Wine", lineterm="", n=2))
    assert not difference, "\n".join(difference)


# ---- the cases; each gets a clean table


def case_same_answers(world):
    native = text_of(world.native("calls", world.index), 7)
    assert "DISAGREES" not in native and " NO\n" not in native, native
    assert native.count("\n") > 200, native
    world.clean()
    same(native, text_of(world.launched("family.exe", "calls", world.index), 7))


def case_what_ip_sees(world):
    assert text_of(world.launched("family.exe", "leave", world.index), 7) == "create: 0\ncreate: 0\n"
    rows = {row["dst"]: row for row in ip("neigh", "show", "dev", "v0")}
    one, two = rows["192.0.2.40"], rows["2001:db8::40"]
    assert (one["lladdr"], one["state"]) == ("02:00:00:00:00:40", ["PERMANENT"]), one
    assert (two["lladdr"], two["state"]) == ("02:00:00:00:00:41", ["PERMANENT"]) and "router" in two, two
    # Entries of others, read through Wine, are those that ip shows and a native program reads.
    texts = []
    for read in (lambda: world.native("denied", world.index), lambda: world.launched("family.exe", "denied", world.index)):
        world.clean()
        subprocess.run(["ip", "neigh", "add", "192.0.2.41", "lladdr", "02:00:00:00:00:42", "nud", "stale", "dev", "v0"],
                       check=True)
        texts.append(text_of(read(), 7))
        assert "c0000229" in texts[-1], texts[-1]
    same(*texts)


def case_without_privilege(world):
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    subprocess.run(["ip", "neigh", "add", "192.0.2.41", "lladdr", "02:00:00:00:00:42", "nud", "stale", "dev", "v0"],
                   check=True)
    native = text_of(world.run([*drop, world.path("family"), "denied", world.index]), 7)
    assert "create: 5\nset: 5\ndelete: 5\nflush: 5\n" in native and "c0000229" in native, native
    subprocess.run(["ip", "neigh", "del", "192.0.2.2", "dev", "v0"], check=True)  # what it has resolved
    wine = world.run([*drop, world.path("neigh-wine"), world.path("family.exe"), "denied", world.index])
    same(native, text_of(wine, 7))


def case_rules_of_wines_own_test(world):
    stock = world.stock("windows_only.exe", "rules")
    module = world.launched("windows_only.exe", "rules")
    assert module.returncode <= stock.returncode, f"stock: {text_of(stock, stock.returncode)}, {text_of(module, -1)}"
    # With entries of every kind in the table, too.
    text_of(world.launched("family.exe", "leave", world.index), 7)
    subprocess.run(["ip", "neigh", "add", "192.0.2.41", "nud", "failed", "dev", "v0"], check=False)
    text_of(world.launched("windows_only.exe", "rules"), 0)


def case_every_export_is_there(world):
    names = []
    for line in world.run([world.options.winedump, "-j", "export", os.path.join(
            os.environ["WINEPREFIX"], "drive_c/windows/system32/iphlpapi.dll")]).stdout.decode().splitlines():
        parts = line.split()
        if len(parts) >= 3 and len(parts[0]) == 8 and parts[1].isdigit():
            names.append(parts[2])
    assert len(names) > 150, names
    assert text_of(world.launched("windows_only.exe", "exports", *names), 0) == "0 broken\n"
    # A name that nobody has is not found, and nothing breaks by asking.
    new = ["GetIpNetEntry2", "NotifyIpNetChange", "NoSuchFunction"]
    assert text_of(world.launched("windows_only.exe", "exports", *new), 0) == "NoSuchFunction\n0 broken\n"
    assert "GetIpNetEntry2\n" in text_of(world.stock("windows_only.exe", "exports", *new), 0)


def case_name_that_this_wine_lacks(world):
    """A forward into nothing, as of a name that only a newer Wine has: not found, and nothing else happens."""
    listed = [line.split()[-1] for line in open(world.path("iphlpapi.spec"), encoding="ascii") if "wineiphlp." in line]
    names = [name.removeprefix("wineiphlp.") for name in listed]
    stock = text_of(world.stock("windows_only.exe", "exports", *names), 0)
    assert text_of(world.launched("windows_only.exe", "exports", *names), 0) == stock


def case_blocks(world):
    text_of(world.launched("windows_only.exe", "blocks"), 0)


def case_threads(world):
    text_of(world.launched("windows_only.exe", "threads", world.index), 0)


def case_reload(world):
    text_of(world.launched("windows_only.exe", "reload", world.index), 0)


def case_leaves_while_busy(world):
    for _ in range(10):
        text_of(world.launched("windows_only.exe", "leave-busy", world.index), 0)


def case_hundred_starts(world):
    """100 processes, several at a time."""
    environment = {**os.environ, "WINEDEBUG": "err+all"}  # a failure has a reason
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        starts = [pool.submit(world.launched, "windows_only.exe", "once", world.index, last, env=environment)
                  for last in range(1, 101)]
        for start in starts:
            text_of(start.result(), 0)
    assert not [row for row in ip("neigh", "show", "dev", "v0") if row["dst"].startswith(("10.0.200", "fd00"))]


def case_launcher(world):
    folder = os.path.join(world.folder, "a folder")
    os.mkdir(folder)
    program = os.path.join(folder, "the program.exe")
    shutil.copy(world.path("files.exe"), program)
    for name, text in (("log.txt", "old"), ("gone.txt", "gone"), ("settings.ini", "old"), ("grows.txt", "1")):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    command = [world.path("neigh-wine"), program, "two words", 'quo"te', "$x"]
    done = world.run(command, stdin=None, input=b"a line\n", cwd=world.folder)
    told, private = text_of(done, 42).strip().split("from: ")
    assert told == '[two words][quo"te][$x]\nread: a line\nmodule: yes\n', told
    assert private.startswith("Z:\\") and "neigh-wine." in private, private
    assert not os.path.exists(private[2:].replace("\\", "/")), f"{private} is still there"
    assert done.stderr == b"said on error\r\n", done.stderr
    left = {}
    for name in sorted(os.listdir(folder)):
        assert not os.path.islink(os.path.join(folder, name)), name
        if not name.endswith(".exe"):
            with open(os.path.join(folder, name), encoding="ascii") as file:
                left[name] = file.read()
    assert left == {"grows.txt": "12", "log.1": "old", "log.txt": "fresh", "new.txt": "new", "settings.ini": "new"}, left


def case_in_the_prefix(world):
    """Installed into the system folder it is found by programs that look nowhere else; removed, all is as it was."""
    system = os.path.join(os.environ["WINEPREFIX"], "drive_c/windows/system32")

    def files():
        found = {}
        for name in sorted(os.listdir(system)):
            if "iphlp" in name:
                with open(os.path.join(system, name), "rb") as file:
                    found[name] = file.read()
        return found

    def launcher(option, code=0):
        done = world.run([world.path("neigh-wine"), option])
        assert done.returncode == code, done
        return done.stderr.decode()

    ways = ["plain", "system", "path"]
    before = files()
    assert list(before) == ["iphlpapi.dll"]
    assert text_of(world.stock("windows_only.exe", "ways", *ways), 0) == "plain: no\nsystem: no\npath: no\n0 broken\n"
    for _ in range(2):  # again: the module is renewed
        launcher("--install-into-prefix")
        with open(world.path("module/iphlpapi.dll"), "rb") as module:
            assert files() == {"iphlpapi.dll": module.read(), "wineiphlp.dll": before["iphlpapi.dll"]}
    try:
        # However it is started, and through the launcher as ever.
        assert text_of(world.stock("windows_only.exe", "ways", *ways), 0) == "plain: yes\nsystem: yes\npath: yes\n0 broken\n"
        text_of(world.stock("windows_only.exe", "blocks"), 0)
        assert text_of(world.launched("windows_only.exe", "ways", *ways), 0) == "plain: yes\nsystem: yes\npath: yes\n0 broken\n"
        text_of(world.launched("windows_only.exe", "blocks"), 0)
    finally:
        launcher("--remove-from-prefix")
    assert files() == before
    launcher("--remove-from-prefix")  # nothing to remove
    assert files() == before
    # A file that is neither Wine's nor ours is left alone.
    other = os.path.join(system, "wineiphlp.dll")
    with open(other, "wb") as file:
        file.write(b"another's")
    try:
        changed = files()
        assert "nothing was changed" in launcher("--install-into-prefix", 126)
        launcher("--remove-from-prefix")
        assert files() == changed
    finally:
        os.remove(other)
    own = os.path.join(system, "iphlpapi.dll")
    with open(own, "wb") as file:
        file.write(b"MZ" + bytes(200))
    try:
        changed = files()
        for option in ("--install-into-prefix", "--remove-from-prefix"):
            assert "nothing was changed" in launcher(option, 126)
        assert files() == changed
    finally:
        with open(own, "wb") as file:
            file.write(before["iphlpapi.dll"])


def case_launcher_signals(world):
    program = [world.path("neigh-wine"), world.path("files.exe"), "wait"]
    with subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as running:
        assert running.stdout.readline().strip() == b"waiting"
        running.terminate()
        assert running.wait(PROGRAM_LIMIT) == 143, running.returncode


def case_launcher_without_descriptors(world):
    """Standard input, output or error closed, one by one and all: the program runs all the same."""
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = world.run(["sh", "-c", f'"$0" "$@" {closed}', world.path("neigh-wine"), world.path("files.exe"), "just end"],
                         stdin=None)
        assert done.returncode == 42 and b"descriptor" not in done.stderr, (closed, done)


def case_launcher_refuses_what_cannot_be_used(world):
    """Each with words of its own, and before anything is changed."""
    foreign = "/usr"  # in a user namespace: of nobody
    if os.stat(foreign).st_uid == os.geteuid():
        foreign = os.path.join(world.folder, "foreign")
        os.mkdir(foreign)
        os.chown(foreign, 1, 1)
    hidden = os.path.join(world.folder, "hidden")
    os.mkdir(hidden)
    hidden_program = shutil.copy(world.path("files.exe"), hidden)
    os.chmod(hidden, 0o111)
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]  # root reads any folder otherwise
    file = os.path.join(world.folder, "no folder")
    with open(file, "w", encoding="ascii"):
        pass
    program = world.path("files.exe")
    for before, name, changed, code, said in (
            ([], program, {"WINEPREFIX": None, "HOME": None}, 126, "neither WINEPREFIX nor HOME"),
            ([], program, {"WINEPREFIX": foreign}, 126, "belongs to another user"),
            ([], program, {"WINEPREFIX": os.path.join(file, "prefix")}, 126, "cannot be made"),
            ([], program, {"TMPDIR": "here"}, 126, "TMPDIR is no absolute path"),
            ([], program, {"TMPDIR": file}, 126, "no private folder"),
            ([], "C:\\no such.exe", {}, 127, "there is no "),
            (drop, hidden_program, {}, 126, "folder cannot be read"),
            ([], program, {"WINEDLLOVERRIDES": "*iphlpapi=b"}, 126, "WINEDLLOVERRIDES"),
            ([], program, {"WINEDLLOVERRIDES": "mscoree, IPHLPAPI.DLL=b"}, 126, "WINEDLLOVERRIDES"),
            ([], program, {"WINEDLLOVERRIDES": "c:\\windows\\system32\\iphlpapi=b"}, 126, "WINEDLLOVERRIDES"),
            ([], program, {"WINEDLLOVERRIDES": "wineiphlp="}, 126, "WINEDLLOVERRIDES")):
        environment = {key: value for key, value in {**os.environ, **changed}.items() if value is not None}
        done = world.run([*before, world.path("neigh-wine"), name, "just end"], env=environment)
        assert done.returncode == code and said in done.stderr.decode(), (name, changed, done)
    # Names that only look like it are none of its business.
    done = world.launched("files.exe", "just end", env={**os.environ, "WINEDLLOVERRIDES": "myiphlpapi=n;iphlpapi2=n"})
    assert done.returncode == 42, done


def case_launcher_refuses(world):
    small = bytearray(512)
    small[0:2] = b"MZ"
    small[60] = 128
    small[128:134] = b"PE\0\0\x4c\x01"
    with open(os.path.join(world.folder, "small.exe"), "wb") as file:
        file.write(small)
    launcher, program = world.path("neigh-wine"), world.path("files.exe")
    for command, changed, code, said in (
            ([], {}, 126, "usage:"),
            (["--no-such"], {}, 126, "unknown option"),
            (["no-such.exe"], {}, 127, "there is no no-such.exe"),
            ([launcher], {}, 126, "no Windows program"),
            ([os.path.join(world.folder, "small.exe")], {}, 126, "32-bit"),
            ([program], {"WINE": "no-such-wine"}, 127, "Wine is missing"),
            ([program], {"NEIGH_WINE_MODULE": world.folder}, 127, "iphlpapi.dll is not in"),
            ([program], {"WINEPREFIX": "here"}, 126, "no absolute path"),
            ([program], {"WINEDLLOVERRIDES": "mscoree=;iphlpapi="}, 126, "WINEDLLOVERRIDES")):
        done = world.run([launcher, *command], env={**os.environ, **changed})
        assert done.returncode == code and said in done.stderr.decode(), (command, done)
    assert b"usage: neigh-wine" in world.run([launcher, "--help"]).stdout
    # Another namespace than that of Wine's server: told, but not refused.
    other = world.run(["unshare", "--net", launcher, program, "just end"])
    assert b"another network namespace" in other.stderr and other.returncode == 42, other


def write_report(path, variant, results):
    """As GoogleTest writes it, for scripts/test-summary."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="Wine_{variant}">\n')
        for name, failure in results:
            file.write(f'<testcase name="{name}" status="run" result="completed" classname="Wine_{variant}">')
            if failure:
                file.write(f"<failure message={xml.sax.saxutils.quoteattr(failure[-4000:])}/>")
            file.write("</testcase>\n")
        file.write("</testsuite></testsuites>\n")


def inside(options):
    world = World(options)
    world.options = options
    results = []
    try:
        # The first program makes the prefix and starts Wine's services.
        text_of(world.launched("files.exe", "just end"), 42)
        for name, case in list(globals().items()):
            if not name.startswith("case_") or options.only not in name:
                continue
            world.clean()
            began = time.monotonic()
            failure = ""
            try:
                case(world)
            except Exception:  # each case has its verdict
                failure = traceback.format_exc()
            print(f"{'FAILED' if failure else 'ok':6} {name.removeprefix('case_')} "
                  f"({time.monotonic() - began:.1f} s)\n{failure}", end="", flush=True)
            results.append((name.removeprefix("case_"), failure))
    finally:
        world.close()
    if options.report:
        write_report(options.report, options.user, results)
    return 1 if any(failure for _, failure in results) or not results else 0


def outside(options):
    """Copies what is needed to a place that every user can read, and starts the inside."""
    if options.user == "root" and os.geteuid() != 0:
        print("this part wants to be root")
        return SKIP
    enter = ["unshare", "--net"] if options.user == "root" else ["unshare", "--user", "--map-root-user", "--net"]
    probe = subprocess.run([*enter, "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        print(f"no namespaces here: {probe.stderr.decode().strip()}")
        return 1 if os.environ.get("NEIGH_REQUIRE_NETNS") == "1" else SKIP
    top = tempfile.mkdtemp(prefix="wine-test.")
    try:
        os.chmod(top, 0o755)
        stage, folder = os.path.join(top, "stage"), os.path.join(top, "own")
        os.mkdir(stage)
        os.mkdir(folder)
        for name in options.files:
            shutil.copy(name, stage)
        # Not beside the programs: they run with Wine's own, too.
        os.mkdir(os.path.join(stage, "module"))
        os.rename(os.path.join(stage, "iphlpapi.dll.so"), os.path.join(stage, "module", "iphlpapi.dll"))
        command = enter
        if options.user == "user" and os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *enter]
        report = os.path.join(folder, "report.xml")
        script = shutil.copy(os.path.abspath(__file__), stage)
        # The other user may not be able to reach this interpreter.
        python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
        command = [*command, python, "-B", script, "--inside", "--user", options.user, "--folder", folder, "--stage",
                   stage, "--report", report, "--winedump", options.winedump, "--only", options.only]
        environment = {**os.environ, "LD_LIBRARY_PATH": stage}
        environment.pop("TMPDIR", None)  # Debian's Wine 10 does not start with it
        code = subprocess.run(command, check=False, cwd=folder, env=environment).returncode
        if options.report and os.path.exists(report):
            os.makedirs(os.path.dirname(options.report), exist_ok=True)
            shutil.copy(report, options.report)
        return code
    finally:
        shutil.rmtree(top, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--user", choices=("root", "user"), required=True)
    parser.add_argument("--winedump", default="winedump")
    parser.add_argument("--report", help="where to write the verdicts, as GoogleTest does")
    parser.add_argument("--only", default="", help="part of a case's name")
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help="programs, module, launcher, libraries")
    options = parser.parse_args()
    return inside(options) if options.inside else outside(options)


if __name__ == "__main__":
    sys.exit(main())
