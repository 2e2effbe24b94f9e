// SPDX-License-Identifier: Apache-2.0
// A diagnostics panel: wide text, states by name, overloads on the types of the SDK.
#define UNICODE
// clang-format off
#include <winsock2.h>
#include <ws2ipdef.h>
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>
#include <iphlpapi.h>
#include <cinttypes>
#include <cstdio>
#include <string>
// clang-format on

#ifdef InetPton
#error "there is no InetPtonW to call"
#endif

using wide_string = std::basic_string<WCHAR>;

const TCHAR* name_of(NL_NEIGHBOR_STATE state);
wide_string describe(const MIB_IPNET_ROW2& row);
void print(DWORD value);
void print(LONG value);
void print(ULONG64 value);
void print(WORD value);

const TCHAR* name_of(NL_NEIGHBOR_STATE state) {
  switch (state) {
    case NlnsUnreachable:
      return TEXT("Unreachable");
    case NlnsIncomplete:
      return TEXT("Incomplete");
    case NlnsProbe:
      return TEXT("Probe");
    case NlnsDelay:
      return TEXT("Delay");
    case NlnsStale:
      return TEXT("Stale");
    case NlnsReachable:
      return TEXT("Reachable");
    case NlnsPermanent:
      return TEXT("Permanent");
    case NlnsMaximum:
      break;
  }
  return TEXT("?");
}

wide_string describe(const MIB_IPNET_ROW2& row) { return wide_string(name_of(row.State)); }

void print(DWORD value) { std::printf("%" PRIu32 "\n", value); }
void print(LONG value) { std::printf("%" PRId32 "\n", value); }
void print(ULONG64 value) { std::printf("%llu\n", value); }
void print(WORD value) { std::printf("%hu\n", value); }

int main() {
  NET_LUID luid{};
  const NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
  const bool same = RtlNtStatusToDosError(status) == ERROR_FILE_NOT_FOUND;
  print(luid.Value);
  print(status);
  print(ERROR_NOT_FOUND == 1168 ? DWORD{5} : DWORD{6});
  print(MAKEWORD(2, 2));
  return same ? 0 : 1;
}
