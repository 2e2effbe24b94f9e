/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Enumerations of the network layer. @source netioapi.md M-08 ... M-15, V-16; decisions.md LIB-27
#ifndef _NLDEF_
#define _NLDEF_

#include "neigh_detail/base_types.h"

/// The state of a neighbor. Programs rely on the order, for example `State <= NlnsIncomplete` (V-16, LIB-27).
typedef enum _NL_NEIGHBOR_STATE {
  NlnsUnreachable,  ///< nobody answers (M-09)
  NlnsIncomplete,   ///< being resolved, no link-layer address yet (M-10)
  NlnsProbe,        ///< being asked whether it is still there (M-11)
  NlnsDelay,        ///< traffic was sent, a confirmation is awaited for a short time (M-12)
  NlnsStale,        ///< not confirmed lately; nothing happens until a packet is sent (M-13)
  NlnsReachable,    ///< confirmed within the reachable time (M-14)
  NlnsPermanent,    ///< static, does not age (M-15)
  NlnsMaximum       ///< not a state (M-08)
} NL_NEIGHBOR_STATE;
typedef NL_NEIGHBOR_STATE* PNL_NEIGHBOR_STATE;

typedef enum {
  IpDadStateInvalid = 0,
  IpDadStateTentative,
  IpDadStateDuplicate,
  IpDadStateDeprecated,
  IpDadStatePreferred,
  NldsInvalid = IpDadStateInvalid,
  NldsTentative = IpDadStateTentative,
  NldsDuplicate = IpDadStateDuplicate,
  NldsDeprecated = IpDadStateDeprecated,
  NldsPreferred = IpDadStatePreferred
} NL_DAD_STATE;

typedef enum {
  IpPrefixOriginOther = 0,
  IpPrefixOriginManual,
  IpPrefixOriginWellKnown,
  IpPrefixOriginDhcp,
  IpPrefixOriginRouterAdvertisement,
  IpPrefixOriginUnchanged = 1 << 4
} NL_PREFIX_ORIGIN;

typedef enum {
  IpSuffixOriginOther = 0,
  IpSuffixOriginManual,
  IpSuffixOriginWellKnown,
  IpSuffixOriginDhcp,
  IpSuffixOriginLinkLayerAddress,
  IpSuffixOriginRandom,
  IpSuffixOriginUnchanged = 1 << 4,
  NlsoOther = IpSuffixOriginOther,
  NlsoManual = IpSuffixOriginManual,
  NlsoWellKnown = IpSuffixOriginWellKnown,
  NlsoDhcp = IpSuffixOriginDhcp,
  NlsoLinkLayerAddress = IpSuffixOriginLinkLayerAddress,
  NlsoRandom = IpSuffixOriginRandom
} NL_SUFFIX_ORIGIN;

typedef enum { NlatUnspecified, NlatUnicast, NlatAnycast, NlatMulticast, NlatBroadcast, NlatInvalid } NL_ADDRESS_TYPE;
typedef NL_ADDRESS_TYPE* PNL_ADDRESS_TYPE;

/// Who made a route. Each number has three names, as on Windows.
typedef enum _NL_ROUTE_PROTOCOL {
  RouteProtocolOther = 1,
  RouteProtocolLocal = 2,
  RouteProtocolNetMgmt = 3,
  RouteProtocolIcmp = 4,
  RouteProtocolEgp = 5,
  RouteProtocolGgp = 6,
  RouteProtocolHello = 7,
  RouteProtocolRip = 8,
  RouteProtocolIsIs = 9,
  RouteProtocolEsIs = 10,
  RouteProtocolCisco = 11,
  RouteProtocolBbn = 12,
  RouteProtocolOspf = 13,
  RouteProtocolBgp = 14,
  MIB_IPPROTO_OTHER = 1,
  PROTO_IP_OTHER = 1,
  MIB_IPPROTO_LOCAL = 2,
  PROTO_IP_LOCAL = 2,
  MIB_IPPROTO_NETMGMT = 3,
  PROTO_IP_NETMGMT = 3,
  MIB_IPPROTO_ICMP = 4,
  PROTO_IP_ICMP = 4,
  MIB_IPPROTO_EGP = 5,
  PROTO_IP_EGP = 5,
  MIB_IPPROTO_GGP = 6,
  PROTO_IP_GGP = 6,
  MIB_IPPROTO_HELLO = 7,
  PROTO_IP_HELLO = 7,
  MIB_IPPROTO_RIP = 8,
  PROTO_IP_RIP = 8,
  MIB_IPPROTO_IS_IS = 9,
  PROTO_IP_IS_IS = 9,
  MIB_IPPROTO_ES_IS = 10,
  PROTO_IP_ES_IS = 10,
  MIB_IPPROTO_CISCO = 11,
  PROTO_IP_CISCO = 11,
  MIB_IPPROTO_BBN = 12,
  PROTO_IP_BBN = 12,
  MIB_IPPROTO_OSPF = 13,
  PROTO_IP_OSPF = 13,
  MIB_IPPROTO_BGP = 14,
  PROTO_IP_BGP = 14,
  MIB_IPPROTO_NT_AUTOSTATIC = 10002,
  PROTO_IP_NT_AUTOSTATIC = 10002,
  MIB_IPPROTO_NT_STATIC = 10006,
  PROTO_IP_NT_STATIC = 10006,
  MIB_IPPROTO_NT_STATIC_NON_DOD = 10007,
  PROTO_IP_NT_STATIC_NON_DOD = 10007
} NL_ROUTE_PROTOCOL;
typedef NL_ROUTE_PROTOCOL* PNL_ROUTE_PROTOCOL;

typedef enum _NL_ROUTE_ORIGIN {
  NlroManual,
  NlroWellKnown,
  NlroDHCP,
  NlroRouterAdvertisement,
  Nlro6to4
} NL_ROUTE_ORIGIN;
typedef NL_ROUTE_ORIGIN* PNL_ROUTE_ORIGIN;

typedef enum _NL_LINK_LOCAL_ADDRESS_BEHAVIOR {
  LinkLocalAlwaysOff = 0,
  LinkLocalDelayed,
  LinkLocalAlwaysOn,
  LinkLocalUnchanged = -1
} NL_LINK_LOCAL_ADDRESS_BEHAVIOR;

typedef enum _NL_ROUTER_DISCOVERY_BEHAVIOR {
  RouterDiscoveryDisabled = 0,
  RouterDiscoveryEnabled,
  RouterDiscoveryDhcp,
  RouterDiscoveryUnchanged = -1
} NL_ROUTER_DISCOVERY_BEHAVIOR;

/// What the hardware takes over for the network layer. Nothing here fills it: all bits read 0.
typedef struct _NL_INTERFACE_OFFLOAD_ROD {
  __extension__ BOOLEAN NlChecksumSupported : 1;
  __extension__ BOOLEAN NlOptionsSupported : 1;
  __extension__ BOOLEAN TlDatagramChecksumSupported : 1;
  __extension__ BOOLEAN TlStreamChecksumSupported : 1;
  __extension__ BOOLEAN TlStreamOptionsSupported : 1;
  __extension__ BOOLEAN FastPathCompatible : 1;
  __extension__ BOOLEAN TlLargeSendOffloadSupported : 1;
  __extension__ BOOLEAN TlGiantSendOffloadSupported : 1;
} NL_INTERFACE_OFFLOAD_ROD, *PNL_INTERFACE_OFFLOAD_ROD;

#endif
