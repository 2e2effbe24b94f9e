// SPDX-License-Identifier: Apache-2.0
/// @file
/// A table that answers what a test wants, for what no kernel can be brought to say in a namespace: its limits count
/// over all namespaces, and an address family cannot be taken out of a running one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "neigh/table.hpp"

namespace neigh::conformance {

class FakeTable final : public NeighborTable {
 public:
  /// What every call answers that does not find its answer in the members below.
  std::optional<Error> failure = Error{.code = Errc::kNotFound};
  /// Called first by each such call: may throw.
  std::function<void()> before = [] {};
  std::vector<Neighbor> rows = {};
  std::uint64_t generated_rows = 0;  ///< Told behind `rows`.
  std::vector<Interface> links = {{.index = static_cast<InterfaceIndex>(7),
                                   .name = "fake0",
                                   .type = InterfaceType::kEthernet,
                                   .link_address_size = 6,
                                   .up = true,
                                   .ipv4 = true,
                                   .ipv6 = true}};
  bool has_ipv4 = true;
  bool has_ipv6 = true;
  std::vector<Neighbor> written = {};  ///< What create and set were given.

  Result<void> create(const Neighbor& neighbor) override { return write(neighbor); }
  Result<void> set(const Neighbor& neighbor) override { return write(neighbor); }
  Result<void> replace(const Neighbor& neighbor) override { return write(neighbor); }
  Result<void> remove(const NeighborKey& /*key*/) override { return done(); }
  Result<Neighbor> get(const NeighborKey& key) override {
    if (auto ok = done(); !ok) return std::move(ok).error();
    for (const Neighbor& row : rows) {
      if (row.key() == key) return row;
    }
    return Error{.code = Errc::kNotFound};
  }
  Result<void> visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) override {
    if (auto ok = done(); !ok) return ok;
    for (const Neighbor& row : rows) {
      if (filter.matches(row)) visitor(row);
    }
    for (std::uint64_t i = 0; i < generated_rows; ++i) {
      const auto byte = [i](unsigned shift) { return static_cast<std::uint8_t>(i >> shift); };
      visitor({.address = IpAddress::v4(10, byte(16), byte(8), byte(0)), .interface = links.front().index});
    }
    return {};
  }
  Result<std::size_t> flush(const ListFilter& /*filter*/) override {
    if (auto ok = done(); !ok) return std::move(ok).error();
    return std::size_t{0};
  }
  Result<Neighbor> resolve(const NeighborKey& key, const ResolveOptions& /*options*/) override { return get(key); }
  std::vector<Result<Neighbor>> resolve_all(std::span<const NeighborKey> /*keys*/,
                                            const ResolveOptions& /*options*/) override {
    return {};
  }
  Result<std::vector<LinkAnswer>> ask(const NeighborKey& /*key*/, const AskOptions& /*options*/) override {
    return not_asked_for();
  }
  Result<void> announce(InterfaceIndex /*interface*/, const IpAddress& /*own*/,
                        const AnnounceOptions& /*options*/) override {
    return not_asked_for();
  }
  Result<BatchReport> apply(Operation /*operation*/, std::span<const Neighbor> /*neighbors*/,
                            OnError /*on_error*/) override {
    return not_asked_for();
  }
  Result<std::unique_ptr<Watch>> watch(const ListFilter& /*filter*/) override { return not_asked_for(); }
  Result<std::vector<Interface>> interfaces() override { return links; }
  Result<Interface> find_interface(InterfaceIndex index) override {
    for (const Interface& link : links) {
      if (link.index == index) return link;
    }
    return Error{.code = Errc::kNoSuchInterface};
  }
  Result<Interface> find_interface(std::string_view /*name*/) override { return not_asked_for(); }
  Result<std::vector<IpAddress>> own_addresses(InterfaceIndex /*interface*/) override {
    return std::vector<IpAddress>{};
  }
  Result<std::vector<TableLimits>> limits() override { return not_asked_for(); }
  Result<bool> has_family(Family family) override { return family == Family::kIpv4 ? has_ipv4 : has_ipv6; }

 private:
  static Error not_asked_for() { return {.code = Errc::kSystem, .detail = "the C API does not call this"}; }

  Result<void> done() {
    before();
    if (failure) return *failure;
    return {};
  }
  Result<void> write(const Neighbor& neighbor) {
    if (auto ok = done(); !ok) return ok;
    written.push_back(neighbor);
    return {};
  }
};

}  // namespace neigh::conformance
