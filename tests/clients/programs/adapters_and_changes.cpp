// SPDX-License-Identifier: Apache-2.0
// The calls beside the family as C++ programs make them: the adapter list with its growing buffer, a change callback
// that is a lambda, the interface table, SendARP, the text of a code.
// clang-format off
#include <WinSock2.h>
#include <WS2tcpip.h>
#include <iphlpapi.h>
#include <MSTcpIP.h>
#include <Windows.h>
// clang-format on

#include <cstdio>
#include <string>
#include <vector>

#pragma comment(lib, "IPHLPAPI.lib")
#pragma comment(lib, "Ws2_32.lib")

namespace {

std::string text_of(DWORD code) {
  LPSTR text = nullptr;
  const DWORD size = FormatMessageA(
      FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, code,
      MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), reinterpret_cast<LPSTR>(&text), 0, nullptr);
  std::string out(text, size);
  LocalFree(text);
  return out;
}

std::vector<IF_INDEX> usable_adapters() {
  std::vector<IF_INDEX> found;
  ULONG size = 15000;
  std::vector<BYTE> block;
  ULONG code = ERROR_BUFFER_OVERFLOW;
  for (int i = 0; i < 3 && code == ERROR_BUFFER_OVERFLOW; ++i) {
    block.resize(size);
    code = GetAdaptersAddresses(AF_UNSPEC, GAA_FLAG_INCLUDE_GATEWAYS, nullptr,
                                reinterpret_cast<PIP_ADAPTER_ADDRESSES>(block.data()), &size);
  }
  if (code != NO_ERROR) {
    std::printf("%s", text_of(code).c_str());
    return found;
  }
  for (auto* a = reinterpret_cast<PIP_ADAPTER_ADDRESSES>(block.data()); a != nullptr; a = a->Next) {
    if (a->OperStatus != IfOperStatusUp || a->IfType == IF_TYPE_SOFTWARE_LOOPBACK) continue;
    for (PIP_ADAPTER_UNICAST_ADDRESS u = a->FirstUnicastAddress; u != nullptr; u = u->Next) {
      if (INETADDR_ISLOOPBACK(u->Address.lpSockaddr) || u->DadState != IpDadStatePreferred) continue;
      found.push_back(a->IfIndex);
      break;
    }
  }
  return found;
}

}  // namespace

int main() {
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != NO_ERROR) return 1;
  HANDLE handle = NULL;
  DWORD code = NotifyIpInterfaceChange(
      AF_UNSPEC,
      [](PVOID context, PMIB_IPINTERFACE_ROW row, MIB_NOTIFICATION_TYPE type) {
        if (row != nullptr && type != MibInitialNotification) *static_cast<ULONG*>(context) = row->InterfaceIndex;
      },
      &data, FALSE, &handle);
  if (code != NO_ERROR) return 1;
  PMIB_IF_TABLE2 table = nullptr;
  if (GetIfTable2(&table) == NO_ERROR) {
    for (ULONG i = 0; i < table->NumEntries; ++i) {
      const MIB_IF_ROW2& row = table->Table[i];
      if (row.InterfaceAndOperStatusFlags.HardwareInterface && row.MediaConnectState == MediaConnectStateConnected) {
        std::printf("%u: %llu bit/s\n", row.InterfaceIndex, row.TransmitLinkSpeed);
      }
    }
    FreeMibTable(table);
  }
  for (const IF_INDEX index : usable_adapters()) std::printf("%u\n", index);
  ULONG mac[2];
  ULONG length = 6;
  memset(mac, 0xff, sizeof mac);
  code = SendARP(inet_addr("192.0.2.1"), INADDR_ANY, mac, &length);
  const SOCKADDR_IN6 a = {}, b = {};
  const bool same =
      IN6ADDR_ISEQUAL(&a, &b) && !IN6_IS_ADDR_GLOBAL(&a.sin6_addr) && IN4_IS_ADDR_UNSPECIFIED(&in4addr_any);
  CancelMibChangeNotify2(handle);
  WSACleanup();
  return code == NO_ERROR && same && INFINITE == MAXDWORD ? 0 : 1;
}
