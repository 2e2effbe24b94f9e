// SPDX-License-Identifier: Apache-2.0
// Rows, codes and blocks of the C API, without any table.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "netioapi/blocks.hpp"
#include "netioapi/row.hpp"
#include "netioapi/status.hpp"
#include "support/cites.hpp"

namespace neigh::netioapi {
namespace {

using namespace std::chrono_literals;

// --- rows ---

Neighbor sample() {
  return {.address = IpAddress::v4(192, 0, 2, 9),
          .interface = InterfaceIndex{0x01020304},
          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9}),
          .state = NudState::kReachable,
          .flags = {NeighborFlag::kRouter},
          .confirmed_age = 1500ms,
          .used_age = 77ms,
          .updated_age = 2500ms};
}

MIB_IPNET_ROW2 filled(const Neighbor& neighbor, InterfaceLuid luid = InterfaceLuid(0x0006000304000001ULL)) {
  MIB_IPNET_ROW2 row;
  std::memset(&row, 0xa5, sizeof row);  // garbage that must be gone
  fill_row(row, neighbor, luid);
  return row;
}

TEST(Row, EveryMemberOfAnIpv4Row) {
  NEIGH_CITES("LIB-14", "LIB-09");
  const MIB_IPNET_ROW2 row = filled(sample());
  EXPECT_EQ(row.Address.si_family, AF_INET);
  EXPECT_EQ(row.Address.Ipv4.sin_port, 0);
  const std::array<std::uint8_t, 4> address = {192, 0, 2, 9};
  EXPECT_EQ(std::memcmp(&row.Address.Ipv4.sin_addr, address.data(), 4), 0);
  EXPECT_EQ(row.InterfaceIndex, 0x01020304U);
  EXPECT_EQ(row.InterfaceLuid.Value, 0x0006000304000001ULL);
  EXPECT_EQ(row.PhysicalAddressLength, 6U);
  const std::array<std::uint8_t, 32> link = {2, 0, 0, 0, 0, 9};
  EXPECT_EQ(std::memcmp(row.PhysicalAddress, link.data(), 32), 0) << "zero behind the address";
  EXPECT_EQ(row.State, NlnsReachable);
  EXPECT_EQ(row.IsRouter, 1);
  EXPECT_EQ(row.IsUnreachable, 0);
  EXPECT_EQ(row.ReachabilityTime.LastReachable, 1500U);
}

TEST(Row, PaddingAndUnusedBitsAreZero) {
  Neighbor bare{.address = IpAddress::v4(0, 0, 0, 0), .state = NudState::kPermanent};
  const MIB_IPNET_ROW2 row = filled(bare, InterfaceLuid(0));
  std::array<unsigned char, sizeof row> bytes;
  std::memcpy(bytes.data(), &row, sizeof row);
  const auto set = std::count_if(bytes.begin(), bytes.end(), [](unsigned char b) { return b != 0; });
  EXPECT_EQ(set, 2) << "the family and the state, one byte each";
}

TEST(Row, ScopeIdIsThatOfTheLinkForLinkLocalAddressesOnly) {
  NEIGH_CITES("LIB-10", "LIB-28");
  Neighbor neighbor = sample();
  for (const auto& [text, scope] : {std::pair{"fe80::9", 0x01020304U}, std::pair{"2001:db8::9", 0U},
                                    std::pair{"ff02::1", 0U}, std::pair{"fec0::1", 0U}}) {
    neighbor.address = IpAddress::parse(text).value();
    const MIB_IPNET_ROW2 row = filled(neighbor);
    EXPECT_EQ(row.Address.si_family, AF_INET6);
    EXPECT_EQ(row.Address.Ipv6.sin6_scope_id, scope) << text;
    EXPECT_EQ(row.Address.Ipv6.sin6_port, 0);
    EXPECT_EQ(row.Address.Ipv6.sin6_flowinfo, 0U);
    EXPECT_EQ(address_of(row.Address), neighbor.address);
  }
}

TEST(Row, StatesByTable) {
  NEIGH_CITES("LIB-27", "LIB-15");
  const std::pair<NudState, NL_NEIGHBOR_STATE> cases[] = {
      {NudState::kNone, NlnsUnreachable},    {NudState::kIncomplete, NlnsIncomplete},
      {NudState::kReachable, NlnsReachable}, {NudState::kStale, NlnsStale},
      {NudState::kDelay, NlnsDelay},         {NudState::kProbe, NlnsProbe},
      {NudState::kFailed, NlnsUnreachable},  {NudState::kNoArp, NlnsPermanent},
      {NudState::kPermanent, NlnsPermanent}, {NudState::kUnreachable, NlnsUnreachable}};
  static_assert(std::size(cases) == kNudStateCount);
  for (const auto& [state, wanted] : cases) {
    Neighbor neighbor = sample();
    neighbor.state = state;
    const MIB_IPNET_ROW2 row = filled(neighbor);
    EXPECT_EQ(row.State, wanted) << to_string(state);
    EXPECT_EQ(row.IsUnreachable, wanted == NlnsUnreachable ? 1 : 0);
    EXPECT_EQ(row.ReachabilityTime.LastReachable, wanted == NlnsUnreachable ? 2500U : 1500U);
  }
  EXPECT_EQ(state_of(static_cast<NudState>(99)), NlnsUnreachable);
}

TEST(Row, TimesSaturate) {
  NEIGH_CITES("LIB-24");
  Neighbor neighbor = sample();
  const std::pair<std::chrono::milliseconds, ULONG> cases[] = {{0ms, 0U},
                                                               {4294967295ms, 0xffffffffU},
                                                               {4294967296ms, 0xffffffffU},
                                                               {std::chrono::milliseconds::max(), 0xffffffffU},
                                                               {-1ms, 0U}};
  for (const auto& [age, wanted] : cases) {
    neighbor.confirmed_age = age;
    EXPECT_EQ(filled(neighbor).ReachabilityTime.LastReachable, wanted) << age.count();
  }
}

TEST(Row, LinkAddressesOfEveryLength) {
  for (std::size_t size = 0; size <= 32; ++size) {
    Neighbor neighbor = sample();
    neighbor.link_address = LinkAddress::from_bytes(std::vector<std::uint8_t>(size, 0x5a)).value();
    const MIB_IPNET_ROW2 row = filled(neighbor);
    EXPECT_EQ(row.PhysicalAddressLength, size);
    for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(row.PhysicalAddress[i], i < size ? 0x5a : 0);
  }
}

TEST(Row, OfAnAddressOnlyFamilyAndBytesCount) {
  SOCKADDR_INET address;
  for (const unsigned family : {0U, 1U, 3U, 9U, 11U, 23U, 0xffffU}) {
    std::memset(&address, 0xff, sizeof address);
    address.si_family = static_cast<ADDRESS_FAMILY>(family);
    EXPECT_EQ(address_of(address).family(), Family::kUnspecified) << family;
  }
  std::memset(&address, 0xff, sizeof address);
  address.si_family = AF_INET;
  EXPECT_EQ(address_of(address), IpAddress::v4(255, 255, 255, 255));
  address.si_family = AF_INET6;
  EXPECT_EQ(address_of(address).to_string(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

// --- codes ---

TEST(Status, EveryErrorHasItsTwoCodes) {
  struct Case {
    Errc code;
    std::uint32_t status;
    ULONG win32;
  };
  NEIGH_CITES("LIB-01", "LIB-02", "LIB-07", "LIB-18", "LIB-22", "LIB-26");
  const Case cases[] = {{Errc::kInvalidArgument, 0xC000000DU, 87},   {Errc::kNotFound, 0xC0000225U, 1168},
                        {Errc::kNoSuchInterface, 0xC0000225U, 1168}, {Errc::kNoSuchAddress, 0xC0000225U, 1168},
                        {Errc::kAlreadyExists, 0xC000022AU, 5010},   {Errc::kUnreachable, 0xC00000CCU, 67},
                        {Errc::kPermissionDenied, 0xC0000022U, 5},   {Errc::kNotSupported, 0xC00000BBU, 50},
                        {Errc::kTableFull, 0xC000009AU, 1450},       {Errc::kNoMemory, 0xC0000017U, 8},
                        {Errc::kTimedOut, 0xC00000B5U, 121},         {Errc::kMalformed, 0xC0000001U, 31},
                        {Errc::kOverrun, 0xC0000001U, 31},           {Errc::kSystem, 0xC0000001U, 31}};
  for (const Case& c : cases) {
    // errno and text do not count.
    const NTSTATUS status = status_of(Error{.code = c.code, .sys_errno = 13, .detail = "whatever"});
    EXPECT_EQ(static_cast<std::uint32_t>(status), c.status) << to_string(c.code);
    EXPECT_EQ(win32_from(status), c.win32) << to_string(c.code);
    EXPECT_LT(status, 0) << "no success";
  }
  EXPECT_EQ(static_cast<std::uint32_t>(status_of(Error{.code = static_cast<Errc>(200)})), 0xC0000001U);
}

NTSTATUS nt(std::uint32_t value) { return static_cast<NTSTATUS>(value); }

TEST(Status, NumbersThatStandForWin32CodesAreThose) {
  NEIGH_CITES("V-13");
  EXPECT_EQ(win32_from(nt(0xC0010000U)), 0U);
  EXPECT_EQ(win32_from(nt(0xC0010005U)), 5U);
  EXPECT_EQ(win32_from(nt(0xC001FFFFU)), 0xFFFFU);
}

TEST(Status, UnknownNumbersHaveACodeOfTheirOwn) {
  EXPECT_EQ(win32_from(0), 0U);
  for (const std::uint32_t unknown :
       {1U, 0x7fffffffU, 0x80000000U, 0xC0000003U, 0xC0000226U, 0xC0020005U, 0xffffffffU}) {
    EXPECT_EQ(win32_from(nt(unknown)), 317U) << unknown;
  }
}

// --- blocks ---

TEST(Blocks, WhatWasHandedOutIsFreedOnce) {
  NEIGH_CITES("LIB-23");
  void* block = std::malloc(64);
  ASSERT_TRUE(hand_out(block));
  free_block(block);
  // Left alone: freed again it would end the program under AddressSanitizer.
  free_block(block);
  free_block(nullptr);
}

TEST(Blocks, StrangersAreLeftAlone) {
  NEIGH_CITES("LIB-23");
  int on_the_stack = 7;
  free_block(&on_the_stack);
  static int constant = 8;
  free_block(&constant);
  EXPECT_EQ(on_the_stack + constant, 15);
  auto* table = static_cast<char*>(std::malloc(64));
  ASSERT_TRUE(hand_out(table));
  free_block(table + 8);
  std::memset(table, 1, 64);  // still there
  free_block(table);
  void* foreign = std::malloc(16);
  free_block(foreign);
  std::memset(foreign, 1, 16);
  std::free(foreign);
}

TEST(Blocks, ManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 500; ++i) {
        std::array<void*, 8> mine;
        for (void*& block : mine) {
          block = std::malloc(32);
          EXPECT_TRUE(hand_out(block));
        }
        for (void* block : mine) free_block(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace neigh::netioapi
