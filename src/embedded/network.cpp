// SPDX-License-Identifier: Apache-2.0
// EmbeddedNetwork, and the stack that a process gets by its environment.
#include <array>
#include <memory>
#include <utility>

#include "base/bytes.hpp"
#include "embedded/sim_world.hpp"
#include "neigh/embedded.hpp"
#include "wire/echo.hpp"

namespace neigh {

namespace embedded {
namespace {

class Network final : public EmbeddedNetwork {
 public:
  explicit Network(std::uint64_t seed) : world_(std::make_shared<SimWorld>(seed, Pace::kByHand)) {}

  Result<EmbeddedLanId> add_lan(const EmbeddedLanOptions& options) override { return world_->add_lan(options); }
  Result<void> change_lan(EmbeddedLanId lan, const EmbeddedLanOptions& options) override {
    return world_->change_lan(lan, options);
  }
  Result<std::shared_ptr<EmbeddedStack>> add_stack(const EmbeddedOptions& options) override {
    return world_->add_stack(options);
  }
  std::chrono::nanoseconds now() const override { return world_->time() - TimePoint{}; }
  void advance(std::chrono::nanoseconds duration) override { world_->advance(duration); }
  bool advance_until(FunctionRef<bool()> done, std::chrono::nanoseconds limit) override {
    return world_->advance_until(done, limit);
  }
  Result<void> inject(EmbeddedLanId lan, std::span<const std::uint8_t> frame) override {
    return world_->inject(lan, frame);
  }
  Result<void> observe(EmbeddedLanId lan,
                       std::function<void(std::chrono::nanoseconds, std::span<const std::uint8_t>)> observer) override {
    return world_->observe(lan, std::move(observer));
  }

 private:
  std::shared_ptr<SimWorld> world_;
};

constexpr std::size_t kEtherHeader = 14;

/// The answer to an echo request, from its IP header on; nothing: it is none.
std::optional<std::vector<std::uint8_t>> echo_reply(const EmbeddedPacket& packet) {
  std::vector<std::uint8_t> buffer(kEtherHeader + packet.bytes.size() + 64);
  wire::FrameWriter out{buffer};
  const wire::EthernetHeader header{.destination = LinkAddress::ether({}), .source = LinkAddress::ether({})};
  Result<std::size_t> size = Error{.code = Errc::kMalformed};
  if (packet.family == Family::kIpv4) {
    const auto ip = wire::parse_ip4(ByteView{packet.bytes});
    if (!ip) return std::nullopt;
    auto echo = wire::parse_echo4(*ip);
    if (!echo || echo->is_reply || ip->destination.is_multicast()) return std::nullopt;
    echo->is_reply = true;
    size = wire::emit_echo4_frame(header, ip->destination, ip->source, *echo, out);
  } else {
    const auto ip = wire::parse_ip6(ByteView{packet.bytes});
    if (!ip) return std::nullopt;
    auto echo = wire::parse_echo6(*ip);
    if (!echo || echo->is_reply || ip->destination.is_multicast()) return std::nullopt;
    echo->is_reply = true;
    size = wire::emit_echo6_frame(header, ip->destination, ip->source, *echo, out);
  }
  if (!size) return std::nullopt;
  buffer.resize(*size);
  buffer.erase(buffer.begin(), buffer.begin() + kEtherHeader);
  return buffer;
}

EmbeddedInterface on_lan(std::uint8_t host, const IpAddress& v4, const IpAddress& v6) {
  return {.link = EmbeddedLink::kLan,
          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, host}),
          .addresses = {{.address = v4, .prefix_length = 24}, {.address = v6, .prefix_length = 64}},
          .prefixes = {{.prefix = IpAddress::v6({0x20, 0x01, 0x0d, 0xb8}), .length = 64}},
          .settings = {.max_rtr_solicitations = 0}};
}

constexpr IpAddress documentation6(std::uint8_t last) {
  return IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

constexpr IpAddress kLoopback6 = IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

}  // namespace
}  // namespace embedded

std::unique_ptr<EmbeddedNetwork> EmbeddedNetwork::make(std::uint64_t seed) {
  return std::make_unique<embedded::Network>(seed);
}

Result<std::shared_ptr<EmbeddedStack>> default_embedded_stack() {
  using namespace embedded;  // NOLINT(google-build-using-namespace): this file is of that room
  auto world = std::make_shared<SimWorld>(std::uint64_t{1}, Pace::kClock);
  EmbeddedOptions ours;
  ours.interfaces.push_back({.link = EmbeddedLink::kLoopback,
                             .addresses = {{.address = IpAddress::v4(127, 0, 0, 1), .prefix_length = 8},
                                           {.address = kLoopback6, .prefix_length = 128}}});
  ours.interfaces.push_back(on_lan(1, IpAddress::v4(192, 0, 2, 1), documentation6(1)));
  EmbeddedOptions others;
  others.interfaces.push_back(on_lan(2, IpAddress::v4(192, 0, 2, 2), documentation6(2)));

  auto stack = world->add_stack(ours);
  if (!stack) return stack;
  auto peer = world->add_stack(others);
  if (!peer) return peer;
  // Weak, or the peer would hold itself.
  (*peer)->set_packet_handler([weak = std::weak_ptr<EmbeddedStack>(*peer)](const EmbeddedPacket& packet) {
    const auto self = weak.lock();
    const auto reply = echo_reply(packet);
    if (self != nullptr && reply) (void)self->send(*reply);
  });
  // The peer lives as long as the stack that it is the peer of.
  struct Pair {
    std::shared_ptr<EmbeddedStack> stack;
    std::shared_ptr<EmbeddedStack> peer;
  };
  const auto pair = std::make_shared<Pair>(Pair{*std::move(stack), *std::move(peer)});
  return std::shared_ptr<EmbeddedStack>(pair, pair->stack.get());
}

}  // namespace neigh
