/* SPDX-License-Identifier: Apache-2.0 */
/* What only a Windows program can ask: of the DLL as Wine has it and as the module has it, of threads, of the end.
 *
 * usage: windows_only COMMAND
 *
 * - rules: the rules that Wine's own test has for the table; exit code: how many are broken
 *
 * - exports NAMES...: prints the names that GetProcAddress does not find
 *
 * - blocks: tables of Wine and of the library, freed in any order, from several threads
 *
 * - once INDEX LAST: one program among many: create, find, delete its entry
 *
 * - threads INDEX: 8 threads of small stacks, 100 rounds each
 *
 * - leave-busy INDEX: ends while its threads are within calls
 *
 * - reload INDEX: loads and frees the DLL again and again */
#define _WIN32_WINNT 0x0601
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <netioapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { kThreads = 8, kRounds = 100, kSmallStack = 64 * 1024 };

static NET_IFINDEX link_index;
static volatile LONG broken;

static void rule(int holds, const char* what) {
  if (holds) return;
  InterlockedIncrement(&broken);
  printf("broken: %s\n", what);
}

static const DWORD kIgmp = 0x160000E0U; /* 224.0.0.22 */
static const DWORD kSsdp = 0xFAFFFFEFU; /* 239.255.255.250 */

/* The rules of testGetIpNetTable in Wine's dlls/iphlpapi/tests, told again. */
static void rules(void) {
  ULONG size = 0;
  DWORD answer, i, first = 0;
  MIB_IPNETTABLE* table;
  MIB_IPNET_TABLE2* table2 = NULL;
  rule(GetIpNetTable(NULL, NULL, FALSE) == ERROR_INVALID_PARAMETER, "no size is a bad parameter");
  answer = GetIpNetTable(NULL, &size, FALSE);
  rule(answer == ERROR_NO_DATA || answer == ERROR_INSUFFICIENT_BUFFER, "a size of 0 is too small, or there is no data");
  if (answer != ERROR_INSUFFICIENT_BUFFER) return;
  table = malloc(size);
  memset(table, 0xCC, size);
  answer = GetIpNetTable(table, &size, TRUE);
  rule(answer == NO_ERROR && table->dwNumEntries != 0, "a table has rows");
  if (answer != NO_ERROR) return;
  for (i = 0; i < table->dwNumEntries; ++i) {
    const MIB_IPNETROW* row = &table->table[i];
    if (i > 0) {
      const MIB_IPNETROW* last = row - 1;
      rule(last->dwIndex <= row->dwIndex, "rows are sorted by interface");
      if (last->dwIndex == row->dwIndex) rule(ntohl(last->dwAddr) <= ntohl(row->dwAddr), "rows are sorted by address");
    }
    if (table->table[first].dwIndex != row->dwIndex) first = i;
    if (i + 1 == table->dwNumEntries || row[1].dwIndex != row->dwIndex) {
      DWORD j;
      int igmp = 0, ssdp = 0;
      for (j = first; j <= i; ++j) {
        igmp = igmp || table->table[j].dwAddr == kIgmp;
        ssdp = ssdp || table->table[j].dwAddr == kSsdp;
      }
      rule(igmp, "224.0.0.22 is there on each interface");
      rule(ssdp, "239.255.255.250 is there on each interface");
    }
  }
  answer = GetIpNetTable2(AF_INET, &table2);
  rule(answer == NO_ERROR, "the other table is there, too");
  for (i = 0; answer == NO_ERROR && i < table2->NumEntries; ++i) {
    const MIB_IPNET_ROW2* row = &table2->Table[i];
    const DWORD number = row->Address.Ipv4.sin_addr.s_addr;
    if (number != kIgmp && number != kSsdp) continue;
    rule(row->State == NlnsPermanent, "standing rows are permanent");
    rule(!row->IsRouter, "standing rows are no routers");
    rule(!row->IsUnreachable, "standing rows are not unreachable");
  }
  if (answer == NO_ERROR) FreeMibTable(table2);
  free(table);
}

static void exports(int count, char** names) {
  const HMODULE module = LoadLibraryA("iphlpapi.dll");
  int i;
  for (i = 0; i < count; ++i) {
    if (GetProcAddress(module, names[i]) == NULL) printf("%s\n", names[i]);
  }
}

/* Ways to load the DLL, as programs do; whether the one that comes is the module. */
static void ways(int count, char** names) {
  char path[MAX_PATH + 16];
  int i;
  for (i = 0; i < count; ++i) {
    HMODULE module;
    if (strcmp(names[i], "system") == 0) {
      module = LoadLibraryExA("iphlpapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    } else if (strcmp(names[i], "path") == 0) {
      path[GetSystemDirectoryA(path, MAX_PATH)] = 0;
      strcat(path, "\\iphlpapi.dll");
      module = LoadLibraryA(path);
    } else {
      module = LoadLibraryA("iphlpapi.dll");
    }
    printf("%s: %s\n", names[i], module != NULL && GetProcAddress(module, "NotifyIpNetChange") != NULL ? "yes" : "no");
  }
}

static DWORD WINAPI blocks_thread(void* unused) {
  int i;
  (void)unused;
  for (i = 0; i < 20; ++i) {
    MIB_IPNET_TABLE2* ours = NULL;
    MIB_IF_TABLE2* wines = NULL;
    MIB_UNICASTIPADDRESS_TABLE* also_ours = NULL;
    rule(GetIpNetTable2(AF_UNSPEC, &ours) == NO_ERROR, "a table of neighbors");
    rule(GetIfTable2(&wines) == NO_ERROR && wines->NumEntries >= 2, "a table of interfaces");
    rule(GetUnicastIpAddressTable(AF_UNSPEC, &also_ours) == NO_ERROR, "a table of addresses");
    if (ours != NULL && wines != NULL) {
      ULONG row, at;
      for (row = 0; row < ours->NumEntries; ++row) {
        for (at = 0; at < wines->NumEntries; ++at) {
          if (wines->Table[at].InterfaceIndex == ours->Table[row].InterfaceIndex) break;
        }
        rule(at < wines->NumEntries && wines->Table[at].InterfaceLuid.Value == ours->Table[row].InterfaceLuid.Value,
             "a neighbor's LUID is that of Wine's interface");
      }
    }
    if (i % 2 == 0) FreeMibTable(wines);
    FreeMibTable(ours);
    if (i % 2 != 0) FreeMibTable(wines);
    FreeMibTable(also_ours);
  }
  return 0;
}

static void start_all(LPTHREAD_START_ROUTINE run, int wait) {
  HANDLE threads[kThreads];
  DWORD_PTR i;
  for (i = 0; i < kThreads; ++i) {
    threads[i] = CreateThread(NULL, kSmallStack, run, (void*)i, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    rule(threads[i] != NULL, "a thread");
  }
  if (wait) rule(WaitForMultipleObjects(kThreads, threads, TRUE, 120000) == WAIT_OBJECT_0, "threads end");
}

static MIB_IPNET_ROW2 row_of(DWORD third, DWORD last, int v6) {
  MIB_IPNET_ROW2 row;
  memset(&row, 0, sizeof row);
  if (v6) {
    row.Address.si_family = AF_INET6;
    row.Address.Ipv6.sin6_addr.s6_addr[0] = 0xFD;
    row.Address.Ipv6.sin6_addr.s6_addr[14] = (UCHAR)third;
    row.Address.Ipv6.sin6_addr.s6_addr[15] = (UCHAR)last;
  } else {
    row.Address.si_family = AF_INET;
    row.Address.Ipv4.sin_addr.s_addr = htonl(0x0A000000U | third << 8 | last);
  }
  row.InterfaceIndex = link_index;
  row.PhysicalAddressLength = 6;
  row.PhysicalAddress[0] = 2;
  row.PhysicalAddress[5] = (UCHAR)last;
  return row;
}

static void round_of(DWORD third, DWORD last, int v6) {
  MIB_IPNET_ROW2 row = row_of(third, last, v6);
  MIB_IPNET_ROW2 found = row_of(third, last, v6);
  MIB_IPNET_TABLE2* table = NULL;
  ULONG i, count = 0;
  found.PhysicalAddressLength = 0;
  rule(CreateIpNetEntry2(&row) == NO_ERROR, "create");
  rule(GetIpNetEntry2(&found) == NO_ERROR && found.State == NlnsPermanent &&
           memcmp(found.PhysicalAddress, row.PhysicalAddress, 6) == 0,
       "get");
  rule(GetIpNetTable2(row.Address.si_family, &table) == NO_ERROR, "table");
  for (i = 0; table != NULL && i < table->NumEntries; ++i) {
    count += memcmp(&table->Table[i].Address, &row.Address, sizeof row.Address) == 0;
  }
  rule(count == 1, "once in the table");
  FreeMibTable(table);
  rule(DeleteIpNetEntry2(&row) == NO_ERROR, "delete");
}

static DWORD WINAPI rounds_thread(void* number) {
  int i;
  for (i = 0; i < kRounds; ++i) round_of((DWORD)(DWORD_PTR)number, 1 + (DWORD)i, i % 2);
  return 0;
}

static volatile LONG calls_made[kThreads];

/* Calls that stay within the library: what Wine does when a thread is ended within Wine's own is Wine's. */
static DWORD WINAPI busy_thread(void* number) {
  const DWORD_PTR at = (DWORD_PTR)number;
  MIB_IPNET_ROW2 row = row_of(202, 1 + (DWORD)at, 0);
  while (DeleteIpNetEntry2(&row) == ERROR_NOT_FOUND) InterlockedIncrement(&calls_made[at]);
  rule(0, "an entry that is not there is not deleted");
  return 0;
}

static void leave_busy(void) {
  int i;
  start_all(busy_thread, 0);
  for (i = 0; i < kThreads; ++i) {
    while (calls_made[i] < 5 && broken == 0) Sleep(1);
  }
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (argc > 2) link_index = (NET_IFINDEX)atoi(argv[2]);
  if (strcmp(what, "rules") == 0) {
    rules();
  } else if (strcmp(what, "exports") == 0) {
    exports(argc - 2, argv + 2);
  } else if (strcmp(what, "ways") == 0) {
    ways(argc - 2, argv + 2);
  } else if (strcmp(what, "blocks") == 0) {
    start_all(blocks_thread, 1);
  } else if (strcmp(what, "once") == 0 && argc == 4) {
    round_of(200, (DWORD)atoi(argv[3]), atoi(argv[3]) % 2);
  } else if (strcmp(what, "threads") == 0) {
    start_all(rounds_thread, 1);
  } else if (strcmp(what, "leave-busy") == 0) {
    leave_busy();
  } else if (strcmp(what, "reload") == 0) {
    int i;
    for (i = 0; i < 20; ++i) {
      const HMODULE module = LoadLibraryA("iphlpapi.dll");
      DWORD(WINAPI * create)(const MIB_IPNET_ROW2*) = (void*)GetProcAddress(module, "CreateIpNetEntry2");
      rule(create != NULL && create(NULL) == ERROR_INVALID_PARAMETER, "a call after loading");
      FreeLibrary(module);
      FreeLibrary(module);
    }
    round_of(201, 1, 0);
  } else {
    return 99;
  }
  printf("%ld broken\n", broken);
  fflush(stdout);
  return broken > 90 ? 90 : (int)broken;
}
