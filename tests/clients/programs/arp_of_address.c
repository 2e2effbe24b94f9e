/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for the hardware address of an IPv4 address, in the manner of the SendARP sample of the Windows documentation.
 */
// clang-format off
#include <winsock2.h>
#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <tchar.h>
// clang-format on

#pragma comment(lib, "iphlpapi.lib")
#pragma comment(lib, "ws2_32.lib")

static SOCKET unused = INVALID_SOCKET;
static HANDLE log_file = INVALID_HANDLE_VALUE;

static void explain(DWORD code) {
  TCHAR* text = NULL;
  switch (code) {
    case ERROR_GEN_FAILURE:
      _tprintf(_T("(ERROR_GEN_FAILURE)\n"));
      break;
    case ERROR_INVALID_PARAMETER:
      _tprintf(TEXT("(ERROR_INVALID_PARAMETER)\n"));
      break;
    case ERROR_INVALID_USER_BUFFER:
      _tprintf(_TEXT("(ERROR_INVALID_USER_BUFFER)\n"));
      break;
    case ERROR_BAD_NET_NAME:
      printf("(ERROR_BAD_NET_NAME)\n");
      break;
    case ERROR_BUFFER_OVERFLOW:
      printf("(ERROR_BUFFER_OVERFLOW)\n");
      break;
    case ERROR_NOT_FOUND:
      printf("(ERROR_NOT_FOUND)\n");
      break;
    default:
      if (FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                        NULL, code, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), (char*)&text, 0, NULL) != 0) {
        _tprintf(_T("%s"), text);
        LocalFree(text);
      }
      break;
  }
}

int _tmain(int argc, TCHAR** argv) {
  IPAddr destination = 0;
  IPAddr source = 0;
  ULONG address[2];
  ULONG length = 6;
  DWORD code;
  BYTE* bytes;
  WSADATA data;

  if (argc < 2 || argc > 3) {
    _tprintf(_T("usage: %s address [own address]\n"), argv[0]);
    return 1;
  }
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0 || unused != INVALID_SOCKET || log_file != INVALID_HANDLE_VALUE) return 2;
  destination = inet_addr(argv[1]);
  if (argc > 2) source = inet_addr(argv[2]);
  memset(&address, 0xff, sizeof(address));

  printf("Sending ARP request for IP address: %s\n", argv[1]);
  code = SendARP(destination, source, &address, &length);
  if (code == NO_ERROR) {
    bytes = (BYTE*)&address;
    if (length) {
      for (int i = 0; i < (int)length; i++) {
        if (i == (int)(length - 1)) {
          printf("%.2X\n", (int)bytes[i]);
        } else {
          printf("%.2X-", (int)bytes[i]);
        }
      }
    } else {
      printf("Warning: SendArp completed successfully, but returned length=0\n");
    }
  } else {
    printf("Error: SendArp failed with error: %d", code);
    explain(code);
  }
  if (WSACleanup() == SOCKET_ERROR || length > MAXUINT32) return 3;
  return code == NO_ERROR ? 0 : 1;
}
