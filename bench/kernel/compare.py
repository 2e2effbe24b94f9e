#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kernel's table through libneigh, beside what else could be used: all in one run, taking turns.

usage: compare.py PROGRAMS [--short | --large] [--repeat N] [--only OPERATION,...] [--beside NAME,...]

PROGRAMS is the folder with neigh-bench-kernel and the peers' programs. Runs in a user and network namespace of its own
with a veth pair; those who are missing are named and left out. Prints tables in Markdown, which bench/plots.py draws.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
OURS = "libneigh"
OPERATIONS = ("add", "replace", "get", "add1", "dump", "watch", "del", "flush", "resolve")
MEANING = {
    "add": "create, exclusively, all at once",
    "replace": "overwrite, all at once",
    "get": "read one, one call each",
    "add1": "create, one call each",
    "dump": "list",
    "watch": "take a notification",
    "del": "delete, all at once",
    "flush": "flush",
    "resolve": "resolve, all at once",
}
# What would take too long: so many entries at most, for all and for some.
MOST_OF_OPERATION = {"get": 65536, "add1": 65536, "watch": 65536}
MOST_OF_PROGRAM = {"pyroute2": 4096, "Go netlink": 16384, "ip -batch": 65536, "libnl-route": 65536}
MOST_IN_PARTS_OF_FLOOR = 192


def run(command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class Program:
    """One that speaks `OP DEV N` and answers with a line of JSON."""

    def __init__(self, name, command, operations):
        self.name, self.command, self.operations = name, command, operations

    def measure(self, operation, count):
        answer = json.loads(run([*self.command, operation, "v0", str(count)]))
        return answer["ns"] / max(answer["n"], 1)


class Ip:
    """iproute2, timed from outside: it is one process for the whole batch."""

    name, operations = "ip -batch", ("add", "replace", "del", "get", "dump", "flush")

    def __init__(self):
        self.scratch = tempfile.NamedTemporaryFile("w", suffix=".batch")

    def lines(self, operation, count):
        first = 6 if operation == "replace" else 2
        for i in range(count):
            number = (10 << 24) + (1 << 16) + i
            address = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
            link = f"{first:02x}:00:" + ":".join(f"{i >> shift & 255:02x}" for shift in (24, 16, 8, 0))
            tail = f" lladdr {link}" if operation in ("add", "replace") else ""
            yield f"neigh {operation} {address}{tail} dev v0" + (" nud permanent" if tail else "")

    def measure(self, operation, count):
        if operation in ("dump", "flush"):
            command = ["ip", "neigh"] + (["show", "dev", "v0"] if operation == "dump" else ["flush", "all"])
            command += [] if operation == "dump" else ["dev", "v0", "nud", "permanent"]
        else:
            self.scratch.seek(0)
            self.scratch.truncate()
            self.scratch.write("\n".join(self.lines(operation, count)) + "\n")
            self.scratch.flush()
            command = ["ip", "-batch", self.scratch.name]
        begin = time.monotonic_ns()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return (time.monotonic_ns() - begin) / count


def programs(folder):
    """Those that are there; the others are named."""
    wanted = (
        (OURS, [folder / "neigh-bench-kernel"], OPERATIONS),
        ("floor", [folder / "neigh-bench-floor"], OPERATIONS),
        ("libmnl", [folder / "neigh-bench-mnl"], ("add", "replace", "del", "get", "dump", "watch")),
        ("libnl-route", [folder / "neigh-bench-nl-route"], ("add", "replace", "del", "dump", "watch", "flush")),
        ("Go netlink", [folder / "neigh-bench-go"], ("add", "replace", "del", "dump", "watch")),
    )
    found = []
    for name, command, operations in wanted:
        if command[0].exists():
            found.append(Program(name, [str(word) for word in command], operations))
        else:
            print(f"- left out: {name} ({command[0].name} was not built: see docs/dependencies.md)", file=sys.stderr)
    for python in (sys.executable, "/usr/bin/python3"):  # Debian's has Debian's modules
        if subprocess.run([python, "-c", "import pyroute2"], capture_output=True, check=False).returncode == 0:
            script = str(HERE / "peers" / "peer_pyroute2.py")
            found.append(Program("pyroute2", [python, script], ("add", "replace", "del", "dump")))
            break
    else:
        print("- left out: pyroute2 (not installed)", file=sys.stderr)
    return [*found, Ip()]


class World:
    """A veth pair, and a host at its other end that answers for all of 10.1.0.0/16."""

    def __enter__(self):
        run(["ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"])
        self.peer = subprocess.Popen(["unshare", "-n", "sleep", "86400"])
        own = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.peer.pid}/ns/net") == own:
            time.sleep(0.01)
        run(["ip", "link", "set", "v1", "netns", str(self.peer.pid)])
        run(["sh", "-c", "ip link set lo up; ip link set v0 up; ip addr add 10.0.0.1/8 dev v0"])
        run(["nsenter", "-t", str(self.peer.pid), "-n", "sh", "-c",
             "ip link set lo up; ip link set v1 up; ip addr add 10.0.0.2/8 dev v1; ip route add local 10.1.0.0/16 dev lo"])
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.peer.kill()
        self.peer.wait()


def takes(program, operation, count):
    """Whether so many are measured."""
    if operation == "dump" and program.name == "ip -batch":
        return True
    return count <= min(MOST_OF_OPERATION.get(operation, count), MOST_OF_PROGRAM.get(program.name, count))


def left_out(found, counts, operations, with_parts):
    """One line that says what is not measured at the large sizes, or nothing."""
    largest = max(counts["table"])
    parts = [f"{operation} beyond {most:,} entries" for operation, most in MOST_OF_OPERATION.items()
             if operation in operations and most < largest]
    for program in found:
        most = MOST_OF_PROGRAM.get(program.name, largest)
        theirs = [operation for operation in operations if operation in program.operations and operation != "resolve"]
        without = [operation for operation in theirs if not takes(program, operation, largest)]
        if most < largest and without:
            but = [operation for operation in theirs if operation not in without]
            parts.append(f"{program.name} beyond {most:,}" + (f" (but for {', '.join(but)})" if but else ""))
    if with_parts and any(program.name == "floor" for program in found):
        parts.append(f"floor with more than {MOST_IN_PARTS_OF_FLOOR} in one call")
    return f"Left out at large sizes: {'; '.join(parts)}." if parts else ""


def measure_all(found, counts, repeat, operations):
    """{(operation, count): {name: [ns per entry]}}, everybody once in each round, in another order each time."""
    by_name = {program.name: program for program in found}
    ours = by_name[OURS]
    figures = {}
    for round_number in range(repeat):
        for operation in operations:
            for count in counts["resolve" if operation == "resolve" else "table"]:
                turn = [program for program in found if operation in program.operations and takes(program, operation, count)]
                random.Random(round_number * 7919 + count).shuffle(turn)
                for program in turn:
                    prepare(ours, operation, count)
                    value = program.measure(operation, count)
                    figures.setdefault((operation, count), {}).setdefault(program.name, []).append(value)
                    ours.measure("flush", 1)
        print(f"round {round_number + 1} of {repeat}", file=sys.stderr, flush=True)
    return figures


def measure_parts(found, count, repeat):
    """Creation in parts of so many: {size: {name: [ns per entry]}}."""
    figures = {}
    for _ in range(repeat):
        for size in (1, 4, 16, 64, 192, 1024, count):
            for program in found:
                if program.name == OURS or (program.name == "floor" and size <= MOST_IN_PARTS_OF_FLOOR):
                    value = program.measure(f"add:{size}", count)
                    figures.setdefault(size, {}).setdefault(program.name, []).append(value)
                    found[0].measure("flush", 1)
    return figures


def print_parts(figures):
    print("\n### batch: create, so many with one call\n\n| with one call | libneigh, µs per entry | floor, µs per entry |\n|---|---|---|")
    for size, row in figures.items():
        cells = [spread([value / 1000 for value in row[name]]) if name in row else "" for name in (OURS, "floor")]
        print(f"| {size:,} | {' | '.join(cells)} |")


def prepare(ours, operation, count):
    if operation in ("replace", "get", "dump", "del", "flush"):
        ours.measure("add", count)


def spread(values):
    return f"{statistics.median(values):.2f} [{min(values):.2f} {max(values):.2f}]"


def ratio(values, base):
    pairs = [a / b for a, b in zip(values, base)]
    return spread(pairs)


def print_tables(figures):
    for operation in OPERATIONS:
        counts = sorted(count for name, count in figures if name == operation)
        if not counts:
            continue
        print(f"\n### {operation}: {MEANING[operation]}\n")
        print("| entries | who | µs per entry | / floor | / libneigh |\n|---|---|---|---|---|")
        for count in counts:
            row = figures[operation, count]
            for name in sorted(row, key=lambda one: statistics.median(row[one])):
                micro = [value / 1000 for value in row[name]]
                floor = ratio(row[name], row["floor"]) if "floor" in row and name != "floor" else ""
                own = ratio(row[name], row[OURS]) if name != OURS else ""
                print(f"| {count:,} | {name} | {spread(micro)} | {floor} | {own} |")


def resolvable():
    """As many as the kernel takes without collecting any: it counts over all namespaces."""
    try:
        limit = int(pathlib.Path("/proc/sys/net/ipv4/neigh/default/gc_thresh3").read_text())
    except OSError:
        limit = int(os.environ.get("NEIGH_BENCH_GC_THRESH3", "1024"))
    return min(4096, limit // 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--short", action="store_true", help="small tables, three rounds")
    parser.add_argument("--repeat", type=int, help="rounds (5; short: 3)")
    parser.add_argument("--only", help="these operations, with commas between them")
    parser.add_argument("--beside", help="these peers, with commas between them (floor,libmnl,ip -batch,...)")
    parser.add_argument("--large", action="store_true", help="a million entries, too (half an hour)")
    options = parser.parse_args()
    operations = options.only.split(",") if options.only else OPERATIONS
    if unknown := [one for one in operations if one not in OPERATIONS]:
        parser.error(f"--only: no such operation: {', '.join(unknown)}; there are {', '.join(OPERATIONS)}")
    if os.environ.get("NEIGH_BENCH_INSIDE") != "1":
        # The limit can be read in the first namespace alone.
        environment = os.environ | {"NEIGH_BENCH_INSIDE": "1", "NEIGH_BENCH_GC_THRESH3": str(2 * resolvable())}
        os.execvpe("unshare", ["unshare", "-Urn", sys.executable, *sys.argv], environment)
    sizes = [4096, 16384] if options.short else [1024, 16384, 65536, 262144]
    if options.large:
        sizes.append(1_000_000)
    counts = {"table": sizes, "resolve": [resolvable()]}
    repeat = options.repeat or (3 if options.short else 5)
    with World():
        found = programs(options.programs.resolve())
        if options.beside is not None:
            found = [one for one in found if one.name in (OURS, *options.beside.split(","))]
        figures = measure_all(found, counts, repeat, operations)
        parts = {} if options.only else measure_parts(found, 16384 if options.short else 65536, repeat)
    if missing := left_out(found, counts, operations, bool(parts)):
        print(missing)
    print_tables(figures)
    if parts:
        print_parts(parts)


if __name__ == "__main__":
    main()
