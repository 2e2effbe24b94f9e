// SPDX-License-Identifier: Apache-2.0
// IPv4 packets from every kind of source, to every kind of destination, in every kind of frame: the engine with the
// preset `linux` hands its host those that the kernel hands to a socket.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "neigh/address.hpp"
#include "support/fd.hpp"
#include "support/frames.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"
#include "wire/checksum.hpp"

namespace neigh {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr LinkAddress kOwnLink = LinkAddress::ether({2, 0, 0, 0, 0, 2});
constexpr LinkAddress kPeerLink = LinkAddress::ether({2, 0, 0, 0, 0, 9});
constexpr LinkAddress kBroadcast = LinkAddress::ether({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
constexpr LinkAddress kAllHosts = LinkAddress::ether({1, 0, 0x5e, 0, 0, 1});
constexpr auto kEth = static_cast<InterfaceIndex>(2);
constexpr std::uint16_t kPort = 4'789;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

void add16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}
void add(Bytes& out, std::span<const std::uint8_t> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

/// A UDP datagram whose payload is `mark`.
Bytes datagram(const LinkAddress& to, const IpAddress& source, const IpAddress& destination, std::uint8_t mark) {
  Bytes header{0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0};
  add(header, source.bytes());
  add(header, destination.bytes());
  const std::uint16_t sum = wire::internet_checksum(header);
  header[10] = static_cast<std::uint8_t>(sum >> 8U);
  header[11] = static_cast<std::uint8_t>(sum);
  Bytes out;
  add(out, to.bytes());
  add(out, kPeerLink.bytes());
  add16(out, 0x0800);
  add(out, header);
  for (const unsigned value : {unsigned{kPort}, unsigned{kPort}, 9U, 0U}) add16(out, value);
  out.push_back(mark);
  return out;
}

class IpSourceTest : public test::FreshNamespace {
 protected:
  IpSourceTest() {
    test::must_run(
        "ip addr add 192.0.2.2/24 brd + dev tap0 && ip addr add 198.51.100.1/24 brd + dev lo && "
        "sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tap0.rp_filter=0");
    receiver_ = test::Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(kPort);
    EXPECT_EQ(::bind(receiver_.get(), static_cast<const sockaddr*>(static_cast<const void*>(&any)), sizeof any), 0);

    engine::InterfaceSettings settings = engine::InterfaceSettings::linux_like();
    engine_ = *engine::Engine::make({.limits = engine::EngineLimits::linux_like(), .ipv6 = false});
    EXPECT_TRUE(engine_->add_interface(
        now_, {.index = kEth, .name = "tap0", .link_address = kOwnLink, .settings = settings}, out_));
    EXPECT_TRUE(
        engine_->add_address(now_, kEth, {.address = ip("192.0.2.2"), .prefix_length = 24, .verify = false}, out_));
    EXPECT_TRUE(engine_->add_interface(now_,
                                       {.index = static_cast<InterfaceIndex>(1),
                                        .name = "lo",
                                        .type = InterfaceType::kLoopback,
                                        .no_arp = true,
                                        .settings = settings},
                                       out_));
    EXPECT_TRUE(engine_->add_address(now_, static_cast<InterfaceIndex>(1),
                                     {.address = ip("198.51.100.1"), .prefix_length = 24, .verify = false}, out_));
  }

  /// Whether a socket gets it. What is written to a TAP device has been through the stack when the call returns.
  bool kernel_takes(const Bytes& frame, std::uint8_t mark) {
    tap_.send(std::as_bytes(std::span(frame)));
    bool taken = false;
    std::array<std::uint8_t, 16> data{};
    while (::recv(receiver_.get(), data.data(), data.size(), 0) == 1) {
      EXPECT_EQ(data[0], mark);
      taken = true;
    }
    return taken;
  }
  bool engine_takes(const Bytes& frame) {
    out_.clear();
    engine_->on_frame(now_, kEth, frame, out_);
    bool taken = false;
    for (const engine::Effect& effect : out_) taken = taken || std::holds_alternative<engine::DeliverPacket>(effect);
    return taken;
  }

  test::TapDevice tap_{"tap0", kOwnLink.to_string()};
  test::Fd receiver_;
  std::unique_ptr<engine::Engine> engine_;
  engine::Effects out_;
  TimePoint now_{std::chrono::seconds{100}};
};

TEST_F(IpSourceTest, TheEngineTakesWhatTheKernelTakes) {
  struct Way {
    IpAddress destination;
    LinkAddress link;
  };
  const std::vector<Way> ways = {{ip("192.0.2.2"), kOwnLink},         {ip("192.0.2.2"), kBroadcast},
                                 {ip("192.0.2.2"), kAllHosts},        {ip("192.0.2.255"), kBroadcast},
                                 {ip("255.255.255.255"), kBroadcast}, {ip("224.0.0.1"), kAllHosts}};
  std::uint8_t mark = 0;
  int taken = 0;
  for (const std::string_view source : {"192.0.2.9", "10.9.9.9", "169.254.3.3", "192.0.2.2", "198.51.100.1",
                                        "192.0.2.255", "192.0.2.0", "198.51.100.255", "255.255.255.255", "224.0.0.1",
                                        "239.1.1.1", "127.0.0.1", "0.0.0.0", "0.1.2.3", "240.0.0.1"}) {
    for (const Way& way : ways) {
      const Bytes frame = datagram(way.link, ip(source), way.destination, ++mark);
      const bool kernel = kernel_takes(frame, mark);
      EXPECT_EQ(engine_takes(frame), kernel)
          << source << " > " << way.destination.to_string() << " in a frame to " << way.link.to_string();
      taken += kernel ? 1 : 0;
    }
  }
  EXPECT_GT(taken, 40);
}

}  // namespace
}  // namespace neigh
