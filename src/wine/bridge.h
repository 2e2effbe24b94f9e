/* SPDX-License-Identifier: Apache-2.0 */
/* The border inside the module. module.c sees Wine's headers, bridge.cpp the library's; the two cannot meet in one
 * source file, so that plain C with types of fixed width lies between. Structures cross it as images with Windows'
 * numbers; bridge.cpp translates them. Codes are Win32's. */
#ifndef NEIGH_WINE_BRIDGE_H
#define NEIGH_WINE_BRIDGE_H

#include <stdint.h> /* NOLINT(modernize-deprecated-headers): C, too */

#ifdef __cplusplus
extern "C" {
#endif

/* The library's side. Each function answers as the one it is named after. */
void neigh_wine_start(void);

uint32_t neigh_wine_CreateIpNetEntry2(const void* row);
uint32_t neigh_wine_SetIpNetEntry2(const void* row);
uint32_t neigh_wine_DeleteIpNetEntry2(const void* row);
uint32_t neigh_wine_GetIpNetEntry2(void* row);
uint32_t neigh_wine_ResolveIpNetEntry2(void* row, const void* source);
uint32_t neigh_wine_GetIpNetTable2(uint16_t family, void** table);
uint32_t neigh_wine_FlushIpNetTable2(uint16_t family, uint32_t index);
void neigh_wine_FreeMibTable(void* block);

uint32_t neigh_wine_SendARP(uint32_t destination, uint32_t source, void* address, uint32_t* length);
uint32_t neigh_wine_GetIpNetTable(void* table, uint32_t* size);
uint32_t neigh_wine_CreateIpNetEntry(const void* row);
uint32_t neigh_wine_SetIpNetEntry(const void* row);
uint32_t neigh_wine_DeleteIpNetEntry(const void* row);
uint32_t neigh_wine_FlushIpNetTable(uint32_t index);
uint32_t neigh_wine_CreateProxyArpEntry(uint32_t address, uint32_t mask, uint32_t index);
uint32_t neigh_wine_DeleteProxyArpEntry(uint32_t address, uint32_t mask, uint32_t index);

uint32_t neigh_wine_GetBestInterface(uint32_t destination, uint32_t* index);
uint32_t neigh_wine_GetBestInterfaceEx(const void* destination, uint32_t* index);
uint32_t neigh_wine_GetBestRoute2(const uint64_t* luid, uint32_t index, const void* source, const void* destination,
                                  void* route, void* best_source);
uint32_t neigh_wine_GetIpInterfaceEntry(void* row);
uint32_t neigh_wine_GetIpForwardTable2(uint16_t family, void** table);
uint32_t neigh_wine_GetUnicastIpAddressTable(uint16_t family, void** table);
uint32_t neigh_wine_GetUnicastIpAddressEntry(void* row);
void neigh_wine_InitializeIpForwardEntry(void* row);
uint32_t neigh_wine_CreateIpForwardEntry2(const void* row);
uint32_t neigh_wine_DeleteIpForwardEntry2(const void* row);
void neigh_wine_InitializeUnicastIpAddressEntry(void* row);
uint32_t neigh_wine_CreateUnicastIpAddressEntry(const void* row);
uint32_t neigh_wine_DeleteUnicastIpAddressEntry(const void* row);

/* `callback` is a function of the program, in Windows' calling convention. */
uint32_t neigh_wine_NotifyIpInterfaceChange(uint16_t family, void* callback, void* context, int initial, void** handle);
uint32_t neigh_wine_NotifyUnicastIpAddressChange(uint16_t family, void* callback, void* context, int initial,
                                                 void** handle);
uint32_t neigh_wine_NotifyRouteChange2(uint16_t family, void* callback, void* context, int initial, void** handle);
uint32_t neigh_wine_NotifyIpNetChange(uint16_t family, void* callback, void* context, int initial, void** handle);
uint32_t neigh_wine_CancelMibChangeNotify2(void* handle);

/* Wine's side. "own": answered by Wine's own iphlpapi; 0: it has no answer. */
int wine_side_own_index(uint64_t luid, uint32_t* index);
int wine_side_own_luid(uint32_t index, uint64_t* luid);
/* Wine's own neighbors of IPv4, to be given back through wine_side_own_free. */
int wine_side_own_table(void** table);
void wine_side_own_free(void* block);
uint32_t wine_side_own_cancel(void* handle);
/* A thread that Wine knows: functions of the program may be called on it. */
int wine_side_thread(void (*run)(void*), void* argument);
void wine_side_tell(void* callback, void* context, void* row, int type);

#ifdef __cplusplus
}
#endif

#endif
