// SPDX-License-Identifier: Apache-2.0
// One entry, one call: the C API beside the C++ API on the kernel's table, in a user and network namespace of its own.
// Interleaved, in a new order in each round; medians [least most] of nanoseconds a call, and of the ratio in each round
// to the C++ API on a table of its opener's namespace, which makes two system calls.
// usage: bench_calls [--short]
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "neigh/neigh.hpp"
// The Windows header tree, in the order that it wants.
#include <winsock2.h>
//
#include <iphlpapi.h>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench_calls: %s\n", what.c_str());
  std::exit(1);
}

void command(const std::string& text) {
  // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a fixed text; there is one thread.
  if (std::system(text.c_str()) != 0) give_up("failed: " + text);
}

void write_file(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) give_up(path);
  ::close(fd);
}

void enter_own_namespaces() {
  const auto user = std::to_string(::geteuid());
  const auto group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) give_up("no namespaces of its own");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", "0 " + user + " 1");
  write_file("/proc/self/gid_map", "0 " + group + " 1");
  command("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
}

enum Call : std::size_t { kCreate, kSet, kGet, kMiss, kDelete, kCalls };
constexpr std::array<const char*, kCalls> kCallNames = {"create", "set", "get", "get, nothing there", "delete"};

/// Who is measured: each call for entry `number`, true if it did what it should.
struct Contestant {
  std::string name;
  std::function<bool(Call, std::uint32_t number)> call;
  std::array<std::vector<double>, kCalls> times = {};
};

neigh::IpAddress address_of(std::uint32_t number) {
  return neigh::IpAddress::v4(10, 1, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number));
}

Contestant modern(std::string name, neigh::NamespaceBinding binding, neigh::InterfaceIndex device) {
  auto opened = neigh::open_kernel_table({.binding = binding});
  if (!opened) give_up(opened.error().message());
  const std::shared_ptr<neigh::NeighborTable> table = std::move(*opened);
  const auto call = [table, device](Call what, std::uint32_t number) {
    const neigh::Neighbor entry{.address = address_of(number),
                                .interface = device,
                                .link_address = neigh::LinkAddress::ether({2, 0, 0, 0, 0, 1}),
                                .state = neigh::NudState::kPermanent};
    switch (what) {
      case kCreate:
        return table->create(entry).has_value();
      case kSet:
        return table->set(entry).has_value();
      case kGet:
        return table->get(entry.key()).has_value();
      case kMiss:
        return !table->get(entry.key()).has_value();
      default:
        return table->remove(entry.key()).has_value();
    }
  };
  return {.name = std::move(name), .call = call};
}

Contestant classic(std::string name, NET_LUID luid, NET_IFINDEX index) {
  const auto call = [luid, index](Call what, std::uint32_t number) {
    MIB_IPNET_ROW2 row{};
    row.Address.si_family = AF_INET;
    const neigh::IpAddress address = address_of(number);
    std::copy_n(address.bytes().data(), 4, static_cast<UCHAR*>(static_cast<void*>(&row.Address.Ipv4.sin_addr)));
    row.InterfaceLuid = luid;
    row.InterfaceIndex = index;
    row.PhysicalAddressLength = 6;
    row.PhysicalAddress[0] = 2;
    row.PhysicalAddress[5] = 1;
    switch (what) {
      case kCreate:
        return CreateIpNetEntry2(&row) == NO_ERROR;
      case kSet:
        return SetIpNetEntry2(&row) == NO_ERROR;
      case kGet:
        return GetIpNetEntry2(&row) == NO_ERROR;
      case kMiss:
        return GetIpNetEntry2(&row) == ERROR_NOT_FOUND;
      default:
        return DeleteIpNetEntry2(&row) == NO_ERROR;
    }
  };
  return {.name = std::move(name), .call = call};
}

void measure(Contestant& one, std::uint32_t count) {
  for (const Call what : {kCreate, kSet, kGet, kDelete, kMiss}) {
    bool good = true;
    const auto begin = Clock::now();
    for (std::uint32_t number = 1; number <= count; ++number) good = one.call(what, number) && good;
    const std::chrono::duration<double, std::nano> time = Clock::now() - begin;
    if (!good) give_up(one.name + ", " + kCallNames[what] + ": failed");
    one.times[what].push_back(time.count() / count);
  }
}

std::string spread(std::vector<double> values, int digits) {
  std::sort(values.begin(), values.end());
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "%.*f [%.*f %.*f]", digits, values[values.size() / 2], digits, values.front(),
                digits, values.back());
  return text.data();
}

}  // namespace

int main(int argc, char** argv) {
  const bool brief = argc > 1 && std::string_view(argv[1]) == "--short";
  const int rounds = brief ? 5 : 31;
  constexpr std::uint32_t kCount = 1000;
  enter_own_namespaces();

  NET_IFINDEX index = 0;
  NET_LUID luid{};
  if (ConvertInterfaceNameToLuidA("v0", &luid) != NO_ERROR || ConvertInterfaceLuidToIndex(&luid, &index) != NO_ERROR) {
    give_up("no interface v0");
  }
  const auto device = static_cast<neigh::InterfaceIndex>(index);
  std::vector<Contestant> all;
  all.push_back(modern("C++ API, opener's namespace", neigh::NamespaceBinding::kOpener, device));
  all.push_back(modern("C++ API, calling thread's namespace", neigh::NamespaceBinding::kCallingThread, device));
  all.push_back(classic("C API, by LUID", luid, 0));
  all.push_back(classic("C API, by index", NET_LUID{}, index));

  std::mt19937 random(42);
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (Contestant& one : all) measure(one, kCount);  // warm
  for (Contestant& one : all) one.times = {};
  for (int round = 0; round < rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) measure(all[i], kCount);
  }
  std::printf("%d rounds of %u calls each\n", rounds, kCount);
  for (std::size_t what = 0; what < kCalls; ++what) {
    std::printf("\n%-40s %-24s %s\n", kCallNames[what], "ns a call", "/ first");
    for (const Contestant& one : all) {
      std::vector<double> ratios;
      for (std::size_t i = 0; i < one.times[what].size(); ++i) {
        ratios.push_back(one.times[what][i] / all.front().times[what][i]);
      }
      std::printf("  %-38s %-24s %s\n", one.name.c_str(), spread(one.times[what], 0).c_str(),
                  spread(ratios, 2).c_str());
    }
  }
  return 0;
}
