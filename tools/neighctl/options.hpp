// SPDX-License-Identifier: Apache-2.0
// Options that several commands share, spelled once.
#pragma once

#include "command.hpp"

namespace neigh::ctl::opt {

inline constexpr std::string_view kStateChoices =
    "none incomplete reachable stale delay probe failed noarp permanent unreachable";

inline constexpr OptionSpec kDev{.name = "dev",
                                 .letter = 'd',
                                 .kind = ValueKind::kInterface,
                                 .metavar = "IF",
                                 .help = "interface: name, index or LUID (0x0006000002000000)",
                                 .words = "dev"};
inline constexpr OptionSpec kState{.name = "state",
                                   .letter = 's',
                                   .kind = ValueKind::kStates,
                                   .metavar = "STATES",
                                   .help = "only these states, separated by ',', or 'all'",
                                   .words = "nud state",
                                   .choices = kStateChoices,
                                   .repeats = true};
inline constexpr OptionSpec kMaster{.name = "master",
                                    .kind = ValueKind::kInterface,
                                    .metavar = "IF",
                                    .help = "only interfaces below this bridge, bond or VRF",
                                    .words = "master vrf"};
inline constexpr OptionSpec kNoMaster{
    .name = "nomaster", .help = "only interfaces below no other one", .words = "nomaster"};
inline constexpr OptionSpec kRouterOnly{.name = "router", .letter = 'r', .help = "only routers", .words = "router"};
inline constexpr OptionSpec kProxyOnly{.name = "proxy", .help = "proxy entries instead of neighbors", .words = "proxy"};
inline constexpr OptionSpec kProtocolOnly{.name = "protocol",
                                          .kind = ValueKind::kProtocol,
                                          .metavar = "OWNER",
                                          .help = "only entries of this owner, such as static, bgp or 0-255",
                                          .words = "protocol proto"};

inline constexpr OptionSpec kLinkAddress{.name = "lladdr",
                                         .letter = 'l',
                                         .kind = ValueKind::kLinkAddress,
                                         .metavar = "LLADDR",
                                         .help = "link-layer address: 02:00:.., 02-00-.., 0200.. or 0200.0000.0007",
                                         .words = "lladdr"};
inline constexpr OptionSpec kStateToSet{.name = "state",
                                        .letter = 's',
                                        .kind = ValueKind::kState,
                                        .metavar = "STATE",
                                        .help = "state of the entry (default: permanent; none if managed)",
                                        .words = "nud state",
                                        .choices = kStateChoices};
inline constexpr OptionSpec kProtocolToSet{.name = "protocol",
                                           .kind = ValueKind::kProtocol,
                                           .metavar = "OWNER",
                                           .help = "owner to note in the entry, such as static, bgp or 0-255",
                                           .words = "protocol proto"};
inline constexpr OptionSpec kRouterFlag{
    .name = "router", .letter = 'r', .help = "mark the neighbor as a router", .words = "router"};
inline constexpr OptionSpec kProxyFlag{
    .name = "proxy", .help = "a proxy entry: this host answers for the address", .words = "proxy"};
inline constexpr OptionSpec kExternLearn{
    .name = "extern-learn", .help = "owned by a control plane: not collected", .words = "extern_learn"};
inline constexpr OptionSpec kExternValid{
    .name = "extern-valid", .help = "vouched for by user space: not invalidated", .words = "extern_valid"};
inline constexpr OptionSpec kManaged{
    .name = "managed", .help = "the kernel keeps the entry resolved; state none", .words = "managed"};
inline constexpr OptionSpec kUse{
    .name = "use", .help = "have the address resolved as if a packet went there; does not wait", .words = "use"};

inline constexpr OptionSpec kTimeout{.name = "timeout",
                                     .letter = 't',
                                     .kind = ValueKind::kDuration,
                                     .metavar = "TIME",
                                     .help = "give up after this time, such as 500ms or 2s",
                                     .words = "timeout"};
inline constexpr OptionSpec kSource{.name = "source",
                                    .kind = ValueKind::kAddress,
                                    .metavar = "ADDRESS",
                                    .help = "own address to ask from",
                                    .words = "source src from"};
inline constexpr OptionSpec kCount{.name = "count",
                                   .letter = 'c',
                                   .kind = ValueKind::kNumber,
                                   .metavar = "N",
                                   .help = "how many times",
                                   .words = "count"};
inline constexpr OptionSpec kInterval{.name = "interval",
                                      .letter = 'i',
                                      .kind = ValueKind::kDuration,
                                      .metavar = "TIME",
                                      .help = "time between two",
                                      .words = "interval"};
inline constexpr OptionSpec kDryRun{
    .name = "dry-run", .letter = 'n', .help = "show what would be done, change nothing"};

/// `option` with another help text.
constexpr OptionSpec with_help(OptionSpec option, std::string_view help) {
  option.help = help;
  return option;
}

}  // namespace neigh::ctl::opt
