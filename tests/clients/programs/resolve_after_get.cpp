// SPDX-License-Identifier: Apache-2.0
// The link-layer address of a host: from the table, else from the wire (G-12), with generic sockaddr pointers.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
// clang-format off
#include <algorithm>
#include <iostream>
#include <string>
#include <Windows.h>
#include <WinSock2.h>
#include <WS2tcpip.h>
#include <Iphlpapi.h>
#include <Netioapi.h>
#include <vector>
#include <thread>
#include <sstream>
// clang-format on

bool host_address(struct sockaddr* host, DWORD interface_index, std::string& mac);

bool host_address(struct sockaddr* host, DWORD interface_index, std::string& mac) {
  NET_LUID luid{};
  if (ConvertInterfaceIndexToLuid(interface_index, &luid) != NO_ERROR) return false;

  MIB_IPNET_ROW2 neighbor{};
  neighbor.InterfaceLuid = luid;
  switch (host->sa_family) {
    case AF_INET:
      memcpy(&neighbor.Address.Ipv4, host, sizeof(sockaddr_in));
      break;
    case AF_INET6:
      memcpy(&neighbor.Address.Ipv6, host, sizeof(sockaddr_in6));
      break;
    default:
      return false;
  }

  DWORD result = GetIpNetEntry2(&neighbor);
  if (result != NO_ERROR || neighbor.State <= NlnsIncomplete) result = ResolveIpNetEntry2(&neighbor, nullptr);
  if (FAILED(HRESULT_FROM_WIN32(result))) {
    std::cerr << "failed with error " << result << " on " << luid.Value << '\n';
    return false;
  }
  std::ostringstream text;
  const ULONG length = std::min<ULONG>(neighbor.PhysicalAddressLength, IF_MAX_PHYS_ADDRESS_LENGTH);
  for (ULONG i = 0; i < length; ++i) text << std::hex << int{neighbor.PhysicalAddress[i]} << ':';
  mac = text.str();
  return true;
}

std::vector<std::thread> ask_all(std::vector<in_addr> hosts, const SOCKADDR_INET* source);

std::vector<std::thread> ask_all(std::vector<in_addr> hosts, const SOCKADDR_INET* source) {
  std::vector<std::thread> threads;
  for (const in_addr& host : hosts) {
    threads.emplace_back([host, source] {
      MIB_IPNET_ROW2 row{};
      row.InterfaceIndex = 1;
      row.Address.Ipv4.sin_family = AF_INET;
      row.Address.Ipv4.sin_addr.S_un.S_addr = host.s_addr;
      const auto* sin = reinterpret_cast<const sockaddr_in*>(&row.Address.Ipv4);
      (void)ntohl(sin->sin_addr.s_addr);
      (void)ResolveIpNetEntry2(&row, source);
    });
  }
  return threads;
}
