# SPDX-License-Identifier: Apache-2.0
"""What a command must not take away, change in passing, or claim: with the kernel as it really behaves."""

import json
import unittest

import harness
from harness import Network, ip, ip_neigh, lladdr, run, run_json

PEERS = ("192.0.2.2", "2001:db8::2")


class Care(Network):
    def owner(self, a):
        row = [r for r in json.loads(ip("-j", "neigh", "show", a, "nud", "all")) if r["dst"] == a]
        return row[0].get("protocol")

    def test_asking_again_keeps_what_somebody_wrote(self):
        for a in ("192.0.2.99", "2001:db8::99", *PEERS):
            for words in (["nud", "permanent"], ["nud", "noarp"], ["nud", "stale", "extern_learn"],
                          ["nud", "stale", "protocol", "bgp"]):
                ip("neigh", "replace", a, "lladdr", lladdr(0x44), "dev", "eth0", *words)
                before = ip_neigh(a, "nud", "all"), self.owner(a)
                code, document = run_json("resolve", a, "--again", "--timeout", "200ms")
                self.assertEqual((code, document["error"]), (1, "already_exists"))
                self.assertIn(f"'neighctl verify {a} dev eth0'", document["hint"])
                self.assertEqual((ip_neigh(a, "nud", "all"), self.owner(a)), before)
                ip("neigh", "delete", a, "dev", "eth0")
        for a in PEERS:
            ip("neigh", "replace", a, "lladdr", lladdr(0x44), "dev", "eth0", "nud", "permanent")
            self.assertEqual(run("resolve", a, "--again", "--force").code, 0)
            self.assertEqual(ip_neigh(a)[(a, "eth0")][0], self.THERE)

    def test_announce_leaves_addresses_alone_that_may_be_anothers(self):
        # The peer has ::2 and answers for it; and ::77 stays tentative for as long as the test lasts.
        harness.until(lambda: run("resolve", "2001:db8::2", "dev", "eth0").code == 0, "an answer of the peer")
        ip("address", "add", "2001:db8::2/64", "dev", "eth0")
        harness.until(lambda: "dadfailed" in ip("address", "show", "dev", "eth0"), "the detection of the duplicate")
        with open("/proc/sys/net/ipv6/conf/eth0/dad_transmits", "w", encoding="ascii") as file:
            file.write("1000")
        ip("address", "add", "2001:db8::77/64", "dev", "eth0")
        before = ip_neigh(netns="peer")
        for a, why in (("2001:db8::2", "dadfailed"), ("2001:db8::77", "tentative")):
            code, document = run_json("announce", a)
            self.assertEqual((code, document["error"]), (1, "no_such_address"), document)
            self.assertIn(f"{a} on eth0 is {why}", document["message"])
        code, document = run_json("announce", "dev", "eth0", "--interval", "10ms")
        self.assertEqual((code, {x["address"] for x in document["announced"]}), (0, {"192.0.2.1", "2001:db8::1", "fe80::1"}))
        code, document = run_json("announce", "2001:db8::2", "2001:db8::1")
        self.assertEqual((code, [x["count"] for x in document["announced"]]), (4, [0, 1]))
        self.assertNotIn(("2001:db8::2", "eth1"), before)

    def test_fix_changes_the_link_layer_address_alone(self):
        wait = ["--count", "2", "--interval", "300ms"]
        for a in PEERS:
            for words in (["nud", "permanent", "router", "protocol", "bgp"], ["nud", "noarp", "extern_learn", "router"],
                          ["nud", "noarp", "protocol", "ospf"]):
                ip("neigh", "replace", a, "lladdr", lladdr(0x55), "dev", "eth0", *words)
                _, state, flags = ip_neigh(a, "nud", "all")[(a, "eth0")]
                owner = self.owner(a)
                code, document = run_json("verify", a, "nud", "all", "--fix", *wait)
                self.assertEqual((code, document["fixed"]), (0, 1), document)
                self.assertNotIn("also_changed", document["results"][0])
                self.assertEqual((ip_neigh(a, "nud", "all")[(a, "eth0")], self.owner(a)),
                                 ((self.THERE, state, flags), owner), words)
                ip("neigh", "delete", a, "dev", "eth0")
            # The kernel reads the answer, too; whoever was first, the flags and the owner are there.
            ip("neigh", "replace", a, "lladdr", lladdr(0x55), "dev", "eth0", "nud", "stale", "extern_learn", "protocol",
               "bgp")
            self.assertEqual(run("verify", a, "--fix", *wait).code, 0)
            now = ip_neigh(a, "nud", "all")[(a, "eth0")]
            self.assertEqual((now[0], "extern_learn" in now[2], self.owner(a)), (self.THERE, True, "bgp"))

    def test_flags_are_kept_or_refused(self):
        for a in PEERS:
            for words in (["nud", "none", "router"], ["nud", "failed", "router"]):
                self.assertEqual(run_json("add", a, *words, "dev", "eth0")[0], 1)
            self.assertEqual(run("add", a, "use", "router", "extern_learn", "protocol", "bgp", "dev", "eth0").code, 2)
            self.assertEqual(ip_neigh(a, "nud", "all"), {})
            self.assertEqual(run("add", a, "managed", "router", "dev", "eth0").code, 1)
            self.assertEqual(run("load", "-", "--atomic", stdin=f"neigh add {a} managed router dev eth0\n").code,
                             1 if "." in a else 0)
            ip("neigh", "flush", "to", a, "nud", "all")
            # What is allowed is there afterwards.
            self.assertEqual(run("add", a, "managed", "extern_learn", "protocol", "bgp", "dev", "eth0").code, 0)
            self.assertEqual((ip_neigh(a, "nud", "all")[(a, "eth0")][2] - {"router"}, self.owner(a)),
                             (frozenset(["managed", "extern_learn"]), "bgp"))
            ip("neigh", "delete", a, "dev", "eth0")
            ip("neigh", "add", a, "dev", "eth0", "nud", "failed", "extern_learn")
            before = ip_neigh(a, "nud", "all")
            self.assertEqual(before[(a, "eth0")][2], frozenset(["extern_learn"]))
            for words in (["router"], ["use"]):
                self.assertEqual(run("set", a, *words).code, 1)
                self.assertEqual(ip_neigh(a, "nud", "all"), before)
            self.assertEqual(run("set", a, "router", "lladdr", lladdr(7)).code, 0)
            self.assertEqual(ip_neigh(a)[(a, "eth0")], (lladdr(7), "permanent", frozenset(["router", "extern_learn"])))
            ip("neigh", "delete", a, "dev", "eth0")

    def test_verify_says_why_it_cannot_ask(self):
        ip("neigh", "add", "192.0.2.2", "lladdr", self.THERE, "dev", "eth0", "nud", "permanent")
        ran = run("verify", "-q", "192.0.2.2", "--count", "1", "--interval", "300ms")
        self.assertEqual((ran.code, ran.out, ran.err), (0, "", ""))
        ip("address", "del", "192.0.2.1/24", "dev", "eth0")
        ip("neigh", "replace", "192.0.2.2", "lladdr", self.THERE, "dev", "eth0", "nud", "permanent")
        code, document = run_json("verify", "192.0.2.2")
        result = document["results"][0]
        self.assertEqual((code, result["error"], result["message"]),
                         (4, "no_such_address", "eth0 has no IPv4 address to ask from"))
        self.assertIn("ip address add", result["hint"])
        self.assertIn("hint: unasked: 'ip address add ADDRESS/LENGTH dev eth0'", run("verify", "192.0.2.2").out)

    def test_atomic_puts_back_what_the_kernel_collects(self):
        limits = next(t for t in run_json("doctor", "-4")[1]["tables"] if t["family"] == "ipv4")
        # Below gc_thresh2, above which anybody's new entry, in whatever namespace, makes the kernel collect again: what is
        # put back would be gone once more before it is looked at.
        old = [f"10.1.{i >> 8}.{i & 255}" for i in range(limits["gc_thresh2"] // 2)]
        wanted = [f"10.2.{i >> 8}.{i & 255}" for i in range(limits["gc_thresh3"] + 50)]
        batch = "".join(f"neigh add {a} lladdr {lladdr(7)} dev eth0 nud stale router protocol bgp\n" for a in old)
        self.assertEqual(run("load", "-", stdin=batch).code, 0)
        before = ip_neigh("nud", "all")
        # The kernel collects what has not been updated for five seconds.
        harness.until(lambda: min(n["updated_ms"] for n in run_json("list", "10.1.0.0/16")[1]["neighbors"]) > 6000,
                      "the entries growing old")
        batch = "".join(f"neigh add {a} lladdr {lladdr(8)} dev eth0 nud stale\n" for a in wanted)
        code, document = run_json("load", "-", "--atomic", stdin=batch)
        self.assertEqual((code, document["loaded"]), (1, 0))
        self.assertGreater(document["restored"], 0)
        self.assertNotIn("lost", document)
        failed = [r for r in document["results"] if r["result"] == "failed"]
        self.assertEqual(failed[0]["message"], "the neighbor table is full")
        self.assertEqual(ip_neigh("nud", "all"), before)
        self.assertEqual({n["protocol"] for n in run_json("list", "10.1.0.0/16")[1]["neighbors"]}, {"bgp"})

    def complete(self, *pieces):
        """What bash is offered for words as readline breaks them: at '=' too."""
        return harness.complete_bash(pieces, " ".join(pieces).replace(" = ", "=").replace(" =", "="))

    def test_completion_of_what_is_awkward(self):
        self.assertEqual(self.complete("neighctl", "list", "--state", "=", "st"), ["stale"])
        self.assertIn("permanent", self.complete("neighctl", "list", "--state", "="))
        self.assertEqual(self.complete("neighctl", "list", "--dev", "=", "et"), ["eth0"])
        self.assertEqual(self.complete("neighctl", "--stack", "em"), ["embedded"])
        self.assertEqual(self.complete("neighctl", "--stack", "=", "em"), ["embedded"])
        self.assertEqual(self.complete("neighctl", "--stack", "=", "kernel", "list", "dev", "et"), ["eth0"])
        self.assertEqual(self.complete("neighctl", "--netns", "=", "peer", "list", "dev", "et"), ["eth1"])
        self.assertEqual(self.complete("neighctl", "neigh", "li"), ["list"])
        ip("link", "add", "a$(b);c", "type", "veth", "peer", "name", "eth3")
        self.assertEqual(self.complete("neighctl", "list", "dev", "a"), ["a\\$\\(b\\)\\;c"])
        with open("/run/two words", "w", encoding="ascii"):
            self.assertEqual(self.complete("neighctl", "load", "/run/two"), ["/run/two words"])
            self.assertEqual(self.complete("neighctl", "--table", "/run/two"), ["/run/two words"])


if __name__ == "__main__":
    harness.enter_namespaces()
    unittest.main(verbosity=2)
