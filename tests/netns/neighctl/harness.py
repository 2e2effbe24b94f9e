# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests of neighctl share: private namespaces, runs checked against the JSON Schema, `ip` as oracle."""

import json
import os
import subprocess
import sys
import time
import unittest

import jsonschema

NEIGHCTL = os.environ.get("NEIGHCTL", "neighctl")
SCHEMA = json.load(open(os.environ["NEIGHCTL_SCHEMA"], encoding="utf-8"))
# Entries that the kernel makes by itself when it speaks IGMP, MLD and ND: when, is not for the tests to say.
KERNELS_OWN = {"224.0.0.22", "224.0.0.1"}
PATIENCE = 60.0  # seconds until something that must happen counts as not happening


BURST = 100_000  # entries, where it has to be many


def lladdr(number):
    return f"02:00:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def ten(number):
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def enter_namespaces():
    """Runs this program again in user, network and mount namespaces of its own, with an empty /run."""
    if os.environ.get("NEIGHCTL_E2E_INSIDE") == "1":
        return
    if subprocess.run(["unshare", "-Urnm", "true"], check=False).returncode != 0:
        print("no user namespaces here: the tests cannot run", file=sys.stderr)
        sys.exit(1 if os.environ.get("NEIGH_REQUIRE_NETNS") == "1" else 77)
    os.environ["NEIGHCTL_E2E_INSIDE"] = "1"
    script = "mount -t tmpfs none /run && mkdir -p /run/netns && ip link set lo up && exec \"$@\""
    os.execvp("unshare", ["unshare", "-Urnm", "sh", "-ec", script, "sh", sys.executable] + sys.argv)


def ip(*words, check=True):
    """Output of `ip`."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"ip {' '.join(words)}: {done.stderr}")
    return done.stdout


def ip_neigh(*words, netns=None):
    """`ip -j neigh show nud all`, as {(dst, dev): (lladdr, state, flags)}."""
    where = ["-n", netns] if netns else []
    text = ip(*where, "-j", "neigh", "show", *words)
    known_flags = {"router", "proxy", "extern_learn", "managed", "offload"}
    table = {}
    for row in json.loads(text or "[]"):
        flags = frozenset(known_flags & set(row))
        state = (row.get("state") or [""])[0].lower()
        if row["dst"] in KERNELS_OWN or row["dst"].startswith("ff02:"):
            continue
        table[(row["dst"], row.get("dev"))] = (row.get("lladdr"), state, flags)
    return table


def as_ip(entries):
    """Entries of neighctl in the form of `ip_neigh`."""
    return {
        (e["address"], e["interface"]): (e["lladdr"], e["state"], frozenset(e["flags"])) for e in entries
        if e["address"] not in KERNELS_OWN and not e["address"].startswith("ff02:")
    }


class Ran:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


# Words that make the program run without capabilities although it stays user 0 of its namespace.
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def run(*words, stdin=None, unprivileged=False, env=None):
    """One run of neighctl."""
    line = (UNPRIVILEGED if unprivileged else []) + [NEIGHCTL, *words]
    settings = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
    done = subprocess.run(line, input=stdin, capture_output=True, text=True, check=False, env=settings, timeout=600)
    return Ran(done.returncode, done.stdout, done.stderr)


def complete_bash(pieces, line):
    """What bash is offered behind `line`, in words as readline breaks them, line by line."""
    quoted = " ".join("'" + p + "'" for p in pieces)
    program = (f"{run('completion', 'bash').out}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(pieces) - 1}\n"
               f"COMP_LINE='{line}'; COMP_POINT={len(line)}; _neighctl; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    env = {**os.environ, "PATH": os.path.dirname(NEIGHCTL) + ":" + os.environ["PATH"]}
    done = subprocess.run(["bash", "-c", program], text=True, capture_output=True, check=False, env=env)
    assert done.stderr == "", done.stderr
    return done.stdout.splitlines()


def validate(document, *path):
    """Checks a document against a definition of the schema."""
    schema = {"$schema": SCHEMA["$schema"], "$ref": "#/$defs/" + "/".join(path), "$defs": SCHEMA["$defs"]}
    jsonschema.Draft202012Validator(schema).validate(document)


def run_json(command, *words, **how):
    """A run with --json: its exit code and its document, which has been checked against the schema."""
    ran = run(command, *words, "--json", **how)
    assert ran.err == "", ran.err
    document = json.loads(ran.out)
    validate(document, "documents", command)
    return ran.code, document


def run_lines(command, *words, **how):
    """A run with --jsonl: its exit code and its lines, each checked against the schema."""
    ran = run(command, *words, "--jsonl", **how)
    assert ran.err == "", ran.err
    lines = [json.loads(line) for line in ran.out.splitlines()]
    for line in lines[:1000]:
        validate(line, "lines", command)
    return ran.code, lines


def until(condition, what):
    """Waits until `condition` gives something true and returns it."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen")
        time.sleep(0.01)


class Network(unittest.TestCase):
    """eth0 (192.0.2.1/24, 2001:db8::1/64) here, on one wire with eth1 in namespace "peer" (.2 and ::2)."""

    HERE = "02:00:00:00:00:01"
    THERE = "02:00:00:00:00:02"

    def setUp(self):
        self.addCleanup(self.wipe)
        ip("netns", "add", "peer")
        ip("link", "add", "eth0", "address", self.HERE, "type", "veth", "peer", "name", "eth1", "address", self.THERE,
           "netns", "peer")
        # No address of their own making, which would be tentative at first; IPv6 wants a link-local one.
        for where, dev, own in (((), "eth0", "fe80::1"), (("-n", "peer"), "eth1", "fe80::2")):
            ip(*where, "link", "set", dev, "addrgenmode", "none")
            ip(*where, "address", "add", own + "/64", "dev", dev, "nodad")
        ip("address", "add", "192.0.2.1/24", "dev", "eth0")
        ip("address", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
        ip("link", "set", "eth0", "up")
        ip("-n", "peer", "address", "add", "192.0.2.2/24", "dev", "eth1")
        ip("-n", "peer", "address", "add", "2001:db8::2/64", "dev", "eth1", "nodad")
        ip("-n", "peer", "link", "set", "eth1", "up")
        # The kernel tells the carrier of a new wire a little later.
        until(lambda: "LOWER_UP" in ip("link", "show", "dev", "eth0"), "carrier on eth0")

    def wipe(self):
        for line in ip("-o", "link").splitlines():
            name = line.split(":")[1].strip().split("@")[0]
            if name != "lo":
                ip("link", "delete", name, check=False)
        for name in os.listdir("/run/netns"):
            ip("netns", "delete", name)

    def table(self):
        """The whole table as neighctl sees it, after comparing it with what `ip` sees."""
        code, document = run_json("list", "--all")
        self.assertEqual(code, 0)
        return as_ip(document["neighbors"])
