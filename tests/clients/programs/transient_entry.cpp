// SPDX-License-Identifier: Apache-2.0
// An entry that lives as long as an object: the row on the stack is not initialized beyond what the page asks for
// (C-12).
// clang-format off
#include <WinSock2.h>
#include <Ws2tcpip.h>
#include <iphlpapi.h>
#include <memory>
#include <cstring>
// clang-format on

#pragma comment(lib, "Iphlpapi.lib")

class NetEntryDeleter {
 public:
  NetEntryDeleter(NET_LUID interface_luid, SOCKADDR_INET destination) : luid(interface_luid), address(destination) {}
  ~NetEntryDeleter() {
    MIB_IPNET_ROW2 row;
    row.InterfaceLuid = luid;
    row.Address = address;
    DeleteIpNetEntry2(&row);
  }

 private:
  const NET_LUID luid;
  const SOCKADDR_INET address;
};

std::unique_ptr<NetEntryDeleter> create_transient(NET_LUID luid, SOCKADDR_INET destination, const UCHAR (&mac)[6]);

std::unique_ptr<NetEntryDeleter> create_transient(NET_LUID luid, SOCKADDR_INET destination, const UCHAR (&mac)[6]) {
  MIB_IPNET_ROW2 row;
  row.Address = destination;
  row.InterfaceLuid = luid;
  memcpy(row.PhysicalAddress, mac, sizeof(mac));
  row.PhysicalAddressLength = sizeof(mac);
  const auto result = CreateIpNetEntry2(&row);
  if (result != NO_ERROR) return nullptr;
  return std::unique_ptr<NetEntryDeleter>(new NetEntryDeleter(luid, destination));
}
