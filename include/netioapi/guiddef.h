/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// GUID and the names around it.
#ifndef GUID_DEFINED
#define GUID_DEFINED

#include <stdint.h>
#include <string.h>

#include "neigh_detail/compiler.h"

typedef struct _GUID {
  uint32_t Data1;
  unsigned short Data2;
  unsigned short Data3;
  unsigned char Data4[8];
} GUID;

typedef GUID* LPGUID;
typedef const GUID* LPCGUID;
typedef GUID IID;
typedef IID* LPIID;
typedef GUID CLSID;

#ifdef __cplusplus
#define REFGUID const GUID&
#define REFIID const IID&

NEIGH_INLINE int InlineIsEqualGUID(REFGUID a, REFGUID b) { return memcmp(&a, &b, sizeof(GUID)) == 0; }
#define IsEqualGUID(a, b) InlineIsEqualGUID((a), (b))
NEIGH_INLINE bool operator==(REFGUID a, REFGUID b) { return InlineIsEqualGUID(a, b) != 0; }
NEIGH_INLINE bool operator!=(REFGUID a, REFGUID b) { return InlineIsEqualGUID(a, b) == 0; }
#else
#define REFGUID const GUID*
#define REFIID const IID*
#define IsEqualGUID(a, b) (!memcmp((a), (b), sizeof(GUID)))
#endif

#endif
