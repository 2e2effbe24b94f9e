#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the frames of parts 1.3 and 3.2 of docs/spec/arp-ndp.md, made by scapy, one a line, tab separated:
name, statements, counter that must count it ("-": none), frames sent in answer, what the entry of the pretended sender
must hold afterwards ("same", "evil"), frame in hexadecimal.

The pretended sender (192.0.2.9, 2001:db8::9) is a known neighbor; every frame tries to replace its link-layer address
by EVIL. Senders .10 and ::a are unknown. The host under test is 192.0.2.2, 2001:db8::2, fe80::ff:fe00:2.
"""
import logging
import socket
import struct

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet6 import (ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6ND_RS,  # noqa: E402
                                ICMPv6NDOptDstLLAddr, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, IPv6,
                                IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, in6_chksum)
from scapy.layers.l2 import ARP, Dot1Q, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

OWN, EVIL, BROADCAST = "02:00:00:00:00:02", "02:00:00:00:00:66", "ff:ff:ff:ff:ff:ff"
OWN4, KNOWN4, STRANGER4 = "192.0.2.2", "192.0.2.9", "192.0.2.10"
OWN6, KNOWN6, STRANGER6, LINK6 = "2001:db8::2", "2001:db8::9", "2001:db8::a", "fe80::9"
ALL_NODES, SOLICITED = "ff02::1", "ff02::1:ff00:2"


def put(name, cites, counter, frame, sent=0, entry="same"):
    data = bytes(frame) if not isinstance(frame, bytes) else frame
    print(name, cites, counter, sent, entry, data.hex(), sep="\t")


# --- ARP ---

def arp(dst=BROADCAST, src=EVIL, tag=None, ether_type=0x0806, **fields):
    values = {"op": 1, "hwsrc": EVIL, "psrc": KNOWN4, "hwdst": "00:00:00:00:00:00", "pdst": OWN4}
    values.update(fields)
    ether = Ether(dst=dst, src=src) if tag is None else Ether(dst=dst, src=src) / Dot1Q(vlan=tag[0], prio=tag[1])
    ether.lastlayer().type = ether_type
    return ether / ARP(**values)


def arp_cases():
    put("good request", "ARP-020", "-", arp(), 1, "evil")
    for size in (27, 8):
        put(f"body of {size} bytes", "ARP-040", "arp-short", bytes(arp())[:14 + size])
    put("cut and padded", "ARP-041", "arp-not-our-target", bytes(arp(psrc=STRANGER4))[:41] + bytes(19))
    for hrd in (0, 7, 65535):
        put(f"hrd {hrd}", "ARP-042", "arp-hardware-type", arp(hwtype=hrd))
    put("hrd 6", "ARP-043", "arp-hardware-ieee802", arp(hwtype=6))
    put("pro 0x86dd", "ARP-044", "arp-protocol-type", arp(ptype=0x86dd))
    for size in (0, 5, 8):
        put(f"hln {size}", "ARP-044", "arp-hardware-size", bytes(arp())[:18] + bytes([size]) + bytes(arp())[19:])
    for size in (0, 6, 16):
        put(f"pln {size}", "ARP-044", "arp-protocol-size", bytes(arp())[:19] + bytes([size]) + bytes(arp())[20:])
    for name, sha, counter in (("broadcast", BROADCAST, "arp-sender-link-group"),
                               ("group", "01:00:5e:00:00:01", "arp-sender-link-group"),
                               ("zero", "00:00:00:00:00:00", "arp-sender-link-zero"),
                               ("own", OWN, "arp-own-sender-link")):
        put(f"sha {name}", "ARP-045", counter, arp(hwsrc=sha))
        put(f"reply with sha {name}", "ARP-061", counter, arp(dst=OWN, op=2, hwsrc=sha, hwdst=OWN))
    put("ethernet source group", "ARP-046", "frame-source", arp(src="01:00:5e:00:00:01"))
    put("ethernet source own", "ARP-046", "own-link-source", arp(src=OWN))
    for op in (0, 3, 8, 9, 23, 25, 0xffff, 0x0100):
        put(f"op {op}", "ARP-047", "arp-operation", arp(op=op))
    put("probe", "ARP-049", "-", arp(psrc="0.0.0.0"), 1)
    put("reply from 0.0.0.0", "ARP-050", "arp-reply-from-zero", arp(op=2, psrc="0.0.0.0"))
    for spa in ("255.255.255.255", "224.0.0.1", "127.0.0.1"):
        put(f"spa {spa}", "ARP-051", "arp-sender-address", arp(psrc=spa))
    put("spa directed broadcast", "ARP-052", "arp-broadcast-sender", arp(psrc="192.0.2.255"))
    for spa in ("192.0.2.0", "240.0.0.1"):
        put(f"spa {spa}", "ARP-053", "arp-not-learned", arp(psrc=spa), 1)
    put("spa off-subnet", "ARP-054", "arp-not-learned", arp(psrc="198.51.100.1"), 1)
    for tpa in ("255.255.255.255", "224.0.0.1", "127.0.0.1", "0.0.0.0"):
        put(f"tpa {tpa}", "ARP-055", "arp-target-address", arp(psrc=STRANGER4, pdst=tpa))
    put("tpa not ours", "ARP-055", "arp-not-our-target", arp(psrc=STRANGER4, pdst="192.0.2.77"))
    put("priority tag", "ARP-056", "-", arp(tag=(0, 5)), 1, "evil")
    put("VLAN 5", "ARP-057", "frame-vlan", arp(tag=(5, 0)))
    put("RARP", "ARP-058", "frame-ethertype", arp(ether_type=0x8035))
    put("reply for another host", "ARP-059", "-", arp(dst=OWN, op=2, pdst="192.0.2.77"), 0, "evil")
    put("request for another host", "ARP-060", "arp-not-our-target", arp(pdst="192.0.2.77"), 0, "evil")
    put("LLC", "ARP-009 PRT-010", "frame-llc", bytes(arp())[:12] + b"\x00\x1c" + bytes(arp())[14:])
    put("two tags", "PRT-010", "frame-several-tags",
        bytes(arp())[:12] + b"\x81\x00\x00\x00\x81\x00\x00\x00" + bytes(arp())[12:])
    # Last: a second one within the defend interval would take the address away.
    put("spa is ours", "ARP-048", "arp-conflict", arp(psrc=OWN4), 1)


# --- Neighbor discovery ---

def frame6(message, src, dst, hop_limit=255, mac=None, extension=None, spoil=0):
    """An ICMPv6 message with a good checksum (`spoil`: these bits of it flipped) in an Ethernet frame."""
    data = bytearray(bytes(message))
    data[2:4] = b"\0\0"
    good = in6_chksum(58, IPv6(src=src, dst=dst, nh=58), bytes(data))
    data[2:4] = struct.pack("!H", good ^ spoil)
    if mac is None:
        low = socket.inet_pton(socket.AF_INET6, dst)[-4:]
        mac = "33:33:" + low.hex(":") if dst.startswith("ff") else OWN
    head = Ether(dst=mac, src=EVIL) / IPv6(src=src, dst=dst, hlim=hop_limit)
    if extension is None:
        head[IPv6].nh = 58
        return head / Raw(bytes(data))
    extension.nh = 58
    return head / extension / Raw(bytes(data))


def sllao(address=EVIL):
    return bytes(ICMPv6NDOptSrcLLAddr(lladdr=address))


def tllao(address=EVIL):
    return bytes(ICMPv6NDOptDstLLAddr(lladdr=address))


NS = bytes(ICMPv6ND_NS(tgt=OWN6))
NA = bytes(ICMPv6ND_NA(tgt=KNOWN6, R=0, S=1, O=1))
RS = bytes(ICMPv6ND_RS())
RA = bytes(ICMPv6ND_RA(routerlifetime=1800))
PREFIX = bytes(ICMPv6NDOptPrefixInfo(prefix="2001:db8:bad::", prefixlen=64, L=1, A=1))
REDIRECT = bytes(ICMPv6ND_Redirect(tgt=LINK6, dst="2001:db8:99::1"))

# name: (fixed part, options, source, destination)
MESSAGES = {
    "NS": (NS, sllao(), KNOWN6, SOLICITED),
    "NA": (NA, tllao(), KNOWN6, OWN6),
    "RS": (RS, sllao(), KNOWN6, OWN6),
    "RA": (RA, sllao() + PREFIX, LINK6, ALL_NODES),
    "Redirect": (REDIRECT, tllao(), LINK6, OWN6),
}


def nd_cases():
    put("good NS", "NSR-003", "-", frame6(NS + sllao(), KNOWN6, SOLICITED), 1, "evil")
    # Nobody asked: it is taken as an unsolicited one.
    put("good NA", "NAR-008 NAR-021", "-", frame6(NA + tllao(), KNOWN6, OWN6), 0, "evil")
    put("good RS", "NDV-025", "nd-router-solicit-on-host", frame6(RS + sllao(), KNOWN6, OWN6))
    put("Redirect by a stranger", "NDV-011", "nd-redirect-not-first-hop", frame6(REDIRECT + tllao(), LINK6, OWN6))

    for name, (fixed, options, src, dst) in MESSAGES.items():
        whole = fixed + options
        for hop_limit in (0, 64, 254):
            put(f"{name} hop limit {hop_limit}", "NDV-001", "nd-hop-limit", frame6(whole, src, dst, hop_limit))
        put(f"{name} checksum", "NDV-002", "nd-checksum", frame6(whole, src, dst, spoil=0x0100))
        put(f"{name} code", "NDV-003", "nd-code", frame6(whole[:1] + b"\x01" + whole[2:], src, dst))
        for size in (len(fixed) - 1, 5):
            put(f"{name} of {size} bytes", "NDV-004", "nd-short", frame6(whole[:size], src, dst))
        for place, bad in (("first", b"\xfd\x00" + bytes(6) + options), ("last", options + b"\xfd\x00" + bytes(6))):
            put(f"{name} {place} option of length 0", "NDV-005 NDF-012", "nd-option-length-zero",
                frame6(fixed + bad, src, dst))
        put(f"{name} option runs over", "NDF-013", "nd-option-overrun",
            frame6(whole + b"\xfd\x02" + bytes(6), src, dst))
        put(f"{name} trailing byte", "NDF-013", "nd-option-trailing", frame6(whole + b"\xfd", src, dst))
        put(f"{name} in a fragment header", "NDV-014", "nd-fragment",
            frame6(whole, src, dst, extension=IPv6ExtHdrFragment(offset=0, m=0, id=7)))
        put(f"{name} from multicast", "NDV-015", "ip6-source-multicast", frame6(whole, "ff02::9", dst))
        put(f"{name} from ::1", "NDV-016", "ip6-source-loopback", frame6(whole, "::1", dst))
        cut = bytes(frame6(whole, src, dst))
        put(f"{name} cut on the wire", "NDF-019", "ip6-payload-length", cut[:-1])

    put("NS target multicast", "NDV-006", "nd-target-multicast",
        frame6(bytes(ICMPv6ND_NS(tgt="ff02::1")) + sllao(), KNOWN6, SOLICITED))
    put("NA target multicast", "NDV-006", "nd-target-multicast",
        frame6(bytes(ICMPv6ND_NA(tgt="ff02::1", S=1, O=1)) + tllao(), KNOWN6, OWN6))
    put("Redirect target", "NDV-006", "nd-redirect-target",
        frame6(bytes(ICMPv6ND_Redirect(tgt="2001:db8::77", dst="2001:db8:99::1")) + tllao(), LINK6, OWN6))
    put("NS from :: to unicast", "NDV-007", "nd-unspecified-not-to-group", frame6(NS, "::", OWN6))
    put("NS from :: with SLLAO", "NDV-008", "nd-unspecified-with-link", frame6(NS + sllao(), "::", SOLICITED))
    put("RS from :: with SLLAO", "NDV-008", "nd-unspecified-with-link", frame6(RS + sllao(), "::", OWN6))
    put("solicited NA to all nodes", "NDV-009", "nd-solicited-to-multicast", frame6(NA + tllao(), KNOWN6, ALL_NODES))
    put("RA from a global address", "NDV-010", "nd-source-not-link-local", frame6(RA + PREFIX, KNOWN6, ALL_NODES))
    put("Redirect from a global address", "NDV-010", "nd-source-not-link-local",
        frame6(REDIRECT + tllao(), KNOWN6, OWN6))
    put("Redirect for a group", "NDV-012", "nd-redirect-destination",
        frame6(bytes(ICMPv6ND_Redirect(tgt=LINK6, dst="ff02::5")) + tllao(), LINK6, OWN6))
    put("NS from our own address", "NDV-026", "nd-own-source", frame6(NS + sllao(), OWN6, SOLICITED))
    put("NS for a stranger", "NSR-001", "nd-not-our-target",
        frame6(bytes(ICMPv6ND_NS(tgt="2001:db8::77")) + sllao(), STRANGER6, OWN6))

    two_units = b"\x01\x02" + bytes.fromhex(EVIL.replace(":", "")) + bytes(8)
    put("NS SLLAO of 16 bytes", "NDF-016", "nd-link-option-length", frame6(NS + two_units, KNOWN6, SOLICITED))
    put("NA TLLAO of 16 bytes", "NDF-016", "nd-link-option-length",
        frame6(NA + b"\x02" + two_units[1:], KNOWN6, OWN6))
    for name, address, counter in (("broadcast", BROADCAST, "nd-link-option-group"),
                                   ("group", "33:33:00:00:00:01", "nd-link-option-group"),
                                   ("zero", "00:00:00:00:00:00", "nd-link-option-zero"),
                                   ("own", OWN, "nd-own-link-option")):
        put(f"NS SLLAO {name}", "NDF-017", counter, frame6(NS + sllao(address), KNOWN6, SOLICITED))
        put(f"NA TLLAO {name}", "NDF-017", counter, frame6(NA + tllao(address), KNOWN6, OWN6))

    # What must not be refused.
    reserved = bytearray(NS)
    reserved[4:8] = b"\xff\xff\xff\xff"
    put("NS reserved bits", "NDV-020", "-", frame6(bytes(reserved) + sllao(), KNOWN6, SOLICITED), 1, "evil")
    put("NS with TLLAO and unknown options", "NDV-021 NDF-014", "-",
        frame6(NS + b"\xfd\x01" + bytes(6) + tllao("02:00:00:00:00:77") + sllao(), KNOWN6, SOLICITED), 1, "evil")
    put("NS after destination options", "NDF-022", "-",
        frame6(NS + sllao(), KNOWN6, SOLICITED, extension=IPv6ExtHdrDestOpt()), 1, "evil")
    put("NS to a unicast frame", "NDF-021", "-", frame6(NS + sllao(), KNOWN6, SOLICITED, mac=OWN), 1, "evil")
    put("NA from another source than its target", "NDV-024", "-", frame6(NA + tllao(), LINK6, OWN6), 0, "evil")
    put("NS with padding", "NDF-019", "-", bytes(frame6(NS + sllao(), KNOWN6, SOLICITED)) + b"\xa5" * 20, 1, "evil")


arp_cases()
nd_cases()
