// SPDX-License-Identifier: Apache-2.0
// The functions that concern the whole table.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <tuple>
#include <utility>

#include "neigh/table.hpp"
#include "netioapi/blocks.hpp"
#include "netioapi/calls.hpp"
#include "netioapi/checks.hpp"
#include "netioapi/guard.hpp"
#include "netioapi/row.hpp"
#include "netioapi/status.hpp"

namespace neigh::netioapi {
namespace {

struct Free {
  void operator()(void* block) const noexcept { std::free(block); }
};

/// A MIB_IPNET_TABLE2 that grows in place: the rows are written once, into what the caller will get.
class GrowingTable {
 public:
  /// @return The next row, or nullptr: out of memory.
  MIB_IPNET_ROW2* add() {
    if (count_ == capacity_ && !grow()) return nullptr;
    return &rows()[count_++];
  }
  [[nodiscard]] std::size_t size() const { return count_; }
  MIB_IPNET_ROW2* begin() { return rows(); }
  MIB_IPNET_ROW2* end() { return rows() + count_; }
  void shrink_to(std::size_t count) { count_ = count; }

  /// Hands the table out; nullptr: out of memory.
  MIB_IPNET_TABLE2* finish() {
    auto* table = static_cast<MIB_IPNET_TABLE2*>(block_.get());
    table->NumEntries = static_cast<ULONG>(count_);
    // Gives back what growing took too much; a block that cannot shrink stays as it is.
    if (void* fitted = std::realloc(block_.get(), kHead + std::max<std::size_t>(count_, 1) * sizeof(MIB_IPNET_ROW2))) {
      (void)block_.release();
      block_.reset(fitted);
    }
    if (!hand_out(block_.get())) return nullptr;
    return static_cast<MIB_IPNET_TABLE2*>(block_.release());
  }

 private:
  static constexpr std::size_t kHead = offsetof(MIB_IPNET_TABLE2, Table);

  MIB_IPNET_ROW2* rows() {
    if (!block_) return nullptr;
    return static_cast<MIB_IPNET_TABLE2*>(block_.get())->Table;
  }

  bool grow() {
    const std::size_t capacity = std::max<std::size_t>(64, capacity_ + capacity_ / 2);
    if (capacity > std::numeric_limits<ULONG>::max()) return false;
    void* larger = std::realloc(block_.get(), kHead + capacity * sizeof(MIB_IPNET_ROW2));
    if (larger == nullptr) return false;
    (void)block_.release();
    block_.reset(larger);
    if (capacity_ == 0) std::memset(block_.get(), 0, kHead);  // the padding behind NumEntries
    capacity_ = capacity;
    return true;
  }

  std::unique_ptr<void, Free> block_;
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
};

auto order_of(const MIB_IPNET_ROW2& row) {
  // AF_INET is less than AF_INET6; the address's bytes compare in network order (LIB-15).
  return std::tuple(row.Address.si_family, row.InterfaceIndex);
}

int compare_addresses(const MIB_IPNET_ROW2& a, const MIB_IPNET_ROW2& b) {
  if (a.Address.si_family == AF_INET) {
    return std::memcmp(&a.Address.Ipv4.sin_addr, &b.Address.Ipv4.sin_addr, sizeof a.Address.Ipv4.sin_addr);
  }
  return std::memcmp(&a.Address.Ipv6.sin6_addr, &b.Address.Ipv6.sin6_addr, sizeof a.Address.Ipv6.sin6_addr);
}

bool before(const MIB_IPNET_ROW2& a, const MIB_IPNET_ROW2& b) {
  const auto x = order_of(a);
  const auto y = order_of(b);
  return x != y ? x < y : compare_addresses(a, b) < 0;
}

bool same_entry(const MIB_IPNET_ROW2& a, const MIB_IPNET_ROW2& b) {
  return order_of(a) == order_of(b) && compare_addresses(a, b) == 0;
}

/// Fills in the LUIDs. A row whose interface has gone since it was read is dropped, as the kernel has dropped it.
Result<void> add_luids(NeighborTable& table, GrowingTable& rows) {
  auto interfaces = table.interfaces();  // ordered by index
  if (!interfaces) return std::move(interfaces).error();
  const auto gone = [&](MIB_IPNET_ROW2& row) {
    const auto index = static_cast<InterfaceIndex>(row.InterfaceIndex);
    const auto found = std::lower_bound(interfaces->begin(), interfaces->end(), index,
                                        [](const Interface& i, InterfaceIndex wanted) { return i.index < wanted; });
    if (found == interfaces->end() || found->index != index) return true;
    set_luid(row, found->luid());
    return false;
  };
  rows.shrink_to(static_cast<std::size_t>(std::remove_if(rows.begin(), rows.end(), gone) - rows.begin()));
  return {};
}

/// Says why there is nothing of a family that was asked for by name: its stack is absent, or it has no entries.
Result<void> check_stack(NeighborTable& table, Family family) {
  if (family == Family::kUnspecified) return {};
  auto present = table.has_family(family);
  if (!present) return std::move(present).error();
  if (!*present) return Error{.code = Errc::kNotSupported, .field = "Family"};
  return {};
}

Result<MIB_IPNET_TABLE2*> read_table(NeighborTable& table, Family family) {
  GrowingTable rows;
  bool no_memory = false;
  auto read = table.visit({.family = family}, [&](const Neighbor& neighbor) {
    MIB_IPNET_ROW2* row = no_memory ? nullptr : rows.add();
    if (row == nullptr) {
      no_memory = true;
    } else {
      fill_row(*row, neighbor, InterfaceLuid{});
    }
  });
  if (!read) return std::move(read).error();
  if (no_memory) return Error{.code = Errc::kNoMemory};
  if (auto added = add_luids(table, rows); !added) return std::move(added).error();
  if (rows.size() == 0) {
    if (auto present = check_stack(table, family); !present) return std::move(present).error();
    return Error{.code = Errc::kNotFound};
  }
  std::sort(rows.begin(), rows.end(), before);
  // A dump that others write under may tell an entry twice (T-17).
  rows.shrink_to(static_cast<std::size_t>(std::unique(rows.begin(), rows.end(), same_entry) - rows.begin()));
  MIB_IPNET_TABLE2* finished = rows.finish();
  if (finished == nullptr) return Error{.code = Errc::kNoMemory};
  return finished;
}

}  // namespace

NTSTATUS get_table(ADDRESS_FAMILY family, MIB_IPNET_TABLE2** table) noexcept {
  if (table == nullptr) return STATUS_INVALID_PARAMETER;
  *table = nullptr;
  return guarded([&] { return family_of(family); },
                 [&](NeighborTable& stack) -> NTSTATUS {
                   const auto wanted = family_of(family);
                   if (!wanted) return status_of(wanted.error());
                   auto read = read_table(stack, *wanted);
                   if (!read) return status_of(read.error());
                   *table = *read;
                   return STATUS_SUCCESS;
                 });
}

NTSTATUS flush_table(ADDRESS_FAMILY family, NET_IFINDEX interface) noexcept {
  return guarded([&] { return family_of(family); },
                 [&](NeighborTable& stack) -> NTSTATUS {
                   const auto wanted = family_of(family);
                   if (!wanted) return status_of(wanted.error());
                   const auto index = static_cast<InterfaceIndex>(interface);
                   if (index != InterfaceIndex::kNone) {
                     if (auto found = stack.find_interface(index); !found) return status_of(found.error());
                   }
                   if (auto present = check_stack(stack, *wanted); !present) return status_of(present.error());
                   // The kernel's own no-arp rows stay (LIB-17).
                   auto flushed = stack.flush(
                       {.family = *wanted, .interface = index, .states = StateSet::all().without(NudState::kNoArp)});
                   return flushed ? STATUS_SUCCESS : status_of(flushed.error());
                 });
}

}  // namespace neigh::netioapi
