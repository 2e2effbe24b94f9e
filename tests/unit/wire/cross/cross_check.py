#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares src/wire with Scapy and tshark.

1. Frames of our emitter: Scapy must see the values that we meant, and write the same bytes again with checksums and
   lengths of its own; tshark must find nothing malformed and every checksum good.
2. Frames of Scapy, good and malformed: our parser must see the same values, or give the reason expected.

Both tools are required: a missing one is a failure, not a skip.
"""
import ipaddress
import os
import random
import shutil
import subprocess
import sys
import tempfile

try:
    from scapy.all import (ARP, Dot1Q, Ether, ICMP, IP, IPv6, Raw, UDP, rdpcap, wrpcap)
    from scapy.layers.inet6 import (
        ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6MLDMultAddrRec, ICMPv6MLQuery, ICMPv6MLQuery2, ICMPv6MLReport2,
        ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6ND_RS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU,
        ICMPv6NDOptPrefixInfo, ICMPv6NDOptRedirectedHdr, ICMPv6NDOptSrcLLAddr, ICMPv6NDOptUnknown, IPv6ExtHdrDestOpt,
        IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, RouterAlert)
except ImportError as error:
    sys.exit(f"python3-scapy is required: {error}")

OURS, PEER = "02:00:00:00:00:01", "02:00:00:00:00:02"
failures = 0


def check(condition, message):
    global failures
    if not condition:
        failures += 1
        print("FAILED:", message)


def ip(text):
    return str(ipaddress.ip_address(text))


def masked(prefix, length):
    return str(ipaddress.ip_network(f"{prefix}/{length}", strict=False).network_address)


def layers(packet, kind):
    """All layers of a kind, in order."""
    found, index = [], 1
    while packet.getlayer(kind, index) is not None:
        found.append(packet.getlayer(kind, index))
        index += 1
    return found


def link(packet, kind):
    options = layers(packet, kind)
    return options[0].lladdr if options else "-"


def nonce(packet):
    options = layers(packet, ICMPv6NDOptUnknown)
    # Scapy builds this layer but leaves it undissected; in our frames the nonce stands last.
    options += [ICMPv6NDOptUnknown(raw.load) for raw in layers(packet, Raw)]
    for option in options:
        if option.type == 14:
            return bytes(option)[2:bytes(option)[1] * 8].hex()
    return "-"


def records_of(report):
    """Scapy dissects the first record of a report and leaves the others in its payload."""
    records = []
    for record in report.records:
        while True:
            records.append(record)
            rest = bytes(record.payload)
            if not rest:
                break
            record = ICMPv6MLDMultAddrRec(rest)
    return records


def text_of_nd(packet):
    if ICMPv6ND_RS in packet:
        return f"rs sllao={link(packet, ICMPv6NDOptSrcLLAddr)}"
    if ICMPv6ND_RA in packet:
        ra = packet[ICMPv6ND_RA]
        mtu = layers(packet, ICMPv6NDOptMTU)
        line = (f"ra hop_limit={ra.chlim} m={ra.M} o={ra.O} lifetime={ra.routerlifetime} reachable={ra.reachabletime}"
                f" retrans={ra.retranstimer} sllao={link(packet, ICMPv6NDOptSrcLLAddr)}"
                f" mtu={mtu[0].mtu if mtu else '-'}")
        for p in layers(packet, ICMPv6NDOptPrefixInfo):
            line += (f" prefix={masked(p.prefix, p.prefixlen)}/{p.prefixlen},l={p.L},a={p.A},"
                     f"{p.validlifetime},{p.preferredlifetime}")
        return line
    if ICMPv6ND_NS in packet:
        ns = packet[ICMPv6ND_NS]
        return f"ns target={ip(ns.tgt)} sllao={link(packet, ICMPv6NDOptSrcLLAddr)} nonce={nonce(packet)}"
    if ICMPv6ND_NA in packet:
        na = packet[ICMPv6ND_NA]
        return (f"na r={na.R} s={na.S} o={na.O} target={ip(na.tgt)}"
                f" tllao={link(packet, ICMPv6NDOptDstLLAddr)}")
    if ICMPv6ND_Redirect in packet:
        redirect = packet[ICMPv6ND_Redirect]
        headers = layers(packet, ICMPv6NDOptRedirectedHdr)
        inner = "none"
        if headers:
            option = bytes(headers[0])
            inner = option[8:option[1] * 8].hex() or "-"
        return (f"redirect target={ip(redirect.tgt)} destination={ip(redirect.dst)}"
                f" tllao={link(packet, ICMPv6NDOptDstLLAddr)} redirected={inner}")
    return None


def text_of(packet):
    """The line that wire_samples prints, from Scapy's view of the same bytes."""
    line = f"{packet.src}>{packet.dst}"
    if Dot1Q in packet:
        tag = packet[Dot1Q]
        line += f" tag={tag.prio << 13 | tag.id << 12 | tag.vlan}"
    if ARP in packet:
        arp = packet[ARP]
        return (f"{line} arp op={arp.op} sha={arp.hwsrc} spa={arp.psrc} tha={arp.hwdst} tpa={arp.pdst}")
    for version in (IP, IPv6):
        if version in packet and not (version is IP and IPv6 in packet):
            header = packet[version]
            break
    prefix = f"{line} {ip(header.src)}>{ip(header.dst)} "
    nd = text_of_nd(packet)
    if nd is not None:
        return prefix + nd
    if ICMPv6MLReport2 in packet:
        records = records_of(packet[ICMPv6MLReport2])
        return prefix + "mld-report " + " ".join(f"{r.rtype},{ip(r.dst)}" for r in records)
    if ICMPv6MLQuery2 in packet:
        query = packet[ICMPv6MLQuery2]
        return (f"{line} mld-query v=2 source={ip(header.src)} group={ip(query.mladdr)} ms={query.mrd}"
                f" for_sources={int(bool(query.sources))}")
    if ICMPv6MLQuery in packet:
        query = packet[ICMPv6MLQuery]
        return (f"{line} mld-query v=1 source={ip(header.src)} group={ip(query.mladdr)} ms={query.mrd} for_sources=0")
    for kind, reply in ((ICMPv6EchoRequest, 0), (ICMPv6EchoReply, 1)):
        if kind in packet:
            echo = packet[kind]
            return f"{prefix}echo reply={reply} id={echo.id} seq={echo.seq} data={bytes(echo.data).hex() or '-'}"
    if ICMP in packet:
        icmp = packet[ICMP]
        data = bytes(icmp.payload)
        if header.len is not None:
            data = bytes(header)[header.ihl * 4 + 8:header.len]
        return f"{prefix}echo reply={int(icmp.type == 0)} id={icmp.id} seq={icmp.seq} data={data.hex() or '-'}"
    return prefix + "unknown"


def rebuilt(packet):
    """The bytes Scapy writes for the same packet with checksums and lengths of its own."""
    copy = Ether(bytes(packet))
    layer = copy
    while layer:
        for field in ("cksum", "chksum", "plen", "len"):
            # An option's len is data, an IP header's is computed.
            if field in layer.fields and (field != "len" or isinstance(layer, IP)):
                delattr(layer, field)
        layer = layer.payload
    return bytes(copy)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()


EXPERT_WARNING = 0x600000
FIELDS = ("_ws.malformed", "_ws.expert.severity", "_ws.expert.message", "icmpv6.checksum.status", "ip.checksum.status",
          "icmp.checksum.status", "arp.opcode", "icmpv6.type", "icmp.type")


def tshark(path):
    """For each frame what tshark has to say, as a dictionary of fields."""
    fields = [argument for field in FIELDS for argument in ("-e", field)]
    lines = run("tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-T", "fields", "-E", "separator=|", *fields)
    return [dict(zip(FIELDS, line.split("|"))) for line in lines]


def complaints(seen):
    found = []
    if seen["_ws.malformed"]:
        found.append("malformed")
    for severity in filter(None, seen["_ws.expert.severity"].split(",")):
        if int(severity, 0) >= EXPERT_WARNING:
            found.append(f"expert: {seen['_ws.expert.message']}")
    statuses = [seen[f] for f in FIELDS if f.endswith("checksum.status") and seen[f]]
    if any(status != "1" for one in statuses for status in one.split(",")):
        found.append(f"checksum status {statuses}")
    if not statuses and not seen["arp.opcode"]:
        found.append("neither ARP nor a checksum: not dissected as meant")
    return found


def check_our_frames(samples, folder):
    path = os.path.join(folder, "ours.pcap")
    lines = run(samples, "write", path)
    packets = rdpcap(path)
    check(len(lines) == len(packets) and len(lines) > 25, f"{len(lines)} lines, {len(packets)} frames")
    for line, packet in zip(lines, packets):
        check(text_of(packet) == line, f"scapy sees\n  {text_of(packet)}\nwe meant\n  {line}")
        check(rebuilt(packet) == bytes(packet), f"scapy writes other bytes for\n  {line}\n  {rebuilt(packet).hex()}"
                                                f"\n  {bytes(packet).hex()}")
    seen = tshark(path)
    check(len(seen) == len(packets), f"tshark lists {len(seen)} frames of {len(packets)}")
    for line, fields in zip(lines, seen):
        for complaint in complaints(fields):
            check(False, f"tshark: {complaint}:\n  {line}")

    # What we check for must be able to fail: a changed last byte breaks each checksum, a cut frame is malformed.
    spoiled_path = os.path.join(folder, "spoiled.pcap")
    spoiled = [bytes(p)[:-1] + bytes([bytes(p)[-1] ^ 0x01]) for p in packets if ARP not in p]
    spoiled += [bytes(p)[:30] for p in packets if ARP in p and len(p) == 42]
    wrpcap(spoiled_path, [Ether(b) for b in spoiled])
    for number, fields in enumerate(tshark(spoiled_path)):
        check(complaints(fields), f"tshark finds nothing wrong with spoiled frame {number}: {spoiled[number].hex()}")
    return len(packets)


def eth(source=PEER, destination=OURS):
    return Ether(src=source, dst=destination)


def good_packets(seed=7):
    """Frames as Scapy makes them; what it cannot say (nonce) as an unknown option."""
    chance = random.Random(seed)

    def address6():
        return str(ipaddress.IPv6Address(0x20010db8 << 96 | chance.getrandbits(64)))

    def local6():
        return str(ipaddress.IPv6Address(0xfe80 << 112 | chance.getrandbits(64)))

    def mac():
        return "02:" + ":".join(f"{chance.randrange(256):02x}" for _ in range(5))

    def sllao():
        return ICMPv6NDOptSrcLLAddr(lladdr=mac())

    def tllao():
        return ICMPv6NDOptDstLLAddr(lladdr=mac())

    def unknown():
        size = chance.choice((1, 2, 5))
        return ICMPv6NDOptUnknown(type=chance.choice((24, 25, 31, 200, 253)), len=size,
                                  data=chance.randbytes(8 * size - 2))

    def maybe(make):
        return chance.choice((make, None))

    def with_options(packet, *makers):
        for make in makers:
            if make is not None:
                packet = packet / make()
        return packet

    packets = []
    for _ in range(40):
        packets.append(eth(mac()) / ARP(op=chance.choice((1, 2)), hwsrc=mac(), psrc=f"10.{chance.randrange(256)}.1.2",
                                        hwdst=mac(), pdst=f"192.0.2.{chance.randrange(256)}"))
        packets.append(eth(mac()) / Dot1Q(prio=chance.randrange(8), vlan=0) /
                       ARP(op=1, hwsrc=mac(), psrc="0.0.0.0", pdst="192.0.2.9"))
        header = IPv6(src=address6(), dst=address6(), hlim=255, fl=chance.getrandbits(20), tc=chance.randrange(256))
        packets.append(with_options(eth() / header / ICMPv6ND_NS(tgt=address6()), maybe(unknown), maybe(sllao),
                                    maybe(tllao), maybe(unknown)))
        packets.append(eth() / IPv6(src="::", dst="ff02::1:ff00:1", hlim=255) / ICMPv6ND_NS(tgt=address6()) /
                       ICMPv6NDOptUnknown(type=14, len=1, data=chance.randbytes(6)))
        packets.append(with_options(
            eth() / header / ICMPv6ND_NA(R=chance.randrange(2), S=chance.randrange(2), O=chance.randrange(2),
                                         tgt=address6(), res=chance.getrandbits(29)), maybe(unknown), maybe(tllao)))
        packets.append(with_options(eth() / IPv6(src=local6(), dst="ff02::2", hlim=255) / ICMPv6ND_RS(),
                                    maybe(sllao), maybe(unknown)))
        ra = ICMPv6ND_RA(chlim=chance.randrange(256), M=chance.randrange(2), O=chance.randrange(2),
                         prf=chance.randrange(4), routerlifetime=chance.getrandbits(16),
                         reachabletime=chance.getrandbits(32), retranstimer=chance.getrandbits(32))

        def prefix():
            return ICMPv6NDOptPrefixInfo(prefixlen=chance.randrange(129), L=chance.randrange(2),
                                         A=chance.randrange(2), R=chance.randrange(2), prefix=address6(),
                                         validlifetime=chance.getrandbits(32),
                                         preferredlifetime=chance.getrandbits(32))

        def mtu():
            return ICMPv6NDOptMTU(mtu=chance.getrandbits(32))

        packets.append(with_options(eth() / IPv6(src=local6(), dst="ff02::1", hlim=255) / ra, maybe(prefix),
                                    maybe(sllao), maybe(unknown), maybe(mtu), maybe(prefix), maybe(prefix)))
        target = address6()
        packets.append(with_options(
            eth() / IPv6(src=local6(), dst=address6(), hlim=255) /
            ICMPv6ND_Redirect(tgt=chance.choice((target, local6())), dst=target), maybe(tllao), maybe(unknown)))
        packets[-1][ICMPv6ND_Redirect].dst = target
        packets.append(eth() / IPv6(src=local6(), dst=address6(), hlim=255) /
                       ICMPv6ND_Redirect(tgt=target, dst=target) /
                       ICMPv6NDOptRedirectedHdr(pkt=IPv6(src=address6(), dst=target) / UDP(dport=9) / (b"x" * 8)))
        # Extension headers that do not invalidate (NDF-022).
        packets.append(eth() / header / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"abc")]) /
                       ICMPv6ND_NS(tgt=address6()) / sllao())
        packets.append(eth() / header / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / IPv6ExtHdrDestOpt() /
                       ICMPv6ND_NA(tgt=address6()))
        packets.append(eth() / IPv6(src=address6(), dst=address6()) /
                       ICMPv6EchoRequest(id=chance.getrandbits(16), seq=chance.getrandbits(16), data=b"ping"))
        packets.append(eth() / IPv6(src=address6(), dst=address6()) / IPv6ExtHdrFragment(id=3) /
                       ICMPv6EchoReply(id=chance.getrandbits(16), seq=chance.getrandbits(16)))
        packets.append(eth() / IP(src="192.0.2.7", dst="192.0.2.8", flags="DF") /
                       ICMP(type=chance.choice((0, 8)), id=chance.getrandbits(16), seq=5) / Raw(b"abcdefg"))
        packets.append(eth() / IPv6(src=local6(), dst="ff02::1", hlim=1) /
                       IPv6ExtHdrHopByHop(options=[RouterAlert()]) / ICMPv6MLQuery(mrd=chance.randrange(32768)))
        packets.append(eth() / IPv6(src=local6(), dst="ff02::1", hlim=1) /
                       IPv6ExtHdrHopByHop(options=[RouterAlert()]) /
                       ICMPv6MLQuery2(mrd=chance.randrange(32768), mladdr="ff02::1:ff00:1"))
    return packets


def malformed_packets():
    """Pairs of a frame of Scapy's and the reason we must give; the statement stands beside it."""
    ns = ICMPv6ND_NS(tgt="2001:db8::1")
    na = ICMPv6ND_NA(tgt="2001:db8::2")
    ra = ICMPv6ND_RA()
    redirect = ICMPv6ND_Redirect(tgt="fe80::3", dst="2001:db8::9")
    sllao = ICMPv6NDOptSrcLLAddr(lladdr=PEER)
    router = IPv6(src="fe80::2", dst="ff02::1", hlim=255)

    def v6(**fields):
        return eth() / IPv6(**{"src": "2001:db8::2", "dst": "2001:db8::1", "hlim": 255, **fields})

    def arp(**fields):
        return eth(destination="ff:ff:ff:ff:ff:ff") / ARP(**{"op": 1, "hwsrc": PEER, "psrc": "192.0.2.2",
                                                               "hwdst": "00:00:00:00:00:00", "pdst": "192.0.2.1",
                                                               **fields})

    return [
        (arp(hwtype=0), "arp-hardware-type"),  # ARP-042
        (arp(hwtype=6), "arp-hardware-ieee802"),  # ARP-043
        (arp(ptype=0x86dd, plen=4, psrc=b"\x01\x02\x03\x04", pdst=b"\x01\x02\x03\x04"), "arp-protocol-type"),  # ARP-044
        (arp(hwlen=5), "arp-hardware-size"),  # ARP-044
        (arp(plen=16), "arp-protocol-size"),  # ARP-044
        (arp(hwsrc="ff:ff:ff:ff:ff:ff"), "arp-sender-link-group"),  # ARP-045
        (arp(hwsrc="00:00:00:00:00:00"), "arp-sender-link-zero"),  # ARP-045
        (eth(source="01:00:5e:00:00:01") / ARP(hwsrc=PEER, psrc="192.0.2.2"), "frame-source"),  # ARP-046
        (arp(op=3), "arp-operation"),  # ARP-047
        (arp(op=0x0100), "arp-operation"),  # ARP-047
        (arp(op=2, psrc="0.0.0.0"), "arp-reply-from-zero"),  # ARP-050
        (arp(psrc="127.0.0.1"), "arp-sender-address"),  # ARP-051
        (arp(psrc="224.0.0.1"), "arp-sender-address"),  # ARP-051
        (arp(pdst="255.255.255.255"), "arp-target-address"),  # ARP-055
        (eth() / Dot1Q(vlan=5) / ARP(hwsrc=PEER, psrc="192.0.2.2"), "frame-vlan"),  # ARP-057
        (eth() / Dot1Q(vlan=0) / Dot1Q(vlan=0) / ARP(hwsrc=PEER, psrc="192.0.2.2"), "frame-several-tags"),  # PRT-010
        (Ether(src=PEER, dst=OURS, type=0x8035) / ARP(op=3), "frame-ethertype"),  # ARP-058
        (v6(hlim=254) / ns, "nd-hop-limit"),  # NDV-001
        (v6() / ICMPv6ND_NS(tgt="2001:db8::1", cksum=0x1234), "nd-checksum"),  # NDV-002
        (v6() / ICMPv6ND_NS(tgt="2001:db8::1", code=1), "nd-code"),  # NDV-003
        (v6() / ns / ICMPv6NDOptUnknown(type=1, len=0, data=b"\x02\0\0\0\0\x02"), "nd-option-length-zero"),  # NDV-005
        (v6() / ns / sllao / ICMPv6NDOptUnknown(type=99, len=9, data=b"123456"), "nd-option-overrun"),  # NDF-013
        (v6() / ns / Raw(b"\x01\x01\x02"), "nd-option-trailing"),  # NDF-013
        (v6() / ns / ICMPv6NDOptUnknown(type=1, len=2, data=b"\x02" * 14), "nd-link-option-length"),  # NDF-016
        (v6() / ns / ICMPv6NDOptSrcLLAddr(lladdr="33:33:00:00:00:01"), "nd-link-option-group"),  # NDF-017
        (v6() / na / ICMPv6NDOptDstLLAddr(lladdr="00:00:00:00:00:00"), "nd-link-option-zero"),  # NDF-017
        (v6() / ICMPv6ND_NS(tgt="ff02::1"), "nd-target-multicast"),  # NDV-006
        (v6(src="::") / ns, "nd-unspecified-not-to-group"),  # NDV-007
        (v6(src="::", dst="ff02::1:ff00:1") / ns / sllao, "nd-unspecified-with-link"),  # NDV-008
        (v6(src="::", dst="ff02::2") / ICMPv6ND_RS() / sllao, "nd-unspecified-with-link"),  # NDV-008
        (v6(dst="ff02::1") / ICMPv6ND_NA(S=1, tgt="2001:db8::2"), "nd-solicited-to-multicast"),  # NDV-009
        (v6(dst="ff02::1") / ra, "nd-source-not-link-local"),  # NDV-010
        (v6() / redirect, "nd-source-not-link-local"),  # NDV-010
        (v6(src="fe80::2") / ICMPv6ND_Redirect(tgt="fe80::3", dst="ff02::9"), "nd-redirect-destination"),  # NDV-012
        (v6(src="fe80::2") / ICMPv6ND_Redirect(tgt="2001:db8::3", dst="2001:db8::9"), "nd-redirect-target"),  # NDV-006
        (v6() / IPv6ExtHdrFragment(id=1) / ns / sllao, "nd-fragment"),  # NDV-014
        (v6() / IPv6ExtHdrDestOpt() / IPv6ExtHdrFragment(id=1) / na, "nd-fragment"),  # NDV-014
        (v6(src="ff02::1") / ns, "ip6-source-multicast"),  # NDV-015
        (v6(src="::1") / ns, "ip6-source-loopback"),  # NDV-016
        (v6(plen=200) / ns, "ip6-payload-length"),  # NDF-019
        (v6() / IPv6ExtHdrRouting(addresses=["2001:db8::5"], segleft=1) / ns, "ip6-routing"),  # NDF-022
        (eth() / router / ra / ICMPv6NDOptPrefixInfo(prefixlen=129), "nd-prefix-length"),
        (eth() / router / ra / ICMPv6NDOptPrefixInfo(len=3) / Raw(b""), "nd-prefix-option-length"),  # NDF-011
        (eth() / router / ra / ICMPv6NDOptMTU(len=2) / Raw(b"\0" * 8), "nd-mtu-option-length"),  # NDF-011
        (eth() / IPv6(src="fe80::2", dst="ff02::1", hlim=1) / ICMPv6MLQuery2(), "mld-router-alert"),
        (eth() / IP(src="192.0.2.7", dst="192.0.2.8", chksum=1) / ICMP(), "ip4-checksum"),
    ]


def parsed_by_us(samples, folder, name, frames):
    path = os.path.join(folder, name)
    wrpcap(path, [Ether(frame) for frame in frames])
    return run(samples, "read", path)


def check_scapy_frames(samples, folder):
    packets = good_packets()
    frames = [bytes(p) for p in packets]
    lines = parsed_by_us(samples, folder, "good.pcap", frames)
    check(len(lines) == len(frames), f"{len(lines)} lines for {len(frames)} frames of scapy")
    for packet, frame, line in zip(packets, frames, lines):
        expected = text_of(packet)
        check(line == expected, f"we see\n  {line}\nscapy meant\n  {expected}\n  {frame.hex()}")

    bad = [(bytes(packet), reason) for packet, reason in malformed_packets()]
    lines = parsed_by_us(samples, folder, "bad.pcap", [frame for frame, _ in bad])
    check(len(lines) == len(bad), f"{len(lines)} lines for {len(bad)} malformed frames")
    for (frame, reason), line in zip(bad, lines):
        check(line.endswith(f"drop {reason}"), f"expected {reason}, got\n  {line}\n  {frame.hex()}")
    return len(frames) + len(bad)


def main():
    if shutil.which("tshark") is None:
        sys.exit("tshark is required")
    samples = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        ours = check_our_frames(samples, folder)
        theirs = check_scapy_frames(samples, folder)
    print(f"{ours} frames of ours, {theirs} of scapy's, {failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
