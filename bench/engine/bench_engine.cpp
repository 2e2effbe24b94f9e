// SPDX-License-Identifier: Apache-2.0
// Events per second on one core, and bytes per entry, of the neighbor cache and of the whole engine with 1 k, 1 M and
// 10 M dynamic entries, each with its timer. Neighbors are visited in an order that no cache of the processor foresees.
// NEIGH_BENCH_MOST=N leaves out what has more entries; 10 M need 4 GB.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "nud/cache.hpp"
#include "wire/arp.hpp"
#include "wire/frame.hpp"
#include "wire/nd.hpp"

namespace neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr auto kEth = static_cast<InterfaceIndex>(1);
constexpr LinkAddress kOurs = LinkAddress::ether({2, 0, 0, 0, 0, 1});
constexpr std::uint64_t kSeed = 42;
constexpr std::size_t kBudget = 256;  ///< Deadlines in one call, as the engine's owner has it.

/// What is measured must be what it is said to be.
void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "bench_engine: %s\n", what);
  std::exit(1);
}

constexpr std::uint8_t octet(std::uint32_t value, unsigned shift) { return static_cast<std::uint8_t>(value >> shift); }
constexpr IpAddress address4(std::uint32_t i) {
  return IpAddress::v4(10, octet(i + 2, 16), octet(i + 2, 8), octet(i + 2, 0));
}
constexpr IpAddress address6(std::uint32_t i) {
  return IpAddress::v6(
      {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 1, octet(i, 24), octet(i, 16), octet(i, 8), octet(i, 0)});
}
constexpr LinkAddress link(std::uint32_t i) {
  return LinkAddress::ether({2, 1, octet(i, 24), octet(i, 16), octet(i, 8), octet(i, 0)});
}

/// All numbers below `count`, each once, in a scattered order, again and again.
class Walk {
 public:
  explicit Walk(std::uint32_t count) : count_(count) {}
  std::uint32_t next() {
    at_ = (at_ + kStep) % count_;
    return static_cast<std::uint32_t>(at_);
  }

 private:
  static constexpr std::uint64_t kStep = 6'700'417;  // a prime that divides none of the sizes
  std::uint64_t at_ = 0;
  std::uint64_t count_;
};

/// Pages of this process in memory, in bytes.
std::size_t resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%zu %zu", &total, &resident) != 2) resident = 0;
    (void)std::fclose(file);
  }
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Of this thread: what else runs on the machine does not count.
nanoseconds cpu_time() {
  timespec time{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + nanoseconds{time.tv_nsec};
}

nud::NudSettings open_settings(Family family) {
  nud::NudSettings settings = nud::NudSettings::rfc(family);
  settings.max_incomplete = 16'000'000;
  settings.max_unsolicited = 16'000'000;
  settings.solicit_rate = settings.probe_rate = settings.unsolicited_rate = 0;  // no limit
  settings.base_reachable_time = milliseconds{3'600'000};
  return settings;
}
nud::CacheLimits open_limits() {
  nud::CacheLimits limits = nud::CacheLimits::rfc();
  limits.max_entries = limits.gc_low_water = 16'000'000;
  return limits;
}

// --- The cache alone ---

/// `count` entries in REACHABLE, every one with a deadline.
struct FullCache {
  explicit FullCache(std::uint32_t entries) : count(entries), walk(entries) {
    const std::size_t before = resident_bytes();
    cache = nud::NeighborCache::make(open_limits(), kSeed).value();
    require(cache->configure(kEth, Family::kIpv6, {}, open_settings(Family::kIpv6)).has_value(), "configure");
    for (std::uint32_t i = 0; i < count; ++i) {
      now += nanoseconds{100};
      cache->on_packet(now, kEth, address6(i), /*has_packet=*/false, steps);
      cache->on_message(now, kEth, address6(i), confirmation(i), steps);
      if (i % 1'024 == 0) steps.clear();
    }
    steps.clear();
    steps.shrink_to_fit();
    require(cache->size() == count, "an entry is missing");
    resident = resident_bytes() - before;
  }
  /// Does what is due by `now`, as an owner does.
  void catch_up() {
    while (cache->next_deadline() && *cache->next_deadline() <= now) cache->advance(now, steps, kBudget);
  }
  static nud::Heard confirmation(std::uint32_t i) {
    return {
        .message = nud::Message::kNeighborAdvert, .link_address = link(i), .solicited = true, .override_flag = true};
  }

  std::uint32_t count;
  Walk walk;
  std::unique_ptr<nud::NeighborCache> cache;
  nud::Steps steps;
  TimePoint now{};
  std::size_t resident = 0;
};

/// The one of the size that is being measured; a larger one takes its place.
FullCache& full_cache(std::uint32_t count) {
  static std::unique_ptr<FullCache> kept;
  if (!kept || kept->count != count) {
    kept.reset();
    kept = std::make_unique<FullCache>(count);
  }
  return *kept;
}

void tell_memory(benchmark::State& state, std::size_t counted, std::size_t resident, std::uint32_t count) {
  state.counters["bytes_per_entry"] = static_cast<double>(counted) / count;
  if (count >= 1'000'000) state.counters["resident_per_entry"] = static_cast<double>(resident) / count;
}

/// A packet to a neighbor that is reachable.
void cache_lookup(benchmark::State& state) {
  FullCache& full = full_cache(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) {
    const nud::Outgoing out = full.cache->on_packet(full.now, kEth, address6(full.walk.next()), true, full.steps);
    if (out.verdict != nud::Outgoing::Verdict::kSend) return state.SkipWithError("not reachable");
  }
  state.SetItemsProcessed(state.iterations());
  tell_memory(state, full.cache->memory_bytes(), full.resident, full.count);
}

/// A solicited advertisement that confirms: the timer is armed anew.
void cache_confirm(benchmark::State& state) {
  FullCache& full = full_cache(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) {
    const std::uint32_t i = full.walk.next();
    full.now += nanoseconds{100};
    full.cache->on_confirm(full.now, kEth, address6(i), full.steps);
  }
  full.steps.clear();
  state.SetItemsProcessed(state.iterations());
}

/// The life of an entry in use, once around: its LLA is in doubt, a packet, the delay is over, a probe, an answer. Five
/// events, three of which arm a timer and one of which is a deadline.
void cache_cycle(benchmark::State& state) {
  FullCache& full = full_cache(static_cast<std::uint32_t>(state.range(0)));
  nud::NeighborCache& cache = *full.cache;
  std::int64_t probes = 0;
  nud::NudSettings settings = open_settings(Family::kIpv6);
  settings.delay_first_probe_time = milliseconds{1};
  settings.retrans_timer = milliseconds{8};
  require(cache.configure(kEth, Family::kIpv6, {}, settings).has_value(), "configure");
  constexpr std::uint32_t kBatch = 256;  // so many are in DELAY at the same time
  // Moving the deadlines of a whole stretch of time nearer belongs to no single batch.
  full.now += milliseconds{10};
  full.catch_up();
  std::array<std::uint32_t, kBatch> batch{};
  while (state.KeepRunningBatch(kBatch)) {
    for (std::uint32_t& i : batch) {
      i = full.walk.next();
      const IpAddress address = address6(i);
      nud::Heard other = FullCache::confirmation(i);
      other.override_flag = false;
      other.link_address = kOurs;
      cache.on_message(full.now, kEth, address, other, full.steps);  // REACHABLE -> STALE
      cache.on_packet(full.now, kEth, address, true, full.steps);    // -> DELAY
    }
    full.now += milliseconds{3};
    full.catch_up();  // -> PROBE
    for (const nud::Step& step : full.steps) probes += step.kind == nud::Step::Kind::kUnicastProbe ? 1 : 0;
    for (const std::uint32_t i : batch) {
      cache.on_message(full.now, kEth, address6(i), FullCache::confirmation(i), full.steps);  // -> REACHABLE
    }
    full.now += milliseconds{10};  // the next request to the same neighbor is allowed by then
    full.steps.clear();
  }
  if (probes != state.iterations()) return state.SkipWithError("not each was probed");
  state.SetItemsProcessed(state.iterations() * 4);
}

/// Deadlines that do come: every entry becomes STALE when its time is over. `longest_call_us`: the
/// processor's time for one call at most.
void cache_expire(benchmark::State& state) {
  FullCache& full = full_cache(static_cast<std::uint32_t>(state.range(0)));
  nud::NeighborCache& cache = *full.cache;
  std::int64_t fired = 0;
  nanoseconds longest{0};
  for (auto _ : state) {
    while (const auto due = cache.next_deadline()) {
      full.now = std::max(full.now, *due);
      const nanoseconds begin = cpu_time();
      cache.advance(full.now, full.steps, kBudget);
      longest = std::max(longest, cpu_time() - begin);
      for (const nud::Step& step : full.steps) fired += step.to == NudState::kStale ? 1 : 0;
      full.steps.clear();
    }
    state.PauseTiming();
    for (std::uint32_t i = 0; i < full.count; ++i) {
      full.now += nanoseconds{100};
      cache.on_confirm(full.now, kEth, address6(i), full.steps);
      full.steps.clear();
    }
    state.ResumeTiming();
  }
  if (fired != state.iterations() * full.count) return state.SkipWithError("not each became STALE");
  state.counters["longest_call_us"] = std::chrono::duration<double, std::micro>(longest).count();
  state.SetItemsProcessed(fired);
}

/// From nothing to `count` reachable entries: two events each.
void cache_fill(benchmark::State& state) {
  (void)full_cache(1'000);  // gives back the memory of a larger one
  const auto count = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    FullCache filled(count);
    benchmark::DoNotOptimize(filled.cache->size());
    state.PauseTiming();
    filled.cache.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * 2 * count);
}

// --- The engine: frames in, frames out ---

using Frame = std::vector<std::uint8_t>;

Frame arp_frame(wire::ArpOperation operation, std::uint32_t i) {
  std::array<std::uint8_t, 64> buffer{};
  wire::FrameWriter out{buffer};
  const auto size =
      wire::emit_arp_frame({.destination = kOurs, .source = link(i)},
                           {.operation = operation,
                            .sender_link = link(i),
                            .sender = address4(i),
                            .target_link = operation == wire::ArpOperation::kReply ? kOurs : LinkAddress::ether({}),
                            .target = IpAddress::v4(10, 0, 0, 1)},
                           out);
  require(size.has_value(), "ARP frame");
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)};
}

/// `count` IPv4 neighbors in REACHABLE that the engine resolved itself.
struct FullEngine {
  explicit FullEngine(std::uint32_t entries) : count(entries), walk(entries) {
    const std::size_t before = resident_bytes();
    engine::EngineLimits limits = engine::EngineLimits::rfc();
    limits.cache = open_limits();
    engine = engine::Engine::make({.limits = limits, .seed = kSeed}).value();
    engine::InterfaceSettings settings = engine::InterfaceSettings::rfc();
    settings.ipv4 = open_settings(Family::kIpv4);
    settings.ipv6 = open_settings(Family::kIpv6);
    settings.advert_rate = 0;  // no limit
    settings.announce_new_addresses = settings.gratuitous_advert = settings.multicast_listener_reports = false;
    settings.max_rtr_solicitations = 0;
    require(
        engine->add_interface(now, {.index = kEth, .name = "eth0", .link_address = kOurs, .settings = settings}, out)
            .has_value(),
        "interface");
    require(
        engine
            ->add_address(now, kEth, {.address = IpAddress::v4(10, 0, 0, 1), .prefix_length = 8, .verify = false}, out)
            .has_value(),
        "address");
    for (std::uint32_t i = 0; i < count; ++i) {
      now += nanoseconds{100};
      require(engine->resolve(now, {kEth, address4(i)}, {}, out).has_value(), "resolve");
      engine->on_frame(now, kEth, arp_frame(wire::ArpOperation::kReply, i), out);
      if (i % 256 == 0) out.clear();
    }
    out.clear();
    require(engine->neighbor_count() == count, "a neighbor is missing");
    resident = resident_bytes() - before;
  }

  std::uint32_t count;
  Walk walk;
  std::unique_ptr<engine::Engine> engine;
  engine::Effects out;
  TimePoint now{};
  std::size_t resident = 0;
};

FullEngine& full_engine(std::uint32_t count) {
  static std::unique_ptr<FullEngine> kept;
  if (!kept || kept->count != count) {
    kept.reset();
    kept = std::make_unique<FullEngine>(count);
  }
  return *kept;
}

/// A packet of 64 bytes to one of the neighbors: a frame goes out.
void engine_send(benchmark::State& state) {
  FullEngine& full = full_engine(static_cast<std::uint32_t>(state.range(0)));
  std::array<std::uint8_t, 64> packet = {0x45, 0, 0, 64, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1};
  for (auto _ : state) {
    const auto to = address4(full.walk.next());
    std::copy(to.bytes().begin(), to.bytes().end(), packet.begin() + 16);
    if (full.engine->send_packet(full.now, kEth, packet, full.out) != engine::SendOutcome::kSent) {
      return state.SkipWithError("not sent");
    }
    full.out.clear();
  }
  state.SetItemsProcessed(state.iterations());
  tell_memory(state, full.engine->memory_bytes(), full.resident, full.count);
}

/// An ARP request of one of the neighbors: a reply goes out.
void engine_request(benchmark::State& state) {
  FullEngine& full = full_engine(static_cast<std::uint32_t>(state.range(0)));
  Frame frame = arp_frame(wire::ArpOperation::kRequest, 0);
  const std::uint64_t before = full.engine->counters(kEth)->frames_out;
  for (auto _ : state) {
    const std::uint32_t i = full.walk.next();
    const auto sha = link(i);
    const auto spa = address4(i);
    std::copy(sha.bytes().begin(), sha.bytes().end(), frame.begin() + 6);
    std::copy(sha.bytes().begin(), sha.bytes().end(), frame.begin() + 22);
    std::copy(spa.bytes().begin(), spa.bytes().end(), frame.begin() + 28);
    full.engine->on_frame(full.now, kEth, frame, full.out);
    full.out.clear();
  }
  const auto answered = static_cast<std::int64_t>(full.engine->counters(kEth)->frames_out - before);
  if (answered != state.iterations()) return state.SkipWithError("not each was answered");
  state.SetItemsProcessed(state.iterations());
}

// --- Sizes ---

void register_all() {
  std::int64_t most = 10'000'000;
  if (const char* text = std::getenv("NEIGH_BENCH_MOST")) most = std::strtoll(text, nullptr, 10);
  using Function = void (*)(benchmark::State&);
  constexpr std::array<std::pair<const char*, Function>, 6> kAll = {{{"cache/lookup", cache_lookup},
                                                                     {"cache/confirm", cache_confirm},
                                                                     {"cache/cycle", cache_cycle},
                                                                     {"cache/expire", cache_expire},
                                                                     {"engine/send", engine_send},
                                                                     {"engine/request", engine_request}}};
  for (const std::int64_t count : {1'000LL, 1'000'000LL, 10'000'000LL}) {
    if (count > most) continue;
    for (const auto& [name, function] : kAll) benchmark::RegisterBenchmark(name, function)->Arg(count);
    benchmark::RegisterBenchmark("cache/fill", cache_fill)->Arg(count)->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace neigh

int main(int argc, char** argv) {
  neigh::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
