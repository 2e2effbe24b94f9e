// SPDX-License-Identifier: Apache-2.0
// ARP requests answered per second across a veth pair: by the kernel's own responder, by the engine behind AF_PACKET
// and behind AF_XDP, generic and native. One sender with raw batches keeps 256 requests of 64 askers under way.
// Interleaved; medians [least most] of requests answered per second, of the processor's time for each (sender, both
// kernels and responder together), and of the rate's ratio in each round. usage: bench_ports [--short], as root
// (network namespaces, XDP programs).
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"
#include "link/loop.hpp"
#include "link/packet.hpp"
#include "link/xdp.hpp"
#include "wire/arp.hpp"
#include "wire/frame.hpp"

namespace neigh::link {
namespace {

constexpr auto kEth = static_cast<InterfaceIndex>(1);
constexpr std::size_t kBatch = 64;
constexpr std::size_t kWindow = 256;
constexpr int kPatienceMs = 100;

enum class Responder : std::size_t { kKernel, kPacket, kXdpGeneric, kXdpNative };
constexpr std::array<const char*, 4> kNames = {"the kernel's own ARP", "engine, AF_PACKET", "engine, AF_XDP generic",
                                               "engine, AF_XDP native"};

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench_ports: %s\n", what.c_str());
  std::exit(1);
}

void command(const std::string& text) {
  // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a fixed text; no thread runs yet that minds.
  if (std::system(text.c_str()) != 0) give_up("failed: " + text);
}

/// A network namespace of its own; the calling thread is in it from then on.
UniqueFd new_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) give_up("a network namespace needs root");
  return UniqueFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

void enter(const UniqueFd& space) {
  if (::setns(space.get(), CLONE_NEWNET) != 0) give_up("setns");
}

using Frame = std::array<std::uint8_t, 60>;

std::vector<Frame> requests() {
  std::vector<Frame> all(kBatch);
  for (std::size_t i = 0; i < kBatch; ++i) {
    const auto peer = LinkAddress::ether({2, 1, 0, 0, 0, static_cast<std::uint8_t>(i)});
    wire::FrameWriter out{all[i]};
    const auto size =
        wire::emit_arp_frame({.destination = LinkAddress::ether({255, 255, 255, 255, 255, 255}), .source = peer},
                             {.operation = wire::ArpOperation::kRequest,
                              .sender_link = peer,
                              .sender = IpAddress::v4(10, 0, 1, static_cast<std::uint8_t>(i + 1)),
                              .target_link = LinkAddress::ether({}),
                              .target = IpAddress::v4(10, 0, 0, 1)},
                             out);
    if (!size) give_up("ARP frame");
  }
  return all;
}

/// The engine in a thread of its own.
class Host {
 public:
  Host(const UniqueFd& space, Responder kind) {
    enter(space);
    if (kind == Responder::kPacket) {
      Result<std::unique_ptr<PacketPort>> port = PacketPort::open({.device = "vb"});
      if (!port) give_up(port.error().message());
      port_ = std::move(*port);
    } else {
      Result<std::unique_ptr<XdpPort>> port = XdpPort::open(
          {.device = "vb", .attach = kind == Responder::kXdpNative ? XdpAttach::kNative : XdpAttach::kGeneric});
      if (!port) give_up(port.error().message());
      port_ = std::move(*port);
    }
    engine_ = *engine::Engine::make({.limits = engine::EngineLimits::rfc(), .seed = 42});
    loop_ = *Loop::make(*engine_);
    engine::InterfaceSettings settings = engine::InterfaceSettings::rfc();
    settings.advert_rate = 0;  // no limit: the kernel has none
    settings.announce_new_addresses = settings.gratuitous_advert = settings.multicast_listener_reports = false;
    if (!loop_->add({.index = kEth, .ipv6 = false, .settings = settings}, *port_)) give_up("interface");
    const Result<void> added = loop_->call([](engine::Engine& engine, engine::Effects& out) {
      return engine.add_address(Loop::now(), kEth,
                                {.address = IpAddress::v4(10, 0, 0, 1), .prefix_length = 8, .verify = false}, out);
    });
    if (!added) give_up("address");
    thread_ = std::thread([this] { (void)loop_->run(); });
  }
  ~Host() {
    loop_->stop();
    thread_.join();
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

 private:
  std::unique_ptr<Port> port_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

class Sender {
 public:
  explicit Sender(const UniqueFd& space) {
    enter(space);
    fd_ = UniqueFd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!fd_) give_up("packet socket");
    set(SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    set(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    set(SOL_SOCKET, SO_RCVBUFFORCE, 16 * 1'024 * 1'024);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ARP);
    address.sll_ifindex = static_cast<int>(::if_nametoindex("va"));
    if (::bind(fd_.get(), static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof address) != 0) {
      give_up("bind");
    }
    for (std::size_t i = 0; i < kBatch; ++i) {
      out_vectors_[i] = {frames_[i].data(), frames_[i].size()};
      out_[i].msg_hdr.msg_iov = &out_vectors_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
      in_vectors_[i] = {answers_[i].data(), answers_[i].size()};
      in_[i].msg_hdr.msg_iov = &in_vectors_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  struct Counts {
    std::uint64_t answered = 0;
    std::uint64_t lost = 0;
  };
  Counts run(std::chrono::duration<double> time) {
    Counts counts;
    std::size_t under_way = 0;
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      while (under_way + kBatch <= kWindow) {
        const int sent = ::sendmmsg(fd_.get(), out_.data(), kBatch, 0);
        if (sent <= 0) break;
        under_way += static_cast<std::size_t>(sent);
      }
      pollfd item{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&item, 1, kPatienceMs) == 0) {
        counts.lost += under_way;
        under_way = 0;
        continue;
      }
      const int got = ::recvmmsg(fd_.get(), in_.data(), kBatch, MSG_DONTWAIT, nullptr);
      for (int i = 0; i < got; ++i) {
        const auto& answer = answers_[static_cast<std::size_t>(i)];
        if (answer[20] != 0 || answer[21] != 2) continue;  // no reply
        ++counts.answered;
        if (under_way > 0) --under_way;
      }
    }
    return counts;
  }
  void drain() {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    while (::recvmmsg(fd_.get(), in_.data(), kBatch, MSG_DONTWAIT, nullptr) > 0) {
    }
  }

 private:
  void set(int level, int option, int value) const {
    (void)::setsockopt(fd_.get(), level, option, &value, sizeof value);
  }

  UniqueFd fd_;
  std::vector<Frame> frames_ = requests();
  std::array<Frame, kBatch> answers_{};
  std::array<mmsghdr, kBatch> out_{};
  std::array<mmsghdr, kBatch> in_{};
  std::array<iovec, kBatch> out_vectors_{};
  std::array<iovec, kBatch> in_vectors_{};
};

double processor_ns() {
  rusage usage{};
  (void)::getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return 1e9 * static_cast<double>(time.tv_sec) + 1e3 * static_cast<double>(time.tv_usec);
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

std::string spread(std::vector<double> values, const char* format) {
  std::sort(values.begin(), values.end());
  std::array<char, 96> text{};
  // NOLINTNEXTLINE(clang-diagnostic-format-nonliteral)
  const std::string pattern = std::string(format) + " [" + format + " " + format + "]";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  (void)std::snprintf(text.data(), text.size(), pattern.c_str(), values[values.size() / 2], values.front(),
                      values.back());
#pragma GCC diagnostic pop
  return text.data();
}

void run(int rounds, double seconds) {
  const UniqueFd near = new_namespace();
  const UniqueFd far = new_namespace();
  enter(near);
  command("ip link add va address 02:00:00:00:00:02 type veth peer name vb address 02:00:00:00:00:01 netns /proc/" +
          std::to_string(::getpid()) + "/fd/" + std::to_string(far.get()));
  command("ip link set va arp off && ip link set va up");
  enter(far);
  command("ip link set vb up && sysctl -qw net.ipv6.conf.vb.disable_ipv6=1");
  Sender sender(near);
  std::vector<Responder> kinds = {Responder::kKernel, Responder::kPacket};
  if (XdpPort::is_built_in()) kinds.insert(kinds.end(), {Responder::kXdpGeneric, Responder::kXdpNative});
  std::array<std::vector<double>, kNames.size()> rate;
  std::array<std::vector<double>, kNames.size()> cost;
  std::array<std::uint64_t, kNames.size()> lost{};
  for (int round = 0; round < rounds; ++round) {
    for (const Responder kind : kinds) {
      const auto at = static_cast<std::size_t>(kind);
      std::unique_ptr<Host> host;
      enter(far);
      if (kind == Responder::kKernel) {
        command("ip addr add 10.0.0.1/8 dev vb");
      } else {
        host = std::make_unique<Host>(far, kind);
      }
      enter(near);
      (void)sender.run(std::chrono::duration<double>{seconds / 10});  // warm
      sender.drain();
      const double before = processor_ns();
      const auto begin = std::chrono::steady_clock::now();
      const Sender::Counts counts = sender.run(std::chrono::duration<double>{seconds});
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
      const double used = processor_ns() - before;
      if (counts.answered == 0) give_up(std::string(kNames[at]) + ": no answer");
      rate[at].push_back(static_cast<double>(counts.answered) / time.count());
      cost[at].push_back(used / static_cast<double>(counts.answered));
      lost[at] += counts.lost;
      host.reset();
      enter(far);
      if (kind == Responder::kKernel) command("ip addr flush dev vb");
      sender.drain();
    }
  }
  std::printf(
      "| who answers | requests answered a second | / kernel | / AF_PACKET | processor, ns for each | lost |\n"
      "|---|---|---|---|---|---|\n");
  for (const Responder kind : kinds) {
    const auto at = static_cast<std::size_t>(kind);
    std::array<std::vector<double>, 2> ratio;
    for (std::size_t r = 0; r < rate[at].size(); ++r) {
      for (std::size_t peer = 0; peer < 2; ++peer) ratio[peer].push_back(rate[at][r] / rate[peer][r]);
    }
    std::printf("| %s | %s | %s | %s | %s | %llu |\n", kNames[at], spread(rate[at], "%.0f").c_str(),
                spread(ratio[0], "%.2f").c_str(), spread(ratio[1], "%.2f").c_str(), spread(cost[at], "%.0f").c_str(),
                static_cast<unsigned long long>(lost[at]));
  }
}

}  // namespace
}  // namespace neigh::link

int main(int argc, char** argv) {
  const bool brief = argc > 1 && std::string(argv[1]) == "--short";
  if (::geteuid() != 0) {
    std::printf("bench_ports: left out, it needs root (network namespaces, XDP programs)\n");
    return 0;
  }
  neigh::link::run(brief ? 3 : 7, brief ? 0.3 : 1.0);
}
