// SPDX-License-Identifier: Apache-2.0
// Does OP for the N addresses 10.1.0.0 + i on DEV through the public C++ API, as an application would, and prints one
// line of JSON: {"op": ..., "n": entries done, "ns": the work alone}. Everything but the calls themselves stays outside
// of the measured time.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neigh/neigh.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kMost = 255U << 16U;  // 10.1.0.0 + i stays within 10.0.0.0/8

constexpr const char* kUsage =
    R"(usage: neigh-bench-kernel OP DEV N

Does OP for the N addresses 10.1.0.0 + i on DEV (N: 1 to %u) and prints {"op": OP, "n": entries done, "ns": time}.

  add       create, exclusively and permanent, with link-layer addresses 02:00 + i; all at once
  add1      the same, one call for each
  add:SIZE  the same, one call for SIZE of them
  replace   write 06:00 + i, all at once
  get       read, one call for each
  del       delete, all at once
  resolve   ask for all at once
  watch     create, and measure the reading of the notifications alone
  dump      list all IPv4 entries of DEV; N counts for nothing
  flush     delete all IPv4 entries of DEV; N counts for nothing

Exit status: 0 done, 1 it failed, 2 wrong usage.
)";

struct Outcome {
  std::size_t done = 0;
  std::chrono::nanoseconds time{0};
};

/// `error`, and whose it is.
neigh::Error error_of(const neigh::Neighbor& neighbor, neigh::Error error) {
  const std::string address = neighbor.address.to_string();
  error.detail = error.detail.empty() ? address : address + ": " + error.detail;
  return error;
}

/// What went wrong first in a batch that is not all done, and how much of it is.
neigh::Error first_error(const neigh::BatchReport& report, std::span<const neigh::Neighbor> neighbors) {
  neigh::Error error =
      report.failures.empty()
          ? error_of(neighbors[report.not_tried.front()], {.code = neigh::Errc::kSystem, .detail = "not tried"})
          : error_of(neighbors[report.failures.front().position], report.failures.front().error);
  error.detail += "; " + std::to_string(report.applied) + " of " + std::to_string(neighbors.size()) + " done";
  return error;
}

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
  if (!report->ok()) return first_error(*report, neighbors);
  return Outcome{.done = report->applied, .time = end - begin};
}

neigh::Result<Outcome> get_each(neigh::NeighborTable& table, const std::vector<neigh::Neighbor>& neighbors) {
  const auto begin = Clock::now();
  for (const neigh::Neighbor& neighbor : neighbors) {
    if (auto found = table.get(neighbor.key()); !found) return error_of(neighbor, found.error());
  }
  return Outcome{.done = neighbors.size(), .time = Clock::now() - begin};
}

neigh::Result<Outcome> create_each(neigh::NeighborTable& table, const std::vector<neigh::Neighbor>& neighbors) {
  const auto begin = Clock::now();
  for (const neigh::Neighbor& neighbor : neighbors) {
    if (auto created = table.create(neighbor); !created) return error_of(neighbor, created.error());
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
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) return error_of(neighbors[i], results[i].error());
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
    if (!report->ok()) return first_error(*report, part);
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
    if (!report->ok()) return first_error(*report, part);  // it would never be told
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

/// The whole word is a number from 1 to `most`.
std::optional<std::uint32_t> number_of(std::string_view word, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || number == 0 || number > most) return std::nullopt;
  return number;
}

struct Work {
  std::string_view operation;  // one of the usage's, without SIZE
  std::uint32_t part = 0;      // SIZE
  std::string_view device;
  std::uint32_t count = 0;
};

/// @param why  Set to what is wrong if nothing is returned.
std::optional<Work> work_of(std::string_view operation, std::string_view device, std::string_view count,
                            std::string& why) {
  constexpr std::array<std::string_view, 9> kOperations = {"add",     "add1",  "replace", "get",  "del",
                                                           "resolve", "watch", "dump",    "flush"};
  constexpr std::string_view kInParts = "add:";
  Work work{.operation = operation, .device = device};
  const auto number = number_of(count, kMost);
  if (!number) {
    why = "N is no number from 1 to " + std::to_string(kMost) + ": '" + std::string(count) + "'";
    return std::nullopt;
  }
  work.count = *number;
  if (operation.starts_with(kInParts)) {
    const auto part = number_of(operation.substr(kInParts.size()), kMost);
    if (!part) {
      why = "SIZE is no number from 1 to " + std::to_string(kMost) + ": '" + std::string(operation) + "'";
      return std::nullopt;
    }
    work.operation = kInParts;
    work.part = *part;
  } else if (std::find(kOperations.begin(), kOperations.end(), operation) == kOperations.end()) {
    why = "no such operation: '" + std::string(operation) + "'";
    return std::nullopt;
  }
  return work;
}

neigh::Result<Outcome> run(const Work& work) {
  auto table = neigh::open_kernel_table();
  if (!table) return std::move(table).error();
  auto device = (*table)->find_interface(work.device);
  if (!device) return std::move(device).error();
  const neigh::ListFilter filter{.family = neigh::Family::kIpv4, .interface = device->index};
  if (work.operation == "dump") {
    const auto begin = Clock::now();
    auto rows = (*table)->list(filter);
    if (!rows) return std::move(rows).error();
    return Outcome{.done = rows->size(), .time = Clock::now() - begin};
  }
  if (work.operation == "flush") {
    const auto begin = Clock::now();
    auto flushed = (*table)->flush(filter);
    if (!flushed) return std::move(flushed).error();
    return Outcome{.done = *flushed, .time = Clock::now() - begin};
  }
  const auto neighbors = make_neighbors(device->index, work.count, work.operation == "replace" ? 0x06 : 0x02);
  if (work.operation == "replace") return apply(**table, neigh::Operation::kReplace, neighbors);
  if (work.operation == "del") return apply(**table, neigh::Operation::kRemove, neighbors);
  if (work.operation == "get") return get_each(**table, neighbors);
  if (work.operation == "add1") return create_each(**table, neighbors);
  if (work.operation == "add:") return create_in_parts(**table, neighbors, work.part);
  if (work.operation == "resolve") return resolve_all(**table, neighbors);
  if (work.operation == "watch") return watch(**table, neighbors, filter);
  return apply(**table, neigh::Operation::kCreate, neighbors);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h")) {
    std::printf(kUsage, kMost);
    return 0;
  }
  std::string why = "OP, DEV and N are wanted";
  const auto work = argc == 4 ? work_of(argv[1], argv[2], argv[3], why) : std::nullopt;
  if (!work) {
    std::fprintf(stderr, "neigh-bench-kernel: %s\n", why.c_str());
    std::fprintf(stderr, kUsage, kMost);
    return 2;
  }
  const auto outcome = run(*work);
  if (!outcome) {
    std::fprintf(stderr, "neigh-bench-kernel: %s\n", outcome.error().message().c_str());
    return 1;
  }
  std::printf("{\"op\": \"%s\", \"n\": %zu, \"ns\": %lld}\n", argv[1], outcome->done,
              static_cast<long long>(outcome->time.count()));
  if (std::fflush(stdout) != 0) {
    std::perror("neigh-bench-kernel: standard output");
    return 1;
  }
  return 0;
}
