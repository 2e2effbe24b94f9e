/* SPDX-License-Identifier: Apache-2.0 */
/* Linked and run with nothing but the C library: what these headers declare of it works with their types. */
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <stdio.h>
// clang-format on

#define CHECK(condition)                                                    \
  do {                                                                      \
    if (!(condition)) {                                                     \
      fprintf(stderr, "line %d: %s does not hold\n", __LINE__, #condition); \
      failed = 1;                                                           \
    }                                                                       \
  } while (0)

int main(void) {
  int failed = 0;
  IN_ADDR four;
  IN6_ADDR six;
  char text[INET6_ADDRSTRLEN];
  CHAR name[IF_NAMESIZE + 1];
  UCHAR secret[4] = {1, 2, 3, 4};

  CHECK(htons(0x1234) == 0x3412 && ntohs(0x1234) == 0x3412);
  CHECK(htonl(0x12345678) == 0x78563412 && ntohl(0x12345678) == 0x78563412);
  CHECK(inet_addr("192.0.2.1") == 0x010200c0 && inet_addr("nonsense") == INADDR_NONE);

  CHECK(InetPton(AF_INET, "192.0.2.1", &four) == 1);
  CHECK(four.S_un.S_un_b.s_b1 == 192 && four.S_un.S_un_b.s_b4 == 1);
  CHECK(strcmp(inet_ntoa(four), "192.0.2.1") == 0); /* in_addr by value, as the C library takes it */
  CHECK(InetNtop(AF_INET, &four, text, sizeof(text)) == text && strcmp(text, "192.0.2.1") == 0);

  CHECK(inet_pton(AF_INET6, "fe80::1", &six) == 1 && six.u.Byte[0] == 0xfe && six.s6_words[7] == 0x0100);
  CHECK(IN6_IS_ADDR_LINKLOCAL(&six) && !IN6_IS_ADDR_LOOPBACK(&six) && !IN6_IS_ADDR_MULTICAST(&six));
  CHECK(inet_ntop(AF_INET6, &six, text, 4) == NULL); /* too small */
  CHECK(inet_pton(AF_INET6, "::ffff:192.0.2.1", &six) == 1 && IN6_IS_ADDR_V4MAPPED(&six));
  CHECK(inet_pton(AF_INET6, "ff02::1", &six) == 1 && IN6_IS_ADDR_MC_LINKLOCAL(&six));
  CHECK(inet_pton(AF_INET6, "fec0::1", &six) == 1 && IN6_IS_ADDR_SITELOCAL(&six));
  CHECK(inet_pton(23, "::1", &six) == -1); /* Windows' number is nobody's here (LIB-28) */
  CHECK(IN6_IS_ADDR_UNSPECIFIED(&in6addr_any) && IN6_IS_ADDR_LOOPBACK(&in6addr_loopback));

  CHECK(if_nametoindex("lo") == 1 && if_nametoindex("no such name") == 0);
  CHECK(if_indextoname(1, name) == name && strcmp(name, "lo") == 0 && if_indextoname(0, name) == NULL);

  SecureZeroMemory(secret, sizeof(secret));
  CHECK(secret[0] == 0 && secret[3] == 0);
  FillMemory(secret, sizeof(secret), 0xab);
  CHECK(secret[0] == 0xab && RtlEqualMemory(secret, secret, sizeof(secret)));
  return failed;
}
