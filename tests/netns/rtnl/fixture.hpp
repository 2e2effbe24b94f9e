// SPDX-License-Identifier: Apache-2.0
// Two hosts, the table of one of them, and the kernel's own tool beside it.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "neigh/kernel.hpp"
#include "support/cites.hpp"
#include "support/ip_tool.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh::test {

[[nodiscard]] inline std::unique_ptr<NeighborTable> open_table(NamespaceBinding binding = NamespaceBinding::kOpener) {
  auto table = open_kernel_table({.binding = binding});
  if (!table) throw std::runtime_error(table.error().message());
  return std::move(*table);
}

[[nodiscard]] inline IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }
[[nodiscard]] inline LinkAddress mac(const std::string& text) { return LinkAddress::parse(text).value(); }

/// 198.18.x.y, the `number`-th address of a net that nobody else here uses.
[[nodiscard]] inline IpAddress many_v4(std::uint32_t number) {
  return IpAddress::v4(10, static_cast<std::uint8_t>(1 + (number >> 16U)), static_cast<std::uint8_t>(number >> 8U),
                       static_cast<std::uint8_t>(number));
}

/// What `ip` would print of a row, as far as both tell it.
[[nodiscard]] inline std::string text_of(const Neighbor& row, const std::string& device) {
  std::string text = row.address.to_string() + " dev " + device + " " + row.link_address.to_string();
  if (!row.flags.has(NeighborFlag::kProxy)) {
    std::string state{to_string(row.state)};
    std::transform(state.begin(), state.end(), state.begin(),
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    if (row.state != NudState::kNone) text += " " + state;
  }
  for (const auto& [flag, word] :
       {std::pair{NeighborFlag::kRouter, " router"}, std::pair{NeighborFlag::kProxy, " proxy"},
        std::pair{NeighborFlag::kManaged, " managed"}, std::pair{NeighborFlag::kExternLearned, " extern_learn"}}) {
    if (row.flags.has(flag)) text += word;
  }
  if (row.protocol != 0) {
    text += " proto " + (row.protocol == 4 ? "static" : row.protocol == 186 ? "bgp" : std::to_string(row.protocol));
  }
  return text;
}

[[nodiscard]] inline std::string text_of(const IpNeigh& row) {
  std::string text = row.dst + " dev " + row.dev + " " + row.lladdr;
  for (const std::string& state : row.states) text += " " + state;
  if (row.router) text += " router";
  if (row.proxy) text += " proxy";
  if (row.managed) text += " managed";
  if (row.extern_learn) text += " extern_learn";
  if (!row.protocol.empty()) text += " proto " + row.protocol;
  return text;
}

/// All of it, in an order of its own.
[[nodiscard]] inline std::vector<std::string> texts_of(NeighborTable& table, const ListFilter& filter = {}) {
  std::vector<std::string> texts;
  const auto rows = table.list(filter);
  EXPECT_TRUE(rows) << rows.error().message();
  if (!rows) return texts;
  for (const Neighbor& row : *rows) {
    const auto device = table.find_interface(row.interface);
    texts.push_back(text_of(row, device ? device->name : "?"));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

[[nodiscard]] inline std::vector<std::string> texts_of(const std::vector<IpNeigh>& rows) {
  std::vector<std::string> texts;
  for (const IpNeigh& row : rows) texts.push_back(text_of(row));
  std::sort(texts.begin(), texts.end());
  return texts;
}

[[nodiscard]] inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// One host's table next to a real peer.
class KernelHosts : public TwoHosts {
 protected:
  explicit KernelHosts(const VethOptions& options = {}) : TwoHosts(options) {}

  [[nodiscard]] InterfaceIndex index() const { return InterfaceIndex{here().index}; }
  [[nodiscard]] Neighbor neighbor(const std::string& address, const std::string& link = "02:00:00:00:00:99") const {
    return {.address = ip(address), .interface = index(), .link_address = mac(link)};
  }
  [[nodiscard]] NeighborKey key(const std::string& address) const { return {index(), ip(address)}; }
  [[nodiscard]] Neighbor numbered(std::uint32_t number, std::uint8_t last = 7) const {
    return {
        .address = many_v4(number), .interface = index(), .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last})};
  }
  [[nodiscard]] std::vector<Neighbor> numbered_from(std::uint32_t first, std::uint32_t count,
                                                    std::uint8_t last = 7) const {
    std::vector<Neighbor> all;
    all.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) all.push_back(numbered(first + i, last));
    return all;
  }
  /// The kernel adds NOARP entries for the multicast groups that it reports to by itself: looked at until both agree.
  void expect_same_as_ip() {
    (void)wait_until([&] { return texts_of(*table_) == texts_of(ip_neigh_json()); });
    EXPECT_EQ(texts_of(*table_), texts_of(ip_neigh_json()));
    EXPECT_EQ(texts_of(*table_, {.proxies = true}), texts_of(ip_neigh_proxies()));
  }
  /// What `ip` sees but for those.
  static std::vector<std::string> seen_by_ip() {
    std::vector<IpNeigh> rows = ip_neigh_json();
    std::erase_if(rows, [](const IpNeigh& row) {
      return row.state() == "NOARP" && (row.dst.starts_with("ff02:") || row.dst.starts_with("224.0.0."));
    });
    return texts_of(rows);
  }
  template <class T>
  static void expect_error(const Result<T>& result, Errc code, std::string_view field) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().message();
    EXPECT_EQ(result.error().field, field) << result.error().message();
  }

  std::unique_ptr<NeighborTable> table_ = open_table();
};

}  // namespace neigh::test
