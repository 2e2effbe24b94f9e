// SPDX-License-Identifier: Apache-2.0
/// @file
/// `Engine`: ARP, Neighbor Discovery and a neighbor cache for a stack in user space. Frames, packets and deadlines go
/// in, effects come out; no I/O, no clock, no threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "engine/counters.hpp"
#include "engine/effects.hpp"
#include "engine/settings.hpp"
#include "neigh/function_ref.hpp"
#include "neigh/interface.hpp"
#include "neigh/neighbor.hpp"
#include "neigh/result.hpp"
#include "neigh/table.hpp"

namespace neigh::engine {

/// An interface of the engine. `type` kEthernet means Ethernet frames; any other type means that header and payload
/// travel apart (`SendFrame`, `on_payload`). With `link_address_size` 0 the link has no addresses (TUN, PPP) and does
/// no resolution.
struct InterfaceConfig {
  InterfaceIndex index = InterfaceIndex::kNone;
  std::string name = {};
  InterfaceType type = InterfaceType::kEthernet;
  LinkAddress link_address = {};  ///< Ours; its size is that of every neighbor's here.
  std::uint32_t mtu = 1500;       ///< 68 to 65,535; IPv6 needs 1280.
  bool up = true;                 ///< Administratively.
  bool running = true;            ///< Carrier.
  bool no_arp = false;            ///< Does no resolution.
  bool point_to_point = false;
  bool ipv4 = true;
  bool ipv6 = true;
  std::optional<std::uint16_t> vlan = {};  ///< Serves this VLAN: frames go out with its tag (ARP-057).
  std::uint8_t link_option_pad = 0;        ///< 2 on InfiniBand (RFC 4391 9.3).
  InterfaceSettings settings = {};
};

/// How an address of ours is added.
struct AddressConfig {
  IpAddress address = {};
  /// Of the subnet. IPv4: tells the directed broadcast address, and the subnet becomes on-link. IPv6: has no effect at
  /// all (ONL-002); use `add_prefix`.
  std::uint8_t prefix_length = 0;
  bool anycast = false;     ///< IPv6: O=0 and delayed answers (NAT-003, NAT-007), no DAD (DAD-001), never a source.
  bool optimistic = false;  ///< IPv6: RFC 4429 (DAD-014).
  /// false: in use at once, without probes (ACD-001) or DAD. For tests and for addresses verified otherwise.
  bool verify = true;
};

/// An address of ours, as it stands.
struct OwnAddress {
  IpAddress address = {};
  std::uint8_t prefix_length = 0;
  bool anycast = false;
  bool optimistic = false;
  AddressChanged::Kind state = AddressChanged::Kind::kPreferred;  ///< kTentative, kOptimistic, kPreferred, kDuplicate.
  friend bool operator==(const OwnAddress&, const OwnAddress&) = default;
};

/// An on-link prefix (NDS-003). Subnets of IPv4 addresses and fe80::/10 count as on-link without being listed.
struct OnLinkPrefix {
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress prefix = {};
  std::uint8_t length = 0;
  bool learned = false;                       ///< From an RA.
  std::optional<TimePoint> valid_until = {};  ///< Nothing: for ever.
  friend bool operator==(const OnLinkPrefix&, const OnLinkPrefix&) = default;
};

struct DefaultRouter {
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress router = {};
  bool learned = false;
  std::optional<TimePoint> valid_until = {};
  friend bool operator==(const DefaultRouter&, const DefaultRouter&) = default;
};

/// Where packets to a destination go.
struct NextHop {
  enum class Kind : std::uint8_t {
    kNone,      ///< Nowhere (NDS-006).
    kLocal,     ///< To ourselves.
    kNeighbor,  ///< To `address`, on-link on `interface`.
    kGroup,     ///< To `link_address`, a multicast or broadcast address (ARP-082, NDF-021).
  };
  Kind kind = Kind::kNone;
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address = {};
  LinkAddress link_address = {};
  friend bool operator==(const NextHop&, const NextHop&) = default;
};

/// What became of a packet, as far as it is known when the call returns.
enum class SendOutcome : std::uint8_t {
  kSent,       ///< A SendFrame effect holds it.
  kQueued,     ///< Waits; later it is sent, or comes back as PacketFailed.
  kDelivered,  ///< It was for ourselves: a DeliverPacket effect holds it.
  kFailed,     ///< A PacketFailed effect holds it.
};

/// fe80::/64 with the modified EUI-64 of a 6-byte link-layer address (RFC 2464 4, 5); nothing for other sizes.
[[nodiscard]] std::optional<IpAddress> link_local_from(const LinkAddress& address);

/// Asks the wire for one address without reading or writing the cache; answers come as `AskAnswered`.
struct AskRequest {
  NeighborKey key = {};
  std::optional<IpAddress> source = {};
  std::uint32_t attempts = 3;
  std::chrono::nanoseconds interval = std::chrono::seconds{1};
  bool all_answers = false;
};

struct EngineConfig {
  EngineLimits limits = {};
  std::uint64_t seed = 0;  ///< Of the hash and of all random delays; equal seeds and inputs give equal effects.
  bool ipv4 = true;        ///< The stack of the family is there at all.
  bool ipv6 = true;
};

/// How an owner drives it: call with the time of the call, perform the effects appended to `out` in order, sleep until
/// `next_deadline`, call `on_deadline`. Times may not go back; an earlier time counts as the latest seen.
///
/// @threads One at a time: the owner locks, and performs effects after the lock is gone.
class Engine {
 public:
  /// @retval Errc::kInvalidArgument  `limits`; field names the member.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> make(const EngineConfig& config);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // --- Time and link ---

  /// A whole Ethernet frame without FCS came in (on an interface without link-layer addresses: an IP packet).
  /// Malformed, hostile and foreign frames change nothing and are counted; the engine filters destinations itself
  /// (PRT-001).
  void on_frame(TimePoint now, InterfaceIndex interface, std::span<const std::uint8_t> frame, Effects& out);
  /// The same where header and payload come apart. `link_unicast`: sent to our own link-layer address.
  void on_payload(TimePoint now, InterfaceIndex interface, std::uint16_t ether_type, const LinkAddress& link_source,
                  bool link_unicast, std::span<const std::uint8_t> payload, Effects& out);
  /// Does everything that was due by `now`. With many things due, call it again while `next_deadline` is not later
  /// than `now`: one call does a bounded amount.
  void on_deadline(TimePoint now, Effects& out);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  /// The port lost this many received frames (PRT-012).
  void on_frames_lost(InterfaceIndex interface, std::uint64_t count);

  // --- Packets of ours ---

  /// Sends an IPv4 or IPv6 packet (from its IP header on) to its destination's next hop, resolving it first if needed.
  /// @param interface  kNone: chosen by on-link prefixes and default routers.
  /// @param cookie     Comes back with the packet if it fails.
  SendOutcome send_packet(TimePoint now, InterfaceIndex interface, std::span<const std::uint8_t> packet, Effects& out,
                          std::uint64_t cookie = 0);
  /// Starts to resolve `key`, as a packet to it would, without one. `source`: an own address, used in the requests that
  /// follow; IPv4: also one of another interface (LIB-19), which packets never cause.
  /// @return The link-layer address if it can be used now; nothing: NeighborChanged will tell.
  /// @retval Errc::kUnreachable  failed a moment ago (ARP-086), or no own address to ask from.
  /// @retval Errc::kTableFull, kInvalidArgument, kNoSuchInterface, kNotSupported.
  [[nodiscard]] Result<std::optional<LinkAddress>> resolve(TimePoint now, const NeighborKey& key,
                                                           const std::optional<IpAddress>& source, Effects& out);
  /// Whom a packet would go to. `interface` kNone: any. Advances round robin among unreachable routers (NDS-007).
  [[nodiscard]] NextHop next_hop(TimePoint now, InterfaceIndex interface, const IpAddress& destination);

  /// Upper layers made forward progress with `destination` (NUD-001): confirms its next hop.
  void on_confirm(TimePoint now, InterfaceIndex interface, const IpAddress& destination, Effects& out);
  /// Trouble delivering to `destination` (ARP-111).
  void on_delivery_problem(TimePoint now, InterfaceIndex interface, const IpAddress& destination, Effects& out);

  /// @return A number that AskAnswered names.
  /// @retval Errc::kInvalidArgument, kNoSuchInterface, kNotSupported, kNoSuchAddress, kUnreachable, kTableFull.
  [[nodiscard]] Result<std::uint64_t> ask(TimePoint now, const AskRequest& request, Effects& out);
  void cancel_ask(std::uint64_t ask);
  /// Whether it has not ended yet.
  [[nodiscard]] bool is_asking(std::uint64_t ask) const;
  /// One gratuitous ARP request, or one unsolicited NA to all nodes with O=1, for an own address in use.
  [[nodiscard]] Result<void> announce(TimePoint now, InterfaceIndex interface, const IpAddress& own, Effects& out);

  // --- Interfaces ---

  /// @retval Errc::kAlreadyExists    index or name is taken.
  /// @retval Errc::kInvalidArgument  field names the member.
  [[nodiscard]] Result<void> add_interface(TimePoint now, const InterfaceConfig& config, Effects& out);
  Result<void> remove_interface(TimePoint now, InterfaceIndex index, Effects& out);
  Result<void> change_settings(TimePoint now, InterfaceIndex index, const InterfaceSettings& settings, Effects& out);
  /// Switches a family off (its neighbors, addresses, prefixes, routers and proxies go) or on again.
  /// @retval Errc::kNotSupported  the engine does not have the family.
  Result<void> set_family(TimePoint now, InterfaceIndex index, Family family, bool on, Effects& out);
  /// Administratively up or down (FSM-29): addresses are verified again when it comes up (ACD-001).
  Result<void> set_up(TimePoint now, InterfaceIndex index, bool up, Effects& out);
  /// Carrier (PRT-011).
  Result<void> set_running(TimePoint now, InterfaceIndex index, bool running, Effects& out);
  /// The link takes packets of another size now; what waits and is longer is dropped when its turn comes. Below 1,280
  /// bytes IPv6 goes on as far as its packets fit. @retval Errc::kInvalidArgument  not 68 to 65535.
  Result<void> set_mtu(InterfaceIndex index, std::uint32_t mtu);
  /// Another link-layer address of the same size (NAT-009, ARP-116).
  Result<void> set_link_address(TimePoint now, InterfaceIndex index, const LinkAddress& address, Effects& out);

  /// Verification begins at once if the interface is up, and waits its turn after too many conflicts (ACD-010).
  /// @retval Errc::kAlreadyExists, kTableFull, kNoSuchInterface, kNotSupported (family), kInvalidArgument.
  Result<void> add_address(TimePoint now, InterfaceIndex index, const AddressConfig& address, Effects& out);
  Result<void> remove_address(TimePoint now, InterfaceIndex index, const IpAddress& address, Effects& out);
  Result<void> add_prefix(TimePoint now, InterfaceIndex index, const IpAddress& prefix, std::uint8_t length,
                          Effects& out);
  Result<void> remove_prefix(TimePoint now, InterfaceIndex index, const IpAddress& prefix, std::uint8_t length,
                             Effects& out);
  Result<void> add_router(TimePoint now, InterfaceIndex index, const IpAddress& router, Effects& out);
  Result<void> remove_router(TimePoint now, InterfaceIndex index, const IpAddress& router, Effects& out);
  /// Answers for every address of a prefix (ARP-150, NAT-011); single addresses are entries with NeighborFlag::kProxy.
  Result<void> add_proxy_prefix(TimePoint now, InterfaceIndex index, const IpAddress& prefix, std::uint8_t length,
                                Effects& out);
  Result<void> remove_proxy_prefix(TimePoint now, InterfaceIndex index, const IpAddress& prefix, std::uint8_t length,
                                   Effects& out);

  [[nodiscard]] std::vector<Interface> interfaces() const;
  [[nodiscard]] Result<std::vector<OwnAddress>> addresses(InterfaceIndex index) const;
  [[nodiscard]] std::vector<OnLinkPrefix> prefixes() const;
  [[nodiscard]] std::vector<DefaultRouter> routers() const;
  /// Link-layer groups that the port must let through.
  [[nodiscard]] std::vector<LinkAddress> groups(InterfaceIndex index) const;
  /// Hop limit for packets of ours, as routers advise (RTR-006); 64 until one does.
  [[nodiscard]] std::uint8_t hop_limit(InterfaceIndex index) const;
  [[nodiscard]] const InterfaceSettings* settings(InterfaceIndex index) const;

  // --- The table: meaning and errors as in neigh/table.hpp ---

  [[nodiscard]] Result<void> create(TimePoint now, const Neighbor& neighbor, Effects& out);
  [[nodiscard]] Result<void> set(TimePoint now, const Neighbor& neighbor, Effects& out);
  [[nodiscard]] Result<void> replace(TimePoint now, const Neighbor& neighbor, Effects& out);
  [[nodiscard]] Result<void> remove(TimePoint now, const NeighborKey& key, Effects& out);
  [[nodiscard]] Result<Neighbor> get(TimePoint now, const NeighborKey& key) const;
  void visit(TimePoint now, const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) const;
  [[nodiscard]] Result<std::size_t> flush(TimePoint now, const ListFilter& filter, Effects& out);
  [[nodiscard]] std::vector<TableLimits> limits() const;
  [[nodiscard]] bool has_family(Family family) const;

  // --- Numbers ---

  [[nodiscard]] Result<InterfaceCounters> counters(InterfaceIndex index) const;
  [[nodiscard]] std::size_t neighbor_count() const;
  [[nodiscard]] std::size_t queued_packets() const;
  [[nodiscard]] std::size_t queued_bytes() const;
  [[nodiscard]] std::size_t memory_bytes() const;
  /// The first broken invariant in words, or empty; looks at everything. For tests.
  [[nodiscard]] std::string audit() const;

 private:
  class Core;
  explicit Engine(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace neigh::engine
