// SPDX-License-Identifier: Apache-2.0
// usage: neigh-bench-kernel OP DEV N     OP: add replace get dump del flush; add1 add:SIZE resolve watch
//
// Does OP for the N addresses 10.1.0.0 + i on DEV through the public C++ API, as an application would, and prints one
// line of JSON: {"op": ..., "n": entries done, "ns": the work alone}. `add` creates exclusively, permanent, with
// link-layer address 02:00 + i; `replace` writes 06:00 + i; `add1` creates with one call for each, `add:SIZE`
// with one for SIZE; `resolve` asks for
// all at once; `watch` counts the reading of the notifications of created entries alone. Everything but the calls
// themselves stays outside of the measured time.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "neigh/neigh.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Outcome {
  std::size_t done = 0;
  std::chrono::nanoseconds time{0};
};

std::vector<neigh::Neighbor> make_neighbors(neigh::InterfaceIndex device, std::uint32_t count,
                                            std::uint8_t first_byte) {
  constexpr std::uint32_t kFirst = (10U << 24U) | (1U << 16U);
  std::vector<neigh::Neighbor> all;
  all.reserve(count);
  const auto octet = [](std::uint32_t number, unsigned shift) { return static_cast<std::uint8_t>(number >> shift); };
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t a = kFirst + i;
    all.push_back({.address = neigh::IpAddress::v4(octet(a, 24), octet(a, 16), octet(a, 8), octet(a, 0)),
                   .interface = device,
                   .link_address = neigh::LinkAddress::ether(
                       {first_byte, 0, octet(i, 24), octet(i, 16), octet(i, 8), octet(i, 0)})});
  }
  return all;
}

neigh::Result<Outcome> apply(neigh::NeighborTable& table, neigh::Operation operation,
                             const std::vector<neigh::Neighbor>& neighbors) {
  const auto begin = Clock::now();
  auto report = table.apply(operation, neighbors);
  const auto end = Clock::now();
  if (!report) return std::move(report).error();
  if (!report->ok()) return std::move(report->failures.front().error);
  return Outcome{.done = report->applied, .time = end - begin};
}

neigh::Result<Outcome> get_each(neigh::NeighborTable& table, const std::vector<neigh::Neighbor>& neighbors) {
  const auto begin = Clock::now();
  for (const neigh::Neighbor& neighbor : neighbors) {
    if (auto found = table.get(neighbor.key()); !found) return std::move(found).error();
  }
  return Outcome{.done = neighbors.size(), .time = Clock::now() - begin};
}

neigh::Result<Outcome> create_each(neigh::NeighborTable& table, const std::vector<neigh::Neighbor>& neighbors) {
  const auto begin = Clock::now();
  for (const neigh::Neighbor& neighbor : neighbors) {
    if (auto created = table.create(neighbor); !created) return std::move(created).error();
  }
  return Outcome{.done = neighbors.size(), .time = Clock::now() - begin};
}

neigh::Result<Outcome> resolve_all(neigh::NeighborTable& table, const std::vector<neigh::Neighbor>& neighbors) {
  std::vector<neigh::NeighborKey> keys;
  keys.reserve(neighbors.size());
  for (const neigh::Neighbor& neighbor : neighbors) keys.push_back(neighbor.key());
  const auto begin = Clock::now();
  const auto results = table.resolve_all(keys);
  const auto end = Clock::now();
  for (const auto& result : results) {
    if (!result) return result.error();
  }
  return Outcome{.done = results.size(), .time = end - begin};
}

neigh::Result<Outcome> create_in_parts(neigh::NeighborTable& table, const std::vector<neigh::Neighbor>& neighbors,
                                       std::size_t size) {
  Outcome all;
  const auto begin = Clock::now();
  for (std::span<const neigh::Neighbor> left(neighbors); !left.empty();) {
    const auto part = left.first(std::min(left.size(), size));
    auto report = table.apply(neigh::Operation::kCreate, part);
    if (!report) return std::move(report).error();
    all.done += report->applied;
    left = left.subspan(part.size());
  }
  all.time = Clock::now() - begin;
  return all;
}

/// Each part is written before the clock runs, so that the reading alone is measured.
neigh::Result<Outcome> watch(neigh::NeighborTable& table, const std::vector<neigh::Neighbor>& neighbors,
                             const neigh::ListFilter& filter) {
  constexpr std::size_t kPart = 4096;
  auto watch = table.watch(filter);
  if (!watch) return std::move(watch).error();
  Outcome outcome;
  std::size_t told = 0;
  const auto count = [&told](const neigh::WatchEvent& event) {
    told += static_cast<std::size_t>(event.kind == neigh::WatchEvent::Kind::kAdded);
  };
  if (auto synced = (*watch)->process(count); !synced) return std::move(synced).error();
  for (std::span<const neigh::Neighbor> left(neighbors); !left.empty();) {
    const auto part = left.first(std::min(left.size(), kPart));
    left = left.subspan(part.size());
    auto report = table.apply(neigh::Operation::kCreate, part);
    if (!report) return std::move(report).error();
    if (!report->ok()) return std::move(report->failures.front().error);  // fewer would be told than are waited for
    told = 0;
    const auto begin = Clock::now();
    while (told < part.size()) {
      if (auto processed = (*watch)->process(count); !processed) return std::move(processed).error();
    }
    outcome.time += Clock::now() - begin;
    outcome.done += told;
  }
  return outcome;
}

neigh::Result<Outcome> run(std::string_view operation, std::string_view device_name, std::uint32_t count) {
  auto table = neigh::open_kernel_table();
  if (!table) return std::move(table).error();
  auto device = (*table)->find_interface(device_name);
  if (!device) return std::move(device).error();
  const auto neighbors = make_neighbors(device->index, count, operation == "replace" ? 0x06 : 0x02);
  if (operation == "add") return apply(**table, neigh::Operation::kCreate, neighbors);
  if (operation == "replace") return apply(**table, neigh::Operation::kReplace, neighbors);
  if (operation == "del") return apply(**table, neigh::Operation::kRemove, neighbors);
  if (operation == "get") return get_each(**table, neighbors);
  if (operation == "add1") return create_each(**table, neighbors);
  if (operation.starts_with("add:")) {
    std::size_t size = 0;
    const std::string_view digits = operation.substr(4);
    const auto read = std::from_chars(digits.begin(), digits.end(), size);
    if (read.ec == std::errc{} && size > 0) return create_in_parts(**table, neighbors, size);
  }
  if (operation == "resolve") return resolve_all(**table, neighbors);
  const neigh::ListFilter filter{.family = neigh::Family::kIpv4, .interface = device->index};
  if (operation == "watch") return watch(**table, neighbors, filter);
  const auto begin = Clock::now();
  if (operation == "dump") {
    auto rows = (*table)->list(filter);
    if (!rows) return std::move(rows).error();
    return Outcome{.done = rows->size(), .time = Clock::now() - begin};
  }
  if (operation == "flush") {
    auto flushed = (*table)->flush(filter);
    if (!flushed) return std::move(flushed).error();
    return Outcome{.done = *flushed, .time = Clock::now() - begin};
  }
  return neigh::Error{.code = neigh::Errc::kInvalidArgument, .field = "OP", .detail = std::string(operation)};
}

}  // namespace

int main(int argc, char** argv) {
  std::uint32_t count = 0;
  // 10.1.0.0 + i stays within 10.0.0.0/8.
  constexpr std::uint32_t kMost = (255U << 16U);
  if (argc != 4 || std::from_chars(argv[3], argv[3] + std::strlen(argv[3]), count).ec != std::errc{} || count == 0 ||
      count > kMost) {
    std::fprintf(
        stderr,
        "usage: neigh-bench-kernel add|replace|get|dump|del|flush|add1|add:SIZE|resolve|watch DEV N  (N: 1 to %u)\n",
        kMost);
    return 2;
  }
  const auto outcome = run(argv[1], argv[2], count);
  if (!outcome) {
    std::fprintf(stderr, "neigh-bench-kernel: %s\n", outcome.error().message().c_str());
    return 1;
  }
  std::printf("{\"op\": \"%s\", \"n\": %zu, \"ns\": %lld}\n", argv[1], outcome->done,
              static_cast<long long>(outcome->time.count()));
  return 0;
}
