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

#endif
