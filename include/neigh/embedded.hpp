// SPDX-License-Identifier: Apache-2.0
/// @file
/// `EmbeddedStack`: a neighbor table of our own, with ARP, Neighbor Discovery and a cache in user space, and
/// `EmbeddedNetwork`: several of them on links in memory, in virtual time.
///
/// Three ways to live:
/// - `EmbeddedNetwork`, for tests: time stands still until `advance` moves it, or until a call that waits (`resolve`,
///   `ask`, `announce`, `Watch::wait`) moves it as far as it needs. A day takes a blink, and every run is the same.
/// - `open_embedded_stack`: real time, frames from and to TAP or network devices, a thread of its own.
/// - NEIGH_STACK=embedded: see `default_embedded_stack`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neigh/function_ref.hpp"
#include "neigh/interface.hpp"
#include "neigh/result.hpp"
#include "neigh/table.hpp"

#pragma GCC visibility push(default)
namespace neigh {

/// Whose behavior a stack shows where the standards leave room.
enum class EmbeddedPreset : std::uint8_t {
  kRfc,    ///< The RFCs, hardened where they are silent.
  kLinux,  ///< What the Linux kernel does with its default settings.
};

/// What becomes of an IPv4 address of ours that another node claims while we use it (RFC 5227 2.4).
enum class EmbeddedConflictPolicy : std::uint8_t {
  kIgnore,         ///< It is kept and not defended; only counted ("conflicts"). Linux; no choice of RFC 5227.
  kWithdraw,       ///< (a) Given up at the first conflict.
  kDefendOnce,     ///< (b) Defended, and given up at a second conflict within 10 s.
  kDefendForever,  ///< (c) Kept for ever and defended once in 10 s at most. 169.254/16: as kDefendOnce (RFC 3927 2.5).
};

/// An address of the stack on one interface: unicast, and not of 0/8, 127/8 (but on kLoopback) or 240/4, nor the
/// network or the broadcast address of its subnet.
struct EmbeddedAddress {
  IpAddress address = {};
  /// Of the subnet. The subnet of an IPv4 address is on-link: 1 to 32, and 32 means there is none. An IPv6 address
  /// makes nothing on-link, whatever its prefix length (RFC 5942 4); add a prefix for that.
  std::uint8_t prefix_length = 0;
  bool anycast = false;     ///< IPv6.
  bool optimistic = false;  ///< IPv6, RFC 4429.
  /// true: probed first (RFC 5227 2.1, RFC 4862), which takes 4 to 7 s for IPv4 and 1 to 2 s for IPv6. false: in use at
  /// once, which departs from ACD-001 and DAD-001 (every address before use): a stack whose owner hands out the
  /// addresses, as in tests, need not wait seconds for each. On a link with hosts of others: true.
  /// An IPv4 address in use can be lost either way, to whoever claims it: EmbeddedSettings::conflict_policy.
  bool verify = false;
};

/// How an address stands.
enum class EmbeddedAddressState : std::uint8_t {
  /// Being verified, or its interface is down by `set_up`. Where the carrier is lost, an address stays what it was, and
  /// a verification that was under way stops; it begins anew when the carrier is back, and so does that of an IPv4
  /// address in use with `verify`. `set_up(true)` has every address with `verify` verified again.
  kTentative,
  kOptimistic,
  kPreferred,  ///< In use.
  kDuplicate,  ///< Another node has it: not in use.
};

struct EmbeddedAddressStatus {
  IpAddress address = {};
  std::uint8_t prefix_length = 0;
  EmbeddedAddressState state = EmbeddedAddressState::kPreferred;
};

struct EmbeddedPrefix {
  IpAddress prefix = {};
  std::uint8_t length = 0;  ///< 0: every address.
};

/// Settings of an interface, with the names and defaults of RFC 4861 10, RFC 5227 and RFC 4862. Nothing given: as the
/// preset says.
struct EmbeddedSettings {
  EmbeddedPreset preset = EmbeddedPreset::kRfc;
  std::optional<std::chrono::milliseconds> base_reachable_time = {};     ///< 100 ms to 1 h; 30 s.
  std::optional<std::chrono::milliseconds> retrans_timer = {};           ///< 8 ms to 60 s; 1 s.
  std::optional<std::chrono::milliseconds> delay_first_probe_time = {};  ///< 0 to 1 h; 5 s.
  std::optional<std::uint32_t> max_multicast_solicit = {};               ///< 1 to 100; 3.
  std::optional<std::uint32_t> max_unicast_solicit = {};                 ///< 1 to 100; 3.
  std::optional<std::chrono::milliseconds> max_age = {};        ///< 1 s to 24 h; 0: entries in use never expire.
  std::optional<std::uint32_t> dup_addr_detect_transmits = {};  ///< 0 to 20; 1.
  /// RFC 5227 2.1: IPv4 addresses with `verify` are probed before use. On; kLinux: off. Off does not keep addresses in
  /// use from being given up: that is `conflict_policy`.
  std::optional<bool> conflict_detection = {};
  std::optional<EmbeddedConflictPolicy> conflict_policy = {};  ///< kDefendOnce; kLinux: kIgnore.
  /// Speaks as a router (R flag), `send` takes packets of other nodes; off.
  std::optional<bool> forwarding = {};
  std::optional<bool> accept_router_adverts = {};           ///< On.
  std::optional<bool> accept_redirects = {};                ///< On.
  std::optional<std::uint32_t> max_rtr_solicitations = {};  ///< 0 to 20; 3.

  // Limits, of each family on the interface. Rates are per second, with as many at once; 0: no limit.
  std::optional<std::uint32_t> max_incomplete = {};   ///< Resolutions under way; 1 to 16 M; 1,024.
  std::optional<std::uint32_t> solicit_rate = {};     ///< Requests to everybody; 0 to 1 M; 1,000; kLinux: 0.
  std::optional<std::uint32_t> advert_rate = {};      ///< Answers; 0 to 1 M; 1,000; kLinux: 0.
  std::optional<std::uint32_t> max_unsolicited = {};  ///< Entries that strangers made; 0 to 16 M; 4,096; kLinux: 1,024.
  std::optional<std::uint32_t> queue_packets = {};    ///< That wait for one neighbor; 1 to 4,096; 16; kLinux: 101.
};

/// What an interface is attached to.
enum class EmbeddedLink : std::uint8_t {
  kLoopback,  ///< Nothing: every packet stays here.
  kTunnel,    ///< A point-to-point link without link-layer addresses whose other end nobody holds: packets vanish.
  kLan,       ///< A LAN of the stack's `EmbeddedNetwork`.
  kTap,       ///< Real time: a TAP device of that name, made if it is not there (CAP_NET_ADMIN).
  kDevice,    ///< Real time: a network device of that name through AF_PACKET (CAP_NET_RAW).
  /// Real time: the same through AF_XDP, queue 0 (CAP_NET_RAW; CAP_NET_ADMIN and CAP_BPF of the machine itself). A BPF
  /// program takes what is for the stack's addresses off the device and leaves everything else to the kernel, also what
  /// is for everybody: the stack learns no routers by itself, and addresses that it answers for by proxy are not among
  /// those it is asked for. kNotSupported: the library was built without libxdp, or the device cannot do it.
  kXdp,
};

/// Number of a LAN in its network; 0 names none.
enum class EmbeddedLanId : std::uint32_t { kNone = 0 };

struct EmbeddedInterface {
  InterfaceIndex index = InterfaceIndex::kNone;  ///< 1 to 2147483647; kNone: the lowest that is free.
  /// Of the interface: up to 15 bytes without blanks, control characters, '/' and ':'. Empty: "lo", or "eth0", "tun0"
  /// and so on, as the link is.
  std::string name = {};
  EmbeddedLink link = EmbeddedLink::kLan;
  EmbeddedLanId lan = EmbeddedLanId::kNone;  ///< kLan. kNone: the network's first.
  std::string device = {};                   ///< kTap, kDevice, kXdp.
  /// Nothing: made up, 02:00:00 and a number that is unique in the network. kDevice: has to be given, and differ from
  /// the device's own where the kernel has addresses on it, too. kXdp: nothing means the device's own, shared with the
  /// kernel; there is no link-local address then, since that is the kernel's.
  std::optional<LinkAddress> link_address = {};
  bool ipv4 = true;  ///< One of the two at least, of those that the stack has.
  bool ipv6 = true;
  /// kLan, kTap, kDevice, kXdp with IPv6: adds fe80::/64 with the EUI-64 of the link-layer address.
  bool link_local = true;
  /// Whether that one goes through DAD, as EmbeddedAddress::verify. Nothing: if an IPv6 address of `addresses` does.
  std::optional<bool> verify_link_local = {};
  /// 1,024 in all, the link-local one included.
  std::vector<EmbeddedAddress> addresses = {};
  std::vector<EmbeddedPrefix> prefixes = {};  ///< On-link beside those that follow from IPv4 addresses.
  std::vector<IpAddress> routers = {};        ///< Default routers: other nodes, on-link.
  EmbeddedSettings settings = {};
};

struct EmbeddedOptions {
  bool ipv4 = true;  ///< false: the stack of that family is absent; calls for it fail with kNotSupported. Not both.
  bool ipv6 = true;
  std::uint32_t max_neighbors = 65'536;  ///< Dynamic entries; 1 to 256 M. Fewer useful ones make room (kTableFull).
  std::uint64_t seed = 1;                ///< Of all random delays. A real-time stack adds randomness of its own.
  std::vector<EmbeddedInterface> interfaces = {};
};

/// A packet for the host, from its IP header on, that is neither ARP nor ND.
struct EmbeddedPacket {
  InterfaceIndex interface = InterfaceIndex::kNone;
  Family family = Family::kUnspecified;
  std::span<const std::uint8_t> bytes = {};
};

/// Something that a host should know.
struct EmbeddedEvent {
  enum class Kind : std::uint8_t {
    kAddressPreferred,  ///< `address` was verified and is in use.
    /// `address` is another node's (`link_address`, if known) and is not in use. If it is the link-local address of our
    /// link-layer address, that one is taken, too, and preset kRfc switches IPv6 off on the interface (RFC 4862 5.4.5):
    /// nothing of IPv6 is sent or taken, calls for it fail with kNotSupported and say so, until `set_family(kIpv6,
    /// true)` or `set_up` down and up begin anew.
    kAddressDuplicate,
    kAddressConflict,  ///< Another node uses `address`, too; it was defended and is kept.
    /// A packet to `address` (the next hop) that `send` had accepted could not be sent after all; `packet` is it. (What
    /// `send` refuses with an error is not told here.) `reason` is "nobody answered", "queue full" (a later one took
    /// its place), "no room", "interface down", "interface removed", "family switched off" or "entry removed". Who
    /// sends again at "queue full" takes the place of the next one, as often as that one is sent again.
    kPacketFailed,
    kRouterAppeared,  ///< `address` is a default router now.
    kRouterVanished,
    kCarrierLost,  ///< The link of `interface` lost its carrier, or its device went down.
    kCarrierBack,  ///< And has it again; also after kDeviceGone.
    /// The device of `interface` is there no longer; `reason` says what happened. The interface stays, without carrier.
    /// kDevice: as soon as there is an Ethernet device of that name again, the interface goes on with it; it is looked
    /// for every 8 s at least. kTap, kXdp: `add_interface` alone opens it: remove the interface and add it again.
    kDeviceGone,
  };
  Kind kind = Kind::kAddressPreferred;
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address = {};
  LinkAddress link_address = {};
  std::string_view reason = {};
  std::span<const std::uint8_t> packet = {};
};

/// One counter of an interface.
struct EmbeddedCounter {
  std::string_view name = {};       ///< Stable: "nd-hop-limit", "frames-in", ...
  std::string_view statement = {};  ///< Statements of docs/spec/arp-ndp.md that a drop follows from; may be empty.
  std::string_view meaning = {};
  std::uint64_t value = 0;
};

/// A host's IPv4 and IPv6 neighbor work in user space, as a `NeighborTable`. Entries, states and errors mean what they
/// mean in the kernel's; what differs is listed in docs/differences.md. No call needs a privilege.
///
/// @threads As NeighborTable. Handlers are called without any lock held, one at a time, in the order of what happened:
/// of a stack in virtual time by the thread that moves the time or whose call caused it, of `default_embedded_stack` by
/// a thread that is in a call, of a real-time stack (`open_embedded_stack`) by the stack's own thread. In a handler of
/// a real-time stack a call that has to wait returns kNotSupported; in virtual time it moves the time itself, and what
/// happens meanwhile is told when the handler has returned. Where handlers cause a thousand calls of handlers at one
/// moment of virtual time, the others follow as time goes on, or with the next call.
/// Handlers must not throw: on a real-time stack's own thread that ends the process (std::terminate; but
/// std::bad_alloc, after which it goes on). In virtual time what a handler throws leaves the call that was being made,
/// which is done nevertheless though its result is lost; what was still to be told, the next call tells.
class EmbeddedStack : public NeighborTable {
 public:
  // --- Interfaces ---

  /// @retval Errc::kAlreadyExists    the name or the index is taken.
  /// @retval Errc::kInvalidArgument  field names the member.
  /// @retval Errc::kNotSupported     a link that this kind of stack cannot have.
  /// @retval Errc::kNotFound         no such LAN. @retval Errc::kSystem, kPermissionDenied  no such device, or not
  /// ours.
  virtual Result<InterfaceIndex> add_interface(const EmbeddedInterface& interface) = 0;
  virtual Result<void> remove_interface(InterfaceIndex index) = 0;
  /// Administratively up or down. Down removes all neighbors but permanent ones (preset kLinux: those, too); up
  /// verifies addresses again that are to be verified.
  virtual Result<void> set_up(InterfaceIndex index, bool up) = 0;
  /// Takes effect at once; what has been learned stays. A `preset` is a new start for everything that is not given.
  virtual Result<void> change_settings(InterfaceIndex index, const EmbeddedSettings& settings) = 0;
  /// Switches a family off on the interface, or on again: its neighbors and addresses are gone, calls for it fail with
  /// kNotSupported, its packets are dropped. `on` also ends what a duplicate link-local address did
  /// (EmbeddedEvent::Kind::kAddressDuplicate); the addresses that are still there are verified again. @retval
  /// Errc::kNotSupported  the stack does not have the family.
  virtual Result<void> set_family(InterfaceIndex index, Family family, bool on) = 0;
  /// Pulls the plug or puts it in. Interfaces on a LAN; others follow their device.
  virtual Result<void> set_carrier(InterfaceIndex index, bool present) = 0;
  /// Gives an interface on a LAN another link-layer address: what was learned is forgotten, and every address in use is
  /// announced (preset kLinux: not). Addresses stay, the link-local one included.
  /// @retval Errc::kInvalidArgument  not 6 bytes, zero or a group. @retval Errc::kNotSupported  not on a LAN.
  virtual Result<void> set_link_address(InterfaceIndex index, const LinkAddress& address) = 0;

  /// @retval Errc::kTableFull  the interface has 1,024.
  virtual Result<void> add_address(InterfaceIndex index, const EmbeddedAddress& address) = 0;
  virtual Result<void> remove_address(InterfaceIndex index, const IpAddress& address) = 0;
  [[nodiscard]] virtual Result<std::vector<EmbeddedAddressStatus>> addresses(InterfaceIndex index) = 0;
  virtual Result<void> add_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) = 0;
  virtual Result<void> remove_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) = 0;
  /// @retval Errc::kInvalidArgument  `router` is no other node on a subnet of the interface. @retval
  /// Errc::kAlreadyExists
  virtual Result<void> add_router(InterfaceIndex index, const IpAddress& router) = 0;
  virtual Result<void> remove_router(InterfaceIndex index, const IpAddress& router) = 0;
  /// Answers for every address of the prefix. Single addresses are entries with NeighborFlag::kProxy. The stack answers
  /// ARP and Neighbor Discovery for them and no more: it forwards nothing, and packets to them are dropped, not handed
  /// to the packet handler. @retval Errc::kTableFull  the stack has 1,024 such prefixes.
  virtual Result<void> add_proxy_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) = 0;
  virtual Result<void> remove_proxy_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) = 0;

  // --- Packets ---

  /// Sends an IP packet (from its IP header on) to its next hop, resolving it first if need be. A packet that is
  /// accepted and cannot be sent later, for nobody answers above all, comes back as kPacketFailed; one that is refused
  /// does not: the error here is all that tells of it, so that a handler may send again what failed.
  /// @param interface  kNone: chosen by on-link prefixes and default routers.
  /// @retval Errc::kInvalidArgument  `packet` is empty, cut off, not IP, or longer than the MTU.
  /// @retval Errc::kNoSuchAddress    its source is no unicast address of this host. Allowed are 0.0.0.0 and :: to
  ///         groups and broadcast addresses, and other nodes' addresses where the interface is `forwarding`.
  /// @retval Errc::kNoSuchInterface, kNotSupported (family absent), kTableFull, kUnreachable (no way there; detail says
  ///         why: "nobody answered" a moment ago, "no route", "interface down", "no source address", that is none to
  ///         ask from, or not verified yet).
  virtual Result<void> send(std::span<const std::uint8_t> packet, InterfaceIndex interface = InterfaceIndex::kNone) = 0;
  /// Upper layers made forward progress with `destination` (RFC 4861 7.3.1): its next hop is reachable.
  /// @retval Errc::kInvalidArgument  `destination` is no unicast address. @retval Errc::kNoSuchInterface, kNotSupported
  virtual Result<void> confirm(const IpAddress& destination, InterfaceIndex interface = InterfaceIndex::kNone) = 0;
  /// One handler each; an empty one means nobody cares. What comes before a handler is set is not kept. The handler
  /// that is given is moved in, and keeps its state. Another one, or an empty one, takes its place at once, also for
  /// what was still to be told to it; on return its last call is over, unless it is a handler that calls this. So a
  /// caller must hold nothing that the handler may be waiting for. The end of the stack ends both in the same way.
  virtual void set_packet_handler(std::function<void(const EmbeddedPacket&)> handler) = 0;
  virtual void set_event_handler(std::function<void(const EmbeddedEvent&)> handler) = 0;

  /// Every counter of an interface, those that are 0 included, in a fixed order.
  [[nodiscard]] virtual Result<std::vector<EmbeddedCounter>> counters(InterfaceIndex index) = 0;

 protected:
  EmbeddedStack() = default;
};

/// What a LAN does to frames.
struct EmbeddedLanOptions {
  std::uint32_t mtu = 1'500;
  std::chrono::nanoseconds latency{std::chrono::microseconds{5}};
  double loss = 0;       ///< Chance of each frame to vanish, 0 to 1.
  double duplicate = 0;  ///< Chance of each frame to come twice.
  double reorder = 0;    ///< Chance of each frame to be held back by `hold`, so that others pass it.
  std::chrono::nanoseconds hold{std::chrono::milliseconds{1}};  ///< 0 to 24 h.
};

/// Stacks on LANs in memory, in a time of their own. Begins at time zero with one LAN.
///
/// @threads Any thread at any time; the stacks of one network share one lock. A stack keeps its network alive.
class EmbeddedNetwork {
 public:
  /// @param seed  Equal seeds and calls give equal runs.
  [[nodiscard]] static std::unique_ptr<EmbeddedNetwork> make(std::uint64_t seed = 1);
  virtual ~EmbeddedNetwork() = default;
  EmbeddedNetwork(const EmbeddedNetwork&) = delete;
  EmbeddedNetwork& operator=(const EmbeddedNetwork&) = delete;

  /// The LAN that is there from the start.
  [[nodiscard]] static constexpr EmbeddedLanId first_lan() { return EmbeddedLanId{1}; }
  /// @retval Errc::kInvalidArgument  `options`; field names the member.
  virtual Result<EmbeddedLanId> add_lan(const EmbeddedLanOptions& options = {}) = 0;
  /// Changes a LAN from now on. `mtu` and `latency` stay what they were.
  virtual Result<void> change_lan(EmbeddedLanId lan, const EmbeddedLanOptions& options) = 0;

  /// @retval Errc::kInvalidArgument, kNotSupported, kNotFound as EmbeddedStack::add_interface; `max_neighbors`.
  [[nodiscard]] virtual Result<std::shared_ptr<EmbeddedStack>> add_stack(const EmbeddedOptions& options = {}) = 0;

  /// Time since the network was made.
  [[nodiscard]] virtual std::chrono::nanoseconds now() const = 0;
  /// Lets everything happen that is due in `duration`, in order. Negative counts as zero.
  virtual void advance(std::chrono::nanoseconds duration) = 0;
  /// Moves time from event to event until `done` holds, at most by `limit`. @return Whether it holds.
  virtual bool advance_until(FunctionRef<bool()> done, std::chrono::nanoseconds limit) = 0;
  /// Puts a whole Ethernet frame without FCS, well-formed or not, on a LAN, as one more station there would: it is
  /// lost, doubled and held back as the LAN's options say, and what is sent to its source address goes nowhere from now
  /// on.
  /// @retval Errc::kInvalidArgument  `frame` has less than 14 bytes or more than 65,557. @retval Errc::kNotFound `lan`.
  virtual Result<void> inject(EmbeddedLanId lan, std::span<const std::uint8_t> frame) = 0;
  /// Sees every frame on a LAN, whole, in order; one observer for each LAN. It is called, and ends, as handlers do.
  virtual Result<void> observe(
      EmbeddedLanId lan, std::function<void(std::chrono::nanoseconds, std::span<const std::uint8_t>)> observer) = 0;

 protected:
  EmbeddedNetwork() = default;
};

/// A stack in real time, in a thread of its own, on TAP and network devices. It ends with the last reference. In a
/// forked child every call fails with kNotSupported.
/// @retval Errc::kInvalidArgument, kNotSupported, kSystem, kPermissionDenied as EmbeddedStack::add_interface.
[[nodiscard]] Result<std::shared_ptr<EmbeddedStack>> open_embedded_stack(const EmbeddedOptions& options);

/// A new stack as NEIGH_STACK=embedded gives to a process: for programs that are to run without privileges and without
/// touching the host. It lives in real time, without a thread, and in forked children, too.
///
/// | interface | index | what |
/// |---|---|---|
/// | lo   | 1 | loopback, 127.0.0.1/8 and ::1 |
/// | eth0 | 2 | Ethernet, 02:00:00:00:00:01, 192.0.2.1/24, fe80::ff:fe00:1, 2001:db8::1 with 2001:db8::/64 on-link |
///
/// On the other end of eth0 is a LAN in memory with one more host, 02:00:00:00:00:02: 192.0.2.2, fe80::ff:fe00:2 and
/// 2001:db8::2. It answers ARP, Neighbor Discovery and echo requests; everybody else there is silent.
[[nodiscard]] Result<std::shared_ptr<EmbeddedStack>> default_embedded_stack();

}  // namespace neigh
#pragma GCC visibility pop
