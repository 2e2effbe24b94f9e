#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/conformance on small trees of its own: each thing it must notice, and nothing else."""
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "conformance")

SPEC = """
| # | Flavour | Returns | Exact condition |
|---|---|---|---|
| C-01 | K U | SUCCESS | it exists |
| C-02 | U | ERROR | it is there |

| # | Statement | Origin |
|---|---|---|
| C-03 | A statement with a [link](https://example.org) and `a code span`. | K |
| W-01 | Can be cited, is not required. | K |
"""
DECISIONS = "| # | Point | Decision |\n|---|---|---|\n| LIB-01 | a point | a decision |\n"
STRENGTHS = """
| # | Statement | Str | Src |
|---|---|---|---|
| ARP-001 | must | M | R |
| ARP-002 | may | Y | R |
| ARP-003 | ours | P | R |

| # | State | Event | Action | New state | Note |
|---|---|---|---|---|---|
| FSM-01 | — | packet | create | INCOMPLETE | |

| # | Statement | Src |
|---|---|---|
| LNX-001 | a fact | X |
"""


def case(name, cites="", inside=""):
    prop = f'<properties><property name="cites" value="{cites}"/></properties>' if cites else ""
    return f'<testcase name="{name}" status="run" classname="S">{prop}{inside}</testcase>'


class Conformance(unittest.TestCase):
    def setUp(self):
        self.tree = tempfile.TemporaryDirectory()
        self.addCleanup(self.tree.cleanup)
        for folder in ("docs/spec", "build/dev/test-results", "scripts"):
            os.makedirs(os.path.join(self.tree.name, folder))
        self.put("docs/spec/netioapi.md", SPEC)
        self.put("docs/spec/decisions.md", DECISIONS)
        with open(SCRIPT, encoding="utf-8") as file:
            text = file.read()
        # On in these tests, whatever the project's switch says.
        start = text.index("SECTIONS = [")
        end = text.index("\n]\n", start)
        text = text[:start] + ('SECTIONS = [("docs/spec/netioapi.md", ["C"], None, True, ""), '
                               '("docs/spec/decisions.md", ["LIB"], None, True, ""), '
                               '("docs/spec/arp-ndp.md", ["ARP", "FSM"], "MSNP", True, ""), '
                               '("docs/spec/arp-ndp.md", ["LNX"], None, False, "facts")') + text[end:]
        self.put("scripts/conformance", text)

    def put(self, path, text):
        with open(os.path.join(self.tree.name, path), "w", encoding="utf-8") as file:
            file.write(text)

    def report(self, program, *cases):
        self.put(f"build/dev/test-results/{program}.xml",
                 "<testsuites><testsuite name='S'>" + "".join(cases) + "</testsuite></testsuites>")

    def everything_proved(self):
        self.report("conformance_user", case("One", "C-01 C-02 C-03"))
        self.report("conformance_kernel", case("One", "C-01"))
        self.report("unit_base", case("Two", "LIB-01 W-01"), case("NoCites"))

    def run_script(self, *arguments):
        done = subprocess.run([sys.executable, os.path.join(self.tree.name, "scripts/conformance"), *arguments],
                              capture_output=True, text=True, check=False)
        problems = [line for line in done.stdout.splitlines() if line.startswith("conformance: ")][:-1]
        self.assertEqual(done.returncode, 1 if problems else 0, done.stdout + done.stderr)
        return [p.removeprefix("conformance: ") for p in problems]

    def page(self):
        with open(os.path.join(self.tree.name, "docs/conformance.md"), encoding="utf-8") as file:
            return file.read()

    def test_all_proved(self):
        self.everything_proved()
        self.assertEqual(self.run_script(), [])
        self.assertIn("| C-01 | SUCCESS: it exists | U K | `conformance: S.One` (U K) | passed |", self.page())
        self.assertIn("| C-03 | A statement with a link and `a code span`. |  | `conformance: S.One` (U) | passed |",
                      self.page())
        self.assertIn("| LIB-01 | a point |  | `unit_base: S.Two` | passed |", self.page())
        self.assertEqual(self.run_script("--check"), [])

    def test_page_is_compared_byte_by_byte(self):
        self.everything_proved()
        self.run_script()
        self.put("docs/conformance.md", self.page() + "\n")
        self.assertEqual(self.run_script("--check"),
                         ["docs/conformance.md is not current: run scripts/conformance and commit it"])

    def test_a_flavor_is_missing(self):
        self.everything_proved()
        self.report("conformance_kernel", case("One"))
        self.assertEqual(self.run_script(), ["C-01 (flavor K) has neither a passing test nor a reason"])
        self.assertIn("U: passed<br>K: **missing**", self.page())

    def test_programs_of_another_home(self):
        self.everything_proved()
        self.report("conformance_kernel", case("One"))
        self.report("conformance_kernel_embedded", case("One", "C-01"))
        self.assertEqual(self.run_script(), [])
        self.assertIn("`conformance: S.One` (U)<br>`conformance_embedded: S.One` (K) | passed |", self.page())

    def test_strengths_and_parts_of_a_specification(self):
        self.everything_proved()
        self.put("docs/spec/arp-ndp.md", STRENGTHS)
        self.assertEqual(self.run_script(), ["ARP-001 has neither a passing test nor a reason",
                                             "ARP-003 has neither a passing test nor a reason",
                                             "FSM-01 has neither a passing test nor a reason"])
        self.assertIn("| ARP-002 | may |  |  | needs none |", self.page())
        self.assertIn("| [arp-ndp.md](spec/arp-ndp.md), ARP-001 to FSM-01 | 4 | 0 | 0 | 1 | 3 |", self.page())
        self.assertIn("| [arp-ndp.md](spec/arp-ndp.md), LNX-001 to LNX-001 | 1 | not reported: facts | | | |", self.page())
        self.report("unit_nud", case("Three", "ARP-001 ARP-002 LNX-001 FSM-01"))
        self.put("docs/not-testable.tsv", "ARP-003\t-\tof routers\n")
        self.assertEqual(self.run_script(), [])
        self.assertIn("| ARP-002 | may |  | `unit_nud: S.Three` | passed |", self.page())
        self.assertIn("| FSM-01 | —, packet: create → INCOMPLETE |  | `unit_nud: S.Three` | passed |", self.page())
        self.put("docs/spec/arp-ndp.md", STRENGTHS.replace("| may | Y |", "| may | Q |"))
        done = subprocess.run([sys.executable, os.path.join(self.tree.name, "scripts/conformance")],
                              capture_output=True, text=True, check=False)
        self.assertIn("ARP-002: strength 'Q'", done.stderr)

    def test_a_reason_for_that_flavor_is_enough(self):
        self.everything_proved()
        self.report("conformance_kernel", case("One"))
        self.put("docs/not-testable.tsv", "# comment\nC-01\tK\tno kernel here\n")
        self.assertEqual(self.run_script(), [])
        self.assertIn("U: passed<br>K: not testable: no kernel here", self.page())

    def test_reason_beside_a_passing_test(self):
        self.everything_proved()
        self.put("docs/not-testable.tsv", "C-01\tK\tno kernel here\nC-03\t-\tcannot be seen\n")
        self.assertEqual(self.run_script(), ["docs/not-testable.tsv: C-01 K has a reason and a passing test",
                                             "docs/not-testable.tsv: C-03 - has a reason and a passing test"])

    def test_reasons_that_fit_nothing(self):
        self.everything_proved()
        self.put("docs/not-testable.tsv", "C-99\t-\twhy\nC-02\tK\twhy\nC-03\tX\twhy\nC-03\t-\t \n")
        self.assertEqual(self.run_script(), ["docs/not-testable.tsv:3: not 'statement<TAB>U, K or -<TAB>reason'",
                                             "docs/not-testable.tsv:4: not 'statement<TAB>U, K or -<TAB>reason'",
                                             "docs/not-testable.tsv: C-02 says nothing about flavor K",
                                             "docs/not-testable.tsv: C-99 does not exist"])

    def test_cited_number_does_not_exist(self):
        self.everything_proved()
        self.report("unit_wire", case("Three", "C-04"))
        self.assertEqual(self.run_script(), ["C-04 is cited by unit_wire: S.Three and does not exist"])

    def test_failed_and_skipped_tests_prove_nothing(self):
        self.everything_proved()
        self.report("unit_base", case("Two", "LIB-01", '<failure message="x"/>'))
        self.assertEqual(self.run_script(), ["LIB-01: unit_base: S.Two failed"])
        self.assertIn("**failed**", self.page())
        self.report("unit_base", case("Two", "LIB-01", '<skipped message="x"/>'))
        self.assertEqual(self.run_script(), ["LIB-01 has neither a passing test nor a reason"])
        self.assertIn("**missing** (only skipped)", self.page())

    def test_no_reports_is_a_problem(self):
        self.assertIn("make test", self.run_script("--check")[-2])

    def test_the_projects_own_specifications_parse(self):
        loader = importlib.machinery.SourceFileLoader("conformance", os.path.abspath(SCRIPT))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("conformance", loader))
        sys.modules["conformance"] = module  # dataclasses look themselves up
        sys.dont_write_bytecode = True
        loader.exec_module(module)
        root = os.path.join(os.path.dirname(os.path.abspath(SCRIPT)), "..")
        statements = module.read_statements(os.path.join(root, "docs/spec/netioapi.md"))
        self.assertEqual(statements["C-09"].flavors, ("U",))
        self.assertEqual(statements["C-01"].flavors, ("U", "K"))
        self.assertEqual(statements["C-12"].flavors, ("-",))
        self.assertEqual(statements["V-17"].text, "IF_MAX_PHYS_ADDRESS_LENGTH: 32")
        numbers = set(module.read_statements(os.path.join(root, "docs/spec/arp-ndp.md")))
        listed = {p for path, prefixes, *_ in module.SECTIONS if path.endswith("arp-ndp.md") for p in prefixes}
        self.assertEqual({n.split("-")[0] for n in numbers}, listed)
        for prefix, at_least in (("A", 20), ("C", 21), ("D", 14), ("F", 10), ("G", 15), ("T", 19), ("R", 20), ("S", 15),
                                 ("X", 5), ("M", 21), ("N", 4), ("V", 30)):
            numbers = [int(n.split("-")[1]) for n in statements if n.split("-")[0] == prefix]
            self.assertGreaterEqual(len(numbers), at_least)
            self.assertEqual(sorted(numbers), list(range(1, len(numbers) + 1)), f"{prefix}: a number is missing")


if __name__ == "__main__":
    unittest.main()
