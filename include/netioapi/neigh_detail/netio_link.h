/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// netioapi.h, group: interfaces and what each address family has set on them. Included by netioapi.h alone.
///
/// An embedded stack answers ERROR_NOT_SUPPORTED / STATUS_NOT_SUPPORTED to all of these: it has no such tables.
#ifndef NEIGH_DETAIL_NETIO_LINK_H
#define NEIGH_DETAIL_NETIO_LINK_H

#include "../ifdef.h"
#include "../nldef.h"
#include "../ntddndis.h"
#include "../ws2ipdef.h"
#include "netio_flavor.h"

/// How much GetIfTable2Ex tells; both levels tell the same here: no filter hides anything.
typedef enum _MIB_IF_TABLE_LEVEL { MibIfTableNormal, MibIfTableRaw } MIB_IF_TABLE_LEVEL;
typedef MIB_IF_TABLE_LEVEL* PMIB_IF_TABLE_LEVEL;

/// One interface. What Linux does not count or know reads 0: InUcastOctets and the like of single classes,
/// InBroadcastOctets, OutNUcastPkts, NetworkGuid.
typedef struct _MIB_IF_ROW2 {
  NET_LUID InterfaceLuid;
  NET_IFINDEX InterfaceIndex;
  GUID InterfaceGuid;                         ///< as ConvertInterfaceLuidToGuid makes it
  WCHAR Alias[IF_MAX_STRING_SIZE + 1];        ///< the kernel's name, "eth0"
  WCHAR Description[IF_MAX_STRING_SIZE + 1];  ///< the text that an administrator gave it, else its name
  ULONG PhysicalAddressLength;
  UCHAR PhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
  UCHAR PermanentPhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];  ///< that of the hardware, else PhysicalAddress
  ULONG Mtu;
  IFTYPE Type;
  TUNNEL_TYPE TunnelType;
  NDIS_MEDIUM MediaType;
  NDIS_PHYSICAL_MEDIUM PhysicalMediumType;
  NET_IF_ACCESS_TYPE AccessType;
  NET_IF_DIRECTION_TYPE DirectionType;
  struct {
    __extension__ BOOLEAN HardwareInterface : 1;  ///< a driver of hardware made it
    __extension__ BOOLEAN FilterInterface : 1;
    __extension__ BOOLEAN ConnectorPresent : 1;
    __extension__ BOOLEAN NotAuthenticated : 1;
    __extension__ BOOLEAN NotMediaConnected : 1;  ///< no carrier
    __extension__ BOOLEAN Paused : 1;
    __extension__ BOOLEAN LowPower : 1;
    __extension__ BOOLEAN EndPointInterface : 1;
  } InterfaceAndOperStatusFlags;
  IF_OPER_STATUS OperStatus;
  NET_IF_ADMIN_STATUS AdminStatus;
  NET_IF_MEDIA_CONNECT_STATE MediaConnectState;
  NET_IF_NETWORK_GUID NetworkGuid;
  NET_IF_CONNECTION_TYPE ConnectionType;
  ULONG64 TransmitLinkSpeed;  ///< bits per second; all ones: not known
  ULONG64 ReceiveLinkSpeed;
  ULONG64 InOctets;
  ULONG64 InUcastPkts;  ///< packets received that were no multicast ones
  ULONG64 InNUcastPkts;
  ULONG64 InDiscards;
  ULONG64 InErrors;
  ULONG64 InUnknownProtos;
  ULONG64 InUcastOctets;
  ULONG64 InMulticastOctets;
  ULONG64 InBroadcastOctets;
  ULONG64 OutOctets;
  ULONG64 OutUcastPkts;  ///< packets sent, of every kind
  ULONG64 OutNUcastPkts;
  ULONG64 OutDiscards;
  ULONG64 OutErrors;
  ULONG64 OutUcastOctets;
  ULONG64 OutMulticastOctets;
  ULONG64 OutBroadcastOctets;
  ULONG64 OutQLen;
} MIB_IF_ROW2, *PMIB_IF_ROW2;

typedef struct _MIB_IF_TABLE2 {
  ULONG NumEntries;
  MIB_IF_ROW2 Table[ANY_SIZE];  ///< NumEntries rows, by index
} MIB_IF_TABLE2, *PMIB_IF_TABLE2;

/// What one address family has set on one interface.
typedef struct _MIB_IPINTERFACE_ROW {
  ADDRESS_FAMILY Family;
  NET_LUID InterfaceLuid;
  NET_IFINDEX InterfaceIndex;
  ULONG MaxReassemblySize;
  ULONG64 InterfaceIdentifier;  ///< 0
  ULONG MinRouterAdvertisementInterval;
  ULONG MaxRouterAdvertisementInterval;
  BOOLEAN AdvertisingEnabled;
  BOOLEAN ForwardingEnabled;
  BOOLEAN WeakHostSend;     ///< always 1: Linux hosts are weak ones (RFC 1122 3.3.4.2)
  BOOLEAN WeakHostReceive;  ///< always 1
  BOOLEAN UseAutomaticMetric;
  BOOLEAN UseNeighborUnreachabilityDetection;
  BOOLEAN ManagedAddressConfigurationSupported;  ///< the last router advertisement said so
  BOOLEAN OtherStatefulConfigurationSupported;
  BOOLEAN AdvertiseDefaultRoute;
  NL_ROUTER_DISCOVERY_BEHAVIOR RouterDiscoveryBehavior;
  ULONG DadTransmits;
  ULONG BaseReachableTime;  ///< milliseconds
  ULONG RetransmitTime;     ///< milliseconds
  ULONG PathMtuDiscoveryTimeout;
  NL_LINK_LOCAL_ADDRESS_BEHAVIOR LinkLocalAddressBehavior;
  ULONG LinkLocalAddressTimeout;
  ULONG ZoneIndices[ScopeLevelCount];
  ULONG SitePrefixLength;
  ULONG Metric;  ///< 0: Linux has metrics of routes alone
  ULONG NlMtu;
  BOOLEAN Connected;
  BOOLEAN SupportsWakeUpPatterns;
  BOOLEAN SupportsNeighborDiscovery;
  BOOLEAN SupportsRouterDiscovery;
  ULONG ReachableTime;  ///< milliseconds, as randomized at present
  NL_INTERFACE_OFFLOAD_ROD TransmitOffload;
  NL_INTERFACE_OFFLOAD_ROD ReceiveOffload;
  BOOLEAN DisableDefaultRoutes;
} MIB_IPINTERFACE_ROW, *PMIB_IPINTERFACE_ROW;

NEIGH_BEGIN_C

/// Reads one interface.
/// @param Row  in: InterfaceLuid, or with Value 0 InterfaceIndex. Out: every member; untouched on failure.
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Row is NULL, or both keys are 0
/// @retval ERROR_FILE_NOT_FOUND / STATUS_OBJECT_NAME_NOT_FOUND  no such interface
/// @threads Any thread. @source netioapi.md section 6, GetIfEntry2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API GetIfEntry2(_Inout_ PMIB_IF_ROW2 Row);

/// Reads all interfaces, down ones included. FreeMibTable releases the table.
/// @param Table  receives the table, NULL on every failure
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Table is NULL
/// @retval ERROR_NOT_ENOUGH_MEMORY / STATUS_NO_MEMORY
/// @threads Any thread. @source netioapi.md section 6, GetIfTable2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API GetIfTable2(_Outptr_ PMIB_IF_TABLE2* Table);

/// GetIfTable2 with a level: MibIfTableNormal or MibIfTableRaw.
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  another level, or Table is NULL; it stays as it was
/// @threads Any thread. @source netioapi.md section 6, GetIfTable2Ex
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    GetIfTable2Ex(_In_ MIB_IF_TABLE_LEVEL Level, _Outptr_ PMIB_IF_TABLE2* Table);

/// Reads what an address family has set on an interface.
/// @param Row  in: Family, and InterfaceLuid or InterfaceIndex. Out: every member; untouched on failure.
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Row is NULL, another family, or both keys are 0
/// @retval ERROR_FILE_NOT_FOUND / STATUS_OBJECT_NAME_NOT_FOUND  no such interface
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  the interface does not have the family
/// @threads Any thread. @source netioapi.md section 6, GetIpInterfaceEntry
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    GetIpInterfaceEntry(_Inout_ PMIB_IPINTERFACE_ROW Row);

NEIGH_END_C

#endif
