// SPDX-License-Identifier: Apache-2.0
#include "rtnl/message.hpp"

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "rtnl/attributes.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

/// As mnl_attr_put, which leaves the padding as it was.
void put_attribute(nlmsghdr* header, std::uint16_t type, Bytes value) {
  auto* at = static_cast<std::uint8_t*>(mnl_nlmsg_get_payload_tail(header));
  std::memset(at + (sizeof(nlattr) + value.size() + 3) / 4 * 4 - 4, 0, 4);
  mnl_attr_put(header, type, value.size(), value.data());
}

std::uint16_t to_system(NudState state) {
  switch (state) {
    case NudState::kNone:
      return NUD_NONE;
    case NudState::kIncomplete:
      return NUD_INCOMPLETE;
    case NudState::kReachable:
      return NUD_REACHABLE;
    case NudState::kStale:
      return NUD_STALE;
    case NudState::kDelay:
      return NUD_DELAY;
    case NudState::kProbe:
      return NUD_PROBE;
    case NudState::kFailed:
    case NudState::kUnreachable:
      return NUD_FAILED;
    case NudState::kNoArp:
      return NUD_NOARP;
    case NudState::kPermanent:
      return NUD_PERMANENT;
  }
  return NUD_NONE;
}

// The kernel takes any combination of bits from whoever may write (RTN-018); the strongest one names the state.
constexpr auto kStateOfBits = [] {
  constexpr std::pair<std::uint16_t, NudState> kOrder[] = {
      {NUD_PERMANENT, NudState::kPermanent},   {NUD_NOARP, NudState::kNoArp},  {NUD_REACHABLE, NudState::kReachable},
      {NUD_PROBE, NudState::kProbe},           {NUD_DELAY, NudState::kDelay},  {NUD_STALE, NudState::kStale},
      {NUD_INCOMPLETE, NudState::kIncomplete}, {NUD_FAILED, NudState::kFailed}};
  std::array<NudState, 256> states{};
  for (std::size_t bits = 0; bits < states.size(); ++bits) {
    for (const auto& [bit, state] : kOrder) {
      if ((bits & bit) == 0) continue;
      states[bits] = state;
      break;
    }
  }
  return states;
}();

NudState from_system(std::uint16_t bits) { return kStateOfBits[bits & 0xffU]; }

constexpr auto kFlagsOfBits = [] {
  constexpr std::pair<std::uint8_t, NeighborFlag> kNames[] = {{NTF_ROUTER, NeighborFlag::kRouter},
                                                              {NTF_PROXY, NeighborFlag::kProxy},
                                                              {NTF_EXT_LEARNED, NeighborFlag::kExternLearned},
                                                              {NTF_OFFLOADED, NeighborFlag::kOffloaded}};
  std::array<NeighborFlags, 256> flags{};
  for (std::size_t bits = 0; bits < flags.size(); ++bits) {
    for (const auto& [bit, flag] : kNames) flags[bits].set(flag, (bits & bit) != 0);
  }
  return flags;
}();

/// Of the kernel's clock for user space; 100 a second everywhere, but nobody promises it.
std::chrono::milliseconds from_ticks(std::uint32_t ticks, std::uint64_t per_second) {
  if (per_second == 100) return std::chrono::milliseconds(std::uint64_t{ticks} * 10U);
  return std::chrono::milliseconds(std::uint64_t{ticks} * 1000U / per_second);
}

InterfaceType from_hardware(std::uint16_t type) {
  switch (type) {
    case ARPHRD_ETHER:
      return InterfaceType::kEthernet;
    case ARPHRD_LOOPBACK:
      return InterfaceType::kLoopback;
    case ARPHRD_PPP:
      return InterfaceType::kPpp;
    case ARPHRD_INFINIBAND:
      return InterfaceType::kInfiniband;
    case ARPHRD_IEEE80211:
    case ARPHRD_IEEE80211_PRISM:
    case ARPHRD_IEEE80211_RADIOTAP:
      return InterfaceType::kWireless;
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_IP6GRE:
    case ARPHRD_NONE:
      return InterfaceType::kTunnel;
    default:
      return InterfaceType::kOther;
  }
}

// Always inlined: of each row, and too large for the compiler's taste because of what it does once.
[[gnu::always_inline]] inline void set_ages(const nda_cacheinfo& info, Neighbor& out) {
  static const auto per_second = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_CLK_TCK)));
  out.confirmed_age = from_ticks(info.ndm_confirmed, per_second);
  out.used_age = from_ticks(info.ndm_used, per_second);
  out.updated_age = from_ticks(info.ndm_updated, per_second);
}

bool parse_cacheinfo(Bytes value, Neighbor& out) {
  const auto info = read<nda_cacheinfo>(value);
  if (info) set_ages(*info, out);
  return info.has_value();
}

template <std::size_t kSize>
std::array<std::uint8_t, kSize> bytes_of(Bytes value) {
  std::array<std::uint8_t, kSize> bytes;
  std::memcpy(bytes.data(), value.data(), kSize);
  return bytes;
}

IpAddress address_of(const std::array<std::uint8_t, 4>& bytes) { return IpAddress::v4(bytes); }
IpAddress address_of(const std::array<std::uint8_t, 16>& bytes) { return IpAddress::v6(bytes); }

/// Of the family that `out` has.
bool parse_address(Bytes value, IpAddress& out) {
  if (value.size() != out.size()) return false;
  out = out.is_v4() ? address_of(bytes_of<4>(value)) : address_of(bytes_of<16>(value));
  return true;
}

bool parse_link_address(Bytes value, LinkAddress& out) {
  if (value.size() == 6) {
    out = LinkAddress::ether(bytes_of<6>(value));
    return true;
  }
  auto address = LinkAddress::from_bytes(value);
  if (address) out = *address;
  return address.has_value();
}

/// Name of the attribute that does not fit, or empty.
std::string_view parse_neighbor_attribute(std::uint16_t type, Bytes value, Neighbor& out) {
  switch (type) {
    case NDA_DST:
      return parse_address(value, out.address) ? std::string_view{} : "NDA_DST";
    case NDA_LLADDR:
      return parse_link_address(value, out.link_address) ? std::string_view{} : "NDA_LLADDR";
    case NDA_CACHEINFO:
      return parse_cacheinfo(value, out) ? std::string_view{} : "NDA_CACHEINFO";
    case NDA_PROBES: {
      const auto probes = read<std::uint32_t>(value);
      if (!probes) return "NDA_PROBES";
      out.probes = *probes;
      return {};
    }
    case NDA_PROTOCOL: {
      const auto protocol = read<std::uint8_t>(value);
      if (!protocol) return "NDA_PROTOCOL";
      out.protocol = *protocol;
      return {};
    }
    case NDA_FLAGS_EXT: {
      const auto flags = read<std::uint32_t>(value);
      if (!flags) return "NDA_FLAGS_EXT";
      out.flags.set(NeighborFlag::kManaged, (*flags & kNtfExtManaged) != 0);
      out.flags.set(NeighborFlag::kExternValidated, (*flags & kNtfExtValidated) != 0);
      return {};
    }
    default:
      return {};
  }
}

/// Any attributes in any order, into `out`, which has the address's family and, if `has_address`, the address.
// Not inlined: the usual way through parse_neighbor saves no registers for it.
[[gnu::noinline]] Result<bool> parse_neighbor_attributes(Bytes attributes, bool has_address, Neighbor& out) {
  std::string_view wrong;
  const bool whole = each_attribute(attributes, [&](std::uint16_t type, Bytes value) {
    wrong = parse_neighbor_attribute(type, value, out);
    has_address = has_address || type == NDA_DST;
    return wrong.empty();
  });
  if (!whole) return malformed("nla_len");
  if (!wrong.empty()) return malformed(wrong);
  if (!has_address) return malformed("NDA_DST");
  return true;
}

/// What Linux begins the attributes of nearly every entry with (neigh_fill_info): an address of `kSize` bytes, a
/// link-layer address of six, and what it counts. Told apart from all else in one comparison, where a walk from one
/// attribute to the next takes most of the time of reading a large table.
template <std::size_t kSize>
struct UsualAttributes {
  nlattr address_head;
  std::array<std::uint8_t, kSize> address;
  nlattr link_head;
  std::array<std::uint8_t, 6> link;
  std::array<std::uint8_t, 2> padding;
  nlattr probes_head;
  std::uint32_t probes;
  nlattr ages_head;
  nda_cacheinfo ages;

  [[nodiscard]] bool is_what_it_seems() const {
    const auto differs = [](nlattr head, std::size_t size, std::uint16_t type) {
      const nlattr usual = {static_cast<std::uint16_t>(sizeof(nlattr) + size), type};
      return std::bit_cast<std::uint32_t>(head) ^ std::bit_cast<std::uint32_t>(usual);
    };
    return (differs(address_head, sizeof address, NDA_DST) | differs(link_head, sizeof link, NDA_LLADDR) |
            differs(probes_head, sizeof probes, NDA_PROBES) | differs(ages_head, sizeof ages, NDA_CACHEINFO)) == 0;
  }
};

/// Reads those of `attributes` into `out`. @return What comes behind them; nothing: they are not what it begins with.
template <std::size_t kSize>
std::optional<Bytes> parse_usual_attributes(Bytes attributes, Neighbor& out) {
  if (attributes.size() < sizeof(UsualAttributes<kSize>)) return std::nullopt;
  // Where they are: what is read from a copy waits for the copy.
  const auto& usual = *static_cast<const UsualAttributes<kSize>*>(static_cast<const void*>(attributes.data()));
  if (!usual.is_what_it_seems()) return std::nullopt;
  out.address = address_of(usual.address);
  out.link_address = LinkAddress::ether(usual.link);
  out.probes = usual.probes;
  set_ages(usual.ages, out);
  return attributes.subspan(sizeof usual);
}

/// What the per-family part of a link message says of IPv6. No part for it: the stack does not serve the device.
void parse_ipv6(Bytes af_spec, Interface& out) {
  const auto setting = [](Bytes values, std::size_t number) {
    const std::size_t at = number * sizeof(std::int32_t);
    return values.size() > at ? read<std::int32_t>(values.subspan(at)).value_or(0) : 0;
  };
  (void)each_attribute(af_spec, [&](std::uint16_t family, Bytes items) {
    if (family != AF_INET6) return true;
    out.ipv6 = true;
    (void)each_attribute(items, [&](std::uint16_t type, Bytes values) {
      if (type != IFLA_INET6_CONF) return true;
      out.ipv6 = setting(values, DEVCONF_DISABLE_IPV6) == 0;
      out.ipv6_forwarding = setting(values, DEVCONF_FORWARDING) != 0;
      return true;
    });
    return true;
  });
}

bool has_info_kind(Bytes linkinfo) {
  bool found = false;
  (void)each_attribute(linkinfo, [&](std::uint16_t type, Bytes) {
    found = found || type == IFLA_INFO_KIND;
    return true;
  });
  return found;
}

}  // namespace

std::uint8_t to_system(Family family) noexcept {
  return family == Family::kIpv4 ? AF_INET : family == Family::kIpv6 ? AF_INET6 : AF_UNSPEC;
}

Request::Request(std::uint16_t type, std::uint16_t flags) {
  mnl_nlmsg_put_header(storage_.data());
  header().nlmsg_type = type;
  header().nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

void Request::put(std::uint16_t type, std::span<const std::uint8_t> value) {
  (void)mnl_attr_put_check(&header(), storage_.size(), type, value.size(), value.data());
}

void Request::put_u32(std::uint16_t type, std::uint32_t value) {
  (void)mnl_attr_put_u32_check(&header(), storage_.size(), type, value);
}

void Request::put_string(std::uint16_t type, std::string_view value) {
  const std::string terminated(value);
  (void)mnl_attr_put_strz_check(&header(), storage_.size(), type, terminated.c_str());
}

std::uint16_t flags_of(Operation operation) {
  switch (operation) {
    case Operation::kCreate:
      return NLM_F_CREATE | NLM_F_EXCL;
    case Operation::kSet:
      return NLM_F_REPLACE;
    case Operation::kReplace:
      return NLM_F_CREATE | NLM_F_REPLACE;
    case Operation::kRemove:
      break;
  }
  return 0;
}

std::size_t write_neighbor_request(std::uint8_t* at, std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                                   const Neighbor& neighbor, bool use) {
  nlmsghdr* header = mnl_nlmsg_put_header(at);
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  header->nlmsg_seq = sequence;
  auto& body = *static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ndmsg)));
  body.ndm_family = to_system(neighbor.address.family());
  body.ndm_ifindex = static_cast<int>(to_number(neighbor.interface));
  const bool proxy = neighbor.flags.has(NeighborFlag::kProxy);
  if (proxy) body.ndm_flags = NTF_PROXY;
  put_attribute(header, NDA_DST, neighbor.address.bytes());
  if (type == RTM_NEWNEIGH && use) {
    body.ndm_flags = NTF_USE;
    body.ndm_state = NUD_NONE;
  } else if (type == RTM_NEWNEIGH && !proxy) {
    body.ndm_state = to_system(neighbor.state);
    if (neighbor.flags.has(NeighborFlag::kRouter)) body.ndm_flags |= NTF_ROUTER;
    if (neighbor.flags.has(NeighborFlag::kExternLearned)) body.ndm_flags |= NTF_EXT_LEARNED;
    if (!neighbor.link_address.empty()) put_attribute(header, NDA_LLADDR, neighbor.link_address.bytes());
    std::uint32_t extended = 0;
    if (neighbor.flags.has(NeighborFlag::kManaged)) extended |= kNtfExtManaged;
    if (neighbor.flags.has(NeighborFlag::kExternValidated)) extended |= kNtfExtValidated;
    if (extended != 0) mnl_attr_put_u32(header, NDA_FLAGS_EXT, extended);
    if (neighbor.protocol != 0) put_attribute(header, NDA_PROTOCOL, {&neighbor.protocol, 1});
  }
  return (header->nlmsg_len + 3U) & ~3U;
}

std::size_t write_neighbor_question(std::uint8_t* at, std::uint32_t sequence, const NeighborKey& key) {
  nlmsghdr* header = mnl_nlmsg_put_header(at);
  header->nlmsg_type = RTM_GETNEIGH;
  header->nlmsg_flags = NLM_F_REQUEST;
  header->nlmsg_seq = sequence;
  auto& body = *static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ndmsg)));
  body.ndm_family = to_system(key.address.family());
  body.ndm_ifindex = static_cast<int>(to_number(key.interface));
  if (key.proxy) body.ndm_flags = NTF_PROXY;
  put_attribute(header, NDA_DST, key.address.bytes());
  return (header->nlmsg_len + 3U) & ~3U;
}

Result<bool> parse_neighbor(const nlmsghdr& message, Neighbor& out) {
  ndmsg body{};
  if (!read_header(message, body)) return malformed("ndmsg");
  out = {};
  // Only the family of the zeroed address counts until NDA_DST replaces it.
  if (body.ndm_family == AF_INET) {
    out.address = IpAddress::v4({});
  } else if (body.ndm_family == AF_INET6) {
    out.address = IpAddress::v6({});
  } else {
    return false;
  }
  out.interface = static_cast<InterfaceIndex>(static_cast<std::uint32_t>(body.ndm_ifindex));
  out.state = from_system(body.ndm_state);
  out.flags = kFlagsOfBits[body.ndm_flags];
  const Bytes attributes = attributes_after<ndmsg>(message);
  const auto behind_usual =
      out.address.is_v4() ? parse_usual_attributes<4>(attributes, out) : parse_usual_attributes<16>(attributes, out);
  if (behind_usual && behind_usual->empty()) return true;
  return parse_neighbor_attributes(behind_usual.value_or(attributes), behind_usual.has_value(), out);
}

Result<Interface> parse_link(const nlmsghdr& message) {
  ifinfomsg body{};
  if (!read_header(message, body)) return malformed("ifinfomsg");
  Interface out;
  out.index = static_cast<InterfaceIndex>(static_cast<std::uint32_t>(body.ifi_index));
  out.type = from_hardware(body.ifi_type);
  out.up = (body.ifi_flags & IFF_UP) != 0;
  out.running = (body.ifi_flags & IFF_RUNNING) != 0;
  out.no_arp = (body.ifi_flags & IFF_NOARP) != 0;
  out.loopback = (body.ifi_flags & IFF_LOOPBACK) != 0;
  out.point_to_point = (body.ifi_flags & IFF_POINTOPOINT) != 0;
  std::string_view wrong;
  const bool whole = each_attribute(attributes_after<ifinfomsg>(message), [&](std::uint16_t type, Bytes value) {
    switch (type) {
      case IFLA_IFNAME:
        out.name = text_of(value);
        break;
      case IFLA_ADDRESS:
        if (auto address = LinkAddress::from_bytes(value)) {
          out.link_address = *address;
          out.link_address_size = static_cast<std::uint8_t>(address->size());
        } else {
          wrong = "IFLA_ADDRESS";
        }
        break;
      case IFLA_MTU:
        read_into(out.mtu, value, "IFLA_MTU", wrong);
        break;
      case IFLA_MASTER:
        read_into(out.master, value, "IFLA_MASTER", wrong);
        break;
      case IFLA_AF_SPEC:
        parse_ipv6(value, out);
        break;
      case IFLA_LINKINFO:
        out.virtual_device = has_info_kind(value);
        break;
      default:
        break;
    }
    return wrong.empty();
  });
  if (!whole) return malformed("nla_len");
  if (!wrong.empty()) return malformed(wrong);
  return out;
}

Result<LinkGone> parse_link_gone(const nlmsghdr& message) {
  ifinfomsg body{};
  if (!read_header(message, body)) return malformed("ifinfomsg");
  return LinkGone{.index = static_cast<InterfaceIndex>(static_cast<std::uint32_t>(body.ifi_index)),
                  .whole_device = body.ifi_family == AF_UNSPEC};
}

Result<OwnAddress> parse_own_address(const nlmsghdr& message) {
  ifaddrmsg body{};
  if (!read_header(message, body)) return malformed("ifaddrmsg");
  OwnAddress out{.interface = static_cast<InterfaceIndex>(body.ifa_index)};
  IpAddress peer;
  std::string_view wrong;
  const bool whole = each_attribute(attributes_after<ifaddrmsg>(message), [&](std::uint16_t type, Bytes value) {
    // With a peer (point-to-point) IFA_ADDRESS is the peer's and IFA_LOCAL ours.
    if (type != IFA_LOCAL && type != IFA_ADDRESS) return true;
    const auto address = IpAddress::from_bytes(value);
    if (!address) wrong = type == IFA_LOCAL ? "IFA_LOCAL" : "IFA_ADDRESS";
    if (address) (type == IFA_LOCAL ? out.address : peer) = *address;
    return wrong.empty();
  });
  if (!whole) return malformed("nla_len");
  if (!wrong.empty()) return malformed(wrong);
  if (out.address.family() == Family::kUnspecified) out.address = peer;
  if (out.address.family() == Family::kUnspecified) return malformed("IFA_ADDRESS");
  return out;
}

Result<std::optional<TableLimits>> parse_limits(const nlmsghdr& message) {
  ndtmsg body{};
  if (!read_header(message, body)) return malformed("ndtmsg");
  TableLimits out;
  bool whole_table = false;
  std::uint64_t gc_interval_ms = 0;
  ndt_config config{};
  std::string_view wrong;
  const bool whole = each_attribute(attributes_after<ndtmsg>(message), [&](std::uint16_t type, Bytes value) {
    switch (type) {
      case NDTA_THRESH1:
        whole_table = true;
        read_into(out.gc_thresh1, value, "NDTA_THRESH1", wrong);
        break;
      case NDTA_THRESH2:
        read_into(out.gc_thresh2, value, "NDTA_THRESH2", wrong);
        break;
      case NDTA_THRESH3:
        read_into(out.gc_thresh3, value, "NDTA_THRESH3", wrong);
        break;
      case NDTA_GC_INTERVAL:
        read_into(gc_interval_ms, value, "NDTA_GC_INTERVAL", wrong);
        break;
      case NDTA_CONFIG:
        read_into(config, value, "NDTA_CONFIG", wrong);
        break;
      case NDTA_STATS: {
        // Older kernels send a shorter structure; what is missing reads 0.
        ndt_stats stats{};
        std::memcpy(&stats, value.data(), std::min(value.size(), sizeof stats));
        out.table_full = stats.ndts_table_fulls;
        out.forced_gc_runs = stats.ndts_forced_gc_runs;
        out.resolve_failed = stats.ndts_res_failed;
        break;
      }
      default:
        break;
    }
    return wrong.empty();
  });
  if (!whole) return malformed("nla_len");
  if (!wrong.empty()) return malformed(wrong);
  out.entries = config.ndtc_entries;
  out.gc_interval = std::chrono::milliseconds(gc_interval_ms);
  if (body.ndtm_family == AF_INET) {
    out.family = Family::kIpv4;
  } else if (body.ndtm_family == AF_INET6) {
    out.family = Family::kIpv6;
  } else {
    return std::optional<TableLimits>{};
  }
  return whole_table ? std::optional<TableLimits>{out} : std::nullopt;
}

Result<Verdict> parse_verdict(const nlmsghdr& message) {
  std::int32_t number{};
  if (!read_header(message, number)) return malformed("error number");
  if (number > 0 || number == std::numeric_limits<std::int32_t>::min()) return malformed("error number");
  Verdict out{.number = -number};
  if ((message.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return out;
  std::size_t skip = sizeof(std::int32_t);  // NLMSG_DONE: the attributes follow the number
  if (message.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr body{};
    if (!read_header(message, body)) return malformed("nlmsgerr");
    skip = sizeof(nlmsgerr);
    // Uncapped, the request's payload stands between header and attributes.
    if ((message.nlmsg_flags & NLM_F_CAPPED) == 0) {
      const std::size_t echoed = body.msg.nlmsg_len;
      if (echoed < sizeof(nlmsghdr)) return malformed("echoed request");
      skip += (echoed + 3) / 4 * 4 - sizeof(nlmsghdr);  // NLMSG_ALIGN is of 32 bits and wraps
    }
  }
  const Bytes payload = payload_of(message);
  if (skip > payload.size()) return malformed("echoed request");
  (void)each_attribute(payload.subspan(skip), [&](std::uint16_t type, Bytes value) {
    if (type == NLMSGERR_ATTR_MSG) out.text = text_of(value);
    return true;
  });
  return out;
}

}  // namespace neigh::rtnl
