/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The rows of the IPv4-only neighbor functions from before Windows Vista, which iphlpapi.h declares.
/// @source netioapi.md section 3, V-19, V-20, V-28
#ifndef _IPMIB_
#define _IPMIB_

#include "ipifcons.h"
#include "minwindef.h"

#ifndef ANY_SIZE
#define ANY_SIZE 1
#endif

#define MAXLEN_PHYSADDR 8
#define MAXLEN_IFDESCR 256

typedef enum {
  MIB_IPNET_TYPE_OTHER = 1,
  MIB_IPNET_TYPE_INVALID = 2,
  MIB_IPNET_TYPE_DYNAMIC = 3,
  MIB_IPNET_TYPE_STATIC = 4
} MIB_IPNET_TYPE;

typedef struct _MIB_IPNETROW_LH {
  DWORD dwIndex;
  DWORD dwPhysAddrLen;
  UCHAR bPhysAddr[MAXLEN_PHYSADDR];
  DWORD dwAddr;  ///< network byte order
  __extension__ union {
    DWORD dwType;
    MIB_IPNET_TYPE Type;
  };
} MIB_IPNETROW_LH, *PMIB_IPNETROW_LH;
typedef MIB_IPNETROW_LH MIB_IPNETROW, *PMIB_IPNETROW;

typedef struct _MIB_IPNETTABLE {
  DWORD dwNumEntries;
  MIB_IPNETROW table[ANY_SIZE];
} MIB_IPNETTABLE, *PMIB_IPNETTABLE;

#define SIZEOF_IPNETTABLE(n) (FIELD_OFFSET(MIB_IPNETTABLE, table[0]) + ((n) * sizeof(MIB_IPNETROW)) + ALIGN_SIZE)
#ifndef ALIGN_SIZE
#define ALIGN_SIZE 8
#endif

#endif
