// SPDX-License-Identifier: Apache-2.0
// Asking the wire directly and announcing, past the kernel's table.
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "base/arguments.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/packet_socket.hpp"
#include "wire/frame.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::rtnl {
namespace {

/// Different link-layer addresses that are collected; more of them is an attack, not an answer.
constexpr std::size_t kMostAnswers = 64;
constexpr std::size_t kMaxFrame = 9216 + 18;

using Clock = Deadline::Clock;

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

/// The interface must speak ARP and ND over Ethernet frames.
Result<void> check_link(const Interface& link, Family family) {
  if (!link.up) {
    return Error{
        .code = Errc::kUnreachable, .sys_errno = ENETDOWN, .field = "interface", .detail = link.name + " is down"};
  }
  if (link.no_arp || link.loopback || link.link_address_size == 0) {
    return invalid("interface", link.name + " does no address resolution");
  }
  if (link.link_address_size != 6) {
    return Error{.code = Errc::kNotSupported, .field = "interface", .detail = link.name + " is not Ethernet"};
  }
  if (family == Family::kIpv6 && !link.ipv6) {
    return Error{.code = Errc::kNotSupported, .field = "address", .detail = "IPv6 is switched off on " + link.name};
  }
  return {};
}

std::size_t common_bits(const IpAddress& a, const IpAddress& b) {
  const auto x = a.bytes();
  const auto y = b.bytes();
  std::size_t bits = 0;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    const auto differ = static_cast<std::uint8_t>(x[i] ^ y[i]);
    bits += static_cast<std::size_t>(std::countl_zero(differ));
    if (differ != 0) break;
  }
  return bits;
}

IpAddress unspecified(Family family) { return family == Family::kIpv4 ? IpAddress::v4({}) : IpAddress::v6({}); }

/// The own address that is nearest to the target. For an own address, none: that asks whether another has it, too, and
/// puts nothing into anybody's cache (ACD-002, DAD).
Result<IpAddress> choose_source(const IpAddress& target, std::span<const IpAddress> own) {
  const IpAddress* best = nullptr;
  for (const IpAddress& address : own) {
    if (address == target) return unspecified(target.family());
    if (address.family() != target.family()) continue;
    if (target.is_v6() && address.is_link_local() != target.is_link_local() && best != nullptr) continue;
    if (best == nullptr || common_bits(address, target) > common_bits(*best, target)) best = &address;
  }
  if (best == nullptr) {
    return Error{.code = Errc::kUnreachable,
                 .sys_errno = EADDRNOTAVAIL,
                 .field = "source",
                 .detail = "the interface has no address to ask from"};
  }
  return *best;
}

/// One question: what is sent, and what counts as its answer.
class Question {
 public:
  Question(const Interface& link, const IpAddress& target, const IpAddress& source)
      : link_(link), target_(target), source_(source) {
    policy_.mtu = std::max(link.mtu, policy_.mtu);
    // Believed as the kernel believes them: hiding an odd answer from a caller who asks who is there helps nobody.
    policy_.accept_any_link_address = true;
  }

  [[nodiscard]] std::uint16_t ether_type() const {
    return target_.is_v4() ? wire::kEtherTypeArp : wire::kEtherTypeIpv6;
  }

  [[nodiscard]] Result<std::size_t> write(std::span<std::uint8_t> buffer) const {
    wire::FrameWriter out(buffer);
    if (target_.is_v4()) {
      const wire::ArpPacket packet{.operation = wire::ArpOperation::kRequest,
                                   .sender_link = link_.link_address,
                                   .sender = source_,
                                   .target_link = LinkAddress::ether({}),
                                   .target = target_};
      return wire::emit_arp_frame({.destination = wire::kEtherBroadcast, .source = link_.link_address}, packet, out);
    }
    const IpAddress group = wire::solicited_node(target_);
    wire::NeighborSolicit solicit{.target = target_};
    if (!source_.is_unspecified()) solicit.source_link = link_.link_address;
    const wire::NdPacket packet{.source = source_, .destination = group, .message = solicit};
    return wire::emit_nd_frame({.destination = wire::ether_group(group), .source = link_.link_address}, packet, out);
  }

  /// The answer in `frame`, if it is one.
  [[nodiscard]] std::optional<LinkAnswer> read(std::span<const std::uint8_t> bytes) const {
    const auto frame = wire::parse_frame(ByteView(bytes), policy_);
    if (!frame || frame->header.source == link_.link_address) return std::nullopt;
    if (const auto* arp = std::get_if<wire::ArpPacket>(&frame->content)) return read(*arp);
    if (const auto* nd = std::get_if<wire::NdPacket>(&frame->content)) return read(*nd, frame->header.source);
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::optional<LinkAnswer> read(const wire::ArpPacket& arp) const {
    // A probe for an own address is answered by whatever names it as sender (ACD-005).
    const bool to_us =
        source_.is_unspecified() || (arp.operation == wire::ArpOperation::kReply && arp.target == source_);
    if (arp.sender != target_ || !to_us || arp.sender_link == link_.link_address) return std::nullopt;
    return LinkAnswer{.link_address = arp.sender_link};
  }
  [[nodiscard]] std::optional<LinkAnswer> read(const wire::NdPacket& packet, const LinkAddress& from) const {
    const auto* advert = std::get_if<wire::NeighborAdvert>(&packet.message);
    if (advert == nullptr || advert->target != target_) return std::nullopt;
    const LinkAddress who = advert->target_link.value_or(from);
    if (who == link_.link_address) return std::nullopt;
    return LinkAnswer{.link_address = who, .is_router = advert->is_router};
  }

  const Interface& link_;
  IpAddress target_;
  IpAddress source_;
  wire::ParsePolicy policy_;
};

/// Sends the question up to `options.attempts` times and collects.
Result<std::vector<LinkAnswer>> converse(PacketSocket& socket, const Question& question, const AskOptions& options) {
  std::vector<LinkAnswer> answers;
  std::vector<std::uint8_t> buffer(kMaxFrame);
  for (std::uint32_t attempt = 0; attempt < options.attempts; ++attempt) {
    auto size = question.write(buffer);
    if (!size) return std::move(size).error();
    const auto sent_at = Clock::now();
    if (auto sent = socket.send(std::span(buffer).first(*size)); !sent) return std::move(sent).error();
    const Deadline deadline(sent_at + options.interval);
    for (;;) {
      auto got = socket.receive(buffer, deadline);
      if (!got) return std::move(got).error();
      if (!got->has_value()) break;
      auto answer = question.read(std::span(buffer).first(**got));
      if (!answer) {
        if (deadline.over()) break;  // a flood of other frames does not prolong the wait
        continue;
      }
      const bool known = std::any_of(answers.begin(), answers.end(), [&](const LinkAnswer& earlier) {
        return earlier.link_address == answer->link_address;
      });
      if (known || answers.size() == kMostAnswers) continue;
      answer->round_trip = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - sent_at);
      answers.push_back(*answer);
      if (!options.all_answers) return answers;
    }
  }
  return answers;
}

}  // namespace

Result<std::vector<LinkAnswer>> KernelTable::ask(const NeighborKey& key, const AskOptions& options) {
  if (auto ok = check_neighbor_address(key.address); !ok) return std::move(ok).error();
  if (key.address.is_multicast()) return invalid("address", key.address.to_string() + " is a multicast address");
  if (auto ok = check_key(key); !ok) return std::move(ok).error();
  if (auto ok = check_repetition(options.attempts, "attempts", options.interval); !ok) return std::move(ok).error();
  if (options.source && options.source->family() != key.address.family()) {
    return invalid("source", "is of another family than the address");
  }
  auto link = find_interface(key.interface);
  if (!link) return std::move(link).error();
  if (auto ok = check_link(*link, key.address.family()); !ok) return std::move(ok).error();
  auto own = own_addresses(options.source ? InterfaceIndex::kNone : key.interface);
  if (!own) return std::move(own).error();
  if (options.source && std::find(own->begin(), own->end(), *options.source) == own->end()) {
    return Error{.code = Errc::kNoSuchAddress, .field = "source", .detail = options.source->to_string()};
  }
  auto source = options.source ? Result<IpAddress>(*options.source) : choose_source(key.address, *own);
  if (!source) return std::move(source).error();
  const Question question(*link, key.address, *source);
  auto socket =
      pool_->open_in_namespace<PacketSocket>([&] { return PacketSocket::open(key.interface, question.ether_type()); });
  if (!socket) return std::move(socket).error();
  return converse(*socket, question, options);
}

Result<void> KernelTable::announce(InterfaceIndex interface, const IpAddress& own, const AnnounceOptions& options) {
  if (auto ok = check_neighbor_address(own); !ok) return ok;
  if (auto ok = check_key({.interface = interface, .address = own}); !ok) return ok;
  if (auto ok = check_repetition(options.count, "count", options.interval); !ok) return ok;
  auto link = find_interface(interface);
  if (!link) return std::move(link).error();
  if (auto ok = check_link(*link, own.family()); !ok) return ok;
  auto mine = own_addresses(interface);
  if (!mine) return std::move(mine).error();
  if (std::find(mine->begin(), mine->end(), own) == mine->end()) {
    return Error{.code = Errc::kNoSuchAddress,
                 .field = "own",
                 .detail = own.to_string() + " is no address of this host on " + link->name};
  }
  std::array<std::uint8_t, 128> buffer{};
  wire::FrameWriter out(buffer);
  Result<std::size_t> size = std::size_t{0};
  if (own.is_v4()) {
    size = wire::emit_arp_frame({.destination = wire::kEtherBroadcast, .source = link->link_address},
                                {.operation = wire::ArpOperation::kRequest,
                                 .sender_link = link->link_address,
                                 .sender = own,
                                 .target_link = LinkAddress::ether({}),
                                 .target = own},
                                out);
  } else {
    // A router that announced itself as host would be dropped by everybody who uses it (NAT-005, ISR).
    const wire::NeighborAdvert advert{
        .target = own, .is_router = link->ipv6_forwarding, .override_flag = true, .target_link = link->link_address};
    size = wire::emit_nd_frame({.destination = wire::ether_group(wire::kIp6AllNodes), .source = link->link_address},
                               {.source = own, .destination = wire::kIp6AllNodes, .message = advert}, out);
  }
  if (!size) return std::move(size).error();
  auto socket = pool_->open_in_namespace<PacketSocket>([&] { return PacketSocket::open(interface, 0); });
  if (!socket) return std::move(socket).error();
  for (std::uint32_t sent = 0; sent < options.count; ++sent) {
    if (sent != 0) std::this_thread::sleep_for(options.interval);
    if (auto done = socket->send(std::span(buffer).first(*size)); !done) return done;
  }
  return {};
}

}  // namespace neigh::rtnl
