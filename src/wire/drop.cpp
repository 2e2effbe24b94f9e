// SPDX-License-Identifier: Apache-2.0
#include "wire/drop.hpp"

#include <array>

namespace neigh::wire {

namespace {

using enum DropReason;

constexpr std::array<DropDescription, kDropReasonCount> kDescriptions = {{
    {kFrameShort, "frame-short", "NDF-019", "frame shorter than its Ethernet header"},
    {kFrameTooLong, "frame-too-long", "PRT-010", "frame longer than the MTU"},
    {kFrameLlc, "frame-llc", "PRT-010 ARP-009", "IEEE 802.2 LLC frame"},
    {kFrameSeveralTags, "frame-several-tags", "PRT-010", "more than one VLAN tag"},
    {kFrameVlan, "frame-vlan", "ARP-057", "VLAN not served by the interface"},
    {kFrameSource, "frame-source", "ARP-046", "Ethernet source is a group address"},
    {kFrameEtherType, "frame-ethertype", "ARP-058", "EtherType is not ARP, IPv4 or IPv6"},

    {kArpShort, "arp-short", "ARP-040", "ARP packet truncated"},
    {kArpHardwareType, "arp-hardware-type", "ARP-042", "ARP hardware type is not the interface's"},
    {kArpHardwareIeee802, "arp-hardware-ieee802", "ARP-043", "ARP hardware type 6 (IEEE 802)"},
    {kArpProtocolType, "arp-protocol-type", "ARP-044", "ARP protocol type is not IPv4"},
    {kArpHardwareSize, "arp-hardware-size", "ARP-044", "ARP hardware address length"},
    {kArpProtocolSize, "arp-protocol-size", "ARP-044", "ARP protocol address length"},
    {kArpOperation, "arp-operation", "ARP-047", "ARP operation is neither request nor reply"},
    {kArpSenderLinkGroup, "arp-sender-link-group", "ARP-045", "ARP sender's link-layer address is a group address"},
    {kArpSenderLinkZero, "arp-sender-link-zero", "ARP-045", "ARP sender's link-layer address is zero"},
    {kArpReplyFromZero, "arp-reply-from-zero", "ARP-050", "ARP reply from 0.0.0.0"},
    {kArpSenderAddress, "arp-sender-address", "ARP-051", "ARP sender is broadcast, multicast or loopback"},
    {kArpTargetAddress, "arp-target-address", "ARP-055", "ARP asks for an address that nobody can have"},

    {kIp6Short, "ip6-short", "NDF-019", "IPv6 header truncated"},
    {kIp6Version, "ip6-version", "RFC 8200 3", "IP version is not 6"},
    {kIp6PayloadLength, "ip6-payload-length", "NDF-019", "IPv6 payload longer than the frame"},
    {kIp6ExtensionHeader, "ip6-extension-header", "NDF-022", "IPv6 extension header truncated or misplaced"},
    {kIp6ExtensionOption, "ip6-extension-option", "NDF-022", "IPv6 option malformed, or unknown and not skippable"},
    {kIp6Routing, "ip6-routing", "NDF-022", "IPv6 routing header with segments left"},
    {kIp6SourceMulticast, "ip6-source-multicast", "NDV-015", "IPv6 source is multicast"},
    {kIp6SourceLoopback, "ip6-source-loopback", "NDV-016", "IPv6 source is ::1"},
    {kIp6SourceMapped, "ip6-source-mapped", "RFC 6890 2.2.3", "IPv6 source is IPv4-mapped"},

    {kNdFragment, "nd-fragment", "NDV-014 FRG-002", "ND message with a Fragment header"},
    {kNdType, "nd-type", "NDF-001 NDF-005", "ICMPv6 type is not an ND message"},
    {kNdHopLimit, "nd-hop-limit", "NDV-001", "ND hop limit is not 255"},
    {kNdChecksum, "nd-checksum", "NDV-002", "ND checksum"},
    {kNdCode, "nd-code", "NDV-003", "ND code is not 0"},
    {kNdShort, "nd-short", "NDV-004", "ND message shorter than its minimum"},
    {kNdOptionLengthZero, "nd-option-length-zero", "NDV-005 NDF-012", "ND option of length 0"},
    {kNdOptionOverrun, "nd-option-overrun", "NDF-013", "ND option runs past the message"},
    {kNdOptionTrailing, "nd-option-trailing", "NDF-013", "trailing bytes too few for an ND option"},
    {kNdLinkOptionLength, "nd-link-option-length", "NDF-016", "link-layer address option of another length"},
    {kNdLinkOptionGroup, "nd-link-option-group", "NDF-017", "link-layer address option holds a group address"},
    {kNdLinkOptionZero, "nd-link-option-zero", "NDF-017", "link-layer address option is zero"},
    {kNdPrefixOptionLength, "nd-prefix-option-length", "NDF-011", "prefix information option of another length"},
    {kNdPrefixLength, "nd-prefix-length", "RFC 4861 4.6.2", "prefix length over 128"},
    {kNdMtuOptionLength, "nd-mtu-option-length", "NDF-011", "MTU option of another length"},
    {kNdTargetMulticast, "nd-target-multicast", "NDV-006", "ND target is multicast"},
    {kNdRedirectTarget, "nd-redirect-target", "NDV-006", "Redirect target neither link-local nor the destination"},
    {kNdUnspecifiedNotToGroup, "nd-unspecified-not-to-group", "NDV-007",
     "NS from :: not sent to a solicited-node group"},
    {kNdUnspecifiedWithLink, "nd-unspecified-with-link", "NDV-008", "NS or RS from :: with a source link address"},
    {kNdSolicitedToMulticast, "nd-solicited-to-multicast", "NDV-009", "solicited NA sent to multicast"},
    {kNdSourceNotLinkLocal, "nd-source-not-link-local", "NDV-010", "RA or Redirect from no link-local address"},
    {kNdRedirectDestination, "nd-redirect-destination", "NDV-012", "Redirect for a multicast destination"},

    {kMldType, "mld-type", "RFC 3810 5.1", "ICMPv6 type is not an MLD query"},
    {kMldShort, "mld-short", "RFC 3810 8.1", "MLD query truncated"},
    {kMldChecksum, "mld-checksum", "RFC 3810 5.1.2", "MLD checksum"},
    {kMldHopLimit, "mld-hop-limit", "RFC 3810 6.2", "MLD hop limit is not 1"},
    {kMldSource, "mld-source", "RFC 3810 5.1.14", "MLD query from no link-local address"},
    {kMldRouterAlert, "mld-router-alert", "RFC 3810 6.2", "MLD query without router alert"},

    {kIp4Short, "ip4-short", "RFC 791 3.1", "IPv4 header truncated"},
    {kIp4Version, "ip4-version", "RFC 791 3.1", "IP version is not 4"},
    {kIp4HeaderLength, "ip4-header-length", "RFC 791 3.1", "IPv4 header length"},
    {kIp4TotalLength, "ip4-total-length", "RFC 791 3.1", "IPv4 total length"},
    {kIp4Checksum, "ip4-checksum", "RFC 1122 3.2.1.2", "IPv4 header checksum"},
    {kIp4Source, "ip4-source", "RFC 1122 3.2.1.3", "IPv4 source is broadcast, multicast or loopback"},
    {kEchoFragment, "echo-fragment", "RFC 1122 3.3.2", "fragment: reassembly is not done here"},
    {kEchoShort, "echo-short", "RFC 792", "ICMP echo truncated"},
    {kEchoType, "echo-type", "RFC 792", "neither echo request nor echo reply"},
    {kEchoChecksum, "echo-checksum", "RFC 792", "ICMP echo checksum"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kDescriptions.size(); ++i) {
    if (static_cast<std::size_t>(kDescriptions[i].reason) != i) return false;
  }
  return true;
}
static_assert(in_order(), "one row for each reason, in the order of the enumerators");

}  // namespace

const DropDescription& describe(DropReason reason) noexcept { return kDescriptions[static_cast<std::size_t>(reason)]; }

}  // namespace neigh::wire
