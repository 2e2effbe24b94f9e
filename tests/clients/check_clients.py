#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles programs in the shape of real callers, and every header by itself, with every compiler and standard at hand.

usage: check_clients.py --include DIR... --what headers|programs|refusals|beside COMPILER...

headers   each header alone and twice, before and after either flavor
programs  tests/clients/programs and examples/netioapi, unmodified
refusals  what must not compile, and the words in which it is refused
beside    the headers of the C and C++ libraries, before and after ours
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
EXAMPLES = HERE.parent.parent / "examples/netioapi"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
STRICT = ["-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wundef", "-Wcast-align"]
STRICT_CXX = ["-Wold-style-cast", "-Wzero-as-null-pointer-constant"]
C_STANDARDS = ["c11", "gnu11", "c17"]
CXX_STANDARDS = ["c++14", "c++17", "gnu++17", "c++20", "c++2b"]
USER = ["winsock2.h", "ws2tcpip.h", "iphlpapi.h"]
KERNEL = ["ntddk.h", "netioapi.h"]


def includes(names):
    return "".join(f"#include <{name}>\n" for name in names)


def is_cxx(compiler):
    return "++" in os.path.basename(compiler)


def pragma_flag(compiler):
    """g++ before 13 has to be told about `#pragma comment`; the packages' flags do so. The headers tell all others."""
    if not is_cxx(compiler) or "clang" in subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout:
        return []
    return ["-Wno-unknown-pragmas"]


class Matrix:
    def __init__(self, include, compilers):
        self.include, self.compilers = include, compilers
        self.jobs, self.failures, self.count = [], [], 0

    def standards(self, compiler):
        return CXX_STANDARDS if is_cxx(compiler) else C_STANDARDS

    def add(self, label, compiler, standard, source, flags, refusal=None):
        """`source`: a path, or the text itself. `refusal`: what the error message must say; None: it must compile."""
        self.jobs.append((label, compiler, standard, source, flags, refusal))

    def compile(self, job):
        label, compiler, standard, source, flags, refusal = job
        language = "c++" if is_cxx(compiler) else "c"
        command = [compiler, f"-std={standard}", "-x", language, "-fsyntax-only", *flags, *(f"-I{d}" for d in self.include)]
        text = None if isinstance(source, Path) else source
        result = subprocess.run([*command, str(source) if text is None else "-"], input=text, capture_output=True,
                                text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        said = result.stdout + result.stderr
        where = f"{label} [{os.path.basename(compiler)} -std={standard}]"
        if refusal is None:
            return None if result.returncode == 0 and not said else f"{where}\n{said[:2000]}"
        if result.returncode == 0:
            return f"{where}: compiled, but must be refused"
        return None if re.search(refusal, said) else f"{where}: refused without saying /{refusal}/:\n{said[:2000]}"

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, len(os.sched_getaffinity(0)))) as pool:
            for failure in pool.map(self.compile, self.jobs):
                self.count += 1
                if failure:
                    self.failures.append(failure)
        for failure in self.failures[:20]:
            print(f"FAIL {failure}")
        print(f"{self.count} compilations, {len(self.failures)} failed")
        return 1 if self.failures or not self.count else 0


def headers(matrix):
    real, spelled = [], []
    for path in sorted(p for d in matrix.include for p in Path(d).glob("*.[hH]")):
        (real if path.name == path.name.lower() else spelled).append(path.name)
    if len(real) < 30 or len(spelled) < 80:
        sys.exit(f"{len(real)} headers and {len(spelled)} other spellings in {matrix.include}: the tree is incomplete")
    inner = ["neigh_detail/" + p.name for d in matrix.include for p in sorted(Path(d).glob("neigh_detail/*.h"))]
    for compiler in matrix.compilers:
        for standard in matrix.standards(compiler):
            flags = WARNINGS + STRICT + (STRICT_CXX if is_cxx(compiler) else [])
            for name in real:
                for place, order in {
                    "alone and twice": [name, name],
                    "after the user flavor": [*USER, name],
                    "before the user flavor": [name, *USER],
                    "after the kernel flavor": [*KERNEL, name],
                    "before the kernel flavor": [name, *KERNEL],
                }.items():
                    uses = "NETIO_STATUS client(void);\n" if len(order) > 2 else "typedef int client;\n"
                    matrix.add(f"{name} {place}", compiler, standard, includes(order) + uses, flags)
            for name in inner:
                matrix.add(f"{name} alone", compiler, standard, includes([name, name]) + "typedef int client;\n", flags)
            matrix.add("all spellings", compiler, standard, includes(spelled) + "typedef int client;\n", flags)


def programs(matrix):
    for path in sorted([*PROGRAMS.iterdir(), *EXAMPLES.iterdir()]):
        if path.suffix not in (".c", ".cpp"):
            continue
        for compiler in matrix.compilers:
            if path.suffix == ".cpp" and not is_cxx(compiler):
                continue
            for standard in matrix.standards(compiler):
                # C sources are programs in C; as C++ they would need casts and other headers.
                if path.suffix == ".c" and is_cxx(compiler):
                    continue
                matrix.add(path.name, compiler, standard, path, WARNINGS + pragma_flag(compiler))


def beside(matrix):
    """Also the flavors: which header decides it, and that none leaks into the other."""
    standard_headers = f'#include "{PROGRAMS}/beside_standard_headers.inc"\n'
    flags = [f for f in WARNINGS if f != "-Wpedantic"]  # the system's headers are not under test
    for compiler in matrix.compilers:
        for standard in matrix.standards(compiler)[::2]:
            for flavor, ours in (("user", USER), ("kernel", KERNEL)):
                for extra in [[]] if is_cxx(compiler) else [[], ["-D_GNU_SOURCE"]]:  # g++ always defines it
                    row = "static MIB_IPNET_ROW2 row;\nint client(void);\nint client(void) { return (int)NETIO_SUCCESS(SetIpNetEntry2(&row)); }\n"
                    label = f"standard headers, {flavor} {' '.join(extra)}"
                    matrix.add(f"{label}, after", compiler, standard, includes(ours) + standard_headers + row, flags + extra)
                    matrix.add(f"{label}, before", compiler, standard, standard_headers + includes(ours) + row, flags + extra)
            is_user = ("#ifndef __IPHLPAPI_H__\n#error\n#endif\n#ifndef ERROR_OBJECT_ALREADY_EXISTS\n#error\n#endif\n"
                       "#if ERROR_OBJECT_ALREADY_EXISTS != 5010\n#error\n#endif\n")
            is_kernel = "#ifdef __IPHLPAPI_H__\n#error\n#endif\n#ifdef NO_ERROR\n#error\n#endif\nextern NETIO_STATUS s; extern NTSTATUS s;\n"
            matrix.add("user flavor", compiler, standard, includes(USER) + is_user, WARNINGS)
            matrix.add("user flavor, iphlpapi.h alone", compiler, standard, includes(["iphlpapi.h"]) + is_user, WARNINGS)
            matrix.add("kernel flavor", compiler, standard, includes(KERNEL) + is_kernel, WARNINGS)
            matrix.add("kernel flavor, netioapi.h alone", compiler, standard, includes(["netioapi.h"]) + is_kernel, WARNINGS)
            no_macros = "".join(f"#ifdef {m}\n#error {m} is a macro\n#endif\n" for m in
                                ("interface", "min", "max", "small", "near", "far", "FreeMibTable", "small", "_WIN32"))
            for ours in (USER, KERNEL, ["windows.h"]):
                matrix.add("macros", compiler, standard, includes(ours) + no_macros + "typedef int client;\n", WARNINGS)
            if is_cxx(compiler):
                matrix.add("old annotations on request", compiler, standard,
                           standard_headers + includes(USER) + "void client(__in int a, __out int *b, __reserved void *c);\n",
                           flags + ["-DNEIGH_SAL1"])
            matrix.add("16-bit wchar_t", compiler, standard, includes(["windows.h"]) + "const WCHAR *text = L\"wide\";\n",
                       WARNINGS + ["-fshort-wchar", "-DUNICODE"])


def refusals(matrix):
    host = {
        "sys/socket.h": "<sys/socket.h>", "netinet/in.h": "<netinet/in.h>|<sys/socket.h>", "arpa/inet.h": "<netinet/in.h>",
        "netdb.h": "<netinet/in.h>", "net/if.h": "<net/if.h>", "ifaddrs.h": "<sys/socket.h>", "sys/un.h": None,
    }
    for compiler in matrix.compilers:
        standard = matrix.standards(compiler)[0].replace("c", "gnu", 1)  # <net/if.h> shows all only with GNU's extensions
        for name, words in host.items():
            if words is None:
                continue
            for ours in (USER, KERNEL, ["windows.h"]):
                matrix.add(f"{name} after {ours[0]}", compiler, standard, includes([*ours, name]), WARNINGS,
                           f"#?error.*({words}).*included after the Windows network headers.*different source files")
                matrix.add(f"{name} before {ours[0]}", compiler, standard, includes([name, *ours]), WARNINGS,
                           "#?error.*was included before the Windows ones.*different source files")
        # Lean, it has no socket types and goes with anything.
        lean = "#define WIN32_LEAN_AND_MEAN\n"
        for order in (["windows.h", "sys/socket.h", "netinet/in.h"], ["netinet/in.h", "windows.h"]):
            matrix.add(f"lean {order}", compiler, standard, lean + includes(order) + "typedef DWORD client;\n", WARNINGS)
        # Declared nowhere, so that the program fails where it is compiled.
        for call in ("WSAGetLastError()", "Sleep(1)", "GetLastError()", "InetPtonW(2, 0, 0)", "GetIpForwardEntry2(0)",
                     "GetAdaptersInfo(0, 0)", "SetIpForwardEntry2(0)", "CreateEventA(0, 0, 0, 0)", "closesocket(0)"):
            name = call.split("(")[0]
            for ours in (USER, KERNEL):
                matrix.add(f"call of {name}", compiler, standard,
                           includes(ours) + f"void client(void);\nvoid client(void) {{ {call}; }}\n", WARNINGS,
                           rf"{name}.*(not declared|undeclared|implicit)|(undeclared|implicit).*{name}")
        matrix.add("unknown __declspec", compiler, standard, includes(["windows.h"]) + "__declspec(mystery) int client;\n",
                   WARNINGS, "NEIGH_DECLSPEC_mystery|expected ';' before 'int'")
        matrix.add("32-bit program", compiler, standard, "#undef __LP64__\n" + includes(["windows.h"]),
                   ["-Wno-builtin-macro-redefined"], "64-bit Linux")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", action="append", required=True)
    parser.add_argument("--what", required=True, choices=["headers", "programs", "refusals", "beside"])
    parser.add_argument("compilers", nargs="+")
    args = parser.parse_args()
    for directory in args.include:
        if not Path(directory).is_dir():
            sys.exit(f"{directory} does not exist")
    matrix = Matrix(args.include, args.compilers)
    {"headers": headers, "programs": programs, "refusals": refusals, "beside": beside}[args.what](matrix)
    return matrix.run()


if __name__ == "__main__":
    sys.exit(main())
