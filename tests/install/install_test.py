#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs a build into a scratch prefix and builds programs against it, by pkg-config and by CMake, in C11 and C++20.

usage: install_test.py BUILD_FOLDER SCRATCH_FOLDER CONFIG PARTS CC CXX
PARTS: comma separated, of neigh, iphlpapi, netio (what the build has).
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CONSUMER = os.path.join(HERE, "consumer")
PROGRAMS = {"neigh": "modern", "iphlpapi": "user", "netio": "kernel"}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
STANDARDS = {"c": "-std=c11", "cpp": "-std=c++20"}


class Failed(Exception):
    pass


def run(command, env=None):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})})
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Install:
    def __init__(self, build, scratch, config, parts, cc, cxx):
        self.scratch, self.parts = scratch, parts
        self.compilers = {"c": cc, "cpp": cxx}
        self.first, self.prefix = os.path.join(scratch, "first"), os.path.join(scratch, "a prefix/moved")
        shutil.rmtree(scratch, ignore_errors=True)
        run(["cmake", "--install", build, "--prefix", self.first, *(["--config", config] if config else [])])
        # Moved after the installation: nothing in it may know where it was. A blank in the path is not forgotten.
        os.makedirs(os.path.dirname(self.prefix))
        shutil.move(self.first, self.prefix)
        found = [folder for folder, _, files in os.walk(self.prefix) if "neigh.pc" in files]
        if len(found) != 1:
            raise Failed(f"neigh.pc is in {found}")
        self.pc = found[0]
        self.lib = os.path.dirname(self.pc)

    def check_files(self):
        for part in self.parts:
            names = os.listdir(self.lib)
            for wanted in (rf"lib{part}\.so", rf"lib{part}\.so\.\d+", rf"lib{part}\.so\.\d+\.\d+\.\d+", rf"lib{part}\.a"):
                if not any(re.fullmatch(wanted, name) for name in names):
                    raise Failed(f"no {wanted} in {sorted(names)}")
            dynamic = run(["readelf", "-d", os.path.join(self.lib, f"lib{part}.so")])
            if not re.search(rf"SONAME.*\[lib{part}\.so\.\d+\]", dynamic):
                raise Failed(f"lib{part}.so has no SONAME:\n{dynamic}")
        if "neigh" in self.parts:
            symbols = run(["nm", "-DC", "--defined-only", "--format=posix", os.path.join(self.lib, "libneigh.so")])
            ours = re.compile(r"(typeinfo (name )?for |vtable for )?neigh::|NEIGH_1")
            strangers = [line for line in symbols.splitlines() if not ours.match(line)]
            if strangers or len(symbols.splitlines()) < 30:
                raise Failed(f"libneigh.so exports {strangers[:5]}")
        for folder, _, files in os.walk(self.prefix):
            for name in files:
                path = os.path.join(folder, name)
                if name.endswith((".pc", ".cmake", ".hpp", ".h")):
                    with open(path, encoding="utf-8") as file:
                        text = file.read()
                    for stranger in (self.first, os.path.dirname(os.path.dirname(HERE)) + "/"):
                        if stranger in text:
                            raise Failed(f"{path} names {stranger}")

    def pkg_config(self, *arguments):
        out = run(["pkg-config", *arguments], {"PKG_CONFIG_PATH": self.pc})
        # As a shell would split it: pkg-config escapes the blank.
        return [word.replace("\\ ", " ") for word in re.split(r"(?<!\\)\s+", out.strip()) if word]

    def by_pkg_config(self, part, language, static):
        source = os.path.join(CONSUMER, PROGRAMS[part] + (".cpp" if part == "neigh" else ".c"))
        program = os.path.join(self.scratch, "-".join(["pc", part, language] + (["static"] if static else [])))
        compiler = [self.compilers[language], STANDARDS[language], *WARNINGS]
        language_flags = ["-x", "c++"] if language == "cpp" else []
        flags = self.pkg_config("--cflags", part)
        libs = self.pkg_config(*(["--static"] if static else []), "--libs", part)
        if static:  # the linker prefers the shared one of two: name the archives
            libs = [f"-l:lib{lib[2:]}.a" if lib[2:] in PROGRAMS else lib for lib in libs]
        run([*compiler, *flags, *language_flags, source, "-x", "none", "-o", program, *libs])
        needed = set(re.findall(r"NEEDED.*\[lib(\w+)\.so", run(["readelf", "-d", program])))
        if static and needed & set(PROGRAMS):
            raise Failed(f"{program} is not static: it needs {needed}")
        if not static and part not in needed:
            raise Failed(f"{program} does not use lib{part}.so: it needs {needed}")
        return run([program], None if static else {"LD_LIBRARY_PATH": self.lib})

    def by_cmake(self, languages, static):
        parts = [p for p in self.parts if p != "neigh" or "CXX" in languages]
        if not parts:
            return ""
        build = os.path.join(self.scratch, "-".join(["cmake", *languages] + (["static"] if static else [])))
        run(["cmake", "-S", CONSUMER, "-B", build, f"-DPARTS={';'.join(parts)}", f"-DLANGUAGES={';'.join(languages)}",
             f"-DVARIANT={'-static' if static else ''}", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Debug",
             f"-DCMAKE_C_COMPILER={self.compilers['c']}", f"-DCMAKE_CXX_COMPILER={self.compilers['cpp']}"])
        run(["cmake", "--build", build])
        out, count = "", 0
        for name in sorted(os.listdir(build)):
            path = os.path.join(build, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                out += run([path])
                count += 1
        expected = sum(1 if p == "neigh" else len(languages) for p in parts)
        if count != expected:
            raise Failed(f"{build}: {count} programs, not {expected}")
        return out


def main():
    build, scratch, config, parts, cc, cxx = sys.argv[1:]
    install = Install(build, scratch, config, parts.split(","), cc, cxx)
    install.check_files()
    for part in install.parts:
        for language in ("cpp",) if part == "neigh" else ("c", "cpp"):
            for static in (False, True):
                print(f"pkg-config {part} {language} {'static' if static else 'shared'}: "
                      + install.by_pkg_config(part, language, static).strip())
    # A static library of C++ code needs the C++ linker: no C project there.
    for languages, static in ((["C"], False), (["C", "CXX"], False), (["C", "CXX"], True)):
        print(f"cmake {' '.join(languages)} {'static' if static else 'shared'}: "
              + install.by_cmake(languages, static).strip().replace("\n", "; "))
    shutil.rmtree(scratch)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"install test: FAILED\n{failure}")
        sys.exit(1)
