/* SPDX-License-Identifier: Apache-2.0 */
/* The iphlpapi.dll that Wine loads, Windows' side: calling conventions, Wine's threads, and Wine's own iphlpapi.dll,
 * which is there under the name wineiphlp.dll (docs/wine.md). What is exported says iphlpapi.spec. */
#include <stdarg.h>
#include <windef.h>
//
#include <winbase.h>

#include "bridge.h"

/* Wine's own module lies beside this one, whatever the program does to its search path. */
static HMODULE own_module(void) {
  static const WCHAR name[] = {'w', 'i', 'n', 'e', 'i', 'p', 'h', 'l', 'p', '.', 'd', 'l', 'l', 0};
  static HMODULE found;
  HMODULE own = __atomic_load_n(&found, __ATOMIC_ACQUIRE);
  HMODULE self = NULL;
  WCHAR path[MAX_PATH + sizeof name / sizeof *name];
  DWORD length;
  if (own != NULL) return own;
  if (GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                         (LPCWSTR)(void*)own_module, &self)) {
    length = GetModuleFileNameW(self, path, MAX_PATH);
    while (length > 0 && path[length - 1] != '\\') --length;
    if (length > 0 && length < MAX_PATH) {
      memcpy(path + length, name, sizeof name);
      own = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    }
  }
  if (own == NULL) own = LoadLibraryW(name);
  if (own != NULL) __atomic_store_n(&found, own, __ATOMIC_RELEASE);
  return own;
}

static void* own_function(const char* name) {
  const HMODULE own = own_module();
  return own != NULL ? (void*)GetProcAddress(own, name) : NULL;
}

int wine_side_own_index(uint64_t luid, uint32_t* index) {
  static DWORD(WINAPI * convert)(const uint64_t*, uint32_t*);
  if (convert == NULL) convert = own_function("ConvertInterfaceLuidToIndex");
  return convert != NULL && convert(&luid, index) == ERROR_SUCCESS;
}

int wine_side_own_luid(uint32_t index, uint64_t* luid) {
  static DWORD(WINAPI * convert)(DWORD, uint64_t*);
  if (convert == NULL) convert = own_function("ConvertInterfaceIndexToLuid");
  return convert != NULL && convert(index, luid) == ERROR_SUCCESS;
}

int wine_side_own_table(void** table) {
  enum { kInet = 2 };
  static DWORD(WINAPI * get)(USHORT, void**);
  *table = NULL;
  if (get == NULL) get = own_function("GetIpNetTable2");
  return get != NULL && get(kInet, table) == ERROR_SUCCESS && *table != NULL;
}

void wine_side_own_free(void* block) {
  static void(WINAPI * release)(void*);
  if (release == NULL) release = own_function("FreeMibTable");
  if (release != NULL) release(block);
}

uint32_t wine_side_own_cancel(void* handle) {
  DWORD(WINAPI * cancel)(HANDLE) = own_function("CancelMibChangeNotify2");
  return cancel != NULL ? cancel(handle) : ERROR_INVALID_HANDLE;
}

struct start {
  void (*run)(void*);
  void* argument;
};

static DWORD WINAPI thread_main(void* data) {
  const struct start start = *(struct start*)data;
  HeapFree(GetProcessHeap(), 0, data);
  start.run(start.argument);
  return 0;
}

int wine_side_thread(void (*run)(void*), void* argument) {
  HANDLE thread;
  struct start* start = HeapAlloc(GetProcessHeap(), 0, sizeof *start);
  if (start == NULL) return 0;
  start->run = run;
  start->argument = argument;
  thread = CreateThread(NULL, 0, thread_main, start, 0, NULL);
  if (thread == NULL) {
    HeapFree(GetProcessHeap(), 0, start);
    return 0;
  }
  CloseHandle(thread);
  return 1;
}

void wine_side_tell(void* callback, void* context, void* row, int type) {
  void(WINAPI * told)(void*, void*, int) = callback;
  told(context, row, type);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void* reserved) {
  (void)instance;
  (void)reserved;
  if (reason == DLL_PROCESS_ATTACH) {
    HMODULE self = NULL;
    /* Never unloaded: the thread that calls change callbacks runs to the end of the process. */
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                            (LPCWSTR)(void*)DllMain, &self)) {
      return FALSE;
    }
    neigh_wine_start();
  }
  return TRUE;
}

DWORD WINAPI module_CreateIpNetEntry2(const void* row) { return neigh_wine_CreateIpNetEntry2(row); }
DWORD WINAPI module_SetIpNetEntry2(const void* row) { return neigh_wine_SetIpNetEntry2(row); }
DWORD WINAPI module_DeleteIpNetEntry2(const void* row) { return neigh_wine_DeleteIpNetEntry2(row); }
DWORD WINAPI module_GetIpNetEntry2(void* row) { return neigh_wine_GetIpNetEntry2(row); }
DWORD WINAPI module_ResolveIpNetEntry2(void* row, const void* source) {
  return neigh_wine_ResolveIpNetEntry2(row, source);
}
DWORD WINAPI module_GetIpNetTable2(USHORT family, void** table) { return neigh_wine_GetIpNetTable2(family, table); }
DWORD WINAPI module_FlushIpNetTable2(USHORT family, DWORD index) { return neigh_wine_FlushIpNetTable2(family, index); }
void WINAPI module_FreeMibTable(void* block) { neigh_wine_FreeMibTable(block); }

DWORD WINAPI module_SendARP(DWORD destination, DWORD source, void* address, uint32_t* length) {
  return neigh_wine_SendARP(destination, source, address, length);
}
DWORD WINAPI module_GetIpNetTable(void* table, uint32_t* size, BOOL order) {
  (void)order; /* always sorted */
  return neigh_wine_GetIpNetTable(table, size);
}
DWORD WINAPI module_CreateIpNetEntry(const void* row) { return neigh_wine_CreateIpNetEntry(row); }
DWORD WINAPI module_SetIpNetEntry(const void* row) { return neigh_wine_SetIpNetEntry(row); }
DWORD WINAPI module_DeleteIpNetEntry(const void* row) { return neigh_wine_DeleteIpNetEntry(row); }
DWORD WINAPI module_FlushIpNetTable(DWORD index) { return neigh_wine_FlushIpNetTable(index); }
DWORD WINAPI module_CreateProxyArpEntry(DWORD address, DWORD mask, DWORD index) {
  return neigh_wine_CreateProxyArpEntry(address, mask, index);
}
DWORD WINAPI module_DeleteProxyArpEntry(DWORD address, DWORD mask, DWORD index) {
  return neigh_wine_DeleteProxyArpEntry(address, mask, index);
}

DWORD WINAPI module_GetBestInterface(DWORD destination, uint32_t* index) {
  return neigh_wine_GetBestInterface(destination, index);
}
DWORD WINAPI module_GetBestInterfaceEx(const void* destination, uint32_t* index) {
  return neigh_wine_GetBestInterfaceEx(destination, index);
}
DWORD WINAPI module_GetBestRoute2(const uint64_t* luid, DWORD index, const void* source, const void* destination,
                                  DWORD options, void* route, void* best_source) {
  (void)options;
  return neigh_wine_GetBestRoute2(luid, index, source, destination, route, best_source);
}
DWORD WINAPI module_GetIpInterfaceEntry(void* row) { return neigh_wine_GetIpInterfaceEntry(row); }
DWORD WINAPI module_GetIpForwardTable2(USHORT family, void** table) {
  return neigh_wine_GetIpForwardTable2(family, table);
}
DWORD WINAPI module_GetUnicastIpAddressTable(USHORT family, void** table) {
  return neigh_wine_GetUnicastIpAddressTable(family, table);
}
DWORD WINAPI module_GetUnicastIpAddressEntry(void* row) { return neigh_wine_GetUnicastIpAddressEntry(row); }
/* Wine's own, but for what it does with levels that there are none of: 0 is normal, 1 raw, 2 without statistics. */
DWORD WINAPI module_GetIfTable2Ex(DWORD level, void** table) {
  enum { kHighestLevel = 2 };
  static DWORD(WINAPI * get)(DWORD, void**);
  if (table == NULL || level > kHighestLevel) return ERROR_INVALID_PARAMETER;
  *table = NULL;
  if (get == NULL) get = own_function("GetIfTable2Ex");
  return get != NULL ? get(level, table) : ERROR_NOT_SUPPORTED;
}
void WINAPI module_InitializeIpForwardEntry(void* row) { neigh_wine_InitializeIpForwardEntry(row); }
DWORD WINAPI module_CreateIpForwardEntry2(const void* row) { return neigh_wine_CreateIpForwardEntry2(row); }
DWORD WINAPI module_DeleteIpForwardEntry2(const void* row) { return neigh_wine_DeleteIpForwardEntry2(row); }
void WINAPI module_InitializeUnicastIpAddressEntry(void* row) { neigh_wine_InitializeUnicastIpAddressEntry(row); }
DWORD WINAPI module_CreateUnicastIpAddressEntry(const void* row) { return neigh_wine_CreateUnicastIpAddressEntry(row); }
DWORD WINAPI module_DeleteUnicastIpAddressEntry(const void* row) { return neigh_wine_DeleteUnicastIpAddressEntry(row); }

DWORD WINAPI module_NotifyIpInterfaceChange(USHORT family, void* callback, void* context, BOOLEAN initial,
                                            void** handle) {
  return neigh_wine_NotifyIpInterfaceChange(family, callback, context, initial, handle);
}
DWORD WINAPI module_NotifyUnicastIpAddressChange(USHORT family, void* callback, void* context, BOOLEAN initial,
                                                 void** handle) {
  return neigh_wine_NotifyUnicastIpAddressChange(family, callback, context, initial, handle);
}
DWORD WINAPI module_NotifyRouteChange2(USHORT family, void* callback, void* context, BOOLEAN initial, void** handle) {
  return neigh_wine_NotifyRouteChange2(family, callback, context, initial, handle);
}
DWORD WINAPI module_NotifyIpNetChange(USHORT family, void* callback, void* context, BOOLEAN initial, void** handle) {
  return neigh_wine_NotifyIpNetChange(family, callback, context, initial, handle);
}
DWORD WINAPI module_CancelMibChangeNotify2(void* handle) { return neigh_wine_CancelMibChangeNotify2(handle); }
