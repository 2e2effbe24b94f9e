// SPDX-License-Identifier: Apache-2.0
/// @file
/// `HostNetwork`: what a host has beside its neighbor table. Links in full, addresses, routes, and their changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "neigh/function_ref.hpp"
#include "neigh/interface.hpp"
#include "neigh/result.hpp"

#pragma GCC visibility push(default)
namespace neigh {

/// State of a link, as RFC 2863 numbers it (ifOperStatus).
enum class LinkState : std::uint8_t {
  kUnknown = 0,
  kNotPresent,
  kDown,
  kLowerLayerDown,
  kTesting,
  kDormant,
  kUp,
};

/// What one address family has set on one link.
struct FamilySettings {
  bool present = false;  ///< The family works on the link; the rest means nothing otherwise.
  bool forwarding = false;
  bool accepts_router_advertisements = false;
  bool managed = false;       ///< IPv6: the last router advertisement had the M flag.
  bool other_config = false;  ///< IPv6: the O flag.
  std::uint32_t mtu = 0;
  std::uint32_t dad_transmits = 0;
  std::uint32_t max_reassembly = 0;
  std::chrono::milliseconds base_reachable_time{0};
  std::chrono::milliseconds reachable_time{0};  ///< As randomized at present.
  std::chrono::milliseconds retransmit_time{0};
};

/// Counters of a link since it was made; they never go back but for 64-bit wraps.
struct LinkCounters {
  std::uint64_t rx_packets = 0, tx_packets = 0;
  std::uint64_t rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0;
  std::uint64_t rx_dropped = 0, tx_dropped = 0;
  std::uint64_t rx_multicast = 0;
  std::uint64_t rx_nohandler = 0;
};

/// A link in full.
struct HostLink {
  Interface interface = {};
  std::string description = {};        ///< Text that an administrator gave it (ifalias), or empty.
  LinkAddress permanent_address = {};  ///< That of the hardware, or empty.
  LinkState state = LinkState::kUnknown;
  std::uint64_t bits_per_second = 0;  ///< 0: not known.
  std::uint32_t queue_length = 0;     ///< Packets.
  LinkCounters counters = {};
  FamilySettings ipv4 = {};
  FamilySettings ipv6 = {};
};

/// A unicast address of this host.
struct HostAddress {
  enum class State : std::uint8_t { kTentative, kDuplicate, kDeprecated, kPreferred };

  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address = {};
  std::uint8_t prefix_length = 0;
  std::optional<std::chrono::seconds> valid = {};      ///< Time left; nothing: for ever.
  std::optional<std::chrono::seconds> preferred = {};  ///< Time left; nothing: for ever.
  State state = State::kPreferred;
  bool from_router = false;              ///< Made from a router advertisement.
  bool temporary = false;                ///< RFC 8981.
  bool no_dad = false;                   ///< For `create_address`: used at once, without detecting duplicates.
  std::chrono::milliseconds created{0};  ///< Since the host started.
};

/// A route of the main table, with one next hop.
struct Route {
  IpAddress destination = {};  ///< The prefix; bits behind the length are 0.
  std::uint8_t prefix_length = 0;
  IpAddress next_hop = {};  ///< No address: the destination is on the link.
  InterfaceIndex interface = InterfaceIndex::kNone;
  std::uint32_t metric = 0;
  std::uint8_t protocol = 0;  ///< Who made it: rtnetlink's number (RTPROT_*).
  std::optional<std::chrono::seconds> lifetime = {};
  friend bool operator==(const Route&, const Route&) = default;
};

/// Which way a packet would go.
struct BestRoute {
  Route route = {};
  IpAddress source = {};  ///< The sender address that it would have.
};

/// One change of a host.
struct HostEvent {
  enum class Kind : std::uint8_t { kAdded, kChanged, kRemoved };
  enum class Subject : std::uint8_t { kLink, kAddress, kRoute };
  Kind kind = Kind::kAdded;
  Subject subject = Subject::kLink;
  Interface interface = {};                ///< Of all subjects; last known content where it has gone.
  std::optional<Interface> previous = {};  ///< kLink and kChanged.
  HostAddress address = {};                ///< kAddress
  Route route = {};                        ///< kRoute
};

/// Which changes are told.
struct HostWatchOptions {
  bool links = false;
  bool addresses = false;
  bool routes = false;
};

/// A subscription to changes of a host, made like `Watch`: wait until `fd()` is readable, then call `process()`. What
/// was there when it was opened is not told. After lost notifications the tables are read again, and the difference is
/// told.
/// @threads One thread at a time; different watches are independent.
class HostWatch {
 public:
  using Handler = FunctionRef<void(const HostEvent&)>;

  virtual ~HostWatch() = default;
  HostWatch(const HostWatch&) = delete;
  HostWatch& operator=(const HostWatch&) = delete;

  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// Handles all that has happened, without waiting. @return Number of events told.
  /// @retval Errc::kSystem, kNoMemory  it could not read the tables again; the next call tries once more.
  virtual Result<std::size_t> process(Handler handler) = 0;
  /// A link as of the last `process()`, also one that has gone since the watch was opened; nothing: never seen.
  [[nodiscard]] virtual std::optional<Interface> find_link(InterfaceIndex index) const = 0;

 protected:
  HostWatch() = default;
};

/// The network configuration of a host, as far as programs beside a neighbor table ask for it.
/// @threads Any thread; a call acts in the network namespace that the table is bound to.
class HostNetwork {
 public:
  virtual ~HostNetwork() = default;
  HostNetwork(const HostNetwork&) = delete;
  HostNetwork& operator=(const HostNetwork&) = delete;

  /// All links, ordered by index.
  [[nodiscard]] virtual Result<std::vector<HostLink>> links() = 0;
  /// @retval Errc::kNoSuchInterface
  [[nodiscard]] virtual Result<HostLink> link(InterfaceIndex index) = 0;

  /// Unicast addresses, ordered by family, interface, address.
  [[nodiscard]] virtual Result<std::vector<HostAddress>> addresses(Family family) = 0;
  /// @retval Errc::kAlreadyExists, kNoSuchInterface, kInvalidArgument, kPermissionDenied, kNotSupported
  virtual Result<void> create_address(const HostAddress& address) = 0;
  /// Removes the address whatever its prefix length. @retval Errc::kNotFound, kNoSuchInterface, kPermissionDenied
  virtual Result<void> remove_address(InterfaceIndex interface, const IpAddress& address) = 0;

  /// Unicast routes of the main table, ordered by family, prefix, length, metric, interface, next hop.
  [[nodiscard]] virtual Result<std::vector<Route>> routes(Family family) = 0;
  /// @retval Errc::kAlreadyExists, kNoSuchInterface, kInvalidArgument, kUnreachable, kPermissionDenied, kNotSupported
  virtual Result<void> create_route(const Route& route) = 0;
  /// Removes the first route with this destination, next hop and interface. @retval Errc::kNotFound, kPermissionDenied
  virtual Result<void> remove_route(const Route& route) = 0;
  /// @param source     no address: chosen.  @param interface  kNone: chosen.
  /// @retval Errc::kUnreachable  there is no way there.  @retval Errc::kInvalidArgument  `source` is not an own
  /// address.
  [[nodiscard]] virtual Result<BestRoute> best_route(const IpAddress& destination, const IpAddress& source,
                                                     InterfaceIndex interface) = 0;

  /// Begins to follow changes, in the network namespace of this moment.
  [[nodiscard]] virtual Result<std::unique_ptr<HostWatch>> watch(const HostWatchOptions& options) = 0;

 protected:
  HostNetwork() = default;
};

}  // namespace neigh
#pragma GCC visibility pop
