// SPDX-License-Identifier: Apache-2.0
// What static_assert cannot see: where the bits are. The numbers themselves are in spec_numbers.h, which does not
// compile if one is wrong; the tests that stand for them here name the statements.
#include "spec_numbers.h"
//
#include <gtest/gtest.h>

#include <array>
#include <cstring>

extern "C" {
void neigh_test_c_row(MIB_IPNET_ROW2* row, unsigned is_router, unsigned is_unreachable);
void neigh_test_c_luid(NET_LUID* luid, unsigned reserved, unsigned index, unsigned type);
}

namespace {

void cite(const char* statements) { ::testing::Test::RecordProperty("cites", statements); }

template <class T>
std::array<unsigned char, sizeof(T)> bytes_of(const T& value) {
  std::array<unsigned char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// A row whose every byte is `fill`, padding included.
MIB_IPNET_ROW2 filled_row(int fill) {
  MIB_IPNET_ROW2 row;
  std::memset(&row, fill, sizeof row);
  return row;
}

TEST(AbiLayout, RowAndTableAreAsLargeAsOnWindows) {
  cite("M-17 M-19 M-20 M-21 N-02 N-03 N-04 V-17 V-20 V-22 V-23");
  // Through run-time pointers: the compiler's own idea of the offsets, beside the static assertions.
  MIB_IPNET_ROW2 row;
  const auto* base = reinterpret_cast<const unsigned char*>(&row);
  EXPECT_EQ(reinterpret_cast<const unsigned char*>(&row.InterfaceIndex) - base, 28);
  EXPECT_EQ(reinterpret_cast<const unsigned char*>(&row.InterfaceLuid) - base, 32);
  EXPECT_EQ(reinterpret_cast<const unsigned char*>(&row.Flags) - base, 80);
  std::array<MIB_IPNET_TABLE2, 3> room{};
  MIB_IPNET_TABLE2* table = room.data();
  const auto* first = reinterpret_cast<const unsigned char*>(table);
  const MIB_IPNET_ROW2* rows = table->Table;
  EXPECT_EQ(reinterpret_cast<const unsigned char*>(rows + 2) - first, 8 + 2 * 88);
}

TEST(AbiLayout, FlagBitsAreTheLowestTwoOfOneByte) {
  cite("M-16 M-21");
  for (const int fill : {0x00, 0xff}) {
    for (unsigned bits = 0; bits < 4; ++bits) {
      MIB_IPNET_ROW2 expected = filled_row(fill);
      expected.Flags = static_cast<UCHAR>((static_cast<unsigned>(fill) & 0xfcu) | bits);
      MIB_IPNET_ROW2 cxx = filled_row(fill);
      cxx.IsRouter = bits & 1u;
      cxx.IsUnreachable = (bits >> 1) & 1u;
      MIB_IPNET_ROW2 c = filled_row(fill);
      neigh_test_c_row(&c, bits & 1u, (bits >> 1) & 1u);
      EXPECT_EQ(bytes_of(cxx), bytes_of(expected)) << "C++, bits " << bits << " in a row of " << fill;
      EXPECT_EQ(bytes_of(c), bytes_of(expected)) << "C, bits " << bits << " in a row of " << fill;
    }
  }
}

TEST(AbiLayout, LuidIsReservedIndexType) {
  cite("V-24 V-25");
  NET_LUID luid;
  const auto value = [&luid](unsigned reserved, unsigned index, unsigned type) {
    luid.Value = 0;
    luid.Info.Reserved = reserved & 0xffffffu;
    luid.Info.NetLuidIndex = index & 0xffffffu;
    luid.Info.IfType = type & 0xffffu;
    const ULONG64 cxx = luid.Value;
    luid.Value = ~0ULL;
    neigh_test_c_luid(&luid, reserved, index, type);
    EXPECT_EQ(luid.Value, cxx) << "C and C++ differ";
    return cxx;
  };
  EXPECT_EQ(value(0xffffff, 0, 0), 0x0000000000FFFFFFULL);
  EXPECT_EQ(value(0, 0xffffff, 0), 0x0000FFFFFF000000ULL);
  EXPECT_EQ(value(0, 0, 0xffff), 0xFFFF000000000000ULL);
  EXPECT_EQ(value(0, 0, IF_TYPE_SOFTWARE_LOOPBACK), 0x0018000000000000ULL);
  EXPECT_EQ(value(0, 32769, IF_TYPE_ETHERNET_CSMACD), 0x0006008001000000ULL);
  EXPECT_EQ(value(0, 1, IF_TYPE_SOFTWARE_LOOPBACK), 0x0018000001000000ULL);
}

TEST(AbiLayout, ScopeIdIsZoneThenLevel) {
  cite("N-04");
  SOCKADDR_IN6 address{};
  address.sin6_scope_struct.Zone = 0x0abcdef;
  address.sin6_scope_struct.Level = 0x5;
  EXPECT_EQ(address.sin6_scope_id, 0x50abcdefu);
}

TEST(AbiLayout, FamilyIsReachableThroughEveryMember) {
  cite("M-01 V-21 LIB-28");
  SOCKADDR_INET address{};
  address.si_family = AF_INET6;
  EXPECT_EQ(address.Ipv4.sin_family, AF_INET6);
  EXPECT_EQ(address.Ipv6.sin6_family, AF_INET6);
  EXPECT_EQ(bytes_of(address)[0], 10);
  EXPECT_EQ(bytes_of(address)[1], 0);
}

TEST(AbiLayout, AddressesAreUnionsOfBytesAndWords) {
  IN_ADDR four{};
  four.S_un.S_un_b.s_b1 = 192;
  four.S_un.S_un_b.s_b2 = 0;
  four.S_un.S_un_b.s_b3 = 2;
  four.S_un.S_un_b.s_b4 = 1;
  EXPECT_EQ(four.s_addr, 0x010200c0u);
  EXPECT_EQ(four.S_un.S_un_w.s_w2, 0x0102);
  EXPECT_EQ(four.s_net, 192);
  EXPECT_EQ(four.s_impno, 1);
  IN6_ADDR six = IN6ADDR_LOOPBACK_INIT;
  EXPECT_EQ(six.u.Byte[15], 1);
  EXPECT_EQ(six.u.Word[7], 0x0100);
  EXPECT_EQ(six.s6_addr[15], 1);
}

TEST(AbiLayout, InterfaceFlagsAreOneByteFromTheLowestBit) {
  MIB_IF_ROW2 row{};
  row.InterfaceAndOperStatusFlags.HardwareInterface = 1;
  row.InterfaceAndOperStatusFlags.ConnectorPresent = 1;
  row.InterfaceAndOperStatusFlags.EndPointInterface = 1;
  EXPECT_EQ(bytes_of(row)[offsetof(MIB_IF_ROW2, InterfaceAndOperStatusFlags)], 0x85);
  EXPECT_EQ(sizeof row.InterfaceAndOperStatusFlags, 1u);
}

TEST(AbiNumbers, CodesAreThoseOfTheSpecification) {
  cite("V-01 V-02 V-03 V-04 V-05 V-06 V-07 V-08 V-09 V-10 V-11");
  EXPECT_EQ(static_cast<ULONG>(STATUS_DUPLICATE_OBJECTID), 0xC000022Au);
#ifndef NEIGH_ABI_KERNEL
  EXPECT_EQ(ERROR_OBJECT_ALREADY_EXISTS, 5010);
#endif
}

TEST(AbiNumbers, EnumerationsAndLimits) {
  cite("V-16 V-18 V-19 V-27 V-28 V-29 V-30 M-08");
  EXPECT_LT(NlnsUnreachable, NlnsIncomplete);
  EXPECT_EQ(NlnsPermanent, 6);
  EXPECT_EQ(IF_NAMESIZE, 256);
}

#ifdef NEIGH_ABI_KERNEL

TEST(AbiFlavor, KernelFunctionsReturnNtstatus) {
  cite("A-01 A-03 V-14 V-15");
  static_assert(std::is_same<decltype(CreateIpNetEntry2(nullptr)), NTSTATUS>::value, "kernel flavor");
  static_assert(std::is_same<decltype(FreeMibTable(nullptr)), void>::value, "X-01");
  EXPECT_TRUE(NETIO_SUCCESS(STATUS_PENDING));
  EXPECT_TRUE(NETIO_SUCCESS(5010)) << "why a kernel flavor must not return Win32 codes";
  EXPECT_FALSE(NETIO_SUCCESS(STATUS_BUFFER_OVERFLOW));
}

TEST(AbiFlavor, DocumentedNamesAreNtstatusValues) {
  cite("LIB-01 LIB-02 V-12");
  EXPECT_EQ(ERROR_OBJECT_ALREADY_EXISTS, STATUS_DUPLICATE_OBJECTID);
  EXPECT_FALSE(NT_SUCCESS(ERROR_OBJECT_ALREADY_EXISTS));
  EXPECT_EQ(STATUS_NOT_ENOUGH_MEMORY, STATUS_NO_MEMORY);
}

#else

TEST(AbiLayout, AdapterFlagsAreTheBitsOfTheirNames) {
  IP_ADAPTER_ADDRESSES adapter{};
  adapter.Ipv4Enabled = 1;
  EXPECT_EQ(adapter.Flags, static_cast<ULONG>(IP_ADAPTER_IPV4_ENABLED));
  adapter.Ipv6Enabled = 1;
  adapter.DdnsEnabled = 1;
  EXPECT_EQ(adapter.Flags,
            static_cast<ULONG>(IP_ADAPTER_IPV4_ENABLED | IP_ADAPTER_IPV6_ENABLED | IP_ADAPTER_DDNS_ENABLED));
}

TEST(AbiFlavor, UserFunctionsReturnDword) {
  cite("A-01 A-03 V-15");
  static_assert(std::is_same<decltype(CreateIpNetEntry2(nullptr)), DWORD>::value, "user flavor");
  static_assert(std::is_same<decltype(FreeMibTable(nullptr)), void>::value, "X-01");
  EXPECT_TRUE(NETIO_SUCCESS(NO_ERROR));
  EXPECT_FALSE(NETIO_SUCCESS(ERROR_NO_MORE_ITEMS));
}

TEST(AbiFlavor, ResultOfWin32CodesIsAnHresult) {
  EXPECT_EQ(HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED), E_ACCESSDENIED);
  EXPECT_EQ(HRESULT_FROM_WIN32(NO_ERROR), S_OK);
  EXPECT_EQ(HRESULT_FROM_WIN32(static_cast<ULONG>(E_FAIL)), E_FAIL);
}

#endif

}  // namespace
