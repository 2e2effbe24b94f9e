// SPDX-License-Identifier: Apache-2.0
// A host in user space at the other end of a TAP device: the kernel can ping it over IPv4 and IPv6. The engine does the
// neighbor work (ARP, Neighbor Discovery, address conflict and duplicate detection), this file answers echo requests.
//
//   tap_host tap0 192.0.2.2/24 2001:db8::2/64 02:00:00:00:00:02 &
//   ip addr add 192.0.2.1/24 dev tap0; ip addr add 2001:db8::1/64 dev tap0; ip link set tap0 up
//   ping 192.0.2.2; ping 2001:db8::2; ip neigh show dev tap0
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <variant>

#include "link/loop.hpp"
#include "link/tap.hpp"
#include "wire/echo.hpp"

namespace {

using namespace neigh;

constexpr auto kInterface = static_cast<InterfaceIndex>(1);
constexpr std::size_t kEthernetHeader = 14;
constexpr const char* kUsage =
    "usage: tap_host TAP IPV4[/LENGTH] IPV6[/LENGTH] MAC\n"
    "TAP is made if there is none; the lengths are 24 and 64 if not given; MAC is this host's, not the device's.\n";

link::Loop* running_loop = nullptr;
void on_signal(int /*number*/) { running_loop->stop(); }

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

int fail(const std::string& what, const Error& error) {
  std::fprintf(stderr, "tap_host: %s: %s\n", what.c_str(), error.message().c_str());
  return 1;
}

struct Own {
  IpAddress address;
  std::uint8_t prefix_length = 0;
};

Result<Own> parse_own(std::string_view text, Family family) {
  const Error bad{.code = Errc::kInvalidArgument, .field = "address", .detail = std::string(text)};
  const std::size_t slash = text.find('/');
  const Result<IpAddress> address = IpAddress::parse(text.substr(0, slash));
  if (!address || address->family() != family) return bad;
  Own own{*address, family == Family::kIpv4 ? std::uint8_t{24} : std::uint8_t{64}};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), own.prefix_length);
    if (error != std::errc{} || end != digits.data() + digits.size()) return bad;
  }
  return own;
}

/// fe80::/64 with the modified EUI-64 of the link-layer address (RFC 2464 5).
IpAddress link_local(const LinkAddress& link) {
  const auto mac = link.bytes();
  return IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(mac[0] ^ 2U), mac[1], mac[2], 0xff,
                        0xfe, mac[3], mac[4], mac[5]});
}

/// The answer to an echo request in `packet`, from its IP header on; nothing if it is something else or not to one of
/// our unicast addresses.
std::optional<std::size_t> echo_reply(std::span<const std::uint8_t> packet, Family family, wire::FrameWriter& out) {
  // The engine makes the Ethernet header; the writer wants one, and its 14 bytes are skipped.
  const auto nobody = LinkAddress::ether({});
  const wire::EthernetHeader ignored{.destination = nobody, .source = nobody};
  std::optional<std::size_t> size;
  const auto reply = [&](const auto& request, const wire::Parsed<wire::Echo>& echo, auto emit) {
    if (!echo || echo->is_reply || request.destination.is_multicast() || request.source.is_unspecified()) return;
    wire::Echo answer = *echo;
    answer.is_reply = true;
    if (const auto done = emit(ignored, request.destination, request.source, answer, out)) size = *done;
  };
  if (family == Family::kIpv4) {
    const auto request = wire::parse_ip4(ByteView{packet});
    if (request && request->protocol == 1) reply(*request, wire::parse_echo4(*request), wire::emit_echo4_frame);
  } else {
    const auto request = wire::parse_ip6(ByteView{packet});
    if (request && request->next_header == 58) reply(*request, wire::parse_echo6(*request), wire::emit_echo6_frame);
  }
  return size;
}

/// What the engine wants done besides sending frames.
class Host {
 public:
  explicit Host(link::Loop& loop) : loop_(loop) {}

  void perform(const engine::Effect& effect, std::span<const std::uint8_t> bytes) {
    if (const auto* packet = std::get_if<engine::DeliverPacket>(&effect)) {
      if (packet->link_unicast) answer(*packet, bytes);
    } else if (const auto* address = std::get_if<engine::AddressChanged>(&effect)) {
      if (address->kind == engine::AddressChanged::Kind::kPreferred) say("ready " + address->address.to_string());
      if (address->kind == engine::AddressChanged::Kind::kDuplicate) {
        say("duplicate " + address->address.to_string() + " " + address->other.to_string());
      }
    } else if (const auto* change = std::get_if<engine::NeighborChanged>(&effect)) {
      const bool gone = change->kind == engine::NeighborChanged::Kind::kRemoved;
      say("neighbor " + change->neighbor.address.to_string() + " " + change->neighbor.link_address.to_string() + " " +
          std::string(gone ? "removed" : to_string(change->neighbor.state)));
    }
  }

 private:
  void answer(const engine::DeliverPacket& packet, std::span<const std::uint8_t> bytes) {
    wire::FrameWriter out{buffer_};
    const std::optional<std::size_t> size = echo_reply(bytes, packet.family, out);
    if (!size) return;
    const auto reply = std::span<const std::uint8_t>(buffer_).subspan(kEthernetHeader, *size - kEthernetHeader);
    loop_.call([&](engine::Engine& engine, engine::Effects& effects) {
      engine.send_packet(link::Loop::now(), packet.interface, reply, effects);
    });
  }

  link::Loop& loop_;
  std::array<std::uint8_t, 65'536 + kEthernetHeader> buffer_{};
};

Result<void> give_addresses(link::Loop& loop, const Own& v4, const Own& v6, const LinkAddress& mac) {
  return loop.call([&](engine::Engine& engine, engine::Effects& out) -> Result<void> {
    const TimePoint now = link::Loop::now();
    for (const Own& own : {v4, v6, Own{link_local(mac), 64}}) {
      const engine::AddressConfig config{.address = own.address, .prefix_length = own.prefix_length};
      if (Result<void> added = engine.add_address(now, kInterface, config, out); !added) return added;
    }
    return engine.add_prefix(now, kInterface, v6.address, v6.prefix_length, out);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const Result<Own> v4 = parse_own(argv[2], Family::kIpv4);
  if (!v4) return fail("IPV4", v4.error());
  const Result<Own> v6 = parse_own(argv[3], Family::kIpv6);
  if (!v6) return fail("IPV6", v6.error());
  const Result<LinkAddress> mac = LinkAddress::parse(argv[4]);
  if (!mac) return fail("MAC", mac.error());

  const Result<std::unique_ptr<link::TapPort>> port = link::TapPort::open({.name = argv[1], .link_address = *mac});
  if (!port) return fail("opening the TAP device", port.error());
  const Result<std::unique_ptr<engine::Engine>> engine = engine::Engine::make({.seed = std::random_device{}()});
  if (!engine) return fail("making the engine", engine.error());
  const Result<std::unique_ptr<link::Loop>> loop = link::Loop::make(**engine);
  if (!loop) return fail("making the loop", loop.error());

  Host host(**loop);
  std::optional<Error> broken;
  (*loop)->driver().set_handler([&](TimePoint, const auto& effect, auto bytes) { host.perform(effect, bytes); });
  (*loop)->driver().set_failure_handler([&](InterfaceIndex, const Error& error) {
    broken = error;
    (*loop)->stop();
  });
  running_loop = loop->get();
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);

  if (Result<void> added = (*loop)->add({.index = kInterface}, **port); !added) return fail("interface", added.error());
  if (Result<void> done = give_addresses(**loop, *v4, *v6, *mac); !done) return fail("addresses", done.error());
  say("running on " + (*port)->facts().name);
  if (Result<void> done = (*loop)->run(); !done) return fail("running", done.error());
  if (broken) return fail("the TAP device", *broken);
  return 0;
}
