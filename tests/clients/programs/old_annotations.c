/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations, keywords and constant styles of many years. */
// clang-format off
#include <WINSOCK2.H>
#include <WS2TCPIP.H>
#include <IPHLPAPI.H>
#include <SAL.H>
#include <SpecStrings.h>
// clang-format on

typedef struct __declspec(align(16)) _CONTEXT_OF_CALL {
  unsigned __int64 calls;
  SIZE_T bytes;
} CONTEXT_OF_CALL, *PCONTEXT_OF_CALL;

__checkReturn __success(return == 0) static DWORD
    old_style(__in const MIB_IPNET_ROW2* row, __inout_opt PVOID context, __out_ecount(size) CHAR* text, __in ULONG size,
              __deref_out_opt PMIB_IPNET_TABLE2* table) {
  UNREFERENCED_PARAMETER(context);
  text[size - 1] = 0;
  *table = NULL;
  return DeleteIpNetEntry2(row);
}

_Success_(return == 0) _Must_inspect_result_ static DWORD
    new_style(_In_ const MIB_IPNET_ROW2* row, _Inout_opt_ PVOID context, _Out_writes_z_(size) CHAR* text,
              _In_ ULONG size, _Outptr_result_maybenull_ PMIB_IPNET_TABLE2* table) {
  return old_style(row, context, text, size, table);
}

static VOID CALLBACK done(IN PVOID context, OUT PULONG result OPTIONAL) {
  ((PCONTEXT_OF_CALL)context)->calls++;
  if (result) *result = MAXULONG;
}

__declspec(dllexport) DWORD WINAPI forget(CONST MIB_IPNET_ROW2* row);
DWORD WINAPI forget(CONST MIB_IPNET_ROW2* row) {
  CHAR text[MAX_PATH];
  PMIB_IPNET_TABLE2 table;
  CONTEXT_OF_CALL context = {0, 0};
  ULONG result = 0;
  VOID(CALLBACK * callback)(PVOID, PULONG) = done;
  callback(&context, &result);
  C_ASSERT(sizeof(CONTEXT_OF_CALL) == 16);
  return new_style(row, &context, text, ARRAYSIZE(text), &table) + (result != MAXULONG);
}
