/* SPDX-License-Identifier: Apache-2.0 */
/* A guided tour of the neighbor table: each step says what is asked, what the API answers and what the kernel's own
 * tool sees. Every answer is checked; the program fails if one is not as documented. scripts/tour sets the scene. */
#include <winsock2.h>
#include <ws2tcpip.h>
/* iphlpapi.h last, as on Windows */
#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* device;
static NET_IFINDEX device_index;
static int failures;

static const char* code_name(DWORD code) {
  switch (code) {
    case NO_ERROR:
      return "NO_ERROR";
    case ERROR_FILE_NOT_FOUND:
      return "ERROR_FILE_NOT_FOUND";
    case ERROR_ACCESS_DENIED:
      return "ERROR_ACCESS_DENIED";
    case ERROR_NOT_SUPPORTED:
      return "ERROR_NOT_SUPPORTED";
    case ERROR_BAD_NET_NAME:
      return "ERROR_BAD_NET_NAME";
    case ERROR_INVALID_PARAMETER:
      return "ERROR_INVALID_PARAMETER";
    case ERROR_NOT_FOUND:
      return "ERROR_NOT_FOUND";
    case ERROR_OBJECT_ALREADY_EXISTS:
      return "ERROR_OBJECT_ALREADY_EXISTS";
    default:
      return "?";
  }
}

static const char* state_name(NL_NEIGHBOR_STATE state) {
  static const char* const names[] = {"Unreachable", "Incomplete", "Probe", "Delay", "Stale", "Reachable", "Permanent"};
  return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : "?";
}

static void title(const char* text) { printf("\n%s\n", text); }

/* Prints one answer and remembers whether it is the documented one. */
static void answer(const char* call, DWORD got, DWORD documented) {
  printf("  %-44s -> %lu %s", call, (unsigned long)got, code_name(got));
  if (got != documented) {
    printf("   WRONG: documented is %lu %s", (unsigned long)documented, code_name(documented));
    ++failures;
  }
  printf("\n");
}

static void check(int fact, const char* text) {
  if (!fact) {
    printf("  WRONG: %s\n", text);
    ++failures;
  }
}

static void print_row(const MIB_IPNET_ROW2* row) {
  char address[INET6_ADDRSTRLEN] = "";
  const void* bytes = row->Address.si_family == AF_INET ? (const void*)&row->Address.Ipv4.sin_addr
                                                        : (const void*)&row->Address.Ipv6.sin6_addr;
  inet_ntop(row->Address.si_family, bytes, address, sizeof address);
  printf("    %-40s ", address);
  for (ULONG i = 0; i < row->PhysicalAddressLength; ++i) printf("%s%02x", i ? "-" : "", row->PhysicalAddress[i]);
  printf("%s %s%s\n", row->PhysicalAddressLength ? "" : "(no address)     ", state_name(row->State),
         row->IsRouter ? " router" : "");
}

static void kernel_view(const char* family) {
  char command[256];
  if (getenv("NEIGH_TOUR_DEVICE") == NULL) return; /* not on the kernel's table */
  snprintf(command, sizeof command,
           "ip %s neigh show dev %s nud all | awk '!/NOARP/ { n = 1; print \"    ip neigh: \" $0 }"
           " END { if (!n) print \"    ip neigh: (nothing)\" }'",
           family, device);
  fflush(stdout);
  if (system(command) != 0) check(0, "the ip tool failed");
}

static MIB_IPNET_ROW2 row_for(const char* address, unsigned char last_byte) {
  MIB_IPNET_ROW2 row;
  memset(&row, 0, sizeof row);
  if (strchr(address, ':') != NULL) {
    row.Address.Ipv6.sin6_family = AF_INET6;
    inet_pton(AF_INET6, address, &row.Address.Ipv6.sin6_addr);
  } else {
    row.Address.Ipv4.sin_family = AF_INET;
    inet_pton(AF_INET, address, &row.Address.Ipv4.sin_addr);
  }
  row.InterfaceIndex = device_index;
  row.PhysicalAddressLength = 6;
  row.PhysicalAddress[0] = 0x02;
  row.PhysicalAddress[5] = last_byte;
  return row;
}

static void create_set_delete(const char* address, const char* family) {
  char text[96];
  MIB_IPNET_ROW2 row = row_for(address, 0x07);
  snprintf(text, sizeof text, "CreateIpNetEntry2(%s)", address);
  answer(text, CreateIpNetEntry2(&row), NO_ERROR);
  answer("the same once more", CreateIpNetEntry2(&row), ERROR_OBJECT_ALREADY_EXISTS);

  MIB_IPNET_ROW2 read = row_for(address, 0);
  answer("GetIpNetEntry2", GetIpNetEntry2(&read), NO_ERROR);
  print_row(&read);
  check(read.State == NlnsPermanent && read.PhysicalAddress[5] == 0x07, "a created entry reads back as Permanent");
  check(read.InterfaceLuid.Value != 0, "Get fills in the LUID");
  kernel_view(family);

  row.PhysicalAddress[5] = 0x09;
  row.IsRouter = TRUE;
  answer("SetIpNetEntry2, another address, router", SetIpNetEntry2(&row), NO_ERROR);
  answer("GetIpNetEntry2", GetIpNetEntry2(&read), NO_ERROR);
  print_row(&read);
  check(read.PhysicalAddress[5] == 0x09 && read.IsRouter, "Set changed the entry");
  kernel_view(family);

  answer("DeleteIpNetEntry2", DeleteIpNetEntry2(&row), NO_ERROR);
  answer("the same once more", DeleteIpNetEntry2(&row), ERROR_NOT_FOUND);
  kernel_view(family);
}

static void resolve(const char* address, DWORD documented) {
  char text[96];
  MIB_IPNET_ROW2 row = row_for(address, 0);
  snprintf(text, sizeof text, "ResolveIpNetEntry2(%s)", address);
  answer(text, ResolveIpNetEntry2(&row, NULL), documented);
  if (documented != NO_ERROR) return;
  print_row(&row);
  check(row.State == NlnsReachable, "a neighbor that answered is Reachable");
  const char* expected = getenv("NEIGH_TOUR_PEER_LINK_ADDRESS");
  unsigned octet[6];
  if (expected != NULL &&
      sscanf(expected, "%x:%x:%x:%x:%x:%x", octet, octet + 1, octet + 2, octet + 3, octet + 4, octet + 5) == 6) {
    for (int i = 0; i < 6; ++i) check(row.PhysicalAddress[i] == octet[i], "it is the other host's address");
  }
}

static void show_table(void) {
  MIB_IPNET_TABLE2* table = NULL;
  answer("GetIpNetTable2(AF_UNSPEC)", GetIpNetTable2(AF_UNSPEC, &table), NO_ERROR);
  if (table == NULL) return;
  for (ULONG i = 0; i < table->NumEntries; ++i) {
    if (table->Table[i].InterfaceIndex == device_index) print_row(&table->Table[i]);
  }
  FreeMibTable(table);
}

static void documented_errors(const char* peer) {
  MIB_IPNET_ROW2 row = row_for("192.0.2.77", 0x77);
  answer("CreateIpNetEntry2(NULL)", CreateIpNetEntry2(NULL), ERROR_INVALID_PARAMETER);
  row.Address.si_family = 77;
  answer("an address family nobody knows", CreateIpNetEntry2(&row), ERROR_INVALID_PARAMETER);
  row = row_for("127.0.0.1", 0x77);
  answer("a loopback address", CreateIpNetEntry2(&row), ERROR_INVALID_PARAMETER);
  row = row_for("192.0.2.77", 0x77);
  row.PhysicalAddressLength = 33;
  answer("a physical address of 33 bytes", CreateIpNetEntry2(&row), ERROR_INVALID_PARAMETER);
  row.PhysicalAddressLength = 3;
  answer("one of 3 bytes on Ethernet", CreateIpNetEntry2(&row), ERROR_INVALID_PARAMETER);
  row = row_for("192.0.2.77", 0x77);
  row.InterfaceIndex = 0;
  answer("no interface given", CreateIpNetEntry2(&row), ERROR_INVALID_PARAMETER);
  row.InterfaceIndex = 4242;
  answer("an interface that does not exist", CreateIpNetEntry2(&row), ERROR_NOT_FOUND);
  answer("the same for GetIpNetEntry2", GetIpNetEntry2(&row), ERROR_FILE_NOT_FOUND);
  row = row_for("192.0.2.77", 0x77);
  answer("SetIpNetEntry2 of what is not there", SetIpNetEntry2(&row), ERROR_NOT_FOUND);
  answer("FlushIpNetTable2 of a family nobody knows", FlushIpNetTable2(77, 0), ERROR_INVALID_PARAMETER);
  SOCKADDR_INET source = row_for(peer, 0).Address;
  row = row_for(peer, 0);
  answer("resolve from an address of somebody else", ResolveIpNetEntry2(&row, &source), ERROR_NOT_FOUND);
}

int main(void) {
  const char* peer_v4 = getenv("NEIGH_TOUR_PEER_V4");
  const char* peer_v6 = getenv("NEIGH_TOUR_PEER_V6");
  device = getenv("NEIGH_TOUR_DEVICE");
  if (device == NULL || peer_v4 == NULL || peer_v6 == NULL) {
    fprintf(stderr, "neigh-tour: start it by scripts/tour, which sets the scene\n");
    return 2;
  }
  device_index = if_nametoindex(device);
  if (device_index == 0) {
    fprintf(stderr, "neigh-tour: there is no interface %s\n", device);
    return 2;
  }

  title("1. A static IPv4 neighbor: create, duplicate, read back, set, delete");
  create_set_delete("192.0.2.7", "-4");
  title("2. The same for IPv6");
  create_set_delete("2001:db8::7", "-6");
  title("3. Resolve the other host: a real ARP request, a real Neighbor Solicitation");
  resolve(peer_v4, NO_ERROR);
  resolve(peer_v6, NO_ERROR);
  printf("  ... and one who is not there (the kernel asks three times, one second apart)\n");
  resolve("192.0.2.99", ERROR_BAD_NET_NAME);
  title("4. The whole table");
  show_table();
  kernel_view("");
  title("5. Flush it");
  answer("FlushIpNetTable2(AF_UNSPEC, 0)", FlushIpNetTable2(AF_UNSPEC, 0), NO_ERROR);
  kernel_view("");
  title("6. What bad input gets");
  documented_errors(peer_v4);

  printf("\ntour: %s\n", failures == 0 ? "every answer is as documented" : "WRONG answers, see above");
  return failures == 0 ? 0 : 1;
}
