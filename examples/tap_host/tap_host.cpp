// SPDX-License-Identifier: Apache-2.0
// A host in user space at the other end of a TAP device: the kernel can ping it over IPv4 and IPv6. The embedded stack
// does the neighbor work (ARP, Neighbor Discovery, conflict and duplicate detection), this file answers echo requests.
//
//   neigh-tap-host tap0 192.0.2.2 2001:db8::2 02:00:00:00:00:02 &
//   ip addr add 192.0.2.1/24 dev tap0; ip addr add 2001:db8::1/64 dev tap0
//   ping 192.0.2.2; ping 2001:db8::2; ip neigh show dev tap0
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <neigh/embedded.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace neigh;
using Bytes = std::vector<std::uint8_t>;

constexpr const char* kUsage =
    "usage: neigh-tap-host TAP IPV4[/LENGTH] IPV6[/LENGTH] MAC\n"
    "TAP is made if there is none; the lengths are 24 and 64 if not given; MAC is this host's, not the device's.\n";

int fail(const char* what, const Error& error) {
  std::fprintf(stderr, "neigh-tap-host: %s: %s\n", what, error.message().c_str());
  return 1;
}

/// An address with an optional prefix length.
Result<EmbeddedAddress> parse_own(std::string_view text, Family family) {
  const Error bad{.code = Errc::kInvalidArgument, .field = "address", .detail = std::string(text)};
  const std::size_t slash = text.find('/');
  const Result<IpAddress> address = IpAddress::parse(text.substr(0, slash));
  if (!address || address->family() != family) return bad;
  const std::uint8_t usual = family == Family::kIpv4 ? 24 : 64;
  EmbeddedAddress own{.address = *address, .prefix_length = usual, .verify = true};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), own.prefix_length);
    if (error != std::errc{} || end != digits.data() + digits.size()) return bad;
  }
  return own;
}

/// Changes the type in an ICMP header and keeps its checksum good (RFC 1624 3).
void change_type(Bytes& packet, std::size_t icmp, std::uint8_t type) {
  const auto number = [&](std::size_t at) { return static_cast<std::uint32_t>(packet[at] << 8U | packet[at + 1]); };
  const std::uint32_t before = number(icmp);
  packet[icmp] = type;
  std::uint32_t sum = (~number(icmp + 2) & 0xffffU) + (~before & 0xffffU) + number(icmp);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  packet[icmp + 2] = static_cast<std::uint8_t>(~sum >> 8U);
  packet[icmp + 3] = static_cast<std::uint8_t>(~sum);
}

/// What the numbers of the two families are called in an echo request.
struct Layout {
  std::size_t source, address_size, protocol_at, ttl_at, icmp;
  std::uint8_t protocol, request, reply;
};

/// The answer to an echo request; empty if it is something else. The stack has looked at the IP header, the lengths in
/// it and the source. Source and destination change places, which changes no checksum.
Bytes echo_reply(const EmbeddedPacket& packet, const std::vector<IpAddress>& own) {
  constexpr std::size_t kEchoHeader = 8;
  Bytes reply(packet.bytes.begin(), packet.bytes.end());
  const bool v4 = packet.family == Family::kIpv4;
  if (v4 && ((reply[6] & 0x3fU) | reply[7]) != 0) return {};  // a fragment
  const Layout at =
      v4 ? Layout{12, 4, 9, 8, (reply[0] & 0xfU) * std::size_t{4}, 1, 8, 0} : Layout{8, 16, 6, 7, 40, 58, 128, 129};
  if (reply.size() < at.icmp + kEchoHeader || reply[at.protocol_at] != at.protocol || reply[at.icmp] != at.request) {
    return {};
  }
  const auto source = reply.begin() + static_cast<std::ptrdiff_t>(at.source);
  const auto destination = source + static_cast<std::ptrdiff_t>(at.address_size);
  const Result<IpAddress> to = IpAddress::from_bytes({&*destination, at.address_size});
  // RFC 1122 3.2.2.6: who asks everybody need not be answered, and never from an address that is not one host's.
  if (!to || std::find(own.begin(), own.end(), *to) == own.end()) return {};
  std::swap_ranges(source, destination, destination);
  change_type(reply, at.icmp, at.reply);
  return reply;
}

// Set by the stack's thread, which then wakes main.
std::atomic<bool> device_gone{false};

void tell(const EmbeddedEvent& event) {
  using Kind = EmbeddedEvent::Kind;
  const std::string address = event.address.to_string();
  if (event.kind == Kind::kAddressPreferred) std::printf("ready %s\n", address.c_str());
  if (event.kind == Kind::kAddressDuplicate) {
    std::printf("duplicate %s, owned by %s\n", address.c_str(), event.link_address.to_string().c_str());
  }
  if (event.kind == Kind::kAddressConflict) std::printf("conflict %s, defended\n", address.c_str());
  if (event.kind == Kind::kCarrierLost) std::puts("carrier lost");
  if (event.kind == Kind::kCarrierBack) std::puts("carrier back");
  std::fflush(stdout);
  if (event.kind == Kind::kDeviceGone) {
    std::fprintf(stderr, "neigh-tap-host: the device is gone: %s\n", std::string(event.reason).c_str());
    device_gone = true;
    kill(getpid(), SIGTERM);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const Result<EmbeddedAddress> v4 = parse_own(argv[2], Family::kIpv4);
  if (!v4) return fail("IPV4", v4.error());
  const Result<EmbeddedAddress> v6 = parse_own(argv[3], Family::kIpv6);
  if (!v6) return fail("IPV6", v6.error());
  const Result<LinkAddress> mac = LinkAddress::parse(argv[4]);
  if (!mac) return fail("MAC", mac.error());

  // Before the stack starts its thread, so that the signals wait for sigwait in this one.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Result<std::shared_ptr<EmbeddedStack>> opened = open_embedded_stack({});
  if (!opened) return fail("stack", opened.error());
  EmbeddedStack& stack = **opened;
  stack.set_event_handler(tell);
  stack.set_packet_handler([&stack](const EmbeddedPacket& packet) {
    const Result<std::vector<IpAddress>> own = stack.own_addresses(packet.interface);
    const Bytes reply = own ? echo_reply(packet, *own) : Bytes{};
    // A reply that cannot be sent is lost, as on any network.
    if (!reply.empty()) (void)stack.send(reply, packet.interface);
  });
  const Result<InterfaceIndex> interface = stack.add_interface({.name = "eth0",
                                                                .link = EmbeddedLink::kTap,
                                                                .device = argv[1],
                                                                .link_address = *mac,
                                                                .verify_link_local = true,
                                                                .addresses = {*v4, *v6},
                                                                .prefixes = {{v6->address, v6->prefix_length}}});
  if (!interface) return fail("interface", interface.error());
  std::printf("running on %s\n", argv[1]);
  std::fflush(stdout);
  int number = 0;
  sigwait(&signals, &number);
  return device_gone ? 1 : 0;
}
