// SPDX-License-Identifier: Apache-2.0
// Layouts and numbers of the headers, and the mapping from NTSTATUS to Win32.
#include <cstddef>
#include <cstdint>
#include <map>
#include <type_traits>
#include <vector>

#include "conformance/fixture.hpp"

#ifdef NEIGH_TEST_USER
#include <ntstatus.h>
#endif

#include <ipmib.h>

namespace neigh::conformance {
namespace {

TEST(Layout, Row) {
  NEIGH_CITES("M-19", "M-20", "M-21", "M-07", "V-17");
  EXPECT_EQ(sizeof(MIB_IPNET_ROW2), 88U);
  EXPECT_EQ(alignof(MIB_IPNET_ROW2), 8U);
  EXPECT_EQ(offsetof(MIB_IPNET_ROW2, Address), 0U);
  EXPECT_EQ(offsetof(MIB_IPNET_ROW2, InterfaceIndex), 28U);
  EXPECT_EQ(offsetof(MIB_IPNET_ROW2, InterfaceLuid), 32U);
  EXPECT_EQ(offsetof(MIB_IPNET_ROW2, PhysicalAddress), 40U);
  EXPECT_EQ(sizeof(MIB_IPNET_ROW2::PhysicalAddress), 32U);
  EXPECT_EQ(offsetof(MIB_IPNET_ROW2, PhysicalAddressLength), 72U);
  EXPECT_EQ(offsetof(MIB_IPNET_ROW2, State), 76U);
  EXPECT_EQ(offsetof(MIB_IPNET_ROW2, Flags), 80U);
  EXPECT_EQ(sizeof(MIB_IPNET_ROW2::Flags), 1U);
  EXPECT_EQ(offsetof(MIB_IPNET_ROW2, ReachabilityTime), 84U);
  EXPECT_EQ(sizeof(MIB_IPNET_ROW2::ReachabilityTime), 4U);
}

TEST(Layout, FlagBits) {
  NEIGH_CITES("M-16", "M-21");
  MIB_IPNET_ROW2 row{};
  row.IsRouter = 1;
  EXPECT_EQ(row.Flags, 0x01);
  row.IsRouter = 0;
  row.IsUnreachable = 1;
  EXPECT_EQ(row.Flags, 0x02);
}

template <class T>
concept HasReachableTime = requires(T time) {
  time.ReachableTime;
};

TEST(Layout, ReachabilityTime) {
  NEIGH_CITES("M-17", "M-18");
  using Time = decltype(MIB_IPNET_ROW2::ReachabilityTime);
  EXPECT_EQ(offsetof(Time, LastReachable), 0U);
  EXPECT_EQ(offsetof(Time, LastUnreachable), 0U);
  EXPECT_TRUE((std::is_same_v<decltype(Time::LastReachable), ULONG>));
  EXPECT_FALSE(HasReachableTime<Time>);
}

TEST(Layout, Table) {
  NEIGH_CITES("N-01", "N-02", "N-03", "T-12", "V-20");
  EXPECT_EQ(sizeof(MIB_IPNET_TABLE2), 96U);
  EXPECT_EQ(offsetof(MIB_IPNET_TABLE2, NumEntries), 0U);
  EXPECT_EQ(sizeof(MIB_IPNET_TABLE2::NumEntries), 4U);
  EXPECT_EQ(offsetof(MIB_IPNET_TABLE2, Table), 8U);
  EXPECT_EQ(ANY_SIZE, 1);
  EXPECT_EQ(sizeof(MIB_IPNET_TABLE2::Table), 88U * ANY_SIZE);
}

TEST(Layout, SocketAddresses) {
  NEIGH_CITES("N-04", "V-21", "V-22", "LIB-28");
  EXPECT_EQ(sizeof(SOCKADDR_INET), 28U);
  EXPECT_EQ(sizeof(SOCKADDR_IN), 16U);
  EXPECT_EQ(sizeof(SOCKADDR_IN6), 28U);
  EXPECT_EQ(offsetof(SOCKADDR_IN, sin_port), 2U);
  EXPECT_EQ(offsetof(SOCKADDR_IN, sin_addr), 4U);
  EXPECT_EQ(offsetof(SOCKADDR_IN, sin_zero), 8U);
  EXPECT_EQ(offsetof(SOCKADDR_IN6, sin6_port), 2U);
  EXPECT_EQ(offsetof(SOCKADDR_IN6, sin6_flowinfo), 4U);
  EXPECT_EQ(offsetof(SOCKADDR_IN6, sin6_addr), 8U);
  EXPECT_EQ(offsetof(SOCKADDR_IN6, sin6_scope_id), 24U);
  EXPECT_EQ(AF_UNSPEC, 0);
  EXPECT_EQ(AF_INET, 2);
  EXPECT_EQ(AF_INET6, 10);  // the host's number, not 23
  EXPECT_TRUE((std::is_same_v<ADDRESS_FAMILY, unsigned short>));
  EXPECT_EQ(sizeof(ADDRESS_FAMILY), 2U);
}

TEST(Layout, InterfaceNames) {
  NEIGH_CITES("V-23", "V-24", "V-25", "V-18");
  EXPECT_EQ(sizeof(NET_IFINDEX), 4U);
  EXPECT_TRUE(std::is_unsigned_v<NET_IFINDEX>);
  EXPECT_EQ(NET_IFINDEX_UNSPECIFIED, 0U);
  NET_LUID luid{};
  EXPECT_EQ(sizeof luid, 8U);
  luid.Info.Reserved = 0xffffff;
  EXPECT_EQ(luid.Value, 0x0000000000FFFFFFU);
  luid.Value = 0;
  luid.Info.NetLuidIndex = 0xffffff;
  EXPECT_EQ(luid.Value, 0x0000FFFFFF000000U);
  luid.Value = 0;
  luid.Info.IfType = 0xffff;
  EXPECT_EQ(luid.Value, 0xFFFF000000000000U);
  luid.Value = 0x0006008001000000U;
  EXPECT_EQ(luid.Info.IfType, 6U);
  EXPECT_EQ(luid.Info.NetLuidIndex, 32769U);
  EXPECT_EQ(IF_MAX_STRING_SIZE, 256);
  EXPECT_EQ(NDIS_IF_MAX_STRING_SIZE, 256);
  EXPECT_EQ(IF_NAMESIZE, 256);
}

TEST(Layout, Widths) {
  NEIGH_CITES("V-30", "V-23");
  EXPECT_EQ(sizeof(ULONG), 4U);
  EXPECT_TRUE(std::is_unsigned_v<ULONG>);
  EXPECT_EQ(sizeof(NTSTATUS), 4U);
  EXPECT_TRUE(std::is_signed_v<NTSTATUS>);
#ifdef NEIGH_TEST_USER
  EXPECT_TRUE((std::is_same_v<NETIO_STATUS, DWORD>));
  EXPECT_EQ(sizeof(DWORD), 4U);
  EXPECT_TRUE(std::is_unsigned_v<DWORD>);
#else
  EXPECT_TRUE((std::is_same_v<NETIO_STATUS, NTSTATUS>));
#endif
  EXPECT_TRUE((std::is_same_v<decltype(CreateIpNetEntry2(nullptr)), NETIO_STATUS>));
  EXPECT_TRUE((std::is_same_v<decltype(FreeMibTable(nullptr)), void>));
}

TEST(Values, States) {
  NEIGH_CITES("V-16", "LIB-27", "M-08");
  EXPECT_EQ(NlnsUnreachable, 0);
  EXPECT_EQ(NlnsIncomplete, 1);
  EXPECT_EQ(NlnsProbe, 2);
  EXPECT_EQ(NlnsDelay, 3);
  EXPECT_EQ(NlnsStale, 4);
  EXPECT_EQ(NlnsReachable, 5);
  EXPECT_EQ(NlnsPermanent, 6);
  EXPECT_EQ(NlnsMaximum, 7);
  EXPECT_EQ(sizeof(NL_NEIGHBOR_STATE), 4U);
}

TEST(Values, LimitsAndEnumerations) {
  NEIGH_CITES("V-17", "V-18", "V-19", "V-20", "V-27", "V-28", "V-29");
  EXPECT_EQ(IF_MAX_PHYS_ADDRESS_LENGTH, 32);
  EXPECT_EQ(MAXLEN_PHYSADDR, 8);
  EXPECT_EQ(IF_TYPE_OTHER, 1);
  EXPECT_EQ(IF_TYPE_ETHERNET_CSMACD, 6);
  EXPECT_EQ(IF_TYPE_ISO88025_TOKENRING, 9);
  EXPECT_EQ(IF_TYPE_FDDI, 15);
  EXPECT_EQ(IF_TYPE_PPP, 23);
  EXPECT_EQ(IF_TYPE_SOFTWARE_LOOPBACK, 24);
  EXPECT_EQ(IF_TYPE_SLIP, 28);
  EXPECT_EQ(IF_TYPE_ATM, 37);
  EXPECT_EQ(IF_TYPE_PROP_VIRTUAL, 53);
  EXPECT_EQ(IF_TYPE_IEEE80211, 71);
  EXPECT_EQ(IF_TYPE_GIGABITETHERNET, 117);
  EXPECT_EQ(IF_TYPE_TUNNEL, 131);
  EXPECT_EQ(IF_TYPE_L2_VLAN, 135);
  EXPECT_EQ(IF_TYPE_IEEE1394, 144);
  EXPECT_EQ(IF_TYPE_WWANPP, 243);
  EXPECT_EQ(IF_TYPE_WWANPP2, 244);
  EXPECT_EQ(MIB_IPNET_TYPE_OTHER, 1);
  EXPECT_EQ(MIB_IPNET_TYPE_INVALID, 2);
  EXPECT_EQ(MIB_IPNET_TYPE_DYNAMIC, 3);
  EXPECT_EQ(MIB_IPNET_TYPE_STATIC, 4);
  EXPECT_EQ(MibParameterNotification, 0);
  EXPECT_EQ(MibAddInstance, 1);
  EXPECT_EQ(MibDeleteInstance, 2);
  EXPECT_EQ(MibInitialNotification, 3);
}

TEST(Values, Codes) {
  NEIGH_CITES("V-01", "V-02", "V-03", "V-04", "V-05", "V-06", "V-07", "V-08", "V-09", "V-10", "V-11", "LIB-01",
              "LIB-02");
  const auto bits = [](auto value) { return static_cast<std::uint32_t>(value); };
  // NTSTATUS names are in ntstatus.h, which either flavor can include.
  EXPECT_EQ(bits(STATUS_SUCCESS), 0U);
  EXPECT_EQ(bits(STATUS_INVALID_PARAMETER), 0xC000000DU);
  EXPECT_EQ(bits(STATUS_NOT_FOUND), 0xC0000225U);
  EXPECT_EQ(bits(STATUS_NOT_SUPPORTED), 0xC00000BBU);
  EXPECT_EQ(bits(STATUS_BAD_NETWORK_NAME), 0xC00000CCU);
  EXPECT_EQ(bits(STATUS_ACCESS_DENIED), 0xC0000022U);
  EXPECT_EQ(bits(STATUS_DUPLICATE_OBJECTID), 0xC000022AU);
  EXPECT_EQ(bits(STATUS_OBJECTID_EXISTS), 0xC000022BU);
  EXPECT_EQ(bits(STATUS_NO_MEMORY), 0xC0000017U);
  EXPECT_EQ(bits(STATUS_INSUFFICIENT_RESOURCES), 0xC000009AU);
  EXPECT_EQ(bits(STATUS_OBJECT_NAME_NOT_FOUND), 0xC0000034U);
#ifdef NEIGH_TEST_USER
  EXPECT_EQ(bits(NO_ERROR), 0U);
  EXPECT_EQ(bits(ERROR_SUCCESS), 0U);
  EXPECT_EQ(bits(ERROR_INVALID_PARAMETER), 87U);
  EXPECT_EQ(bits(ERROR_NOT_FOUND), 1168U);
  EXPECT_EQ(bits(ERROR_NOT_SUPPORTED), 50U);
  EXPECT_EQ(bits(ERROR_BAD_NET_NAME), 67U);
  EXPECT_EQ(bits(ERROR_ACCESS_DENIED), 5U);
  EXPECT_EQ(bits(ERROR_OBJECT_ALREADY_EXISTS), 5010U);
  EXPECT_EQ(bits(ERROR_NOT_ENOUGH_MEMORY), 8U);
  EXPECT_EQ(bits(ERROR_NO_SYSTEM_RESOURCES), 1450U);
  EXPECT_EQ(bits(ERROR_FILE_NOT_FOUND), 2U);
#else
  // Code written from the pages compiles and works.
  EXPECT_EQ(bits(ERROR_OBJECT_ALREADY_EXISTS), 0xC000022AU);
  EXPECT_FALSE(NT_SUCCESS(ERROR_OBJECT_ALREADY_EXISTS));
  EXPECT_EQ(bits(STATUS_NOT_ENOUGH_MEMORY), 0xC0000017U);
#endif
}

TEST(Values, NoSuchStatus) {
  NEIGH_CITES("V-12", "LIB-02");
#ifdef NEIGH_TEST_USER
#ifdef STATUS_NOT_ENOUGH_MEMORY
  ADD_FAILURE() << "ntstatus.h has a name that Windows' does not have";
#endif
#else
  EXPECT_EQ(STATUS_NOT_ENOUGH_MEMORY, STATUS_NO_MEMORY);
#endif
}

TEST(Values, Success) {
  NEIGH_CITES("V-14", "V-15", "A-01");
  for (const CodePair& pair : kCodes) {
    EXPECT_EQ(NT_SUCCESS(pair.kernel), pair.expected == Expected::kSuccess) << pair.name;
    EXPECT_EQ(NETIO_SUCCESS(code(pair.expected)), pair.expected == Expected::kSuccess) << pair.name;
    // A Win32 number would count as success: the kernel flavor's codes are none.
    EXPECT_TRUE(NT_SUCCESS(pair.user)) << pair.name;
  }
  EXPECT_TRUE(NT_SUCCESS(5010));
#ifdef NEIGH_TEST_USER
  EXPECT_FALSE(NETIO_SUCCESS(static_cast<DWORD>(STATUS_TIMEOUT)));
#else
  EXPECT_TRUE(NETIO_SUCCESS(STATUS_TIMEOUT));  // an informational status
#endif
}

// netioapi.md 2.2.
const std::map<std::uint32_t, ULONG> kMapping = {
    {0x00000000, 0},    {0x00000102, 1460}, {0x00000103, 997},  {0x80000005, 234},  {0x8000001A, 259},
    {0xC0000001, 31},   {0xC0000002, 1},    {0xC0000004, 24},   {0xC0000005, 998},  {0xC0000008, 6},
    {0xC000000D, 87},   {0xC000000E, 433},  {0xC000000F, 2},    {0xC0000010, 1},    {0xC0000017, 8},
    {0xC0000022, 5},    {0xC0000023, 122},  {0xC0000033, 123},  {0xC0000034, 2},    {0xC0000035, 183},
    {0xC0000061, 1314}, {0xC000009A, 1450}, {0xC00000B5, 121},  {0xC00000BB, 50},   {0xC00000BD, 52},
    {0xC00000BE, 53},   {0xC00000CC, 67},   {0xC0000120, 995},  {0xC0000141, 59},   {0xC0000207, 1214},
    {0xC000020A, 52},   {0xC0000225, 1168}, {0xC000022A, 5010}, {0xC000022B, 5010}, {0xC0000236, 1225},
    {0xC000023C, 1231}, {0xC000023D, 1232}, {0xC0000272, 1169}};

ULONG mapped(std::uint32_t status) { return RtlNtStatusToDosError(static_cast<NTSTATUS>(status)); }

TEST(RtlNtStatusToDosErrorTable, EveryRow) {
  NEIGH_CITES("V-01", "V-02", "V-03", "V-04", "V-05", "V-06", "V-07", "V-08", "V-09", "V-10", "V-11");
  EXPECT_EQ(kMapping.size(), 38U);
  for (const auto& [status, win32] : kMapping) EXPECT_EQ(mapped(status), win32) << std::hex << status;
  // What the two flavors answer is one thing in two numbers, with the one documented exception (Z-03).
  for (const CodePair& pair : kCodes) {
    if (pair.expected == Expected::kNoInterfaceForGet) continue;
    EXPECT_EQ(mapped(pair.kernel), pair.user) << pair.name;
  }
}

TEST(RtlNtStatusToDosErrorTable, EverythingElseIsUnmapped) {
  NEIGH_CITES("V-13");
  EXPECT_EQ(mapped(0xC0000FFF), 317U);
  EXPECT_EQ(mapped(0x00001392), 317U);  // 5010 itself
  std::map<ULONG, std::vector<std::uint32_t>> sources;
  for (const std::uint32_t severity : {0x00000000U, 0x40000000U, 0x80000000U, 0xC0000000U}) {
    for (std::uint32_t number = 0; number <= 0xffff; ++number) {
      const std::uint32_t status = severity | number;
      const auto known = kMapping.find(status);
      const ULONG win32 = mapped(status);
      ASSERT_EQ(win32, known == kMapping.end() ? 317 : known->second) << std::hex << status;
      if (win32 != 317) sources[win32].push_back(status);
    }
  }
  EXPECT_EQ(sources[67], (std::vector<std::uint32_t>{0xC00000CC}));
  EXPECT_EQ(sources[5010], (std::vector<std::uint32_t>{0xC000022A, 0xC000022B}));
  for (const std::uint32_t win32 : {0U, 1U, 87U, 5010U, 0xffffU}) EXPECT_EQ(mapped(0xC0010000U | win32), win32);
  for (const std::uint32_t status : {0xC0020000U, 0xD0010001U, 0xFFFFFFFFU, 0x7FFFFFFFU, 0xE0000001U}) {
    EXPECT_EQ(mapped(status), 317U) << std::hex << status;
  }
}

}  // namespace
}  // namespace neigh::conformance
