#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/check-layers on a small tree of its own."""
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "check-layers")
GOOD = {
    "include/neigh/table.hpp": '#pragma once\n#include <span>\n#include "neigh/result.hpp"\n',
    "include/neigh/result.hpp": "#pragma once\n",
    "include/netioapi/netioapi.h": '#include "ifdef.h"\n#include "neigh_detail/x.h"\n#include <stdint.h>\n',
    "include/netioapi/ifdef.h": "\n",
    "include/netioapi/net/if.h": "#include_next <net/if.h>\n",
    "include/netioapi/neigh_detail/x.h": '#include "../ifdef.h"\n',
    "src/base/bytes.hpp": "#include <unistd.h>\n",
    "src/wire/arp.hpp": '#include "base/bytes.hpp"\n#include "wire/ether.hpp"\n#include "ether.hpp"\n#include <linux/neighbour.h>\n',
    "src/wire/ether.hpp": "\n",
    "src/nud/cache.cpp": '#include "neigh/result.hpp"\n#include "base/bytes.hpp"\n#include <chrono>\n// steady_clock is named here\n',
    "src/rtnl/socket.cpp": '#include <net/if.h>\n#include <libmnl/libmnl.h>\n#include "wire/arp.hpp"\n',
    "src/netioapi/create.cpp": "#include <IPHlpApi.h>\n#include <netioapi.h>\n#include \"neigh/table.hpp\"\n#include \"netioapi/codes.hpp\"\n",
    "src/netioapi/codes.hpp": "\n",
    "src/rtnl/CMakeLists.txt": "neigh_room(rtnl\n  SOURCES socket.cpp\n  USES wire base\n  LIBS PkgConfig::libmnl)\n",
    "tools/neighctl/main.cpp": '#include "neigh/table.hpp"\n#include <fmt/core.h>\n',
}


class Layers(unittest.TestCase):
    def problems(self, **changed):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, **changed.get("files", {})}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            done = subprocess.run([sys.executable, SCRIPT, "--root", root], capture_output=True, text=True, check=False)
            lines = [line.removeprefix("layers: ") for line in done.stdout.splitlines()][:-1]
            self.assertEqual(done.returncode, 1 if lines else 0, done.stdout + done.stderr)
            return lines

    def only(self, path, text):
        found = self.problems(files={path: text})
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_what_is_allowed(self):
        self.assertEqual(self.problems(files={"src/netioapi/other.c": "#include <iphlpapi.h>\n",
                                              "include/netioapi/iphlpapi.h": "#include \"netioapi.h\"\n"}), [])

    def test_upward_and_sideways(self):
        self.assertIn("src/base must not use wire", self.only("src/base/a.hpp", '#include "wire/arp.hpp"\n'))
        self.assertIn("src/nud must not use wire", self.only("src/nud/a.hpp", '#include "wire/arp.hpp"\n'))
        self.assertIn("src/nud/a.hpp:2:", self.only("src/nud/a.hpp", '\n#include "../wire/arp.hpp"\n'))
        self.assertIn("src/netioapi must not use rtnl", self.only("src/netioapi/a.cpp", '#include "rtnl/socket.hpp"\n'))
        self.assertIn("tools/neighctl must not use base", self.only("tools/neighctl/a.cpp", '#include "base/bytes.hpp"\n'))
        self.assertIn("examples must not use base", self.only("examples/a.cpp", '#include "base/bytes.hpp"\n'))
        self.assertIn("src/rtnl must not use netioapi-tree", self.only("src/rtnl/a.cpp", "#include <netioapi.h>\n"))

    def test_the_system(self):
        self.assertIn("must not see I/O", self.only("src/nud/a.cpp", "#include <sys/socket.h>\n"))
        self.assertIn("must not see I/O", self.only("src/engine/a.cpp", "#include <unistd.h>\n"))
        self.assertIn("threads or a clock", self.only("src/nud/a.cpp", "#include <mutex>\n"))
        self.assertIn("reads a clock", self.only("src/engine/a.cpp", "auto t = std::chrono::steady_clock::now();\n"))
        self.assertIn("a lock", self.only("src/adjacency/a.cpp", "#include <mutex>\n"))
        self.assertIn("a system header", self.only("include/neigh/a.hpp", "#include <sys/types.h>\n"))
        self.assertIn("a system header", self.only("include/neigh/a.hpp", "#include <fmt/core.h>\n"))
        self.assertIn("a network header", self.only("include/netioapi/a.h", "#include <netinet/tcp.h>\n"))
        self.assertIn("a network header", self.only("src/netioapi/a.cpp", "#include <linux/neighbour.h>\n"))

    def test_macros_and_unknown_rooms(self):
        self.assertIn("defines the macro NEIGH_X", self.only("include/neigh/a.hpp", "#define NEIGH_X 1\n"))
        self.assertIn("in no room of the table", self.only("src/kitchen/a.hpp", "\n"))
        self.assertIn("neither beside the file nor in a room", self.only("src/base/a.hpp", '#include "missing.hpp"\n'))

    def test_cmake(self):
        self.assertIn("USES rtnl, which the table does not allow",
                      self.only("src/wire/CMakeLists.txt", "neigh_room(wire SOURCES a.cpp USES base rtnl)\n"))


if __name__ == "__main__":
    unittest.main()
