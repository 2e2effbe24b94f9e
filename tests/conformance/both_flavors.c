// SPDX-License-Identifier: Apache-2.0
// One source for a program and the two libraries it uses, each made with another flavor of the API.
#if defined(NEIGH_TEST_USER)
#include <iphlpapi.h>
#include <winsock2.h>
#include <ws2tcpip.h>
unsigned answer_of_user(void);
unsigned answer_of_user(void) { return (unsigned)GetIpNetEntry2(NULL); }
#elif defined(NEIGH_TEST_KERNEL)
#include <netioapi.h>
#include <ntddk.h>
unsigned answer_of_kernel(void);
unsigned answer_of_kernel(void) { return (unsigned)GetIpNetEntry2(NULL); }
#else
#include <stdio.h>
unsigned answer_of_user(void);
unsigned answer_of_kernel(void);
int main(void) { return printf("user %u kernel %u\n", answer_of_user(), answer_of_kernel()) < 0; }
#endif
