# SPDX-License-Identifier: Apache-2.0
"""Reading and changing the table, resolving, verifying and announcing: every command, both families, as root and not."""

import json
import os
import shutil
import subprocess
import sys
import unittest

import jsonschema

import harness
from harness import Network, as_ip, ip, ip_neigh, lladdr, run, run_json, run_lines

FAMILIES = {"-4": "192.0.2", "-6": "2001:db8:"}


def address(family, last):
    return f"{FAMILIES[family]}{'.' if family == '-4' else ':'}{last}"


class Table(Network):
    def each_family(self):
        for family in FAMILIES:
            with self.subTest(family=family):
                yield family

    def test_add_get_list_set_delete(self):
        for family in self.each_family():
            a = address(family, 7)
            ran = run("add", a, "lladdr", lladdr(7), "dev", "eth0", "router", "protocol", "bgp")
            self.assertEqual((ran.code, ran.err), (0, ""))
            self.assertEqual(ran.out, f"✓ added {a} → {lladdr(7)} on eth0, permanent, router, owner bgp\n")
            self.assertEqual(ip_neigh(a), {(a, "eth0"): (lladdr(7), "permanent", frozenset(["router"]))})
            before = ip_neigh("nud", "all")
            ran = run("add", a, "lladdr", lladdr(9), "dev", "eth0")
            self.assertEqual(ran.code, 1)
            self.assertIn(f"{a} on eth0 already exists", ran.err)
            self.assertEqual(ip_neigh("nud", "all"), before)
            code, document = run_json("get", a)
            self.assertEqual((code, as_ip(document["neighbors"])), (0, ip_neigh(a)))
            self.assertEqual(document["neighbors"][0]["protocol"], "bgp")
            code, document = run_json("set", a, "lladdr", lladdr(8), "nud", "stale")
            self.assertEqual(code, 0)
            self.assertEqual(as_ip(document["neighbors"]), ip_neigh(a))
            self.assertEqual(ip_neigh(a)[(a, "eth0")][:2], (lladdr(8), "stale"))
            ran = run("delete", a)
            self.assertEqual(ran.code, 0)
            self.assertIn(f"deleted {a}", ran.out)
            self.assertEqual(ip_neigh(a), {})
            for command in (["get", a], ["delete", a], ["set", a, "nud", "stale"]):
                code, document = run_json(*command)
                self.assertEqual((code, document["error"]), (1, "not_found"), command)

    def test_list_is_what_ip_sees(self):
        ip("neigh", "add", "192.0.2.10", "lladdr", lladdr(0x10), "dev", "eth0", "nud", "permanent")
        ip("neigh", "add", "192.0.2.11", "lladdr", lladdr(0x11), "dev", "eth0", "nud", "stale", "router")
        ip("neigh", "add", "192.0.2.12", "dev", "eth0", "nud", "failed")
        ip("neigh", "add", "2001:db8::10", "lladdr", lladdr(0x12), "dev", "eth0", "nud", "reachable")
        ip("neigh", "add", "fe80::99", "lladdr", lladdr(0x13), "dev", "eth0", "extern_learn")
        ip("neigh", "add", "224.0.0.9", "lladdr", lladdr(0x14), "dev", "eth0", "nud", "noarp")
        ip("neigh", "add", "proxy", "192.0.2.20", "dev", "eth0")
        ip("neigh", "add", "proxy", "2001:db8::20", "dev", "eth0")
        code, all_entries = run_json("list", "--all")
        self.assertEqual((code, as_ip(all_entries["neighbors"])), (0, ip_neigh("nud", "all")))
        _, shown = run_json("list")
        self.assertEqual(as_ip(shown["neighbors"]), ip_neigh())
        _, lines = run_lines("list")
        self.assertEqual(as_ip(lines), ip_neigh())
        # `ip` shows extern_learn entries whatever states are asked for; we filter as we are told.
        everything = ip_neigh("nud", "all")
        for words, meant in ((["-6"], lambda a, row: ":" in a and row[1] != "noarp"),
                             (["-4"], lambda a, row: ":" not in a and row[1] != "noarp"),
                             (["nud", "stale"], lambda a, row: row[1] == "stale"),
                             (["dev", "eth0", "nud", "permanent"], lambda a, row: row[1] == "permanent"),
                             (["nud", "failed", "--state", "noarp"], lambda a, row: row[1] in ("failed", "noarp")),
                             (["--router"], lambda a, row: "router" in row[2]),
                             (["192.0.2.8/30"], lambda a, row: a in ("192.0.2.10", "192.0.2.11"))):
            _, ours = run_json("list", *words)
            self.assertEqual(as_ip(ours["neighbors"]),
                             {key: row for key, row in everything.items() if meant(key[0], row)}, words)
        _, proxies = run_json("list", "proxy")
        self.assertEqual({e["address"] for e in proxies["neighbors"]}, {"192.0.2.20", "2001:db8::20"})
        addresses = [e["address"] for e in shown["neighbors"]]
        self.assertEqual(addresses, ["192.0.2.10", "192.0.2.11", "192.0.2.12", "2001:db8::10", "fe80::99"])
        human = run("list")
        self.assertEqual(human.out.splitlines()[0].split()[:2], ["ADDRESS", "LINK"])
        self.assertEqual([line.split()[0] for line in human.out.splitlines()[1:]], addresses)
        brief = run("list", "--brief").out.splitlines()
        self.assertEqual([line.split()[0] for line in brief], addresses)
        self.assertEqual(run("list", "--count").out, "5\n")
        self.assertEqual(run_json("list", "--count")[1], {"count": 5})

    def test_interface_spellings(self):
        index = json.loads(ip("-j", "link", "show", "eth0"))[0]["ifindex"]
        luid = f"0x0006{index:06x}000000"
        for number, dev in enumerate(["eth0", str(index), luid], start=30):
            a = address("-4", number)
            self.assertEqual(run("add", a, "lladdr", lladdr(7), "dev", dev).code, 0, dev)
            self.assertIn((a, "eth0"), ip_neigh())
        self.assertEqual(run("add", "fe80::7%eth0", "lladdr", lladdr(7)).code, 0)
        self.assertIn(("fe80::7", "eth0"), ip_neigh())
        self.assertEqual(run_json("list", "dev", "eht0")[1]["hint"], "did you mean 'eth0'?")

    def test_link_layer_address_spellings(self):
        for number, text in enumerate(["02:00:00:00:00:0a", "02-00-00-00-00-0A", "0200.0000.000a", "02000000000a"]):
            a = address("-4", 40 + number)
            self.assertEqual(run("add", a, "lladdr", text, "dev", "eth0").code, 0, text)
            self.assertEqual(ip_neigh(a)[(a, "eth0")][0], lladdr(10), text)
        before = ip_neigh("nud", "all")
        self.assertEqual(run("add", "192.0.2.50", "lladdr", "02:00:00:00:00:zz", "dev", "eth0").code, 2)
        self.assertEqual(run("add", "192.0.2.50", "lladdr", "02:00", "dev", "eth0").code, 2)
        self.assertEqual(run("add", "192.0.2.50", "lladdr", "00" * 8, "dev", "eth0").code, 2)
        self.assertEqual(run("add", "192.0.2.50", "lladdr", "00" * 33, "dev", "eth0").code, 2)
        self.assertEqual(run("add", "192.0.2.50", "dev", "eth0").code, 2)
        self.assertEqual(ip_neigh("nud", "all"), before)

    def test_a_link_without_addresses(self):
        ip("tuntap", "add", "tun0", "mode", "tun")
        ip("address", "add", "198.51.100.1/24", "dev", "tun0")
        ip("address", "add", "2001:db8:2::1/64", "dev", "tun0", "nodad")
        ip("link", "set", "tun0", "up")
        _, document = run_json("interfaces", "dev", "tun0")
        self.assertEqual((document["interfaces"][0]["lladdr_length"], document["interfaces"][0]["lladdr"]), (0, None))
        for number, words in enumerate(([], ["lladdr", ""]), start=7):
            a = f"2001:db8:2::{number}"
            code, document = run_json("add", a, *words, "dev", "tun0")
            self.assertEqual((code, as_ip(document["neighbors"])[(a, "tun0")][:2]), (0, (None, "permanent")))
            self.assertIn((a, "tun0"), ip_neigh("nud", "all"))
        # IPv4: the kernel keeps one entry for the whole link, so none is written.
        self.assertEqual(run_json("add", "198.51.100.7", "dev", "tun0")[0], 1)
        self.assertIn("one entry for all IPv4 addresses", run("replace", "198.51.100.7", "dev", "tun0").err)
        self.assertEqual(run("load", "-", stdin="198.51.100.7,,tun0\n").code, 1)
        self.assertEqual({key for key in ip_neigh("nud", "all") if ":" not in key[0]}, set())

    def test_words_of_iproute2(self):
        for family in self.each_family():
            a, b = address(family, 2), address(family, 90)
            self.assertEqual(run("neigh", "add", a, "managed", "dev", "eth0").code, 0)
            self.assertEqual(ip_neigh(a)[(a, "eth0")][2], frozenset(["managed"]))
            harness.until(lambda a=a: ip_neigh(a)[(a, "eth0")][0] == self.THERE, f"the kernel resolving {a}")
            run("delete", a)
            self.assertEqual(run("add", a, "use", "dev", "eth0").code, 0)
            harness.until(lambda a=a: ip_neigh(a)[(a, "eth0")][0] == self.THERE, f"the kernel resolving {a}")
            self.assertEqual(run("add", a, "use", "dev", "eth0").code, 1)
            self.assertEqual(run("replace", b, "use", "dev", "eth0").code, 0)
            self.assertIn((b, "eth0"), ip_neigh(b, "nud", "all"))
            run("flush", family, "dev", "eth0", "nud", "all")
        ip("link", "add", "br0", "type", "bridge")
        ip("link", "add", "port0", "type", "veth", "peer", "name", "port1")
        ip("link", "set", "port0", "master", "br0", "up")
        ip("neigh", "add", "203.0.113.1", "lladdr", lladdr(1), "dev", "port0")
        ip("neigh", "add", "192.0.2.7", "lladdr", lladdr(7), "dev", "eth0")
        for words in (["nomaster"], ["master", "br0"]):
            self.assertEqual(as_ip(run_json("list", *words)[1]["neighbors"]), ip_neigh(*words), words)
        self.assertEqual(run("list", "unused").code, 2)

    def test_resolve_finds_the_link(self):
        ip("link", "add", "eth2", "type", "veth", "peer", "name", "eth3")
        ip("link", "set", "eth3", "up")
        ip("address", "add", "198.51.100.1/24", "dev", "eth2")
        ip("address", "add", "2001:db8:2::1/64", "dev", "eth2", "nodad")
        ip("link", "set", "eth2", "up")
        ip("route", "add", "203.0.113.0/24", "via", "192.0.2.2")
        ip("-6", "route", "add", "2001:db8:3::/64", "via", "2001:db8::2")
        for a in ("192.0.2.2", "2001:db8::2"):
            code, document = run_json("resolve", a)
            self.assertEqual((code, document["neighbors"][0]["interface"]), (0, "eth0"), document)
        for a in ("198.51.100.9", "2001:db8:2::9"):
            self.assertEqual(run_json("resolve", a, "--timeout", "50ms")[1]["error"], "timed_out")
            self.assertIn((a, "eth2"), ip_neigh("nud", "all"))
        for a, gateway in (("203.0.113.9", "192.0.2.2"), ("2001:db8:3::9", "2001:db8::2")):
            code, document = run_json("resolve", a)
            self.assertEqual((code, document["error"]), (1, "unreachable"))
            self.assertIn(f"packets to it go through {gateway} on eth0", document["message"])
        for a in ("100.64.0.1", "2001:db8:4::1"):
            code, document = run_json("resolve", a)
            self.assertEqual(code, 1)
            self.assertIn("there is no route to it", document["message"])
        self.assertEqual(run("resolve", "fe80::2").code, 2)
        self.assertEqual(run_json("resolve", "192.0.2.1")[1]["neighbors"][0]["lladdr"], self.HERE)

    def test_resolve_off_link_with_one_interface(self):
        ip("route", "add", "default", "via", "192.0.2.2")
        code, document = run_json("resolve", "203.0.113.9")
        self.assertEqual((code, document["error"]), (1, "unreachable"))
        self.assertIn("packets to it go through 192.0.2.2 on eth0", document["message"])
        self.assertEqual(ip_neigh("203.0.113.9", "nud", "all"), {}, "nobody was asked")

    def test_get_shows_every_interface(self):
        ip("link", "add", "eth2", "type", "veth", "peer", "name", "eth3")
        ip("link", "set", "eth2", "up")
        for a in ("192.0.2.7", "fe80::7"):
            for dev in ("eth0", "eth2"):
                ip("neigh", "add", a, "lladdr", lladdr(7), "dev", dev)
            code, document = run_json("get", a)
            self.assertEqual((code, as_ip(document["neighbors"])), (0, ip_neigh(a)))
            self.assertEqual(len(document["neighbors"]), 2)
            self.assertEqual(run("delete", a).code, 2)

    def test_flush(self):
        for family in self.each_family():
            def fill():
                for last, state in ((1, "permanent"), (2, "stale"), (3, "reachable")):
                    ip("neigh", "replace", address(family, f"2{last}"), "lladdr", lladdr(last), "dev", "eth0", "nud",
                       state)
            fill()
            before = ip_neigh("nud", "all")
            self.assertEqual(run("flush").code, 2)
            code, document = run_json("flush", family, "dev", "eth0", "--dry-run")
            self.assertEqual((code, document["removed"], len(document["neighbors"])), (0, 0, 2))
            self.assertEqual(run_lines("flush", family, "dev", "eth0", "--dry-run")[0], 0)
            self.assertEqual(ip_neigh("nud", "all"), before)
            prefix = address(family, "22") + ("/32" if family == "-4" else "/128")
            self.assertEqual(run_json("flush", prefix)[1]["removed"], 1)
            self.assertEqual(run("flush", family, "dev", "eth0").out, "✓ removed 1 entry\n")
            left = {key: row for key, row in ip_neigh().items() if (":" in key[0]) == (family == "-6")}
            self.assertEqual([row[1] for row in left.values()], ["permanent"])
            self.assertEqual(run_json("flush", family, "nud", "permanent")[1]["removed"], 1)
            self.assertEqual(run_json("flush", family, "nud", "permanent")[1]["removed"], 0)

    def test_resolve_and_verify_on_the_wire(self):
        for family in self.each_family():
            peer, nobody = address(family, 2), address(family, 99)
            code, document = run_json("resolve", peer)
            self.assertEqual((code, document["neighbors"][0]["lladdr"]), (0, self.THERE))
            self.assertEqual(ip_neigh(peer)[(peer, "eth0")][0], self.THERE)
            self.assertIn(peer, run("resolve", peer, "--again").out)
            code, document = run_json("resolve", nobody, "--timeout", "200ms")
            self.assertEqual((code, document["error"]), (1, "timed_out"))
            code, document = run_json("resolve", peer, nobody, "--timeout", "200ms")
            self.assertEqual((code, len(document["neighbors"]), len(document["errors"])), (4, 1, 1))

            wait = ["--count", "2", "--interval", "300ms"]
            code, document = run_json("verify", peer, *wait)
            self.assertEqual((code, document["right"]), (0, 1))
            self.assertEqual(document["results"][0]["answers"][0]["lladdr"], self.THERE)
            ip("neigh", "replace", peer, "lladdr", lladdr(0x55), "dev", "eth0", "nud", "permanent")
            code, document = run_json("verify", peer, *wait)
            self.assertEqual((code, document["wrong"], document["fixed"]), (1, 1, 0))
            self.assertEqual(ip_neigh(peer)[(peer, "eth0")][:2], (lladdr(0x55), "permanent"))
            human = run("verify", peer, "--fix", *wait)
            self.assertEqual(human.code, 0, human.out + human.err)
            self.assertIn("wrong", human.out)
            self.assertEqual(ip_neigh(peer)[(peer, "eth0")][:2], (self.THERE, "permanent"))
            ip("neigh", "replace", nobody, "lladdr", lladdr(0x44), "dev", "eth0")
            code, lines = run_lines("verify", nobody, *wait)
            self.assertEqual((code, lines[0]["verdict"]), (1, "silent"))

    def test_verify_finds_a_duplicate_address(self):
        # A bridge with two hosts that both have .3 and ::3.
        ip("link", "add", "br0", "address", lladdr(0xb0), "type", "bridge")
        for number in (1, 2):
            name = f"dup{number}"
            ip("netns", "add", name)
            ip("link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "address",
               lladdr(0xd0 + number), "netns", name)
            ip("link", "set", f"port{number}", "master", "br0", "up")
            ip("-n", name, "address", "add", "198.51.100.3/24", "dev", "eth0")
            ip("-n", name, "address", "add", "2001:db8:1::3/64", "dev", "eth0", "nodad")
            ip("-n", name, "link", "set", "eth0", "up")
        ip("address", "add", "198.51.100.1/24", "dev", "br0")
        ip("address", "add", "2001:db8:1::1/64", "dev", "br0", "nodad")
        ip("link", "set", "br0", "up")
        for a in ("198.51.100.3", "2001:db8:1::3"):
            harness.until(lambda a=a: run("resolve", a, "dev", "br0").code == 0, f"an answer for {a}")
            code, document = run_json("verify", a, "--count", "3", "--interval", "300ms", "--fix")
            self.assertEqual((code, document["results"][0]["verdict"]), (1, "duplicate"), document)
            self.assertEqual({x["lladdr"] for x in document["results"][0]["answers"]}, {lladdr(0xd1), lladdr(0xd2)})

    def test_announce_is_heard(self):
        for family in self.each_family():
            own = address(family, 1)
            ip("-n", "peer", "neigh", "replace", own, "lladdr", lladdr(0x66), "dev", "eth1", "nud", "stale")
            code, document = run_json("announce", own)
            self.assertEqual((code, document["announced"][0]["lladdr"]), (0, self.HERE), document)
            harness.until(lambda: ip_neigh(own, netns="peer")[(own, "eth1")][0] == self.HERE,
                          f"the peer hearing the announcement of {own}")
            self.assertEqual(run("announce", address(family, 88)).code, 1)
            code, document = run_json("announce", address(family, 88), own)
            self.assertEqual((code, [x["count"] for x in document["announced"]]), (4, [0, 1]))
            self.assertEqual(run_lines("announce", address(family, 88), own)[0], 4)
        ran = run("announce", "dev", "eth0", "--count", "2", "--interval", "10ms")
        self.assertEqual((ran.code, len(ran.out.splitlines())), (0, 3), ran.err)  # the link-local one, too

    def test_announce_on_an_interface_that_is_down(self):
        ip("link", "set", "eth0", "down")
        ran = run("announce", "192.0.2.1")
        self.assertEqual(ran.code, 1)
        self.assertIn("hint: eth0 is down: 'ip link set eth0 up'", ran.err)

    def test_announce_without_a_carrier(self):
        ip("-n", "peer", "link", "set", "eth1", "down")
        harness.until(lambda: "NO-CARRIER" in ip("link", "show", "dev", "eth0"), "no carrier on eth0")
        ran = run("announce", "192.0.2.1")
        self.assertEqual((ran.code, ran.out), (1, ""))
        self.assertIn("192.0.2.1 was not announced on eth0\n  hint: eth0 has no carrier", ran.err)
        code, document = run_json("announce", "dev", "eth0")
        self.assertEqual((code, {x["count"] for x in document["announced"]}), (1, {0}))

    def test_refused_once_for_all(self):
        ran = run("announce", "dev", "eth0", unprivileged=True)
        self.assertEqual((ran.code, ran.err.count("needs CAP_NET_RAW")), (3, 1), ran.err)
        self.assertEqual(run_json("announce", "dev", "eth0", unprivileged=True)[1]["error"], "permission_denied")

    def test_broadcast_addresses(self):
        ran = run("resolve", "192.0.2.255")
        self.assertEqual(ran.code, 1)
        self.assertIn("192.0.2.255 is the broadcast address of a subnet on eth0", ran.err)
        ran = run("add", "192.0.2.255", "lladdr", lladdr(1), "dev", "eth0")
        self.assertEqual(ran.code, 0)
        self.assertIn("192.0.2.255 is the broadcast address of a subnet on eth0", ran.err)

    def test_what_newcomers_type(self):
        for words, hint in ((["arp"], "did you mean 'neighctl list'?"), (["arp", "-a"], "did you mean 'neighctl list'?"),
                            (["192.0.2.2"], "did you mean 'neighctl get 192.0.2.2'?"),
                            (["-d", "192.0.2.2"], "neighctl delete 192.0.2.2"),
                            (["-s", "192.0.2.2", lladdr(2)], f"neighctl add 192.0.2.2 lladdr {lladdr(2)} dev IF"),
                            (["eth0"], "an interface is written 'dev eth0'"), (["-n"], "addresses are always shown"),
                            (["-an"], "addresses are always shown")):
            ran = run(*words)
            self.assertEqual((ran.code, ran.out), (2, ""), words)
            self.assertIn(hint, ran.err, words)

    def test_interfaces(self):
        run("add", "192.0.2.7", "lladdr", lladdr(7), "dev", "eth0")
        code, document = run_json("interfaces")
        self.assertEqual(code, 0)
        theirs = {row["ifname"]: (row["ifindex"], row["address"]) for row in json.loads(ip("-j", "link"))}
        self.assertEqual({i["name"]: (i["ifindex"], i["lladdr"]) for i in document["interfaces"]}, theirs)
        mine = [i for i in document["interfaces"] if i["name"] == "eth0"][0]
        self.assertEqual((mine["state"], mine["entries_ipv4"]), ("up", 1))
        self.assertIn("eth0", run("interfaces", "--wide").out)
        self.assertEqual(len(run_lines("interfaces")[1]), len(theirs))
        self.assertEqual([i["name"] for i in run_json("interfaces", "eth0")[1]["interfaces"]], ["eth0"])

    def test_without_privilege(self):
        ip("neigh", "add", "192.0.2.7", "lladdr", lladdr(7), "dev", "eth0")
        before = ip_neigh("nud", "all")
        for words in (["add", "192.0.2.8", "lladdr", lladdr(8), "dev", "eth0"], ["set", "192.0.2.7", "nud", "stale"],
                      ["replace", "192.0.2.7", "lladdr", lladdr(8), "dev", "eth0"], ["delete", "192.0.2.7"],
                      ["flush", "--all"], ["flush", "192.0.2.0/24", "nud", "all"], ["announce", "192.0.2.1"],
                      ["verify", "192.0.2.7"]):
            code, document = run_json(*words, unprivileged=True)
            self.assertEqual((code, document["error"]), (3, "permission_denied"), words)
            human = run(*words, unprivileged=True)
            self.assertEqual(human.code, 3)
            self.assertRegex(human.err, r"needs CAP_NET_(ADMIN|RAW)\n  hint: run it with sudo")
        self.assertEqual(ip_neigh("nud", "all"), before)
        for words in (["list"], ["get", "192.0.2.7"], ["interfaces"], ["doctor"], ["resolve", "192.0.2.2"]):
            ran = run(*words, unprivileged=True)
            self.assertIn(ran.code, (0, 1) if words == ["doctor"] else (0,), (words, ran.err))

    def test_another_namespace(self):
        code, document = run_json("interfaces", "--netns", "peer")
        self.assertEqual((code, {i["name"] for i in document["interfaces"]}), (0, {"lo", "eth1"}))
        self.assertEqual(run("-n", "peer", "add", "192.0.2.9", "lladdr", lladdr(9), "dev", "eth1").code, 0)
        self.assertIn(("192.0.2.9", "eth1"), ip_neigh(netns="peer"))
        self.assertNotIn(("192.0.2.9", "eth1"), ip_neigh())
        self.assertEqual(run_json("list", "--netns", "pear")[1]["hint"], "did you mean 'peer'?")
        self.assertEqual(run("list", "--netns", "peer", unprivileged=True).code, 3)
        self.assertEqual(run_json("list", "--stack", "kernel")[0], 0)

    def test_usage_mistakes_change_nothing(self):
        before = ip_neigh("nud", "all")
        for words in (["lsit"], ["add"], ["add", "192.0.2.300", "lladdr", lladdr(1), "dev", "eth0"],
                      ["add", "192.0.2.3", "lladr", lladdr(1), "dev", "eth0"], ["add", "192.0.2.3", "lladdr"],
                      ["list", "--nope"], ["list", "nud", "happy"], ["-4", "-6"], ["load"], ["flush", "permanent"],
                      ["add", "192.0.2.3", lladdr(1), "dev", "eth0"], ["add", "192.0.2.0/24", "dev", "eth0"]):
            ran = run(*words)
            self.assertEqual((ran.code, ran.out), (2, ""), words)
            self.assertTrue(ran.err.startswith("neighctl: "), words)
            ran = run(*words, "--json")
            self.assertEqual((ran.code, ran.err), (2, ""))
            harness.validate(json.loads(ran.out), "error")
        self.assertEqual(ip_neigh("nud", "all"), before)


class Doctor(Network):
    """v4/v6 x parent/child namespace x collectable/exempt x under/over; limits are injected with --assume."""

    COUNT = 60

    def fill(self, family, state, netns=None):
        lines = "".join(f"neigh replace {address(family, 100 + i)} lladdr {lladdr(i)} dev {'eth1' if netns else 'eth0'} "
                        f"nud {state}\n" for i in range(self.COUNT))
        where = ["-n", netns] if netns else []
        subprocess.run(["ip", *where, "-batch", "-"], input=lines, text=True, check=True)

    def verdict(self, family, *words):
        code, document = run_json("doctor", family, *words)
        self.assertEqual(code, 1 if document["verdict"] in ("warning", "critical") else 0)
        return document

    def test_matrix(self):
        over, under = "10,30,50", "1000000,2000000,4000000"
        for family in FAMILIES:
            for child in (False, True):
                for state in ("stale", "permanent"):
                    with self.subTest(family=family, child=child, state=state):
                        for where in ((), ("-n", "peer")):
                            ip(*where, "neigh", "flush", "nud", "all")
                        self.fill(family, state, "peer" if child else None)
                        here = self.verdict(family, "--assume", over)
                        table = here["tables"][0]
                        codes = {f["code"] for f in here["findings"]}
                        if not child:
                            share = [s for s in table["interfaces"] if s["interface"] == "eth0"][0]
                            self.assertGreaterEqual(share["entries"], self.COUNT)
                            self.assertEqual(share["states"][state], self.COUNT)
                        else:
                            self.assertGreaterEqual(table["elsewhere"], self.COUNT)
                        if not child and state == "stale":
                            self.assertIn("table_nearly_full", codes)
                            self.assertEqual(here["verdict"], "critical")
                        else:
                            self.assertNotIn("table_nearly_full", codes)
                        if child:
                            self.assertIn("filled_elsewhere", codes)
                        if state == "permanent":
                            self.assertEqual(table["exempt"], 0 if child else self.COUNT)
                        wide = self.verdict(family, "--assume", over, "--all-netns")
                        codes = {f["code"] for f in wide["findings"]}
                        self.assertEqual("table_nearly_full" in codes, state == "stale", wide)
                        if child:
                            shares = wide["tables"][0]["interfaces"]
                            self.assertIn(("eth1", "peer"), {(s["interface"], s["namespace"]) for s in shares})
                        calm = self.verdict(family, "--assume", under)
                        # A notice that the table overflowed once is about this machine's past, not about now.
                        past = calm["tables"][0]["table_full"] > 0
                        self.assertEqual(calm["tables"][0]["verdict"], "notice" if past else "ok")
                        self.assertEqual(calm["sysctl"]["lines"], [])

    def test_many_interfaces_do_not_double_the_tables(self):
        # More than one message of the kernel's answer holds.
        batch = "".join(f"link add v{i} type veth peer name w{i}\nlink set v{i} up\nlink set w{i} up\n" for i in range(20))
        subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
        names = [f"{side}{i}" for i in range(20) for side in "vw"]
        for number, name in enumerate(names):
            ip("neigh", "add", f"10.0.0.{number + 1}", "lladdr", lladdr(number), "dev", name)
        _, document = run_json("doctor")
        self.assertEqual([t["family"] for t in document["tables"]], ["ipv4", "ipv6"])
        self.assertEqual(len(json.loads(ip("-j", "link"))), 42)
        shares = [s["interface"] for s in document["tables"][0]["interfaces"] if s["interface"] in names]
        self.assertEqual(sorted(shares), sorted(names))
        twice = {**document, "tables": [document["tables"][0], {**document["tables"][0], "read": 0}]}
        with self.assertRaises(jsonschema.ValidationError):
            harness.validate(twice, "documents", "doctor")

    def test_thresholds_are_the_kernels(self):
        # /proc/sys has no such file in this namespace; RTM_GETNEIGHTBL tells all the same, as `ip ntable` does.
        words = ip("ntable", "show", "name", "arp_cache").split()
        _, document = run_json("doctor", "-4")
        table = document["tables"][0]
        for number in (1, 2, 3):
            self.assertEqual(table[f"gc_thresh{number}"], int(words[words.index(f"thresh{number}") + 1]))
        self.assertFalse(document["sysctl"]["here"])

    def test_findings(self):
        for last in (7, 8):
            ip("neigh", "add", address("-4", last), "lladdr", lladdr(7), "dev", "eth0")
        ip("neigh", "add", address("-6", 9), "lladdr", self.HERE, "dev", "eth0")
        ip("link", "add", "idle0", "type", "veth", "peer", "name", "idle1")
        ip("link", "set", "idle0", "up")
        ip("neigh", "add", "203.0.113.1", "lladdr", lladdr(1), "dev", "idle0")
        code, document = run_json("doctor")
        codes = {f["code"] for f in document["findings"]}
        self.assertEqual(code, 1)
        self.assertLessEqual({"duplicate_lladdr", "own_lladdr", "no_carrier"}, codes)
        human = run("doctor")
        self.assertIn("which has no carrier", human.out)
        self.assertEqual(run_lines("doctor")[1][-1], {"verdict": document["verdict"]})
        self.assertEqual(run("doctor", "--assume", "0,0,0").code, 2)


class Others(Network):
    def test_tour(self):
        code, document = run_json("tour")
        self.assertEqual((code, document["surprises"]), (0, 0),
                         [s for s in document["steps"] if not s["ok"]])
        quiet = run("tour", "-q")
        self.assertEqual((quiet.code, quiet.out, quiet.err), (0, "", ""))
        human = run("tour")
        self.assertEqual(human.code, 0)
        self.assertIn("all as expected", human.out)
        self.assertEqual(ip_neigh(), {}, "nothing outside was touched")
        self.assertEqual(sorted(i["ifname"] for i in json.loads(ip("-j", "link"))), ["eth0", "lo"])

    def test_completion_scripts(self):
        ip("neigh", "add", "2001:db8::77", "lladdr", lladdr(7), "dev", "eth0")
        checked = 0
        for shell, check in (("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["-n"])):
            script = run("completion", shell).out
            self.assertIn("resolve", script)
            if not shutil.which(shell):
                print(f"{shell} is not installed: its completion script is not checked", file=sys.stderr)
                continue
            done = subprocess.run([shell, *check], input=script, text=True, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
            checked += 1
        self.assertGreaterEqual(checked, 1)

    def complete_bash(self, line):
        words = line.split(" ")
        # As readline does: words are broken at COMP_WORDBREAKS, colons among them.
        pieces = []
        for word in words:
            parts = word.split(":")
            for number, part in enumerate(parts):
                if number:
                    pieces.append(":")
                if part or number == 0:
                    pieces.append(part)
        if line.endswith(":"):
            pieces.append("")
        return " ".join(harness.complete_bash(pieces, line)).split()

    def test_completion_is_live(self):
        ip("neigh", "add", "192.0.2.77", "lladdr", lladdr(7), "dev", "eth0")
        ip("neigh", "add", "2001:db8::77", "lladdr", lladdr(7), "dev", "eth0")
        self.assertIn("list", self.complete_bash("neighctl l"))
        self.assertEqual(self.complete_bash("neighctl doc"), ["doctor"])
        self.assertEqual(self.complete_bash("neighctl list dev et"), ["eth0"])
        self.assertEqual(self.complete_bash("neighctl list --dev et"), ["eth0"])
        self.assertEqual(self.complete_bash("neighctl list nud st"), ["stale"])
        self.assertEqual(self.complete_bash("neighctl get 192"), ["192.0.2.77"])
        self.assertEqual(self.complete_bash("neighctl get 2001:db8::7"), ["77"])
        self.assertIn("--router", self.complete_bash("neighctl add --ro"))
        self.assertIn("lladdr", self.complete_bash("neighctl add 192.0.2.1 ll"))
        self.assertEqual(self.complete_bash("neighctl --netns pe"), ["peer"])
        self.assertEqual(self.complete_bash("neighctl --netns peer list dev et"), ["eth1"])
        self.assertEqual(self.complete_bash("neighctl -n pe"), ["peer"])
        self.assertEqual(self.complete_bash("neighctl -n peer list dev et"), ["eth1"])
        self.assertEqual(self.complete_bash("neighctl list nud stale,fa"), ["stale,failed"])
        self.assertEqual(self.complete_bash("neighctl announce 192"), ["192.0.2.1"])
        self.assertEqual(self.complete_bash("neighctl completion f"), ["fish"])
        self.assertEqual(self.complete_bash("neighctl interfaces et"), ["eth0"])

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_completion_is_live_in_fish(self):
        ip("neigh", "add", "2001:db8::77", "lladdr", lladdr(7), "dev", "eth0")
        env = {**os.environ, "PATH": os.path.dirname(harness.NEIGHCTL) + ":" + os.environ["PATH"], "HOME": "/run"}
        for line, wanted in (("neighctl doc", "doctor"), ("neighctl list dev et", "eth0"), ("neighctl list --dev et", "eth0"),
                             ("neighctl list nud sta", "stale"), ("neighctl get 2001", "2001:db8::77"),
                             ("neighctl add --rou", "--router"), ("neighctl add 192.0.2.1 ll", "lladdr"),
                             ("neighctl --netns pe", "peer"), ("neighctl -n pe", "peer"),
                             ("neighctl --netns peer list dev et", "eth1"), ("neighctl announce 192", "192.0.2.1"),
                             ("neighctl list nud stale,fa", "stale,failed"), ("neighctl completion fi", "fish")):
            done = subprocess.run(["fish", "-c", f"neighctl completion fish | source; complete -C '{line}'"],
                                  capture_output=True, text=True, check=False, env=env)
            self.assertEqual([x.split("\t")[0] for x in done.stdout.splitlines()], [wanted], (line, done.stderr))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_completion_is_live_in_zsh(self):
        # What the functions of the script offer, compadd and _describe being told by stand-ins.
        stand_ins = ("compdef() { : }\n_describe() { print -l -- ${(P)2} }\n"
                     "compset() { PREFIX=${PREFIX##${~2}} }\n"
                     "compadd() { local -a shown; if [[ $1 == -a ]]; then shown=(${(P)2}); else shift; shown=($@); fi\n"
                     "  print -l -- ${(M)shown:#$PREFIX*} }\n")
        script = run("completion", "zsh").out
        env = {**os.environ, "PATH": os.path.dirname(harness.NEIGHCTL) + ":" + os.environ["PATH"], "HOME": "/run"}
        for line, wanted in (("neighctl list dev et", ["eth0"]), ("neighctl -n pe", ["peer"]),
                             ("neighctl --netns peer list dev et", ["eth1"]), ("neighctl announce 192", ["192.0.2.1"]),
                             ("neighctl list nud stale,fa", ["failed"]), ("neighctl completion fi", ["fish"]),
                             ("neighctl list --state=st", ["stale"]), ("neighctl --stack em", ["embedded"])):
            words = line.split(" ")
            program = (f"{stand_ins}{script}\nwords=({' '.join(words)}); CURRENT={len(words)}; PREFIX='{words[-1]}'; "
                       "_neighctl")
            done = subprocess.run(["zsh", "-f", "-c", program], capture_output=True, text=True, check=False, env=env)
            self.assertEqual((done.stdout.split(), done.stderr), (wanted, ""), line)

    def test_help_everywhere(self):
        overview = run("--help")
        self.assertEqual(overview.code, 0)
        listed = [line.split()[0] for line in overview.out.split("Commands\n")[1].split("\n\n")[0].splitlines()]
        self.assertGreaterEqual(len(listed), 16)
        for command in listed:
            page = run(command, "--help")
            self.assertEqual((page.code, page.err), (0, ""), command)
            self.assertIn("Examples\n", page.out, command)
            self.assertEqual(run("help", command).out, page.out)
            self.assertEqual(run_json("help", command)[1], {"command": command, "text": page.out})
        self.assertEqual(run_json("help")[1], {"command": None, "text": overview.out})
        self.assertEqual(run_json("completion", "bash")[1]["script"], run("completion", "bash").out)
        harness.validate(json.loads(run("--version", "--json").out), "documents", "version")


if __name__ == "__main__":
    harness.enter_namespaces()
    unittest.main(verbosity=2)
