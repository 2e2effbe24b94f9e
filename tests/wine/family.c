/* SPDX-License-Identifier: Apache-2.0 */
/* One source, as it is written for Windows, built natively and for Windows. What it prints must be the same, line by
 * line, on Linux and under Wine: codes and rows of every call that the module answers.
 *
 * usage: family calls|leave|denied INDEX   on a link with 192.0.2.1/24 and 2001:db8::1/64, 192.0.2.2 and 2001:db8::2
 * being on its other end. calls: everything; leave: entries to look at from outside; denied: what needs privilege. */
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <netioapi.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <unistd.h>
#define Sleep(ms) usleep((ms)*1000U)
#endif
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the calls exchange has one layout on both sides. */
#define SAME_SIZE(type, size) typedef char same_size_##type[sizeof(type) == (size) ? 1 : -1]
#define SAME_PLACE(type, member, at) typedef char same_place_##type##_##member[offsetof(type, member) == (at) ? 1 : -1]
SAME_SIZE(DWORD, 4);
SAME_SIZE(SOCKADDR_INET, 28);
SAME_SIZE(MIB_IPNET_ROW2, 88);
SAME_PLACE(MIB_IPNET_ROW2, InterfaceIndex, 28);
SAME_PLACE(MIB_IPNET_ROW2, InterfaceLuid, 32);
SAME_PLACE(MIB_IPNET_ROW2, PhysicalAddress, 40);
SAME_PLACE(MIB_IPNET_ROW2, PhysicalAddressLength, 72);
SAME_PLACE(MIB_IPNET_ROW2, State, 76);
SAME_PLACE(MIB_IPNET_TABLE2, Table, 8);
SAME_SIZE(MIB_IPNETROW, 24);
SAME_SIZE(MIB_UNICASTIPADDRESS_ROW, 80);
SAME_SIZE(MIB_IPFORWARD_ROW2, 104);
SAME_SIZE(MIB_IPINTERFACE_ROW, 168);

static NET_IFINDEX link_index;

static SOCKADDR_INET address(const char* text) {
  SOCKADDR_INET out;
  memset(&out, 0, sizeof out);
  out.si_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
  if (out.si_family == AF_INET6) {
    inet_pton(AF_INET6, text, &out.Ipv6.sin6_addr);
  } else {
    inet_pton(AF_INET, text, &out.Ipv4.sin_addr);
  }
  return out;
}

static DWORD v4(const char* text) {
  const SOCKADDR_INET full = address(text);
  DWORD number;
  memcpy(&number, &full.Ipv4.sin_addr, sizeof number);
  return number;
}

static MIB_IPNET_ROW2 row_of(const char* text, int last) {
  MIB_IPNET_ROW2 row;
  memset(&row, 0, sizeof row);
  row.Address = address(text);
  row.InterfaceIndex = link_index;
  row.PhysicalAddressLength = 6;
  row.PhysicalAddress[0] = 2;
  row.PhysicalAddress[5] = (UCHAR)last;
  return row;
}

static void code(const char* what, DWORD value) { printf("%s: %u\n", what, (unsigned)value); }

static void print_bytes(const void* bytes, size_t count) {
  const unsigned char* byte = bytes;
  while (count-- > 0) printf("%02x", *byte++);
}

static void print_address(const SOCKADDR_INET* a) {
  if (a->si_family == AF_INET) {
    printf("v4 ");
    print_bytes(&a->Ipv4.sin_addr, 4);
  } else if (a->si_family == AF_INET6) {
    printf("v6 ");
    print_bytes(&a->Ipv6.sin6_addr, 16);
    printf("%%%u", (unsigned)a->Ipv6.sin6_scope_id);
  } else {
    printf("family?");
  }
}

/* The LUID is not only the same on both sides: it is the one that the other tables have. */
static const char* luid_check(NET_LUID luid, NET_IFINDEX index) {
  NET_LUID told;
  return ConvertInterfaceIndexToLuid(index, &told) == NO_ERROR && told.Value == luid.Value ? "agrees" : "DISAGREES";
}

static void print_row(const char* what, const MIB_IPNET_ROW2* row) {
  printf("%s: ", what);
  print_address(&row->Address);
  printf(" if %u luid %08x%08x %s mac[%u] ", (unsigned)row->InterfaceIndex, (unsigned)(row->InterfaceLuid.Value >> 32),
         (unsigned)row->InterfaceLuid.Value, luid_check(row->InterfaceLuid, row->InterfaceIndex),
         (unsigned)row->PhysicalAddressLength);
  print_bytes(row->PhysicalAddress, 32);
  printf(" state %d router %d unreachable %d\n", (int)row->State, row->IsRouter != 0, row->IsUnreachable != 0);
}

/* Multicast rows come and go with what is sent, and Wine has two of them on every interface, as Windows has. */
static int is_multicast(const SOCKADDR_INET* a) {
  return a->si_family == AF_INET ? (ntohl(a->Ipv4.sin_addr.s_addr) >> 28) == 14 : a->Ipv6.sin6_addr.s6_addr[0] == 0xFF;
}

static void print_table(const char* what, ADDRESS_FAMILY family) {
  MIB_IPNET_TABLE2* table = NULL;
  ULONG i;
  const DWORD answer = GetIpNetTable2(family, &table);
  code(what, answer);
  if (answer != NO_ERROR) {
    printf("%s: table %s\n", what, table == NULL ? "NULL" : "NOT NULL");
    return;
  }
  for (i = 0; i < table->NumEntries; ++i) {
    const MIB_IPNET_ROW2* row = &table->Table[i];
    if (row->InterfaceIndex == link_index && !is_multicast(&row->Address)) print_row(what, row);
  }
  FreeMibTable(table);
}

static void family_of(const char* text, int by_luid) {
  MIB_IPNET_ROW2 row = row_of(text, 0x77);
  MIB_IPNET_ROW2 key = row_of(text, 0);
  printf("-- %s by %s\n", text, by_luid ? "luid" : "index");
  if (by_luid) {
    ConvertInterfaceIndexToLuid(link_index, &row.InterfaceLuid);
    row.InterfaceIndex = 4711; /* does not count */
    key.InterfaceLuid = row.InterfaceLuid;
  }
  code("get, absent", GetIpNetEntry2(&key));
  code("set, absent", SetIpNetEntry2(&row));
  code("create", CreateIpNetEntry2(&row));
  code("create again", CreateIpNetEntry2(&row));
  code("get", GetIpNetEntry2(&key));
  print_row("row", &key);
  print_table("table", row.Address.si_family);
  row.PhysicalAddress[5] = 0x78;
  row.IsRouter = 1;
  code("set", SetIpNetEntry2(&row));
  code("get", GetIpNetEntry2(&key));
  print_row("row", &key);
  code("delete", DeleteIpNetEntry2(&row));
  code("delete again", DeleteIpNetEntry2(&row));
  code("get, gone", GetIpNetEntry2(&key));
}

static void bad_input(void) {
  MIB_IPNET_ROW2 row = row_of("192.0.2.9", 9);
  MIB_IPNET_TABLE2* table;
  printf("-- bad input\n");
  code("create NULL", CreateIpNetEntry2(NULL));
  code("set NULL", SetIpNetEntry2(NULL));
  code("delete NULL", DeleteIpNetEntry2(NULL));
  code("get NULL", GetIpNetEntry2(NULL));
  code("resolve NULL", ResolveIpNetEntry2(NULL, NULL));
  code("table NULL", GetIpNetTable2(AF_INET, NULL));
  code("table of no family", GetIpNetTable2(99, &table));
  code("flush of no family", FlushIpNetTable2(99, 0));
  code("flush of no interface", FlushIpNetTable2(AF_INET, 4711));
  FreeMibTable(NULL);
  row.Address.si_family = 99;
  code("create of no family", CreateIpNetEntry2(&row));
  /* The number of the other side's AF_INET6. */
  row.Address.si_family = AF_INET6 == 10 ? 23 : 10;
  code("create of a foreign family", CreateIpNetEntry2(&row));
  code("table of a foreign family", GetIpNetTable2(AF_INET6 == 10 ? 23 : 10, &table));
  row = row_of("127.0.0.1", 9);
  code("create loopback", CreateIpNetEntry2(&row));
  row = row_of("192.0.2.9", 9);
  row.PhysicalAddressLength = 33;
  code("create long", CreateIpNetEntry2(&row));
  row.PhysicalAddressLength = 3;
  code("create short", CreateIpNetEntry2(&row));
  row = row_of("192.0.2.9", 9);
  row.InterfaceIndex = 0;
  code("create nowhere", CreateIpNetEntry2(&row));
  row.InterfaceIndex = 4711;
  code("create, unknown index", CreateIpNetEntry2(&row));
  code("get, unknown index", GetIpNetEntry2(&row));
  row.InterfaceIndex = link_index;
  row.InterfaceLuid.Value = 0x0006004711000000U;
  code("create, unknown luid", CreateIpNetEntry2(&row));
}

static void resolution(void) {
  static const char* const asked[] = {"192.0.2.2", "2001:db8::2", "192.0.2.1", "2001:db8::1"};
  MIB_IPNET_ROW2 row;
  SOCKADDR_INET source = address("192.0.2.1");
  size_t i;
  printf("-- resolve\n");
  for (i = 0; i < sizeof asked / sizeof *asked; ++i) {
    row = row_of(asked[i], 0);
    code(asked[i], ResolveIpNetEntry2(&row, NULL));
    print_row("row", &row);
  }
  row = row_of("192.0.2.2", 0);
  code("with a source", ResolveIpNetEntry2(&row, &source));
  source = address("2001:db8::1");
  code("with a source of the other family", ResolveIpNetEntry2(&row, &source));
  source = address("192.0.2.99");
  code("with a foreign source", ResolveIpNetEntry2(&row, &source));
  row = row_of("192.0.2.66", 0);
  code("nobody there", ResolveIpNetEntry2(&row, NULL));
  row = row_of("224.0.0.1", 0);
  code("multicast", ResolveIpNetEntry2(&row, NULL));
  code("flush v6", FlushIpNetTable2(AF_INET6, link_index));
  code("flush both", FlushIpNetTable2(AF_UNSPEC, link_index));
}

static void print_legacy(void) {
  ULONG size = 0;
  ULONG short_size = 8;
  MIB_IPNETTABLE* table;
  DWORD i;
  code("table, no size", GetIpNetTable(NULL, NULL, FALSE));
  code("table, no room", GetIpNetTable(NULL, &size, TRUE));
  table = malloc(size);
  code("table, little room", GetIpNetTable(table, &short_size, TRUE));
  printf("size asked for %s\n", short_size == size ? "again" : "CHANGED");
  code("table", GetIpNetTable(table, &size, TRUE));
  for (i = 0; i < table->dwNumEntries; ++i) {
    const MIB_IPNETROW* row = &table->table[i];
    if (row->dwIndex != link_index || (ntohl(row->dwAddr) >> 28) == 14) continue;
    printf("row: %08x if %u mac[%u] ", (unsigned)row->dwAddr, (unsigned)row->dwIndex, (unsigned)row->dwPhysAddrLen);
    print_bytes(row->bPhysAddr, 6);
    printf(" type %u\n", (unsigned)row->dwType);
  }
  free(table);
}

static void legacy(void) {
  MIB_IPNETROW row;
  UCHAR mac[8] = {0};
  ULONG length = sizeof mac;
  printf("-- legacy\n");
  memset(&row, 0, sizeof row);
  row.dwIndex = link_index;
  row.dwAddr = v4("192.0.2.50");
  row.dwType = MIB_IPNET_TYPE_STATIC;
  row.dwPhysAddrLen = 6;
  row.bPhysAddr[0] = 2;
  row.bPhysAddr[5] = 0x50;
  code("create NULL", CreateIpNetEntry(NULL));
  code("create", CreateIpNetEntry(&row));
  row.bPhysAddr[5] = 0x51;
  code("set", SetIpNetEntry(&row));
  print_legacy();
  code("delete", DeleteIpNetEntry(&row));
  code("delete again", DeleteIpNetEntry(&row));
  code("SendARP", SendARP(v4("192.0.2.2"), 0, mac, &length));
  printf("mac[%u] ", (unsigned)length);
  print_bytes(mac, sizeof mac);
  printf("\n");
  length = 2;
  code("SendARP, no room", SendARP(v4("192.0.2.2"), 0, mac, &length));
  length = sizeof mac;
  code("SendARP, nobody there", SendARP(v4("192.0.2.66"), 0, mac, &length));
  code("proxy", CreateProxyArpEntry(v4("192.0.2.60"), 0xFFFFFFFFU, link_index));
  code("proxy again", CreateProxyArpEntry(v4("192.0.2.60"), 0xFFFFFFFFU, link_index));
  code("proxy delete", DeleteProxyArpEntry(v4("192.0.2.60"), 0xFFFFFFFFU, link_index));
  code("proxy of a net", CreateProxyArpEntry(v4("192.0.2.0"), 0x00FFFFFFU, link_index));
  code("flush", FlushIpNetTable(link_index));
  code("flush of no interface", FlushIpNetTable(4711));
}

/* Those of the calls beside the family that Wine does not have, or has as stubs; here by way of an import library that
 * may be older than they are. */
#ifdef _WIN32
#define CALL(name) ((void*)GetProcAddress(GetModuleHandleA("iphlpapi.dll"), #name))
#else
#define CALL(name) name
#endif
typedef VOID(WINAPI* told_t)(PVOID, PVOID, int);
typedef DWORD(WINAPI* notify_t)(ADDRESS_FAMILY, told_t, PVOID, BOOLEAN, HANDLE*);

static DWORD(WINAPI* best_route)(NET_LUID*, NET_IFINDEX, const SOCKADDR_INET*, const SOCKADDR_INET*, ULONG,
                                 MIB_IPFORWARD_ROW2*, SOCKADDR_INET*);
static DWORD(WINAPI* ip_interface)(MIB_IPINTERFACE_ROW*);
static DWORD(WINAPI* route_table)(ADDRESS_FAMILY, MIB_IPFORWARD_TABLE2**);
static DWORD(WINAPI* address_table)(ADDRESS_FAMILY, MIB_UNICASTIPADDRESS_TABLE**);
static DWORD(WINAPI* address_entry)(MIB_UNICASTIPADDRESS_ROW*);
static DWORD(WINAPI* link_table)(MIB_IF_TABLE_LEVEL, MIB_IF_TABLE2**);
static void(WINAPI* address_init)(MIB_UNICASTIPADDRESS_ROW*);
static DWORD(WINAPI* address_create)(const MIB_UNICASTIPADDRESS_ROW*);
static DWORD(WINAPI* address_delete)(const MIB_UNICASTIPADDRESS_ROW*);
static void(WINAPI* route_init)(MIB_IPFORWARD_ROW2*);
static DWORD(WINAPI* route_create)(const MIB_IPFORWARD_ROW2*);
static DWORD(WINAPI* route_delete)(const MIB_IPFORWARD_ROW2*);

static void print_best(const char* text) {
  const SOCKADDR_INET to = address(text);
  SOCKADDR_INET from;
  MIB_IPFORWARD_ROW2 route;
  NET_IFINDEX index = 0;
  DWORD answer;
  memset(&route, 0, sizeof route);
  answer = best_route(NULL, 0, NULL, &to, 0, &route, &from);
  code(text, answer);
  code("GetBestInterfaceEx", GetBestInterfaceEx((struct sockaddr*)&to, (DWORD*)&index));
  if (answer != NO_ERROR) return;
  printf("interface %u, route ", (unsigned)index);
  print_address(&route.DestinationPrefix.Prefix);
  printf("/%u over ", (unsigned)route.DestinationPrefix.PrefixLength);
  print_address(&route.NextHop);
  printf(" if %u %s from ", (unsigned)route.InterfaceIndex, luid_check(route.InterfaceLuid, route.InterfaceIndex));
  print_address(&from);
  printf("\n");
}

static void print_unicast(const char* what, const MIB_UNICASTIPADDRESS_ROW* row) {
  printf("%s: ", what);
  print_address(&row->Address);
  printf("/%u if %u luid %s origins %d %d lifetimes %u %u dad %d scope %u\n", (unsigned)row->OnLinkPrefixLength,
         (unsigned)row->InterfaceIndex, luid_check(row->InterfaceLuid, row->InterfaceIndex), (int)row->PrefixOrigin,
         (int)row->SuffixOrigin, (unsigned)row->ValidLifetime, (unsigned)row->PreferredLifetime, (int)row->DadState,
         (unsigned)row->ScopeId.Value);
}

static void tables(void) {
  const ADDRESS_FAMILY families[] = {AF_UNSPEC, AF_INET, AF_INET6};
  MIB_IPFORWARD_TABLE2* routes;
  MIB_UNICASTIPADDRESS_TABLE* addresses;
  MIB_IF_TABLE2* links = NULL;
  MIB_UNICASTIPADDRESS_ROW row;
  LONGLONG created;
  unsigned i;
  printf("-- tables\n");
  for (i = 0; i < 3; ++i) {
    ULONG n;
    routes = NULL;
    addresses = NULL;
    code("routes", route_table(families[i], &routes));
    for (n = 0; routes != NULL && n < routes->NumEntries; ++n) {
      const MIB_IPFORWARD_ROW2* route = &routes->Table[n];
      printf("route: ");
      print_address(&route->DestinationPrefix.Prefix);
      printf("/%u via ", (unsigned)route->DestinationPrefix.PrefixLength);
      print_address(&route->NextHop);
      printf(" if %u luid %s metric %u protocol %d origin %d lifetime %u\n", (unsigned)route->InterfaceIndex,
             luid_check(route->InterfaceLuid, route->InterfaceIndex), (unsigned)route->Metric, (int)route->Protocol,
             (int)route->Origin, (unsigned)route->ValidLifetime);
    }
    code("addresses", address_table(families[i], &addresses));
    for (n = 0; addresses != NULL && n < addresses->NumEntries; ++n) print_unicast("address", &addresses->Table[n]);
    FreeMibTable(addresses);
    FreeMibTable(routes);
  }
  routes = (MIB_IPFORWARD_TABLE2*)&row;
  code("routes of no family", route_table(99, &routes));
  printf("table %s\n", routes == NULL ? "NULL" : "NOT NULL");
  addresses = (MIB_UNICASTIPADDRESS_TABLE*)&row;
  code("addresses of no family", address_table(99, &addresses));
  printf("table %s\n", addresses == NULL ? "NULL" : "NOT NULL");
  code("routes NULL", route_table(AF_INET, NULL));
  code("addresses NULL", address_table(AF_INET, NULL));
  code("links of no level", link_table((MIB_IF_TABLE_LEVEL)7, &links));
  code("links NULL", link_table(MibIfTableNormal, NULL));
  code("links", link_table(MibIfTableRaw, &links));
  FreeMibTable(links);
  memset(&row, 0, sizeof row);
  row.InterfaceIndex = link_index;
  row.Address = address("2001:db8::1");
  code("address", address_entry(&row));
  print_unicast("address", &row);
  created = row.CreationTimeStamp.QuadPart;
  code("address again", address_entry(&row));
  printf("made once %s\n", created != 0 && row.CreationTimeStamp.QuadPart == created ? "yes" : "NO");
  row.Address = address("192.0.2.99");
  code("address, absent", address_entry(&row));
  row.InterfaceLuid.Value = 0;
  row.InterfaceIndex = 4711;
  code("address, no interface", address_entry(&row));
  code("address NULL", address_entry(NULL));
}

static void beside(void) {
  static const char* const added[] = {"192.0.2.200", "2001:db8::200"};
  static const char* const nets[] = {"198.51.100.0", "2001:db8:77::"};
  static const char* const routers[] = {"192.0.2.2", "2001:db8::2"};
  const NET_LUID unknown = {.Value = 0x0006004711000000U};
  NET_LUID luid = unknown;
  SOCKADDR_INET to = address("192.0.2.2");
  SOCKADDR_INET from;
  MIB_IPFORWARD_ROW2 route;
  MIB_UNICASTIPADDRESS_ROW own;
  MIB_IPINTERFACE_ROW entry;
  DWORD index = 0;
  int i;
  printf("-- beside the family\n");
  for (i = 0; i < 2; ++i) {
    address_init(&own);
    own.Address = address(added[i]);
    own.InterfaceIndex = link_index;
    own.OnLinkPrefixLength = 32;
    own.DadState = IpDadStatePreferred;
    code("address", address_create(&own));
    code("address again", address_create(&own));
    code("address delete", address_delete(&own));
    code("address delete again", address_delete(&own));
    route_init(&route);
    route.DestinationPrefix.Prefix = address(nets[i]);
    route.DestinationPrefix.PrefixLength = i == 0 ? 24 : 48;
    route.NextHop = address(routers[i]);
    ConvertInterfaceIndexToLuid(link_index, &route.InterfaceLuid);
    code("route", route_create(&route));
    code("route again", route_create(&route));
    print_best(i == 0 ? "198.51.100.7" : "2001:db8:77::7");
    code("route delete", route_delete(&route));
    code("route delete again", route_delete(&route));
    memset(&entry, 0, sizeof entry);
    entry.Family = i == 0 ? AF_INET : AF_INET6;
    entry.InterfaceIndex = link_index;
    code("interface", ip_interface(&entry));
    printf("%s if %u %s mtu %u connected %d\n",
           entry.Family == AF_INET    ? "v4"
           : entry.Family == AF_INET6 ? "v6"
                                      : "family?",
           (unsigned)entry.InterfaceIndex, luid_check(entry.InterfaceLuid, entry.InterfaceIndex), (unsigned)entry.NlMtu,
           entry.Connected != 0);
  }
  print_best("192.0.2.2");
  print_best("2001:db8::2");
  print_best("203.0.113.1");
  code("GetBestInterface", GetBestInterface(v4("192.0.2.2"), &index));
  printf("interface %u\n", (unsigned)index);
  code("best route, no destination", best_route(NULL, 0, NULL, NULL, 0, &route, &from));
  code("best route, unknown luid", best_route(&luid, 0, NULL, &to, 0, &route, &from));
  entry.Family = 99;
  code("interface of no family", ip_interface(&entry));
}

enum { kNothing, kEntries, kAddresses, kRoutes };
static int told_kind;
static NET_LUID told_luid(const void* data) {
  const MIB_UNICASTIPADDRESS_ROW* own = data;
  const MIB_IPNET_ROW2* entry = data;
  return told_kind == kAddresses ? own->InterfaceLuid : entry->InterfaceLuid;
}
static NET_IFINDEX told_index(const void* data) {
  const MIB_UNICASTIPADDRESS_ROW* own = data;
  const MIB_IPNET_ROW2* entry = data;
  return told_kind == kAddresses ? own->InterfaceIndex : entry->InterfaceIndex;
}
static HANDLE handle;
static volatile int told_count;
static volatile int told_own;
static int end_within;
static volatile DWORD code_within;

static VOID WINAPI told(PVOID context, PVOID data, int type) {
  if (context != &handle) told_own = -1000;
  if (type == MibInitialNotification && data != NULL) told_own = -1000;
  if (data != NULL && type == MibAddInstance) {
    const MIB_IPFORWARD_ROW2* route = data;
    const MIB_IPNET_ROW2* entry = data; /* an address's row begins as this one */
    const SOCKADDR_INET* key = told_kind == kRoutes ? &route->DestinationPrefix.Prefix : &entry->Address;
    const NET_LUID luid = told_kind == kRoutes ? route->InterfaceLuid : told_luid(data);
    const NET_IFINDEX index = told_kind == kRoutes ? route->InterfaceIndex : told_index(data);
    const int own = key->si_family == AF_INET || key->si_family == AF_INET6;
    if (own && index == link_index && strcmp(luid_check(luid, index), "agrees") == 0) ++told_own;
  }
  if (end_within) code_within = CancelMibChangeNotify2(handle);
  ++told_count;
}

static void wait_for(const volatile int* counter, int least) {
  int patience;
  for (patience = 0; *counter < least && patience < 1000; ++patience) Sleep(10);
}

/* Makes and removes one of the kind. */
static void change(int kind, const char* text, int create) {
  MIB_IPNET_ROW2 entry = row_of(text, 0x77);
  MIB_UNICASTIPADDRESS_ROW own;
  MIB_IPFORWARD_ROW2 route;
  address_init(&own);
  own.Address = address(text);
  own.InterfaceIndex = link_index;
  own.OnLinkPrefixLength = 32;
  own.DadState = IpDadStatePreferred;
  route_init(&route);
  route.DestinationPrefix.Prefix = address(text);
  route.DestinationPrefix.PrefixLength = entry.Address.si_family == AF_INET ? 32 : 128;
  route.NextHop = entry.Address;
  memset((char*)&route.NextHop + 2, 0, sizeof route.NextHop - 2);
  route.InterfaceIndex = link_index;
  if (kind == kEntries) code("change", create ? CreateIpNetEntry2(&entry) : DeleteIpNetEntry2(&entry));
  if (kind == kAddresses) code("change", create ? address_create(&own) : address_delete(&own));
  if (kind == kRoutes) code("change", create ? route_create(&route) : route_delete(&route));
}

static void changes(const char* what, notify_t notify, int kind) {
  static const char* const texts[] = {"192.0.2.77", "2001:db8::77"};
  int i;
  printf("-- %s\n", what);
  told_count = told_own = end_within = 0;
  told_kind = kind;
  code("no function", notify(AF_UNSPEC, NULL, NULL, FALSE, &handle));
  code("no handle", notify(AF_UNSPEC, told, NULL, FALSE, NULL));
  code("no family", notify(99, told, NULL, FALSE, &handle));
  code("register", notify(AF_UNSPEC, told, &handle, TRUE, &handle));
  wait_for(&told_count, 1);
  printf("initially told %d\n", told_count);
  for (i = 0; kind != kNothing && i < 2; ++i) {
    change(kind, texts[i], 1);
    wait_for(&told_own, i + 1);
    printf("told of it %s\n", told_own > i ? "yes" : "NO");
    change(kind, texts[i], 0);
  }
  code("cancel", CancelMibChangeNotify2(handle));
  code("cancel again", CancelMibChangeNotify2(handle));
  code("cancel NULL", CancelMibChangeNotify2(NULL));
  told_count = 0;
  end_within = 1;
  code("register", notify(AF_UNSPEC, told, &handle, TRUE, &handle));
  wait_for(&told_count, 1);
  printf("told %d\n", told_count);
  code("cancel within", code_within);
  code("cancel, ended within", CancelMibChangeNotify2(handle));
}

static void denied(void) {
  MIB_IPNET_ROW2 row = row_of("192.0.2.77", 0x77);
  MIB_IPNETROW old;
  code("create", CreateIpNetEntry2(&row));
  code("set", SetIpNetEntry2(&row));
  code("delete", DeleteIpNetEntry2(&row));
  code("flush", FlushIpNetTable2(AF_INET6, link_index));
  row = row_of("192.0.2.2", 0);
  code("resolve", ResolveIpNetEntry2(&row, NULL));
  memset(&old, 0, sizeof old);
  old.dwIndex = link_index;
  old.dwAddr = v4("192.0.2.50");
  old.dwType = MIB_IPNET_TYPE_STATIC;
  old.dwPhysAddrLen = 6;
  code("legacy create", CreateIpNetEntry(&old));
  print_table("table", AF_UNSPEC);
}

int main(int argc, char** argv) {
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  if (argc != 3) return 2;
  link_index = (NET_IFINDEX)atoi(argv[2]);
  best_route = CALL(GetBestRoute2);
  ip_interface = CALL(GetIpInterfaceEntry);
  route_table = CALL(GetIpForwardTable2);
  address_table = CALL(GetUnicastIpAddressTable);
  address_entry = CALL(GetUnicastIpAddressEntry);
  link_table = CALL(GetIfTable2Ex);
  address_init = CALL(InitializeUnicastIpAddressEntry);
  address_create = CALL(CreateUnicastIpAddressEntry);
  address_delete = CALL(DeleteUnicastIpAddressEntry);
  route_init = CALL(InitializeIpForwardEntry);
  route_create = CALL(CreateIpForwardEntry2);
  route_delete = CALL(DeleteIpForwardEntry2);
  if (strcmp(argv[1], "leave") == 0) {
    MIB_IPNET_ROW2 one = row_of("192.0.2.40", 0x40);
    MIB_IPNET_ROW2 two = row_of("2001:db8::40", 0x41);
    ConvertInterfaceIndexToLuid(link_index, &two.InterfaceLuid);
    two.IsRouter = 1;
    code("create", CreateIpNetEntry2(&one));
    code("create", CreateIpNetEntry2(&two));
  } else if (strcmp(argv[1], "denied") == 0) {
    denied();
  } else {
    bad_input();
    family_of("192.0.2.77", 0);
    family_of("2001:db8::77", 0);
    family_of("192.0.2.78", 1);
    family_of("fe80::78", 1);
    resolution();
    legacy();
    tables();
    beside();
    changes("NotifyIpNetChange", (notify_t)CALL(NotifyIpNetChange), kEntries);
    changes("NotifyIpInterfaceChange", (notify_t)CALL(NotifyIpInterfaceChange), kNothing);
    changes("NotifyUnicastIpAddressChange", (notify_t)CALL(NotifyUnicastIpAddressChange), kAddresses);
    changes("NotifyRouteChange2", (notify_t)CALL(NotifyRouteChange2), kRoutes);
  }
  return fflush(stdout) == 0 ? 7 : 1;
}
