/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// netioapi.h, group: to be told of changes. Included by netioapi.h alone.
///
/// Common to the group:
/// - Callbacks run one after the other on one thread of the library, which starts with the first registration of the
///   process and holds every signal blocked. A callback that blocks holds up all others.
/// - Each registration follows the network namespace that the registering thread is in, for as long as it lasts.
/// - `Row` belongs to the library and is good until the callback returns. With MibInitialNotification it is NULL.
/// - If the kernel lost notifications, the tables are read again and the difference is told.
/// - A forked child has no registrations: handles of the parent are unknown to it, CancelMibChangeNotify2 answers
///   ERROR_INVALID_HANDLE there. It may register anew.
/// - At most 1024 registrations at a time; the next gets ERROR_NOT_ENOUGH_MEMORY / STATUS_NO_MEMORY.
/// - On an embedded stack NotifyIpNetChange works; the others answer ERROR_NOT_SUPPORTED / STATUS_NOT_SUPPORTED.
#ifndef NEIGH_DETAIL_NETIO_NOTIFY_H
#define NEIGH_DETAIL_NETIO_NOTIFY_H

#include "netio_address.h"
#include "netio_flavor.h"
#include "netio_link.h"
#include "netio_neighbor.h"
#include "netio_route.h"

/// Why a change callback is called. @source netioapi.md V-29
typedef enum _MIB_NOTIFICATION_TYPE {
  MibParameterNotification,
  MibAddInstance,
  MibDeleteInstance,
  MibInitialNotification
} MIB_NOTIFICATION_TYPE;
typedef MIB_NOTIFICATION_TYPE* PMIB_NOTIFICATION_TYPE;

NEIGH_BEGIN_C

/// `Row` has only its keys filled in: Family, InterfaceLuid, InterfaceIndex, as on Windows.
typedef VOID(NETIOAPI_API_* PIPINTERFACE_CHANGE_CALLBACK)(_In_ PVOID CallerContext, _In_opt_ PMIB_IPINTERFACE_ROW Row,
                                                          _In_ MIB_NOTIFICATION_TYPE NotificationType);
/// `Row` has only its keys filled in: Address, InterfaceLuid, InterfaceIndex.
typedef VOID(NETIOAPI_API_* PUNICAST_IPADDRESS_CHANGE_CALLBACK)(_In_ PVOID CallerContext,
                                                                _In_opt_ PMIB_UNICASTIPADDRESS_ROW Row,
                                                                _In_ MIB_NOTIFICATION_TYPE NotificationType);
/// `Row` has only its keys filled in: DestinationPrefix, NextHop, InterfaceLuid, InterfaceIndex.
typedef VOID(NETIOAPI_API_* PIPFORWARD_CHANGE_CALLBACK)(_In_ PVOID CallerContext, _In_opt_ PMIB_IPFORWARD_ROW2 Row,
                                                        _In_ MIB_NOTIFICATION_TYPE NotificationType);

/// Asks to be told of interfaces that come, go or change; one call for each address family that the interface has.
///
/// @param Family               AF_INET, AF_INET6, or AF_UNSPEC for both
/// @param Callback             called by the library's thread
/// @param CallerContext        handed to Callback, may be NULL
/// @param InitialNotification  TRUE: one call with MibInitialNotification comes first, by the library's thread
/// @param NotificationHandle   receives the handle for CancelMibChangeNotify2; untouched on failure
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  another family, or Callback or NotificationHandle NULL
/// @retval ERROR_NOT_ENOUGH_MEMORY / STATUS_NO_MEMORY
/// @threads Any thread, also a callback. @source netioapi.md section 6, NotifyIpInterfaceChange
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    NotifyIpInterfaceChange(_In_ ADDRESS_FAMILY Family, _In_ PIPINTERFACE_CHANGE_CALLBACK Callback,
                            _In_opt_ PVOID CallerContext, _In_ BOOLEAN InitialNotification,
                            _Inout_ HANDLE* NotificationHandle);

/// Asks to be told of unicast addresses that come, go or change (of their state, for example); otherwise as
/// NotifyIpInterfaceChange. @threads Any thread, also a callback. @source NotifyUnicastIpAddressChange
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    NotifyUnicastIpAddressChange(_In_ ADDRESS_FAMILY Family, _In_ PUNICAST_IPADDRESS_CHANGE_CALLBACK Callback,
                                 _In_opt_ PVOID CallerContext, _In_ BOOLEAN InitialNotification,
                                 _Inout_ HANDLE* NotificationHandle);

/// Asks to be told of routes of the main table that come, go or change; otherwise as NotifyIpInterfaceChange.
/// @threads Any thread, also a callback. @source NotifyRouteChange2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    NotifyRouteChange2(_In_ ADDRESS_FAMILY AddressFamily, _In_ PIPFORWARD_CHANGE_CALLBACK Callback,
                       _In_opt_ PVOID CallerContext, _In_ BOOLEAN InitialNotification,
                       _Inout_ HANDLE* NotificationHandle);

/// Ends a registration. When it returns, no callback of the registration runs or will run; it waits for one that runs.
///
/// Called from within a callback, it does not wait for that callback, which would never end: the registration is ended,
/// and the callback is its last one. A callback must therefore not hold a lock that the caller of this function holds.
///
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  NotificationHandle is NULL
/// @retval ERROR_INVALID_HANDLE / STATUS_INVALID_HANDLE  not a handle of a registration that lasts
/// @threads Any thread, also a callback. @source netioapi.md section 6, CancelMibChangeNotify2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    CancelMibChangeNotify2(_In_ HANDLE NotificationHandle);

#ifndef NEIGH_NO_EXTENSIONS
/// EXTENSION of this library: Windows has no notification for neighbors, and its headers do not have this name.
/// NEIGH_NO_EXTENSIONS, defined before the headers, hides it. `Row` is filled in whole; with MibDeleteInstance it holds
/// the last known content.
typedef VOID(NETIOAPI_API_* PIPNET_CHANGE_CALLBACK)(_In_ PVOID CallerContext, _In_opt_ PMIB_IPNET_ROW2 Row,
                                                    _In_ MIB_NOTIFICATION_TYPE NotificationType);

/// EXTENSION of this library: asks to be told of neighbors that come, go or change; parameters, codes and rules are
/// those of NotifyIpInterfaceChange. Entries that were there at the registration are not told.
/// @threads Any thread, also a callback.
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    NotifyIpNetChange(_In_ ADDRESS_FAMILY Family, _In_ PIPNET_CHANGE_CALLBACK Callback, _In_opt_ PVOID CallerContext,
                      _In_ BOOLEAN InitialNotification, _Inout_ HANDLE* NotificationHandle);
#endif

NEIGH_END_C

#endif
