// SPDX-License-Identifier: Apache-2.0
// An IPv4 forwarder in user space between two Ethernet devices (AF_PACKET): whoever is on one side reaches whoever is
// on the other. It never asks the kernel for a next hop: packets look them up in an AdjacencyTable, many at once, and a
// mirror keeps that table as the kernel's neighbor table is. A miss makes the kernel resolve, and use keeps entries
// fresh, although the kernel sees none of these packets.
//
// It leaves checksums as they are: senders must not leave them to their hardware (ethtool -K DEVICE tx off).
//
//   sysctl net.ipv4.ip_forward=0; neigh-next-hop veth-left veth-right
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <neigh/kernel.hpp>
#include <neigh/mirror.hpp>
#include <string>
#include <vector>

namespace {

using namespace neigh;

constexpr std::size_t kBurst = 32;
constexpr std::size_t kMostBytes = 2048;
constexpr std::size_t kHeaders = sizeof(ether_header) + sizeof(iphdr);

struct Port {
  Interface interface = {};
  int fd = -1;
};

struct Counters {
  unsigned long long forwarded = 0;
  unsigned long long unresolved = 0;
  unsigned long long expired = 0;
};

int fail(const std::string& what, const std::string& why) {
  std::fprintf(stderr, "neigh-next-hop: %s: %s\n", what.c_str(), why.c_str());
  return 1;
}

/// Sees what the device receives, IPv4 only.
int open_port(InterfaceIndex index) {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETHERTYPE_IP);
  where.sll_ifindex = static_cast<int>(to_number(index));
  const void* address = &where;
  if (::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
      ::bind(fd, static_cast<const sockaddr*>(address), sizeof where) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

/// One hop less, with a checksum that stays good (RFC 1624 3).
void count_hop(std::uint8_t* ip) {
  constexpr std::size_t kTtl = 8;
  constexpr std::size_t kChecksum = 10;
  const auto word = [&](std::size_t at) { return static_cast<std::uint32_t>(ip[at] << 8U | ip[at + 1]); };
  const std::uint32_t before = word(kTtl);
  --ip[kTtl];
  std::uint32_t sum = (~word(kChecksum) & 0xffffU) + (~before & 0xffffU) + word(kTtl);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  ip[kChecksum] = static_cast<std::uint8_t>(~sum >> 8U);
  ip[kChecksum + 1] = static_cast<std::uint8_t>(~sum);
}

class Forwarder {
 public:
  Forwarder(const AdjacencyTable& table, MirrorReporter& reporter, std::vector<IpAddress> own)
      : table_(table), reporter_(reporter), own_(std::move(own)) {}

  /// One burst from one side to the other.
  void forward(const Port& from, const Port& to) {
    std::array<Ipv4Hop, kBurst> hops;
    std::array<std::size_t, kBurst> sizes{};
    std::size_t count = 0;
    for (std::size_t taken = 0; count < kBurst && taken < 4 * kBurst; ++taken) {
      std::uint8_t* const frame = frames_[count].data();
      sockaddr_ll sender{};
      socklen_t length = sizeof sender;
      void* address = &sender;
      const ssize_t got = ::recvfrom(from.fd, frame, kMostBytes, MSG_TRUNC, static_cast<sockaddr*>(address), &length);
      if (got < 0) break;
      const auto size = static_cast<std::size_t>(got);
      const std::uint8_t* const ip = frame + sizeof(ether_header);
      if (sender.sll_pkttype != PACKET_HOST || size < kHeaders || size > kMostBytes || ip[0] >> 4U != 4) continue;
      Ipv4Hop hop{.interface = to.interface.index};
      std::copy_n(ip + 16, 4, hop.address.begin());
      const IpAddress destination = IpAddress::v4(hop.address);
      if (destination.is_multicast() || std::find(own_.begin(), own_.end(), destination) != own_.end()) continue;
      hops[count] = hop;
      sizes[count] = size;
      ++count;
    }
    std::array<Adjacency, kBurst> found;
    (void)table_.lookup(std::span(hops).first(count), found);
    for (std::size_t i = 0; i < count; ++i) send(frames_[i].data(), sizes[i], hops[i], found[i], to);
  }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void send(std::uint8_t* frame, std::size_t size, const Ipv4Hop& hop, const Adjacency& next, const Port& to) {
    // Wait-free, and forgotten if the mirror is behind: the next packet reports again.
    if (MirrorReporter::wants_report(next)) (void)reporter_.report(hop.interface, IpAddress::v4(hop.address));
    std::uint8_t* const ip = frame + sizeof(ether_header);
    if (ip[8] <= 1) {
      ++counters_.expired;
    } else if (!next.usable() || !next.is_ether()) {
      ++counters_.unresolved;
    } else {
      count_hop(ip);
      const auto ether = next.ether();
      std::copy(ether.begin(), ether.end(), frame);
      std::copy_n(to.interface.link_address.bytes().begin(), 6, frame + 6);
      if (::send(to.fd, frame, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size)) ++counters_.forwarded;
    }
  }

  const AdjacencyTable& table_;
  MirrorReporter& reporter_;
  std::vector<IpAddress> own_;
  std::array<std::array<std::uint8_t, kMostBytes>, kBurst> frames_{};
  Counters counters_;
};

int run(const std::array<std::string, 2>& names) {
  auto opened = open_kernel_table();
  if (!opened) return fail("kernel table", opened.error().message());
  NeighborTable& kernel = **opened;
  std::array<Port, 2> ports;
  for (std::size_t i = 0; i < 2; ++i) {
    auto interface = kernel.find_interface(names[i]);
    if (!interface) return fail(names[i], interface.error().message());
    if (interface->loopback || interface->link_address.size() != 6) return fail(names[i], "is not an Ethernet device");
    ports[i].interface = std::move(*interface);
    ports[i].fd = open_port(ports[i].interface.index);
    if (ports[i].fd < 0) return fail(names[i], std::strerror(errno));  // NOLINT(concurrency-mt-unsafe): one thread
  }
  auto own = kernel.own_addresses(InterfaceIndex::kNone);
  if (!own) return fail("addresses", own.error().message());
  auto table = AdjacencyTable::make({.ipv6_capacity = 0});
  if (!table) return fail("adjacency table", table.error().message());
  auto mirror = AdjacencyMirror::make(kernel, **table, {.filter = {.family = Family::kIpv4}});
  if (!mirror) return fail("mirror", mirror.error().message());
  const auto reporter = (*mirror)->add_reporter();
  Forwarder forwarder(**table, *reporter, std::move(*own));

  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM}) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int stop = ::signalfd(-1, &signals, SFD_CLOEXEC);
  std::printf("forwarding between %s and %s\n", names[0].c_str(), names[1].c_str());
  std::fflush(stdout);
  for (;;) {
    // Here one thread does both; a packet thread of its own would only share the table.
    if (auto done = (*mirror)->process(); !done) return fail("mirror", done.error().message());
    std::array<pollfd, 4> waiting = {
        {{(*mirror)->fd(), POLLIN, 0}, {ports[0].fd, POLLIN, 0}, {ports[1].fd, POLLIN, 0}, {stop, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return fail("poll", std::to_string(errno));
    if (waiting[3].revents != 0) break;
    if (waiting[1].revents != 0) forwarder.forward(ports[0], ports[1]);
    if (waiting[2].revents != 0) forwarder.forward(ports[1], ports[0]);
  }
  const Counters& counters = forwarder.counters();
  std::printf("forwarded %llu unresolved %llu expired %llu touched %llu\n", counters.forwarded, counters.unresolved,
              counters.expired, static_cast<unsigned long long>((*mirror)->counters().touched));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: neigh-next-hop DEVICE DEVICE\n", stderr);
    return 2;
  }
  return run({argv[1], argv[2]});
}
