// SPDX-License-Identifier: Apache-2.0
#include "wire/nd_options.hpp"

#include <array>

namespace neigh::wire {

using enum DropReason;

namespace {

constexpr std::size_t kUnit = 8;
constexpr std::size_t kPrefixOptionSize = 32;
constexpr std::size_t kMtuOptionSize = 8;

constexpr bool is(std::uint8_t type, NdOptionType wanted) { return type == static_cast<std::uint8_t>(wanted); }

// RFC 4861 4.6.2:
//
//  0        1        2        3        4               8
// +--------+--------+--------+--------+---------------+
// |   3    |   4    | length |LA------| valid (s)     |
// +--------+--------+--------+--------+---------------+
// | preferred (s)                     | reserved      |
// +-----------------------------------+---------------+
// |                 prefix (16 bytes)                 |
// +---------------------------------------------------+
PrefixInformation read_prefix(ByteView option) {
  ByteReader in{option};
  in.skip(2);
  PrefixInformation out;
  out.length = in.u8();
  const std::uint8_t flags = in.u8();
  out.on_link = (flags & 0x80U) != 0;
  out.autonomous = (flags & 0x40U) != 0;
  out.valid_lifetime_s = in.be32();
  out.preferred_lifetime_s = in.be32();
  in.skip(4);
  out.prefix = masked(IpAddress::v6(in.take_array<16>()), out.length);
  return out;
}

}  // namespace

IpAddress masked(const IpAddress& prefix, std::uint8_t length) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy(prefix.bytes().begin(), prefix.bytes().end(), bytes.begin());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t kept = length > 8 * i ? length - 8 * i : 0;
    if (kept < 8) bytes[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  return IpAddress::v6(bytes);
}

std::optional<DropReason> check_link_option(const LinkAddress& address, const ParsePolicy& policy) {
  if (policy.accept_any_link_address) return std::nullopt;
  if (address.is_group()) return kNdLinkOptionGroup;
  if (address.is_zero()) return kNdLinkOptionZero;
  return std::nullopt;
}

std::size_t PrefixList::next_prefix(std::size_t at) const {
  const auto bytes = options_.span();
  while (at < bytes.size() && !is(bytes[at], NdOptionType::kPrefix)) at += bytes[at + 1] * kUnit;
  return at;
}

PrefixList::Iterator PrefixList::begin() const { return {this, options_.empty() ? 0 : next_prefix(0)}; }

PrefixList::Iterator PrefixList::end() const { return {this, options_.empty() ? values_.size() : options_.size()}; }

PrefixInformation PrefixList::Iterator::operator*() const {
  if (list_->options_.empty()) return list_->values_[at_];
  return read_prefix(ByteView{list_->options_.span().subspan(at_, kPrefixOptionSize)});
}

PrefixList::Iterator& PrefixList::Iterator::operator++() {
  at_ = list_->options_.empty() ? at_ + 1 : list_->next_prefix(at_ + kPrefixOptionSize);
  return *this;
}

// One option after the other; nothing leaves before the last one was good.
struct NdOptionParser {
  ByteView list;
  NdOptionSet meaningful;
  const ParsePolicy& policy;
  NdOptions out = {};

  Parsed<NdOptions> run() {
    ByteReader in{list};
    bool has_prefix = false;
    while (in.remaining() > 0) {
      const std::size_t at = in.position();
      if (in.remaining() < kUnit) return drop(kNdOptionTrailing, at);
      const std::uint8_t type = in.u8();
      const std::uint8_t units = in.u8();
      if (units == 0) return drop(kNdOptionLengthZero, at + 1);
      const ByteView value = in.take(units * kUnit - 2);
      if (!in.ok()) return drop(kNdOptionOverrun, at + 1);
      if (!meaningful.contains(type)) continue;
      if (const auto bad = read(type, value, at)) return *bad;
      has_prefix = has_prefix || is(type, NdOptionType::kPrefix);
    }
    if (has_prefix) out.prefixes = PrefixList::from_validated(list);
    return out;
  }

  std::optional<Drop> read(std::uint8_t type, ByteView value, std::size_t at) {
    switch (static_cast<NdOptionType>(type)) {
      case NdOptionType::kSourceLink:
      case NdOptionType::kTargetLink:
        return read_link(value, at);
      case NdOptionType::kPrefix:
        if (value.size() + 2 != kPrefixOptionSize) return drop(kNdPrefixOptionLength, at + 1);
        if (value.span()[0] > 128) return drop(kNdPrefixLength, at + 2);
        return std::nullopt;
      case NdOptionType::kMtu: {
        // RFC 4861 4.6.4: type(8) length(8) reserved(16) MTU(32)
        if (value.size() + 2 != kMtuOptionSize) return drop(kNdMtuOptionLength, at + 1);
        ByteReader in{value};
        in.skip(2);
        const std::uint32_t mtu = in.be32();
        if (!out.mtu) out.mtu = mtu;
        return std::nullopt;
      }
      case NdOptionType::kRedirected:
        // RFC 4861 4.6.3: type(8) length(8) reserved(48) packet; any size is good (RDR-005)
        if (!out.redirected) out.redirected = value.span().subspan(6);
        return std::nullopt;
      case NdOptionType::kNonce:
        // RFC 3971 5.3.2: type(8) length(8) nonce (6 bytes or more)
        if (out.nonce.empty()) out.nonce = value.span();
        return std::nullopt;
    }
    return std::nullopt;
  }

  // RFC 4861 4.6.1: type(8) length(8) address, then zeros up to a multiple of 8; on InfiniBand two zeros first.
  std::optional<Drop> read_link(ByteView value, std::size_t at) {
    if (policy.link.address_size == 0) return std::nullopt;
    if (value.size() + 2 != link_option_size(policy.link)) return drop(kNdLinkOptionLength, at + 1);
    LinkAddress address;
    if (!take_link_address(value.span().subspan(policy.link.option_pad, policy.link.address_size), address)) {
      return drop(kNdLinkOptionLength, at + 1);  // a policy of more than 32 bytes
    }
    if (const auto reason = check_link_option(address, policy)) return drop(*reason, at + 2 + policy.link.option_pad);
    if (!out.link) out.link = address;
    return std::nullopt;
  }
};

Parsed<NdOptions> parse_nd_options(ByteView options, NdOptionSet meaningful, const ParsePolicy& policy) {
  return NdOptionParser{.list = options, .meaningful = meaningful, .policy = policy}.run();
}

}  // namespace neigh::wire
