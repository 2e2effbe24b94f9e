// SPDX-License-Identifier: Apache-2.0
// Failures that cannot be caused from outside, by a table that answers with them.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <new>

#include "conformance/fake_table.hpp"
#include "conformance/fixture.hpp"
#include "neigh/current_stack.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"

namespace neigh::conformance {
namespace {

const Link kFake = {.name = "fake0", .index = 7};

class Errors : public ::testing::Test {
 protected:
  FakeTable& fake() { return *table_; }

  /// What each function answers with the failure that is set, and that its outputs are untouched.
  void expect_all(Expected write, Expected resolve, Expected read, const std::string& what) {
    for (const std::string& address : {kFree4, kFree6}) {
      MIB_IPNET_ROW2 row = entry_row(kFake, address, kMac);
      const MIB_IPNET_ROW2 untouched = row;
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(write)) << what;
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(write)) << what;
      EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(write)) << what;
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(read)) << what;
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(resolve)) << what;
      EXPECT_TRUE(same_bytes(row, untouched)) << what;
    }
    EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, 0), Gives(write)) << what;
    auto* table = reinterpret_cast<PMIB_IPNET_TABLE2>(0x10);
    EXPECT_THAT(GetIpNetTable2(AF_UNSPEC, &table), Gives(read)) << what;
    EXPECT_EQ(table, nullptr) << what;
  }
  void expect_all(Expected code, const std::string& what) { expect_all(code, code, code, what); }

 private:
  std::shared_ptr<FakeTable> table_ = std::make_shared<FakeTable>();
  StackScope scope_{table_};
};

TEST_F(Errors, EachHasItsCode) {
  NEIGH_CITES("A-15", "LIB-22", "LIB-26", "LIB-02", "LIB-32", "LIB-01", "LIB-18", "V-10", "V-09", "V-14");
  struct Case {
    Errc code;
    Expected expected;
  };
  for (const Case& c :
       {Case{Errc::kInvalidArgument, Expected::kInvalidParameter}, Case{Errc::kNotFound, Expected::kNotFound},
        Case{Errc::kNoSuchInterface, Expected::kNotFound}, Case{Errc::kNoSuchAddress, Expected::kNotFound},
        Case{Errc::kAlreadyExists, Expected::kAlreadyExists}, Case{Errc::kUnreachable, Expected::kUnreachable},
        Case{Errc::kPermissionDenied, Expected::kAccessDenied}, Case{Errc::kNotSupported, Expected::kNotSupported},
        Case{Errc::kTableFull, Expected::kTableFull}, Case{Errc::kNoMemory, Expected::kNoMemory},
        Case{Errc::kMalformed, Expected::kOther}, Case{Errc::kOverrun, Expected::kOther},
        Case{Errc::kSystem, Expected::kOther}}) {
    fake().failure = Error{.code = c.code};
    expect_all(c.expected, std::string(to_string(c.code)));
  }
}

TEST_F(Errors, FullTableIsNoInvalidParameter) {
  NEIGH_CITES("LIB-26", "V-10");
  fake().failure = Error{.code = Errc::kTableFull, .sys_errno = 105, .detail = "neighbour table overflow"};
  MIB_IPNET_ROW2 row = entry_row(kFake, kFree4, kMac);
  for (const NETIO_STATUS status : {CreateIpNetEntry2(&row), SetIpNetEntry2(&row), ResolveIpNetEntry2(&row, nullptr)}) {
    EXPECT_THAT(status, Gives(Expected::kTableFull));
    EXPECT_EQ(static_cast<std::uint32_t>(status), kUser ? 1450U : 0xC000009AU);
    EXPECT_FALSE(NETIO_SUCCESS(status));
  }
}

TEST_F(Errors, NoExceptionCrossesTheBoundary) {
  NEIGH_CITES("LIB-32", "LIB-02", "T-04", "T-05");
  fake().failure.reset();
  fake().before = [] { throw std::bad_alloc(); };
  expect_all(Expected::kNoMemory, "bad_alloc");
  fake().before = [] { throw std::runtime_error("a bug"); };
  expect_all(Expected::kOther, "runtime_error");
  fake().before = [] { throw 7; };
  expect_all(Expected::kOther, "an int");
}

TEST_F(Errors, NoMemoryForTheTable) {
  NEIGH_CITES("T-04", "T-05", "LIB-02", "LIB-16", "LIB-32");
  fake().failure = Error{.code = Errc::kNoMemory};
  auto* table = reinterpret_cast<PMIB_IPNET_TABLE2>(0x10);
  EXPECT_THAT(GetIpNetTable2(AF_INET, &table), Gives(Expected::kNoMemory));
  EXPECT_EQ(table, nullptr);
#if NEIGH_TEST_ASAN || NEIGH_TEST_TSAN
  GTEST_SKIP() << "a sanitizer's allocator ends the process where memory is short";
#else
  // Memory that really is short: 176 MB of rows with 64 MB left.
  fake().failure.reset();
  fake().generated_rows = 2'000'000;
  EXPECT_EQ(test::run_forked([] {
              std::uint64_t pages = 0;
              std::ifstream("/proc/self/statm") >> pages;
              const rlim_t limit = pages * 4096 + 64U * 1024 * 1024;
              const rlimit address_space{limit, limit};
              if (pages == 0 || setrlimit(RLIMIT_AS, &address_space) != 0) return 1;
              auto* none = reinterpret_cast<PMIB_IPNET_TABLE2>(0x10);
              EXPECT_THAT(GetIpNetTable2(AF_INET, &none), Gives(Expected::kNoMemory));
              EXPECT_EQ(none, nullptr);
              return 0;
            }),
            0);
#endif
}

TEST_F(Errors, AbsentStack) {
  NEIGH_CITES("A-10", "F-03", "T-07", "C-08", "D-06", "G-09", "R-09", "S-08", "LIB-16");
  fake().failure.reset();
  for (const bool v6 : {false, true}) {
    fake().has_ipv4 = fake().links[0].ipv4 = v6;
    fake().has_ipv6 = fake().links[0].ipv6 = !v6;
    const auto absent = static_cast<ADDRESS_FAMILY>(v6 ? AF_INET6 : AF_INET);
    const auto present = static_cast<ADDRESS_FAMILY>(v6 ? AF_INET : AF_INET6);
    auto* table = reinterpret_cast<PMIB_IPNET_TABLE2>(0x10);
    EXPECT_THAT(GetIpNetTable2(absent, &table), Gives(Expected::kNotSupported));
    EXPECT_EQ(table, nullptr);
    EXPECT_THAT(GetIpNetTable2(present, &table), Gives(Expected::kNotFound));
    EXPECT_THAT(GetIpNetTable2(AF_UNSPEC, &table), Gives(Expected::kNotFound));
    for (const NET_IFINDEX index : {0U, 7U}) {
      EXPECT_THAT(FlushIpNetTable2(absent, index), Gives(Expected::kNotSupported));
      EXPECT_THAT(FlushIpNetTable2(present, index), Gives(Expected::kSuccess));
      EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, index), Gives(Expected::kSuccess));
    }
    MIB_IPNET_ROW2 row = entry_row(kFake, v6 ? kFree6 : kFree4, kMac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNotSupported));
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotSupported));
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotSupported));
    EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotSupported));
    EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kNotSupported));
    EXPECT_TRUE(fake().written.empty());
  }
}

TEST_F(Errors, TimesSaturate) {
  NEIGH_CITES("LIB-24", "M-17");
  using std::chrono::milliseconds;
  fake().failure.reset();
  const IpAddress address = IpAddress::v4(192, 0, 2, 50);
  struct Case {
    std::int64_t milliseconds;
    ULONG expected;
  };
  for (const Case& c : {Case{0, 0}, Case{1, 1}, Case{0xfffffffe, 0xfffffffe}, Case{0xffffffff, 0xffffffff},
                        Case{0x100000000, 0xffffffff}, Case{INT64_MAX, 0xffffffff}, Case{-1, 0}}) {
    for (const NudState state : {NudState::kStale, NudState::kFailed, NudState::kNone, NudState::kUnreachable}) {
      Neighbor row{.address = address, .interface = static_cast<InterfaceIndex>(7), .state = state};
      // Only the one that is meant has the value.
      row.confirmed_age = milliseconds(state == NudState::kStale ? c.milliseconds : 7777);
      row.updated_age = milliseconds(state == NudState::kStale ? 7777 : c.milliseconds);
      fake().rows = {row};
      MIB_IPNET_ROW2 read = key_row(kFake, kFree4);
      EXPECT_THAT(GetIpNetEntry2(&read), Gives(Expected::kSuccess));
      EXPECT_EQ(read.ReachabilityTime.LastReachable, c.expected);
      EXPECT_EQ(read.ReachabilityTime.LastUnreachable, c.expected);
    }
  }
}

// InfiniBand has 20 bytes; no such device can be made here.
TEST_F(Errors, LinkAddressesOfOtherLengths) {
  NEIGH_CITES("LIB-11", "M-05", "M-06", "M-07", "G-11");
  fake().failure.reset();
  fake().links[0].type = InterfaceType::kInfiniband;
  Link link = kFake;
  link.type = 199;
  for (const unsigned size : {1U, 8U, 20U, 32U}) {
    fake().links[0].link_address_size = static_cast<std::uint8_t>(size);
    for (ULONG length = 0; length <= 33; ++length) {
      MIB_IPNET_ROW2 row = entry_row(link, kFree4, "");
      for (UCHAR i = 0; i < 32; ++i) row.PhysicalAddress[i] = static_cast<UCHAR>(i + 1);
      row.PhysicalAddressLength = length;
      fake().written.clear();
      fake().rows.clear();
      const bool accepted = length >= size && length <= 32;
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(accepted ? Expected::kSuccess : Expected::kInvalidParameter))
          << length << " for " << size;
      ASSERT_EQ(fake().written.size(), accepted ? 1U : 0U);
      if (!accepted) continue;
      EXPECT_EQ(fake().written[0].link_address.size(), size);
      fake().rows = fake().written;
      MIB_IPNET_ROW2 read = key_row(link, kFree4);
      EXPECT_THAT(GetIpNetEntry2(&read), Gives(Expected::kSuccess));
      EXPECT_EQ(read.PhysicalAddressLength, size);
      for (UCHAR i = 0; i < 32; ++i) EXPECT_EQ(read.PhysicalAddress[i], i < size ? i + 1 : 0);
    }
  }
}

// A dump that others write under: an entry told twice, and one whose interface has gone.
TEST_F(Errors, TableOfAChangingDump) {
  NEIGH_CITES("T-17", "LIB-15");
  fake().failure.reset();
  const auto on = [](std::uint32_t index) { return static_cast<InterfaceIndex>(index); };
  fake().rows = {{.address = IpAddress::v4(192, 0, 2, 9), .interface = on(7)},
                 {.address = IpAddress::v4(192, 0, 2, 8), .interface = on(7)},
                 {.address = IpAddress::v4(192, 0, 2, 9), .interface = on(7)},
                 {.address = IpAddress::v4(192, 0, 2, 7), .interface = on(99)}};
  const Table table(AF_UNSPEC);
  ASSERT_EQ(table.rows().size(), 2U);
  EXPECT_EQ(text_of(table.rows()[0].Address), "192.0.2.8");
  EXPECT_EQ(text_of(table.rows()[1].Address), "192.0.2.9");
  fake().rows = {{.address = IpAddress::v4(192, 0, 2, 7), .interface = on(99)}};
  auto* none = reinterpret_cast<PMIB_IPNET_TABLE2>(0x10);
  EXPECT_THAT(GetIpNetTable2(AF_UNSPEC, &none), Gives(Expected::kNotFound));
  EXPECT_EQ(none, nullptr);
}

}  // namespace
}  // namespace neigh::conformance
