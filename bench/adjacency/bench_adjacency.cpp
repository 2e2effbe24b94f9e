// SPDX-License-Identifier: Apache-2.0
// Lookup in AdjacencyTable beside the machine's limit, DPDK rte_hash, liburcu's cds_lfht and boost::unordered_flat_map,
// in one interleaved run for each size; prints medians and ratios with their spread. usage: bench_adjacency [--short]
// [--seed N] [Google Benchmark's options]...
#include <benchmark/benchmark.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "peers.hpp"
#include "ratios.hpp"
#include "scene.hpp"

namespace neigh::bench {
namespace {

constexpr std::size_t kBurst = 64;  // rte_hash takes no more at once

/// Everything that is measured for one number of entries, built once.
struct World {
  World(std::size_t entries, std::uint64_t hash_seed);
  ~World() {
#ifdef NEIGH_BENCH_RTE_HASH
    bench_rte_free(rte);
#endif
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Scene scene;
  std::uint64_t seed;  // of each one's hash
  std::unique_ptr<AdjacencyTable> table;
  std::unique_ptr<AdjacencyTable> table6;
  std::unique_ptr<Limit> limit;
#ifdef NEIGH_BENCH_FLAT_MAP
  std::unique_ptr<FlatMap> flat_map = FlatMap::make();
  std::unique_ptr<FlatMap> keyed_map = FlatMap::make_keyed(seed);
#endif
#ifdef NEIGH_BENCH_URCU
  std::unique_ptr<Urcu> urcu;
#endif
#ifdef NEIGH_BENCH_RTE_HASH
  rte_hash* rte = nullptr;
#endif
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_adjacency: %s\n", what.c_str());
  std::exit(1);
}

/// Three quarters full when it holds `entries`.
std::unique_ptr<AdjacencyTable> make_table(std::size_t entries, Family family, std::uint64_t seed) {
  const std::size_t capacity = (entries * 4 + 2) / 3;
  auto made = AdjacencyTable::make({.ipv4_capacity = family == Family::kIpv4 ? capacity : 0,
                                    .ipv6_capacity = family == Family::kIpv6 ? capacity : 0,
                                    .long_addresses = 0,
                                    .seed = seed});
  if (!made) fail(made.error().message());
  return std::move(*made);
}

template <class Hop>
void fill(AdjacencyTable& table, std::span<const Hop> keys) {
  for (const Hop& key : keys) {
    if (!table.set(EtherEntry<Hop>{.hop = key, .ether = ether_of(key)})) fail("the table is full");
  }
}

void fill_in_bursts(AdjacencyTable& table, std::span<const Ipv4Hop> keys) {
  std::array<Ipv4Entry, kBurst> entries;
  for (std::size_t i = 0; i < keys.size(); i += kBurst) {
    const std::size_t count = std::min(kBurst, keys.size() - i);
    for (std::size_t k = 0; k < count; ++k) entries[k] = {.hop = keys[i + k], .ether = ether_of(keys[i + k])};
    if (table.set(std::span<const Ipv4Entry>(entries).first(count)) != count) fail("the table is full");
  }
}

World::World(std::size_t entries, std::uint64_t hash_seed) : scene(entries), seed(hash_seed) {
  table = make_table(entries, Family::kIpv4, seed);
  fill<Ipv4Hop>(*table, scene.keys);
  table6 = make_table(entries, Family::kIpv6, seed);
  fill<Ipv6Hop>(*table6, scene.keys6);
  // As much memory as the table has.
  limit = std::make_unique<Limit>(table->counters().bytes / 64, seed);
#ifdef NEIGH_BENCH_FLAT_MAP
  flat_map->insert(scene.keys);
  keyed_map->insert(scene.keys);
#endif
#ifdef NEIGH_BENCH_URCU
  urcu = Urcu::make(entries, seed);
  if (urcu == nullptr || !urcu->insert(scene.keys)) fail("cds_lfht: no memory");
#endif
#ifdef NEIGH_BENCH_RTE_HASH
  rte = bench_rte_make(static_cast<std::uint32_t>((entries * 4 + 2) / 3));
  if (rte == nullptr) fail("rte_hash_create failed");
  std::vector<std::uint64_t> values;
  for (const Ipv4Hop& key : scene.keys) values.push_back(value_of(key));
  if (bench_rte_add(rte, scene.keys.data(), values.data(), values.size()) < 0) fail("rte_hash_add_key_data failed");
#endif
}

template <class Hop>
std::uint64_t find_bulk(const AdjacencyTable& table, std::span<const Hop> questions, std::size_t burst) {
  std::array<Adjacency, 1024> found;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + burst <= questions.size(); i += burst) {
    (void)table.lookup(questions.subspan(i, burst), std::span(found).first(burst));
    for (std::size_t k = 0; k < burst; ++k) sum += found[k].ether_word();
  }
  return sum;
}

template <class Hop>
std::uint64_t find_each(const AdjacencyTable& table, std::span<const Hop> questions) {
  std::uint64_t sum = 0;
  for (const Hop& question : questions) sum += table.lookup(question).ether_word();
  return sum;
}

/// Overwrites 100,000 entries a second while it lives.
class Writer {
 public:
  explicit Writer(World& world) : world_(world), thread_([this] { run(); }) {}
  ~Writer() {
    stop_.store(true);
    thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
  void run() {
    Random random{99};
    auto next = std::chrono::steady_clock::now();
    std::uint8_t round = 0;
    while (!stop_.load()) {
      for (int i = 0; i < 100; ++i) {
        const Ipv4Hop& key = world_.scene.keys[static_cast<std::size_t>(random()) % world_.scene.entries];
        (void)world_.table->set(Ipv4Entry{.hop = key, .ether = ether_of(key, round)});
      }
      ++round;
      next += std::chrono::milliseconds{1};
      std::this_thread::sleep_until(next);
    }
  }

  World& world_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void add(const std::string& name, std::size_t items, std::function<std::uint64_t()> work) {
  benchmark::RegisterBenchmark(name.c_str(), [items, work = std::move(work)](benchmark::State& state) {
    for ([[maybe_unused]] auto step : state) benchmark::DoNotOptimize(work());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
  });
}

void add_lookups(World& world) {
  const std::size_t n = world.scene.questions.size();
  const std::span<const Ipv4Hop> questions = world.scene.questions;
  const std::span<const Ipv4Hop> absent = world.scene.absent;
  const std::span<const Ipv6Hop> questions6 = world.scene.questions6;
  add("limit", n, [&world, questions] { return world.limit->probe(questions); });
  add("bulk neigh", n, [&world, questions] { return find_bulk(*world.table, questions, kBurst); });
  add("bulk-32 neigh", n, [&world, questions] { return find_bulk(*world.table, questions, 32); });
  add("bulk-256 neigh", n, [&world, questions] { return find_bulk(*world.table, questions, 256); });
  add("bulk absent neigh", n, [&world, absent] { return find_bulk(*world.table, absent, kBurst); });
  add("bulk IPv6 neigh", n, [&world, questions6] { return find_bulk(*world.table6, questions6, kBurst); });
  add("single neigh", n, [&world, questions] { return find_each(*world.table, questions); });
  add("single absent neigh", n, [&world, absent] { return find_each(*world.table, absent); });
  add("single IPv6 neigh", n, [&world, questions6] { return find_each(*world.table6, questions6); });
  benchmark::RegisterBenchmark("single neigh, writer", [&world, questions, n](benchmark::State& state) {
    const Writer writer(world);
    for ([[maybe_unused]] auto step : state) benchmark::DoNotOptimize(find_each(*world.table, questions));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
  });
  benchmark::RegisterBenchmark("bulk neigh, writer", [&world, questions, n](benchmark::State& state) {
    const Writer writer(world);
    for ([[maybe_unused]] auto step : state) benchmark::DoNotOptimize(find_bulk(*world.table, questions, kBurst));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
  });
#ifdef NEIGH_BENCH_FLAT_MAP
  add("single flat_map", n, [&world, questions] { return world.flat_map->find_each(questions); });
  add("single keyed flat_map", n, [&world, questions] { return world.keyed_map->find_each(questions); });
  add("single absent flat_map", n, [&world, absent] { return world.flat_map->find_each(absent); });
#endif
#ifdef NEIGH_BENCH_URCU
  add("single urcu", n, [&world, questions] { return world.urcu->find_each(questions); });
  add("single absent urcu", n, [&world, absent] { return world.urcu->find_each(absent); });
#endif
#ifdef NEIGH_BENCH_RTE_HASH
  add("bulk rte_hash", n,
      [&world, n] { return bench_rte_find_bulk(world.rte, world.scene.questions.data(), n, kBurst); });
  add("single rte_hash", n, [&world, n] { return bench_rte_find_each(world.rte, world.scene.questions.data(), n); });
#endif
}

void add_inserts(World& world) {
  const std::span<const Ipv4Hop> keys = world.scene.keys;
  const std::uint64_t seed = world.seed;
  const auto timed = [](benchmark::State& state, std::size_t items) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
  };
  // Into tables that are empty and whose memory is there.
  benchmark::RegisterBenchmark("insert neigh", [keys, seed, timed](benchmark::State& state) {
    auto table = make_table(keys.size(), Family::kIpv4, seed);
    fill<Ipv4Hop>(*table, keys);
    for ([[maybe_unused]] auto step : state) {
      state.PauseTiming();
      table->clear();
      state.ResumeTiming();
      fill<Ipv4Hop>(*table, keys);
    }
    timed(state, keys.size());
  });
  benchmark::RegisterBenchmark("insert-64 neigh", [keys, seed, timed](benchmark::State& state) {
    auto table = make_table(keys.size(), Family::kIpv4, seed);
    fill<Ipv4Hop>(*table, keys);
    for ([[maybe_unused]] auto step : state) {
      state.PauseTiming();
      table->clear();
      state.ResumeTiming();
      fill_in_bursts(*table, keys);
    }
    timed(state, keys.size());
  });
  benchmark::RegisterBenchmark("first fill neigh", [keys, seed, timed](benchmark::State& state) {
    for ([[maybe_unused]] auto step : state) {
      state.PauseTiming();
      auto table = make_table(keys.size(), Family::kIpv4, seed);
      state.ResumeTiming();
      fill<Ipv4Hop>(*table, keys);
      state.PauseTiming();
      table.reset();
      state.ResumeTiming();
    }
    timed(state, keys.size());
  });
#ifdef NEIGH_BENCH_FLAT_MAP
  const auto add_map = [keys, timed](const char* name, std::function<std::unique_ptr<FlatMap>()> make) {
    benchmark::RegisterBenchmark(name, [keys, timed, make = std::move(make)](benchmark::State& state) {
      const auto map = make();
      map->insert(keys);
      for ([[maybe_unused]] auto step : state) {
        state.PauseTiming();
        map->clear();
        state.ResumeTiming();
        map->insert(keys);
      }
      timed(state, keys.size());
    });
  };
  add_map("insert flat_map", [] { return FlatMap::make(); });
  add_map("insert keyed flat_map", [seed] { return FlatMap::make_keyed(seed); });
#endif
}

/// All peers give the same answers.
void check(World& world) {
  std::uint64_t wanted = 0;
  for (const Ipv4Hop& question : world.scene.questions) wanted += value_of(question);
  const auto expect = [&](const char* who, std::uint64_t sum) {
    if (sum != wanted) fail(std::string(who) + " gives other answers");
  };
  expect("bulk neigh", find_bulk<Ipv4Hop>(*world.table, world.scene.questions, kBurst));
  expect("single neigh", find_each<Ipv4Hop>(*world.table, world.scene.questions));
#ifdef NEIGH_BENCH_FLAT_MAP
  expect("flat_map", world.flat_map->find_each(world.scene.questions));
  expect("keyed flat_map", world.keyed_map->find_each(world.scene.questions));
#endif
#ifdef NEIGH_BENCH_URCU
  expect("urcu", world.urcu->find_each(world.scene.questions));
#endif
#ifdef NEIGH_BENCH_RTE_HASH
  const Ipv4Hop* questions = world.scene.questions.data();
  expect("bulk rte_hash", bench_rte_find_bulk(world.rte, questions, world.scene.questions.size(), kBurst));
  expect("rte_hash", bench_rte_find_each(world.rte, questions, world.scene.questions.size()));
#endif
}

void print(const Collector& all, const char* name, const std::vector<const char*>& bases) {
  if (!all.has(name)) return;
  std::printf("| %-24s | %-24s |", name, spread_of(all.times(name)).c_str());
  for (const char* base : bases) {
    const bool both = all.has(base);
    std::printf(" %-24s |", both ? spread_of(ratios_of(all.times(name), all.times(base))).c_str() : "");
  }
  std::printf("\n");
}

void report(const World& world, const Collector& all) {
  std::printf("\n%zu entries, table three quarters full; ns each: median [least most]; ratios likewise\n\n",
              world.scene.entries);
  const std::vector<const char*> bases = {"limit", "bulk rte_hash", "single flat_map", "single keyed flat_map"};
  std::printf("| what | ns |");
  for (const char* base : bases) std::printf(" / %s |", base);
  std::printf("\n|---|---|---|---|---|---|\n");
  for (const char* name :
       {"limit", "bulk neigh", "bulk-32 neigh", "bulk-256 neigh", "bulk neigh, writer", "bulk absent neigh",
        "bulk rte_hash", "bulk IPv6 neigh", "single neigh", "single neigh, writer", "single flat_map",
        "single keyed flat_map", "single urcu", "single rte_hash", "single absent neigh", "single absent flat_map",
        "single absent urcu", "single IPv6 neigh"}) {
    print(all, name, bases);
  }
  std::printf("\n| what | ns | / insert flat_map | / insert keyed flat_map |\n|---|---|---|---|\n");
  for (const char* name :
       {"insert neigh", "insert-64 neigh", "first fill neigh", "insert flat_map", "insert keyed flat_map"})
    print(all, name, {"insert flat_map", "insert keyed flat_map"});
  const auto per = [&](const AdjacencyTable& table) {
    return static_cast<double>(table.counters().bytes) / static_cast<double>(world.scene.entries);
  };
  std::printf("\nbytes per entry: IPv4 %.1f, IPv6 %.1f", per(*world.table), per(*world.table6));
#ifdef NEIGH_BENCH_URCU
  std::printf(", urcu (IPv4, no room to spare) %.1f, its buckets on %s pages",
              static_cast<double>(world.urcu->bytes()) / static_cast<double>(world.scene.entries),
              world.urcu->huge_buckets() ? "huge" : "4 KiB");
#endif
  std::printf("\n");
}

struct Options {
  bool quick = false;
  std::uint64_t seed = 42;  // the same run each time, unless another is asked for
  std::vector<char*> others = {};
};

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "bench_adjacency: %s\nusage: bench_adjacency [--short] [--seed N] [--benchmark_...]\n",
               what.c_str());
  std::exit(2);
}

std::uint64_t number_of(std::string_view word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size()) refuse("--seed: no number: " + std::string(word));
  return number;
}

Options read_options(std::span<char*> words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--short") {
      options.quick = true;
    } else if (word == "--seed") {
      if (++i == words.size()) refuse("--seed: which?");
      options.seed = number_of(words[i]);
    } else {
      options.others.push_back(words[i]);
    }
  }
  return options;
}

int run(int argc, char** argv) {
  Options options = read_options({argv, static_cast<std::size_t>(argc)});
  const bool quick = options.quick;
  std::vector<char*>& arguments = options.others;
  // Ours first, so that the command line may say otherwise.
  std::string interleave = "--benchmark_enable_random_interleaving=true";
  std::string repeat = quick ? "--benchmark_repetitions=3" : "--benchmark_repetitions=9";
  std::string least = quick ? "--benchmark_min_time=0.05" : "--benchmark_min_time=0.2";
  arguments.insert(arguments.begin() + 1, {interleave.data(), repeat.data(), least.data()});
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (count > 1) refuse(std::string("no such option: ") + arguments[1]);
  std::printf(
      "Seed %llu. Pages: neigh, limit, flat_map and urcu huge (as advised, from 2 MiB on); rte_hash 4 KiB "
      "(--no-huge)\n",
      static_cast<unsigned long long>(options.seed));
#ifndef NEIGH_BENCH_FLAT_MAP
  std::printf("boost::unordered_flat_map is missing (libboost1.81-dev)\n");
#endif
#ifndef NEIGH_BENCH_URCU
  std::printf("liburcu's cds_lfht is missing (liburcu-dev)\n");
#endif
#ifdef NEIGH_BENCH_RTE_HASH
  if (bench_rte_start() < 0) fail("rte_eal_init failed");
#else
  std::printf("rte_hash is missing (libdpdk-dev)\n");
#endif
  std::vector<std::size_t> sizes = {65'536, 1'048'576, 8'388'608};
  if (quick) sizes.pop_back();
  for (const std::size_t size : sizes) {
    World world(size, options.seed);
    check(world);
    add_lookups(world);
    add_inserts(world);
    Collector all;
    benchmark::RunSpecifiedBenchmarks(&all);
    benchmark::ClearRegisteredBenchmarks();
    report(world, all);
  }
  return 0;
}

}  // namespace
}  // namespace neigh::bench

int main(int argc, char** argv) { return neigh::bench::run(argc, argv); }
