// SPDX-License-Identifier: Apache-2.0
// Parts 3.1 and 3.2 of the specification: every check of the table, for every message it is ticked for.
#include "cases.hpp"

namespace neigh::wire::test {

using enum DropReason;

namespace {

// A message that is good but for what a case spoils.
struct Model {
  std::string name;
  RawIp6 header;
  RawIcmp6 message;
  unsigned link_option;  // type of its link-layer address option
};

std::vector<Model> models() {
  const IpAddress group = ip("ff02::1:ff00:1");
  return {
      {"rs", {.source = kPeerLocal, .destination = ip("ff02::2")}, {.type = 133, .body = zeros(4)}, 1},
      {"ra", {.source = kPeerLocal, .destination = ip("ff02::1")}, {.type = 134, .body = zeros(12)}, 1},
      {"ns", {.destination = group}, {.type = 135, .body = zeros(4) + of(kOurs6)}, 1},
      {"na", {}, {.type = 136, .body = hex("60000000") + of(kPeer6)}, 2},
      {"redirect",
       {.source = kPeerLocal},
       {.type = 137, .body = zeros(4) + of(ip("fe80::3")) + of(ip("2001:db8:9::9"))},
       2},
  };
}

void add_for_every_message(std::vector<DropCase>& out) {
  for (const Model& m : models()) {
    const std::size_t size = 4 + m.message.body.size();
    const auto add = [&](std::string what, std::string cites, const Bytes& frame, DropReason reason,
                         std::size_t offset) {
      out.push_back({m.name + "_" + std::move(what), std::move(cites), frame, reason, offset});
    };
    RawIp6 header = m.header;
    for (const unsigned hop_limit : {0U, 1U, 64U, 254U}) {
      header.hop_limit = hop_limit;
      add("hop_limit_" + std::to_string(hop_limit), "NDV-001", icmp6_frame(header, m.message), kNdHopLimit, 7);
    }
    Bytes frame = icmp6_frame(m.header, m.message);
    frame[14 + 40 + 3] ^= 0x01;
    add("checksum", "NDV-002", frame, kNdChecksum, 2);
    frame = icmp6_frame(m.header, m.message);
    frame[14 + 40 + 2] = frame[14 + 40 + 3] = 0;
    add("checksum_zero", "NDV-002", frame, kNdChecksum, 2);
    // A checksum for another pseudo header: next header 60 instead of 58, and another destination.
    frame = icmp6_frame(m.header, m.message);
    frame[14 + 24 + 15] ^= 0x02;
    add("checksum_of_other_destination", "NDV-002", frame, kNdChecksum, 2);

    RawIcmp6 message = m.message;
    for (const unsigned code : {1U, 255U}) {
      message.code = code;
      add("code_" + std::to_string(code), "NDV-003", icmp6_frame(m.header, message), kNdCode, 1);
    }
    for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, m.message.body.size()}) {
      message = m.message;
      message.body.resize(message.body.size() - cut);
      add("short_by_" + std::to_string(cut), "NDV-004", icmp6_frame(m.header, message), kNdShort, size - cut);
    }

    const auto with_options = [&](std::string what, std::string cites, const Bytes& options, DropReason reason,
                                  std::size_t offset) {
      message = m.message;
      message.body = message.body + options;
      add(std::move(what), std::move(cites), icmp6_frame(m.header, message), reason, size + offset);
    };
    const Bytes good = link_option(m.link_option, kPeer);
    with_options("option_length_0", "NDV-005 NDF-012", option(m.link_option, 0, of(kPeer)), kNdOptionLengthZero, 1);
    with_options("unknown_option_length_0", "NDV-005 NDF-012", option(253, 0, zeros(6)), kNdOptionLengthZero, 1);
    with_options("option_length_0_after_good", "NDV-005 NDF-012", good + option(253, 0, zeros(6)), kNdOptionLengthZero,
                 9);
    with_options("option_overrun", "NDF-013", good + option(253, 2, zeros(6)), kNdOptionOverrun, 9);
    with_options("option_overrun_by_far", "NDF-013", option(m.link_option, 255, of(kPeer)), kNdOptionOverrun, 1);
    for (std::size_t rest = 1; rest <= 7; ++rest) {
      with_options("trailing_" + std::to_string(rest), "NDF-013", good + zeros(rest), kNdOptionTrailing, 8);
    }
    for (const unsigned units : {2U, 3U}) {
      with_options("link_option_of_" + std::to_string(units), "NDF-016",
                   option(m.link_option, units, of(kPeer) + zeros(8 * units - 8)), kNdLinkOptionLength, 1);
    }
    with_options("second_link_option_of_2", "NDF-016", good + option(m.link_option, 2, zeros(14)), kNdLinkOptionLength,
                 9);
    with_options("link_option_broadcast", "NDF-017", link_option(m.link_option, kBroadcast), kNdLinkOptionGroup, 2);
    with_options("link_option_group", "NDF-017", link_option(m.link_option, mac("33:33:00:00:00:01")),
                 kNdLinkOptionGroup, 2);
    with_options("link_option_zero", "NDF-017", option(m.link_option, 1, zeros(6)), kNdLinkOptionZero, 2);

    const auto fragment = [&](std::string what, std::string_view bytes) {
      header = m.header;
      header.next_header = 44;
      header.extensions = hex(bytes);
      add(std::move(what), "NDV-014 FRG-002 NDF-022", icmp6_frame(header, m.message), kNdFragment, 0);
    };
    fragment("atomic_fragment", "3a 00 0000 00000001");
    fragment("first_fragment", "3a 00 0001 00000001");
    header = m.header;
    header.next_header = 60;
    header.extensions = hex("2c 00 010400000000") + hex("3a 00 0000 00000001");
    add("fragment_behind_options", "NDV-014 FRG-002", icmp6_frame(header, m.message), kNdFragment, 0);
    header = m.header;
    header.source = ip("ff02::1");
    add("source_multicast", "NDV-015", icmp6_frame(header, m.message), kIp6SourceMulticast, 8);
    header.source = ip("::1");
    add("source_loopback", "NDV-016", icmp6_frame(header, m.message), kIp6SourceLoopback, 8);
  }
}

void add_addresses(std::vector<DropCase>& out) {
  const auto add = [&out](std::string name, std::string cites, const RawIp6& header, unsigned type, const Bytes& body,
                          DropReason reason, std::size_t offset) {
    out.push_back(
        {std::move(name), std::move(cites), icmp6_frame(header, {.type = type, .body = body}), reason, offset});
  };
  const IpAddress nobody = ip("::");
  const IpAddress group = ip("ff02::1:ff00:1");
  const Bytes target = zeros(4) + of(kOurs6);
  add("ns_target_all_nodes", "NDV-006", {}, 135, zeros(4) + of(ip("ff02::1")), kNdTargetMulticast, 8);
  add("ns_target_solicited_node", "NDV-006", {}, 135, zeros(4) + of(group), kNdTargetMulticast, 8);
  add("na_target_multicast", "NDV-006", {}, 136, hex("20000000") + of(ip("ff02::1")), kNdTargetMulticast, 8);
  add("ns_from_nobody_to_unicast", "NDV-007", {.source = nobody}, 135, target, kNdUnspecifiedNotToGroup, 24);
  add("ns_from_nobody_to_all_nodes", "NDV-007", {.source = nobody, .destination = ip("ff02::1")}, 135, target,
      kNdUnspecifiedNotToGroup, 24);
  add("ns_from_nobody_to_almost_solicited_node", "NDV-007", {.source = nobody, .destination = ip("ff02::1:fe00:1")},
      135, target, kNdUnspecifiedNotToGroup, 24);
  add("ns_from_nobody_to_wider_scope", "NDV-007", {.source = nobody, .destination = ip("ff05::1:ff00:1")}, 135, target,
      kNdUnspecifiedNotToGroup, 24);
  add("ns_from_nobody_with_sllao", "NDV-008", {.source = nobody, .destination = group}, 135,
      target + link_option(1, kPeer), kNdUnspecifiedWithLink, 8);
  add("rs_from_nobody_with_sllao", "NDV-008", {.source = nobody, .destination = ip("ff02::2")}, 133,
      zeros(4) + link_option(1, kPeer), kNdUnspecifiedWithLink, 8);
  add("na_solicited_to_all_nodes", "NDV-009", {.destination = ip("ff02::1")}, 136, hex("60000000") + of(kPeer6),
      kNdSolicitedToMulticast, 4);
  for (const std::string_view source : {"2001:db8::2", "::", "fec0::1", "fc00::1"}) {
    const RawIp6 header{.source = ip(source)};
    add("ra_from_" + std::string(source), "NDV-010", header, 134, zeros(12), kNdSourceNotLinkLocal, 8);
    add("redirect_from_" + std::string(source), "NDV-010", header, 137,
        zeros(4) + of(ip("fe80::3")) + of(ip("2001:db8:9::9")), kNdSourceNotLinkLocal, 8);
  }
  const RawIp6 router{.source = kPeerLocal};
  add("redirect_target_global", "NDV-006", router, 137,
      zeros(4) + of(ip("2001:db8::3")) + of(ip("2001:db8:9::9")) + link_option(2, kPeer), kNdRedirectTarget, 8);
  add("redirect_target_multicast", "NDV-006", router, 137, zeros(4) + of(ip("ff02::3")) + of(ip("2001:db8:9::9")),
      kNdRedirectTarget, 8);
  add("redirect_target_unspecified", "NDV-006", router, 137, zeros(20) + of(ip("2001:db8:9::9")), kNdRedirectTarget, 8);
  add("redirect_destination_multicast", "NDV-012", router, 137, zeros(4) + of(ip("fe80::3")) + of(ip("ff02::9")),
      kNdRedirectDestination, 24);
  add("redirect_destination_and_target_multicast", "NDV-012", router, 137,
      zeros(4) + of(ip("ff02::9")) + of(ip("ff02::9")), kNdRedirectDestination, 24);
}

void add_options(std::vector<DropCase>& out) {
  const auto add = [&out](std::string name, std::string cites, const Bytes& options, DropReason reason,
                          std::size_t offset) {
    const RawIp6 router{.source = kPeerLocal, .destination = ip("ff02::1")};
    out.push_back({std::move(name), std::move(cites), icmp6_frame(router, {.type = 134, .body = zeros(12) + options}),
                   reason, 16 + offset});
  };
  const IpAddress prefix = ip("2001:db8::");
  Bytes cut = prefix_option(3, 64, prefix);
  cut.resize(24);
  const Bytes good = prefix_option(4, 64, prefix);
  add("ra_prefix_option_of_3", "NDF-011", cut, kNdPrefixOptionLength, 1);
  add("ra_prefix_option_of_5", "NDF-011", prefix_option(5, 64, prefix) + zeros(8), kNdPrefixOptionLength, 1);
  add("ra_second_prefix_option_of_3", "NDF-011", good + cut, kNdPrefixOptionLength, 33);
  add("ra_prefix_length_129", "NDF-011", prefix_option(4, 129, prefix), kNdPrefixLength, 2);
  add("ra_second_prefix_length_255", "NDF-011", good + prefix_option(4, 255, prefix), kNdPrefixLength, 34);
  add("ra_mtu_option_of_2", "NDF-011", option(5, 2, zeros(2) + be32(1500) + zeros(8)), kNdMtuOptionLength, 1);
  add("ra_length_0_after_prefix_and_mtu", "NDF-012",
      good + option(5, 1, zeros(2) + be32(1500)) + option(1, 0, of(kPeer)), kNdOptionLengthZero, 41);

  // The length that fits the link, and no other (NDF-016).
  const Bytes target = zeros(4) + of(kOurs6);
  const auto link = [&](std::string name, const Bytes& options, const ParsePolicy& policy, DropReason reason,
                        std::size_t offset) {
    out.push_back({std::move(name), "NDF-016", icmp6_frame({}, {.type = 135, .body = target + options}), reason,
                   24 + offset, policy});
  };
  const ParsePolicy infiniband{.link = {.address_size = 20, .option_pad = 2}};
  const ParsePolicy eui64{.link = {.address_size = 8}};
  link("ns_ethernet_sllao_on_infiniband", link_option(1, kPeer), infiniband, kNdLinkOptionLength, 1);
  link("ns_infiniband_sllao_of_4", option(1, 4, Bytes(30, 2)), infiniband, kNdLinkOptionLength, 1);
  link("ns_infiniband_sllao_zero", option(1, 3, zeros(22)), infiniband, kNdLinkOptionZero, 4);
  link("ns_ethernet_sllao_on_eui64", link_option(1, kPeer), eui64, kNdLinkOptionLength, 1);
}

}  // namespace

std::vector<DropCase> nd_drop_cases() {
  std::vector<DropCase> out;
  add_for_every_message(out);
  add_addresses(out);
  add_options(out);
  return out;
}

}  // namespace neigh::wire::test
