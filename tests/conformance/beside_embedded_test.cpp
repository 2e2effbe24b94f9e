// SPDX-License-Identifier: Apache-2.0
// An embedded stack has no table of links, addresses or routes, and says so: never success without an answer.
#include "conformance/changes.hpp"

namespace neigh::conformance {
namespace {

class BesideEmbedded : public ApiTest {};

TEST_F(BesideEmbedded, WhatHasNoMeaningIsNotSupported) {
  MIB_IF_ROW2 link_row{};
  link_row.InterfaceIndex = link().index;
  EXPECT_THAT(GetIfEntry2(&link_row), Gives(Expected::kNotSupported));
  PMIB_IF_TABLE2 links = nullptr;
  EXPECT_THAT(GetIfTable2(&links), Gives(Expected::kNotSupported));
  EXPECT_EQ(links, nullptr);
  MIB_IPINTERFACE_ROW settings{};
  settings.Family = AF_INET;
  settings.InterfaceIndex = link().index;
  EXPECT_THAT(GetIpInterfaceEntry(&settings), Gives(Expected::kNotSupported));
  PMIB_UNICASTIPADDRESS_TABLE addresses = nullptr;
  EXPECT_THAT(GetUnicastIpAddressTable(AF_INET, &addresses), Gives(Expected::kNotSupported));
  EXPECT_EQ(addresses, nullptr);
  MIB_UNICASTIPADDRESS_ROW address;
  InitializeUnicastIpAddressEntry(&address);
  address.Address = socket_address(kFree4);
  address.InterfaceIndex = link().index;
  EXPECT_THAT(GetUnicastIpAddressEntry(&address), Gives(Expected::kNotSupported));
  EXPECT_THAT(CreateUnicastIpAddressEntry(&address), Gives(Expected::kNotSupported));
  EXPECT_THAT(DeleteUnicastIpAddressEntry(&address), Gives(Expected::kNotSupported));
  PMIB_IPFORWARD_TABLE2 routes = nullptr;
  EXPECT_THAT(GetIpForwardTable2(AF_INET, &routes), Gives(Expected::kNotSupported));
  EXPECT_EQ(routes, nullptr);
  MIB_IPFORWARD_ROW2 route;
  InitializeIpForwardEntry(&route);
  route.InterfaceIndex = link().index;
  route.DestinationPrefix.Prefix = socket_address("203.0.113.0");
  route.DestinationPrefix.PrefixLength = 24;
  route.NextHop = socket_address(peer().v4);
  EXPECT_THAT(CreateIpForwardEntry2(&route), Gives(Expected::kNotSupported));
  EXPECT_THAT(DeleteIpForwardEntry2(&route), Gives(Expected::kNotSupported));
  const SOCKADDR_INET to = socket_address(peer().v4);
  SOCKADDR_INET best{};
  EXPECT_THAT(GetBestRoute2(nullptr, 0, nullptr, &to, 0, &route, &best), Gives(Expected::kNotSupported));
  Told told;
  HANDLE handle = nullptr;
  const auto never_route = [](PVOID, PMIB_IPFORWARD_ROW2, MIB_NOTIFICATION_TYPE) { ADD_FAILURE(); };
  const auto never_link = [](PVOID, PMIB_IPINTERFACE_ROW, MIB_NOTIFICATION_TYPE) { ADD_FAILURE(); };
  const auto never_address = [](PVOID, PMIB_UNICASTIPADDRESS_ROW, MIB_NOTIFICATION_TYPE) { ADD_FAILURE(); };
  EXPECT_THAT(NotifyRouteChange2(AF_INET, never_route, &told, TRUE, &handle), Gives(Expected::kNotSupported));
  EXPECT_THAT(NotifyIpInterfaceChange(AF_INET, never_link, &told, TRUE, &handle), Gives(Expected::kNotSupported));
  EXPECT_THAT(NotifyUnicastIpAddressChange(AF_INET, never_address, &told, TRUE, &handle),
              Gives(Expected::kNotSupported));
  EXPECT_EQ(handle, nullptr);
#ifdef NEIGH_TEST_USER
  DWORD index = 0;
  EXPECT_EQ(GetBestInterface(to.Ipv4.sin_addr.s_addr, &index), 50u);
  ULONG size = 0;
  EXPECT_EQ(GetAdaptersAddresses(AF_INET, 0, nullptr, nullptr, &size), 50u);
#endif
}

TEST_F(BesideEmbedded, BadArgumentsAreJudgedFirst) {
  NEIGH_CITES("LIB-03");
  EXPECT_THAT(GetIfEntry2(nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(CreateIpForwardEntry2(nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(GetUnicastIpAddressEntry(nullptr), Gives(Expected::kInvalidParameter));
}

}  // namespace
}  // namespace neigh::conformance
