// SPDX-License-Identifier: Apache-2.0
// The inverse of nd.cpp; the layouts are drawn there.
#include "wire/icmp6_writer.hpp"
#include "wire/nd.hpp"

namespace neigh::wire {

namespace {

constexpr std::size_t kLargestOption = 255 * 8;

constexpr std::uint8_t bit(bool set, unsigned mask) { return set ? static_cast<std::uint8_t>(mask) : std::uint8_t{0}; }

class Emitter {
 public:
  Emitter(FrameWriter& out, const ParsePolicy& policy) : out_(out), policy_(policy) {}

  void operator()(const RouterSolicit& m) {
    out_.be32(0);
    link(NdOptionType::kSourceLink, m.source_link);
  }

  void operator()(const RouterAdvert& m) {
    out_.u8(m.hop_limit);
    out_.u8(static_cast<std::uint8_t>(bit(m.managed, 0x80) | bit(m.other_config, 0x40)));
    out_.be16(m.router_lifetime_s);
    out_.be32(m.reachable_time_ms);
    out_.be32(m.retrans_time_ms);
    link(NdOptionType::kSourceLink, m.source_link);
    if (m.mtu) {
      head(NdOptionType::kMtu, 8);
      out_.be16(0);
      out_.be32(*m.mtu);
    }
    for (const PrefixInformation& p : m.prefixes) {
      head(NdOptionType::kPrefix, 32);
      out_.u8(p.length);
      out_.u8(static_cast<std::uint8_t>(bit(p.on_link, 0x80) | bit(p.autonomous, 0x40)));
      out_.be32(p.valid_lifetime_s);
      out_.be32(p.preferred_lifetime_s);
      out_.be32(0);
      out_.address(masked(p.prefix, p.length));
    }
  }

  void operator()(const NeighborSolicit& m) {
    out_.be32(0);
    out_.address(m.target);
    link(NdOptionType::kSourceLink, m.source_link);
    if (!m.nonce.empty()) {
      head(NdOptionType::kNonce, 2 + m.nonce.size());
      out_.bytes(m.nonce);
    }
  }

  void operator()(const NeighborAdvert& m) {
    out_.u8(static_cast<std::uint8_t>(bit(m.is_router, 0x80) | bit(m.solicited, 0x40) | bit(m.override_flag, 0x20)));
    out_.zeros(3);
    out_.address(m.target);
    link(NdOptionType::kTargetLink, m.target_link);
  }

  void operator()(const Redirect& m) {
    out_.be32(0);
    out_.address(m.target);
    out_.address(m.destination);
    link(NdOptionType::kTargetLink, m.target_link);
    if (m.redirected) {
      const std::size_t size = (8 + m.redirected->size() + 7) / 8 * 8;
      head(NdOptionType::kRedirected, size);
      out_.zeros(6);
      out_.bytes(*m.redirected);
      out_.zeros(size - 8 - m.redirected->size());
    }
  }

 private:
  void head(NdOptionType type, std::size_t size) {
    out_.u8(static_cast<std::uint8_t>(type));
    out_.u8(static_cast<std::uint8_t>(size / 8));
  }

  void link(NdOptionType type, const std::optional<LinkAddress>& address) {
    if (!address) return;
    const std::size_t size = link_option_size(policy_.link);
    head(type, size);
    out_.zeros(policy_.link.option_pad);
    out_.address(*address);
    out_.zeros(size - 2 - policy_.link.option_pad - address->size());
  }

  FrameWriter& out_;
  const ParsePolicy& policy_;
};

// The name of the field that no frame can carry; empty if all of them fit.
class Misfit {
 public:
  explicit Misfit(const ParsePolicy& policy) : policy_(policy) {}

  std::string_view operator()(const RouterSolicit& m) const { return link(m.source_link, "source_link"); }
  std::string_view operator()(const RouterAdvert& m) const {
    for (const PrefixInformation& p : m.prefixes) {
      if (!p.prefix.is_v6() || p.length > 128) return "prefixes";
    }
    return link(m.source_link, "source_link");
  }
  std::string_view operator()(const NeighborSolicit& m) const {
    if (!m.target.is_v6()) return "target";
    // No padding: it would change the nonce.
    if (!m.nonce.empty() && ((m.nonce.size() + 2) % 8 != 0 || m.nonce.size() + 2 > kLargestOption)) return "nonce";
    return link(m.source_link, "source_link");
  }
  std::string_view operator()(const NeighborAdvert& m) const {
    return m.target.is_v6() ? link(m.target_link, "target_link") : "target";
  }
  std::string_view operator()(const Redirect& m) const {
    if (!m.target.is_v6()) return "target";
    if (!m.destination.is_v6()) return "redirect_destination";
    if (m.redirected && m.redirected->size() + 8 > kLargestOption) return "redirected";
    return link(m.target_link, "target_link");
  }

 private:
  [[nodiscard]] std::string_view link(const std::optional<LinkAddress>& address, std::string_view name) const {
    if (!address) return {};
    if (address->empty() || address->size() != policy_.link.address_size) return name;
    return check_link_option(*address, policy_) ? name : std::string_view{};
  }
  const ParsePolicy& policy_;
};

constexpr NdType type_of(const NdMessage& message) {
  constexpr NdType kTypes[] = {NdType::kRouterSolicit, NdType::kRouterAdvert, NdType::kNeighborSolicit,
                               NdType::kNeighborAdvert, NdType::kRedirect};
  static_assert(std::size(kTypes) == std::variant_size_v<NdMessage>);
  return kTypes[message.index()];
}

}  // namespace

Result<std::size_t> emit_nd_frame(const EthernetView& header, const NdPacket& packet, FrameWriter& out,
                                  const ParsePolicy& policy) {
  if (const std::string_view field = std::visit(Misfit{policy}, packet.message); !field.empty()) {
    return cannot_emit(field);
  }
  if (const auto reason = check_nd_rules(packet)) return cannot_emit(describe(*reason).meaning);
  const Icmp6Envelope envelope{.header = header,
                               .source = packet.source,
                               .destination = packet.destination,
                               .hop_limit = kHopLimitOfNd,
                               .type = static_cast<std::uint8_t>(type_of(packet.message))};
  return emit_icmp6_frame(envelope, out, [&](FrameWriter& body) { std::visit(Emitter{body, policy}, packet.message); });
}

}  // namespace neigh::wire
