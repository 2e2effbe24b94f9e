// SPDX-License-Identifier: Apache-2.0
// An ARP request in, the reply out, in memory: the engine beside lwIP's etharp_input on the same frames, interleaved in
// random order in one run; medians [least most] of nanoseconds and of the ratio of each round. usage: bench_arp_peer
// [--short]
//
// Debian's liblwip is built for threads (NO_SYS=0): its pools are guarded by a mutex, which is part of what it costs.
// Its thread is not started: everything is called from this one, which lwIP permits before tcpip_init.
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <netif/ethernet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "wire/arp.hpp"
#include "wire/frame.hpp"

namespace neigh {
namespace {

constexpr auto kEth = static_cast<InterfaceIndex>(1);
constexpr LinkAddress kOurs = LinkAddress::ether({2, 0, 0, 0, 0, 1});
constexpr std::size_t kRequests = 192'000;  // of one measurement

constexpr std::uint16_t kEther = 14;
constexpr std::uint16_t kSize = kEther + 28;
using Frame = std::array<std::uint8_t, kSize>;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "bench_arp_peer: %s\n", what);
  std::exit(1);
}

double cpu_ns() {
  timespec time{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

std::vector<Frame> requests(std::uint32_t askers) {
  std::vector<Frame> all(askers);
  for (std::uint32_t i = 0; i < askers; ++i) {
    const auto peer =
        LinkAddress::ether({2, 1, 0, 0, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i)});
    const std::uint32_t host = i + 2;
    std::array<std::uint8_t, 64> buffer{};
    wire::FrameWriter out{buffer};
    const auto size = wire::emit_arp_frame(
        {.destination = LinkAddress::ether({255, 255, 255, 255, 255, 255}), .source = peer},
        {.operation = wire::ArpOperation::kRequest,
         .sender_link = peer,
         .sender = IpAddress::v4(10, 0, static_cast<std::uint8_t>(host >> 8U), static_cast<std::uint8_t>(host)),
         .target_link = LinkAddress::ether({}),
         .target = IpAddress::v4(10, 0, 0, 1)},
        out);
    require(size.has_value() && *size == all[i].size(), "ARP frame");
    std::copy_n(buffer.begin(), all[i].size(), all[i].begin());
  }
  return all;
}

/// Where both put their replies, as a port would.
struct Wire {
  std::array<std::uint8_t, 2'048> last{};
  std::uint64_t frames = 0;
  void put(const void* bytes, std::size_t size) {
    std::memcpy(last.data(), bytes, size);
    ++frames;
  }
};

// --- lwIP ---

Wire lwip_wire;

err_t lwip_output(netif* /*device*/, pbuf* frame) {
  lwip_wire.put(frame->payload, frame->len);
  return ERR_OK;
}

err_t lwip_start(netif* device) {
  device->hwaddr_len = 6;
  std::copy(kOurs.bytes().begin(), kOurs.bytes().end(), std::begin(device->hwaddr));
  device->mtu = 1500;
  device->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
  device->output = etharp_output;
  device->linkoutput = lwip_output;
  return ERR_OK;
}

netif& lwip_device() {
  static netif device = [] {
    lwip_init();
    return netif{};
  }();
  if (device.linkoutput == nullptr) {
    ip4_addr_t own;
    ip4_addr_t mask;
    ip4_addr_t none;
    IP4_ADDR(&own, 10, 0, 0, 1);
    IP4_ADDR(&mask, 255, 0, 0, 0);
    IP4_ADDR(&none, 0, 0, 0, 0);
    require(netif_add(&device, &own, &mask, &none, nullptr, lwip_start, ethernet_input) != nullptr, "netif_add");
    netif_set_up(&device);
  }
  return device;
}

/// `whole`: from the Ethernet header on, in a buffer of lwIP's pool into which the frame is copied, as its drivers do.
/// Else etharp_input alone, on a buffer that points to the frame: the least that lwIP can cost.
double run_lwip(const std::vector<Frame>& frames, bool whole) {
  netif& device = lwip_device();
  lwip_wire.frames = 0;
  const double begin = cpu_ns();
  std::size_t at = 0;
  for (std::size_t i = 0; i < kRequests; ++i) {
    const Frame& frame = frames[at];
    if (++at == frames.size()) at = 0;
    pbuf* buffer = pbuf_alloc(PBUF_RAW, kSize, whole ? PBUF_POOL : PBUF_REF);
    if (whole) {
      (void)pbuf_take(buffer, frame.data(), kSize);
      (void)ethernet_input(buffer, &device);
    } else {
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it is only read.
      buffer->payload = const_cast<std::uint8_t*>(frame.data()) + kEther;
      buffer->len = buffer->tot_len = kSize - kEther;
      etharp_input(buffer, &device);
    }
  }
  const double ns = (cpu_ns() - begin) / kRequests;
  require(lwip_wire.frames == kRequests, "lwIP did not answer each request");
  return ns;
}

// --- The engine ---

struct Ours {
  Ours() {
    engine = engine::Engine::make({.limits = engine::EngineLimits::rfc(), .seed = 42}).value();
    engine::InterfaceSettings settings = engine::InterfaceSettings::rfc();
    settings.advert_rate = 0;  // no limit: lwIP has none
    settings.announce_new_addresses = false;
    require(
        engine->add_interface(now, {.index = kEth, .name = "eth0", .link_address = kOurs, .settings = settings}, out)
            .has_value(),
        "interface");
    require(
        engine
            ->add_address(now, kEth, {.address = IpAddress::v4(10, 0, 0, 1), .prefix_length = 8, .verify = false}, out)
            .has_value(),
        "address");
    out.clear();
  }
  std::unique_ptr<engine::Engine> engine;
  engine::Effects out;
  TimePoint now{};
  Wire wire;
};

/// @param batch  Frames between two looks at the effects: what a port gives at once.
double run_ours(Ours& ours, const std::vector<Frame>& frames, std::size_t batch) {
  ours.wire.frames = 0;
  const double begin = cpu_ns();
  std::size_t at = 0;
  for (std::size_t i = 0; i < kRequests; i += batch) {
    ours.now += std::chrono::microseconds{batch};
    for (std::size_t k = 0; k < batch; ++k) {
      ours.engine->on_frame(ours.now, kEth, frames[at], ours.out);
      if (++at == frames.size()) at = 0;
    }
    for (const engine::Effect& effect : ours.out) {
      if (const auto* frame = std::get_if<engine::SendFrame>(&effect)) {
        const auto bytes = ours.out.bytes(frame->bytes);
        ours.wire.put(bytes.data(), bytes.size());
      }
    }
    ours.out.clear();
  }
  const double ns = (cpu_ns() - begin) / kRequests;
  require(ours.wire.frames == kRequests, "the engine did not answer each request");
  return ns;
}

std::string spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "%.2f [%.2f %.2f]", values[values.size() / 2], values.front(),
                      values.back());
  return text.data();
}

void compare(std::uint32_t askers, int rounds) {
  const std::vector<Frame> frames = requests(askers);
  Ours ours;
  const std::array<std::pair<const char*, std::function<double()>>, 4> all = {
      {{"lwIP, etharp_input alone", [&] { return run_lwip(frames, false); }},
       {"lwIP, ethernet_input, frame copied in", [&] { return run_lwip(frames, true); }},
       {"engine, 64 frames at once", [&] { return run_ours(ours, frames, 64); }},
       {"engine, one by one", [&] { return run_ours(ours, frames, 1); }}}};
  std::array<std::vector<double>, 4> ns;
  std::array<std::size_t, 4> order = {0, 1, 2, 3};
  std::mt19937 random(42);
  for (const std::size_t i : order) (void)all[i].second();  // warm
  for (int round = 0; round < rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) ns[i].push_back(all[i].second());
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::array<std::vector<double>, 2> ratio;
    for (std::size_t r = 0; r < ns[i].size(); ++r) {
      for (std::size_t peer = 0; peer < 2; ++peer) ratio[peer].push_back(ns[i][r] / ns[peer][r]);
    }
    std::printf("| %u | %s | %s | %s | %s |\n", askers, all[i].first, spread(ns[i]).c_str(), spread(ratio[0]).c_str(),
                spread(ratio[1]).c_str());
  }
}

}  // namespace
}  // namespace neigh

int main(int argc, char** argv) {
  const bool brief = argc > 1 && std::string(argv[1]) == "--short";
  std::printf("| askers | what | ns | / etharp_input | / ethernet_input |\n|---|---|---|---|---|\n");
  for (const std::uint32_t askers : {1U, 8U, 1'000U}) neigh::compare(askers, brief ? 3 : 15);
}
