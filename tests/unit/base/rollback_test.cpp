// SPDX-License-Identifier: Apache-2.0
// All or nothing, over a table in memory whose every write can be made to fail.
#include "base/rollback.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>

namespace neigh {
namespace {

const Error kNotInThisTable{.code = Errc::kNotSupported};

/// A table in memory with the kernel's habits where they matter here.
class MemoryTable : public NeighborTable {
 public:
  std::map<NeighborKey, Neighbor> rows;
  std::vector<NeighborKey> touched;
  std::function<std::optional<Error>(Operation, const Neighbor&)> fault;  ///< Before anything is done.
  std::optional<Error> transport_breaks_after_apply;
  std::optional<Error> reads_fail;
  std::size_t gets = 0;
  std::size_t visits = 0;

  Result<void> write(Operation operation, const Neighbor& neighbor) {
    if (fault) {
      if (auto error = fault(operation, neighbor)) return *error;
    }
    const auto found = rows.find(neighbor.key());
    if (operation == Operation::kCreate && found != rows.end()) return Error{.code = Errc::kAlreadyExists};
    const bool must_exist = operation == Operation::kSet || operation == Operation::kRemove;
    if (must_exist && found == rows.end()) return Error{.code = Errc::kNotFound};
    if (operation == Operation::kRemove) {
      rows.erase(found);
      return {};
    }
    Neighbor stored = neighbor;
    // As the kernel: no owner given, the old one stays.
    if (stored.protocol == 0 && found != rows.end()) stored.protocol = found->second.protocol;
    rows.insert_or_assign(neighbor.key(), stored);
    return {};
  }
  Result<void> create(const Neighbor& neighbor) override { return write(Operation::kCreate, neighbor); }
  Result<void> set(const Neighbor& neighbor) override { return write(Operation::kSet, neighbor); }
  Result<void> replace(const Neighbor& neighbor) override { return write(Operation::kReplace, neighbor); }
  Result<void> remove(const NeighborKey& key) override {
    Neighbor neighbor{.address = key.address, .interface = key.interface};
    neighbor.flags.set(NeighborFlag::kProxy, key.proxy);
    return write(Operation::kRemove, neighbor);
  }
  Result<std::size_t> touch(std::span<const NeighborKey> keys) override {
    touched.insert(touched.end(), keys.begin(), keys.end());
    return keys.size();
  }
  Result<Neighbor> get(const NeighborKey& key) override {
    ++gets;
    if (reads_fail) return *reads_fail;
    const auto found = rows.find(key);
    if (found == rows.end()) return Error{.code = Errc::kNotFound};
    return found->second;
  }
  Result<void> visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) override {
    ++visits;
    if (reads_fail) return *reads_fail;
    for (const auto& [key, neighbor] : rows) {
      if (filter.matches(neighbor)) visitor(neighbor);
    }
    return {};
  }
  Result<BatchReport> apply(Operation operation, std::span<const Neighbor> neighbors, OnError on_error) override {
    BatchReport report;
    for (std::size_t i = 0; i < neighbors.size(); ++i) {
      if (on_error == OnError::kStop && !report.failures.empty()) {
        report.not_tried.push_back(i);
      } else if (auto done = write(operation, neighbors[i]); done) {
        ++report.applied;
      } else {
        report.failures.push_back({.position = i, .error = done.error()});
      }
    }
    if (transport_breaks_after_apply) return *transport_breaks_after_apply;
    return report;
  }

  Result<std::size_t> flush(const ListFilter&) override { return kNotInThisTable; }
  Result<Neighbor> resolve(const NeighborKey&, const ResolveOptions&) override { return kNotInThisTable; }
  std::vector<Result<Neighbor>> resolve_all(std::span<const NeighborKey>, const ResolveOptions&) override { return {}; }
  Result<std::vector<LinkAnswer>> ask(const NeighborKey&, const AskOptions&) override { return kNotInThisTable; }
  Result<void> announce(InterfaceIndex, const IpAddress&, const AnnounceOptions&) override { return kNotInThisTable; }
  Result<std::unique_ptr<Watch>> watch(const ListFilter&) override { return kNotInThisTable; }
  Result<std::vector<Interface>> interfaces() override { return kNotInThisTable; }
  Result<Interface> find_interface(InterfaceIndex) override { return kNotInThisTable; }
  Result<Interface> find_interface(std::string_view) override { return kNotInThisTable; }
  Result<std::vector<IpAddress>> own_addresses(InterfaceIndex) override { return kNotInThisTable; }
  Result<std::vector<TableLimits>> limits() override { return kNotInThisTable; }
  Result<bool> has_family(Family) override { return kNotInThisTable; }
};

Neighbor entry(std::uint32_t number, std::uint8_t last_byte = 1) {
  return {.address = IpAddress::v4(10, 0, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)),
          .interface = InterfaceIndex{7},
          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last_byte})};
}

std::vector<Neighbor> entries(std::uint32_t first, std::uint32_t end, std::uint8_t last_byte = 1) {
  std::vector<Neighbor> all;
  for (std::uint32_t i = first; i < end; ++i) all.push_back(entry(i, last_byte));
  return all;
}

bool same(const std::map<NeighborKey, Neighbor>& a, const std::map<NeighborKey, Neighbor>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
           return x.first == y.first && x.second.same_content(y.second);
         });
}

class Rollback : public ::testing::Test {
 protected:
  MemoryTable table_;

  void fill(std::uint32_t first, std::uint32_t end) {
    for (const Neighbor& one : entries(first, end, 9)) table_.rows[one.key()] = one;
  }
  /// Runs the batch, which must fail at `position` and leave the table as it was.
  void expect_undone(Operation operation, const std::vector<Neighbor>& batch, std::size_t position, Errc code) {
    const auto before = table_.rows;
    const auto report = apply_all_or_nothing(table_, operation, batch);
    ASSERT_TRUE(report);
    ASSERT_EQ(report->failures.size(), 1U);
    EXPECT_EQ(report->failures[0].position, position);
    EXPECT_EQ(report->failures[0].error.code, code);
    EXPECT_TRUE(report->rolled_back);
    EXPECT_EQ(report->applied, 0U);
    EXPECT_TRUE(report->not_undone.empty());
    EXPECT_EQ(report->not_tried.size(), batch.size() - position - 1);
    EXPECT_FALSE(report->ok());
    EXPECT_TRUE(same(table_.rows, before));
  }
};

TEST_F(Rollback, WithoutAFailureAllIsDone) {
  const auto report = apply_all_or_nothing(table_, Operation::kCreate, entries(0, 100));
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->applied, 100U);
  EXPECT_FALSE(report->rolled_back);
  EXPECT_EQ(table_.rows.size(), 100U);
}

TEST_F(Rollback, EachOperationIsUndone) {
  for (const std::uint32_t size : {10U, 200U}) {
    table_.rows.clear();
    fill(0, size);
    std::vector<Neighbor> created = entries(1000, 1000 + size);
    created[size - 2] = entry(3);
    expect_undone(Operation::kCreate, created, size - 2, Errc::kAlreadyExists);
    std::vector<Neighbor> changed = entries(0, size);
    changed[size - 1] = entry(2000);
    expect_undone(Operation::kSet, changed, size - 1, Errc::kNotFound);
    expect_undone(Operation::kRemove, changed, size - 1, Errc::kNotFound);
    table_.fault = [](Operation, const Neighbor& n) {
      return n.key() == entry(2000).key() ? std::optional(Error{.code = Errc::kTableFull}) : std::nullopt;
    };
    expect_undone(Operation::kReplace, changed, size - 1, Errc::kTableFull);
    table_.fault = {};
  }
}

// A dump may leave out entries, and costs what the table has and not what the batch has.
TEST_F(Rollback, EachEntryIsAskedForByItselfHoweverManyThereAre) {
  fill(0, 10);
  for (const auto operation : {Operation::kCreate, Operation::kSet, Operation::kReplace, Operation::kRemove}) {
    table_.gets = 0;
    (void)apply_all_or_nothing(table_, operation, entries(0, 5000));
    EXPECT_EQ(table_.gets, 5000U);
    EXPECT_EQ(table_.visits, 0U);
  }
}

TEST_F(Rollback, AnEntryNamedTwiceEndsAsItWas) {
  fill(0, 1);
  std::vector<Neighbor> batch = {entry(0, 1), entry(0, 2), entry(0, 3), entry(5)};
  expect_undone(Operation::kSet, batch, 3, Errc::kNotFound);
  EXPECT_EQ(table_.rows.at(entry(0).key()).link_address, entry(0, 9).link_address);
}

TEST_F(Rollback, ProxyEntriesAreOthersThanNeighbors) {
  fill(0, 3);
  Neighbor proxy = entry(0);
  proxy.flags = {NeighborFlag::kProxy};
  expect_undone(Operation::kCreate, {proxy, entry(0)}, 1, Errc::kAlreadyExists);
  EXPECT_EQ(table_.rows.size(), 3U);
}

// A table cannot take an owner from an entry; the entry is made anew.
TEST_F(Rollback, AnOwnerThatWasNotThereIsGoneAgain) {
  fill(0, 1);
  Neighbor owned = entry(0, 1);
  owned.protocol = 186;
  expect_undone(Operation::kSet, {owned, entry(5)}, 1, Errc::kNotFound);
  EXPECT_EQ(table_.rows.begin()->second.protocol, 0);
  table_.rows.begin()->second.protocol = 4;
  expect_undone(Operation::kSet, {owned, entry(5)}, 1, Errc::kNotFound);
  EXPECT_EQ(table_.rows.begin()->second.protocol, 4);
}

// INCOMPLETE written back would wait for ever: no kernel timer runs for it.
TEST_F(Rollback, AnEntryUnderResolutionIsResolvedAnew) {
  fill(0, 1);
  table_.rows.begin()->second.state = NudState::kIncomplete;
  const auto report = apply_all_or_nothing(table_, Operation::kSet, std::vector{entry(0), entry(5)});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->not_undone.empty());
  EXPECT_TRUE(table_.rows.empty());
  EXPECT_EQ(table_.touched, std::vector{entry(0).key()});
}

// As with owners: the kernel takes no flag from an entry without usable address.
TEST_F(Rollback, AnEntryThatFailedIsMadeAnew) {
  fill(0, 1);
  table_.rows.begin()->second.state = NudState::kFailed;
  std::vector<Operation> undoing;
  table_.fault = [&](Operation operation, const Neighbor& n) -> std::optional<Error> {
    if (n.key() == entry(0).key()) undoing.push_back(operation);
    return std::nullopt;
  };
  expect_undone(Operation::kSet, {entry(0), entry(5)}, 1, Errc::kNotFound);
  EXPECT_EQ(undoing, (std::vector{Operation::kSet, Operation::kRemove, Operation::kReplace}));
}

TEST_F(Rollback, WhatCannotBeUndoneIsTold) {
  fill(0, 5);
  table_.fault = [](Operation operation, const Neighbor& n) {
    const bool undoing = operation == Operation::kReplace && n.link_address == entry(0, 9).link_address;
    return undoing && n.key() == entry(2).key() ? std::optional(Error{.code = Errc::kPermissionDenied}) : std::nullopt;
  };
  std::vector<Neighbor> batch = entries(0, 5);
  batch.push_back(entry(70));
  const auto report = apply_all_or_nothing(table_, Operation::kSet, batch);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->not_undone.size(), 1U);
  EXPECT_EQ(report->not_undone[0].position, 2U);
  EXPECT_EQ(report->not_undone[0].error.code, Errc::kPermissionDenied);
  EXPECT_EQ(report->applied, 1U) << "still so";
}

TEST_F(Rollback, WhenTheTransportBreaksAllIsPutBack) {
  fill(0, 5);
  const auto before = table_.rows;
  table_.transport_breaks_after_apply = Error{.code = Errc::kTimedOut};
  const auto report = apply_all_or_nothing(table_, Operation::kReplace, entries(0, 10));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kTimedOut);
  EXPECT_TRUE(same(table_.rows, before));
}

// Nobody knows what was created: what was there before the batch was not.
TEST_F(Rollback, WhenTheTransportBreaksACreateTakesNothingAwayThatWasThere) {
  fill(0, 5);
  const auto before = table_.rows;
  table_.transport_breaks_after_apply = Error{.code = Errc::kTimedOut};
  std::vector<Neighbor> batch = entries(10, 20);
  batch.push_back(entry(2, 77));
  std::size_t replaced = 0;
  table_.fault = [&](Operation operation, const Neighbor&) -> std::optional<Error> {
    replaced += operation == Operation::kReplace ? 1U : 0U;
    return std::nullopt;
  };
  EXPECT_EQ(apply_all_or_nothing(table_, Operation::kCreate, batch).error().code, Errc::kTimedOut);
  EXPECT_TRUE(same(table_.rows, before));
  EXPECT_EQ(replaced, 0U) << "what was there is not written";
}

// Another removed it between the look and the batch, which then created it.
TEST_F(Rollback, WhatWasCreatedInThePlaceOfAnotherEndsAsThatWas) {
  fill(0, 1);
  table_.fault = [&](Operation, const Neighbor&) -> std::optional<Error> {
    table_.fault = {};
    table_.rows.clear();
    table_.rows[entry(5).key()] = entry(5);
    return std::nullopt;
  };
  const auto report = apply_all_or_nothing(table_, Operation::kCreate, std::vector{entry(0), entry(5)});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->rolled_back);
  EXPECT_EQ(table_.rows.size(), 2U);
  EXPECT_EQ(table_.rows.at(entry(0).key()).link_address, entry(0, 9).link_address);
  EXPECT_EQ(table_.rows.at(entry(5).key()).link_address, entry(5).link_address);
}

TEST_F(Rollback, NothingIsDoneIfTheTableCannotBeRead) {
  fill(0, 5);
  const auto before = table_.rows;
  for (const Errc code :
       {Errc::kTimedOut, Errc::kSystem, Errc::kNoMemory, Errc::kMalformed, Errc::kOverrun, Errc::kPermissionDenied}) {
    for (const auto operation : {Operation::kCreate, Operation::kSet, Operation::kReplace, Operation::kRemove}) {
      table_.reads_fail = Error{.code = code};
      EXPECT_EQ(apply_all_or_nothing(table_, operation, entries(0, 100)).error().code, code);
      EXPECT_TRUE(same(table_.rows, before));
    }
  }
}

// As of a table that cannot read single entries: the write need not fail for that.
TEST_F(Rollback, WhatCouldNotBeReadIsLeftAndTold) {
  fill(0, 2);
  table_.reads_fail = Error{.code = Errc::kNotSupported};
  const auto report = apply_all_or_nothing(table_, Operation::kSet, std::vector{entry(0), entry(5)});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->rolled_back);
  ASSERT_EQ(report->not_undone.size(), 1U);
  EXPECT_EQ(report->not_undone[0].position, 0U);
  EXPECT_EQ(report->not_undone[0].error.code, Errc::kNotSupported);
  EXPECT_EQ(table_.rows.size(), 2U);
}

}  // namespace
}  // namespace neigh
