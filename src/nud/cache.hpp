// SPDX-License-Identifier: Apache-2.0
// The neighbor cache: entries, their states and deadlines, limits. No I/O, no clock, no threads: time is an argument,
// work to do comes back as steps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/key_index.hpp"
#include "base/time.hpp"
#include "neigh/function_ref.hpp"
#include "neigh/neighbor.hpp"
#include "neigh/result.hpp"
#include "neigh/table.hpp"
#include "nud/entry.hpp"
#include "nud/fsm.hpp"
#include "nud/messages.hpp"
#include "nud/settings.hpp"
#include "nud/slab.hpp"
#include "nud/steps.hpp"
#include "nud/timer_wheel.hpp"

namespace neigh::nud {

/// What the link of an interface is like.
struct PortTraits {
  std::uint8_t link_address_size = 6;  ///< 0 to 32; 0: the link has no addresses.
  bool no_arp = false;                 ///< Needs no resolution: packets go without an entry.
};

/// What to do with a packet.
struct Outgoing {
  enum class Verdict : std::uint8_t {
    kSend,   ///< To `link_address`.
    kQueue,  ///< Under `id`, until kQueueReleased or kQueueFailed. The oldest goes when the queue is full (NDR-005).
    kDrop,   ///< For `refusal`. kHeldDown: unreachable; the others: no room, try later.
  };
  Verdict verdict = Verdict::kDrop;
  EntryId id = kNoId;
  LinkAddress link_address = {};
  Refusal refusal = Refusal::kNone;

  friend bool operator==(const Outgoing&, const Outgoing&) = default;
};

/// Where a neighbor's entry is, or would be: looked up once for all that a message asks of it. Good until the cache is
/// told of something else.
struct Place {
  static constexpr std::uint32_t kNoPort = 0xffffffffU;
  std::uint32_t port = kNoPort;  ///< Of the interface and family; kNoPort: not configured.
  EntryId id = kNoId;            ///< kNoId: there is no entry.
  std::uint64_t hash = 0;
};

/// What became of a received message.
enum class Outcome : std::uint8_t {
  kIgnored,  ///< Nothing changed.
  kApplied,  ///< The entry was updated or confirmed, or the message agreed with it.
  kCreated,  ///< An entry was made.
  kRefused,  ///< An entry would have been made, but a limit forbids it.
};

/// Neighbor entries of all interfaces of one stack.
///
/// How an owner drives it: tell it of packets, messages and administration with the time of each; perform the steps
/// that are appended to `out`, in order, before the next call; call `advance` when `next_deadline` has come. Times
/// may not go back (an earlier time counts as the latest one seen). Between a deadline and the `advance` for it, an
/// entry still shows its old state.
///
/// Who may have a place, when places are short (EXH-003..006, ARP-190, ARP-191, NDS-009):
/// - permanent, no-arp, managed, externally learned and externally validated entries have a limit of their own and
///   never go;
/// - entries in REACHABLE, DELAY, PROBE, and in UNREACHABLE with traffic, never go;
/// - for a packet of our own: failed entries go first, then entries that only received packets made and we never used
///   (ARP-191; the one case where INCOMPLETE displaces an entry with a link-layer address), then entries idle for
///   `gc_stale_time`, then the oldest resolution (EXH-004); else the packet is refused;
/// - for an administrator: the same, except resolutions; for a received packet: failed entries, and unused or idle
///   ones past `gc_stale_time`;
/// - above `max_incomplete` on an interface the oldest resolution there makes room for the new one.
///
/// @threads One at a time; the owner locks.
class NeighborCache {
 public:
  /// @param seed  Of the hash and of all random factors; equal seeds give equal runs.
  /// @retval Errc::kInvalidArgument  `limits`; field names the member.
  static Result<std::unique_ptr<NeighborCache>> make(const CacheLimits& limits, std::uint64_t seed);

  // --- Interfaces ---

  /// Makes the interface known for a family, or changes it. Deadlines that run keep running; `traits` of an interface
  /// that has entries may change only in `no_arp`.
  /// @retval Errc::kInvalidArgument  "interface", "family", "link_address_size", or a member of `settings`.
  Result<void> configure(InterfaceIndex interface, Family family, const PortTraits& traits,
                         const NudSettings& settings);
  /// Removes the interface and every entry on it.
  void forget_interface(TimePoint now, InterfaceIndex interface, Steps& out);
  /// Administratively down, own link-layer address changed, or family disabled (FSM-29, ARP-116).
  void interface_down(TimePoint now, InterfaceIndex interface, Steps& out);
  void carrier_lost(TimePoint now, InterfaceIndex interface, Steps& out);
  /// Reachable Time and Retrans Timer of an RA, unclamped; 0: unspecified (RTR-006, RTR-009). IPv6.
  void adopt_router_times(InterfaceIndex interface, milliseconds reachable_time, milliseconds retrans_timer);
  /// nullptr: not configured. Valid until the next call of `configure` or `forget_interface`.
  [[nodiscard]] const NudSettings* settings(InterfaceIndex interface, Family family) const;
  /// ReachableTime in force, drawn anew if its time is over (RTR-007). Zero: not configured.
  [[nodiscard]] Duration reachable_time(TimePoint now, InterfaceIndex interface, Family family);

  // --- Packets, messages, time ---

  /// A packet goes to `address`, on-link on `interface`. Without `has_packet` only resolution is wanted.
  Outgoing on_packet(TimePoint now, InterfaceIndex interface, const IpAddress& address, bool has_packet, Steps& out);
  /// A valid message about `address` came in on `interface`.
  Outcome on_message(TimePoint now, InterfaceIndex interface, const IpAddress& address, const Heard& heard,
                     Steps& out) {
    return on_message(now, locate(interface, address), address, heard, out);
  }
  /// The same for who has looked `address` up.
  Outcome on_message(TimePoint now, const Place& place, const IpAddress& address, const Heard& heard, Steps& out);
  /// An upper layer made forward progress through this neighbor (NUD-001).
  void on_confirm(TimePoint now, InterfaceIndex interface, const IpAddress& address, Steps& out);
  /// A layer below or above had trouble delivering (ARP-111).
  void on_delivery_problem(TimePoint now, InterfaceIndex interface, const IpAddress& address, Steps& out);

  /// Handles what is due, in order of deadline. New deadlines count from `now`, so that a jump of the clock makes each
  /// entry act once, not once for every interval missed (NUD-013). After `budget` deadlines, those counted that only
  /// come nearer, it returns early, and `next_deadline` is not after `now`.
  void advance(TimePoint now, Steps& out, std::size_t budget = 65'536);
  /// When to call `advance` next; never later than the earliest deadline, seldom earlier.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  // --- The table (the meaning of NeighborTable, include/neigh/table.hpp; proxy entries live elsewhere) ---

  Result<void> create(TimePoint now, const Neighbor& neighbor, Steps& out);
  Result<void> set(TimePoint now, const Neighbor& neighbor, Steps& out);
  Result<void> replace(TimePoint now, const Neighbor& neighbor, Steps& out);
  Result<void> remove(TimePoint now, const NeighborKey& key, Steps& out);
  [[nodiscard]] Result<Neighbor> get(TimePoint now, const NeighborKey& key) const;
  /// `filter.master` is not looked at: the cache knows no masters.
  void visit(TimePoint now, const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) const;
  std::size_t flush(TimePoint now, const ListFilter& filter, Steps& out);

  /// kNoId: there is none. Ids are stable while the entry lives.
  [[nodiscard]] EntryId find(InterfaceIndex interface, const IpAddress& address) const {
    return locate(interface, address).id;
  }
  [[nodiscard]] Place locate(InterfaceIndex interface, const IpAddress& address) const;
  /// `id` must be an entry's.
  [[nodiscard]] Neighbor describe(TimePoint now, EntryId id) const;
  [[nodiscard]] NudState state_of(EntryId id) const { return entries_[id].state; }
  /// Whether we ever sent to it: false for one that only received packets made. `id` must be an entry's.
  [[nodiscard]] bool was_used(EntryId id) const { return !entries_[id].received_only; }

  // --- Numbers ---

  [[nodiscard]] std::size_t size() const { return entries_.live(); }
  [[nodiscard]] std::size_t static_entries() const { return static_count_; }
  [[nodiscard]] std::size_t dynamic_entries() const { return size() - static_count_; }
  [[nodiscard]] std::size_t incomplete_entries(InterfaceIndex interface, Family family) const;
  [[nodiscard]] std::size_t unsolicited_entries(InterfaceIndex interface, Family family) const;
  [[nodiscard]] const CacheLimits& limits() const { return limits_; }
  /// All zero: not configured.
  [[nodiscard]] NudCounters counters(InterfaceIndex interface, Family family) const;
  [[nodiscard]] std::uint64_t rate_memory_displaced() const { return memory_.displaced(); }
  [[nodiscard]] std::size_t memory_bytes() const;
  /// Looks at every entry, list, index slot and timer; the first broken invariant in words, or empty. For tests.
  [[nodiscard]] std::string audit() const;

  NeighborCache(const NeighborCache&) = delete;
  NeighborCache& operator=(const NeighborCache&) = delete;

 private:
  struct TimerOf {
    Slab<Entry>* entries;
    TimerNode& operator()(EntryId id) const { return (*entries)[id].timer; }
  };
  struct ShelfLinks {
    Slab<Entry>* entries;
    ListLinks& operator()(EntryId id) const { return (*entries)[id].on_shelf; }
  };
  struct PortLinks {
    Slab<Entry>* entries;
    ListLinks& operator()(EntryId id) const { return (*entries)[id].on_port; }
  };
  /// What an event brings along.
  struct Input {
    const LinkAddress* link_address = nullptr;
    RouterEffect router = RouterEffect::kKeep;
    bool router_flag = false;
    bool has_packet = false;
    bool changed = false;  // content changed outside of the state machine (flags, protocol)
    bool lost_router = false;
  };
  struct PortNumber {
    std::uint64_t key = 0;  // interface and family
    std::uint32_t number = 0;
  };
  enum class Newcomer : std::uint8_t { kOwnPacket, kReceived, kAdministrator };
  struct Prepared {
    std::uint32_t port = 0;
    NudEvent event = NudEvent::kSetPermanent;
    LinkAddress link_address;
    NeighborFlags flags;
  };

  NeighborCache(const CacheLimits& limits, std::uint64_t seed);

  // cache.cpp: keys, entries, input
  void begin(TimePoint now);
  [[nodiscard]] TimePoint at_least(TimePoint now) const { return now < now_ ? now_ : now; }
  [[nodiscard]] std::optional<std::uint32_t> port_number(InterfaceIndex interface, Family family) const;
  [[nodiscard]] std::uint64_t hash_of(const Port& port, const IpAddress& address) const;
  [[nodiscard]] EntryId find(std::uint32_t port, const IpAddress& address) const { return locate(port, address).id; }
  [[nodiscard]] Place locate(std::uint32_t port, const IpAddress& address) const;
  [[nodiscard]] LinkAddress link_address_of(const Entry& entry) const {
    if (entry.lla_size != 6) return odd_link_address_of(entry);
    return LinkAddress::ether(FixedView<8>{std::span(entry.lla)}.array<0, 6>());
  }
  [[nodiscard]] LinkAddress odd_link_address_of(const Entry& entry) const;  // of a size that Ethernet has not
  [[nodiscard]] IpAddress address_of(const Entry& entry) const;
  EntryId make_entry(std::uint32_t number, const IpAddress& address, std::uint64_t hash);
  void erase_entry(EntryId id);
  void set_link_address(Entry& entry, const LinkAddress& address);
  void mark_used(Entry& entry);
  void drop_all(TimePoint now, InterfaceIndex interface, bool carrier, bool forget, Steps& out);
  Outcome learn(EntryId id, Port& port, const Heard& heard, Steps& out);
  Outcome meet(const Place& place, const IpAddress& address, const Heard& heard, Steps& out);
  [[nodiscard]] bool believed(const Entry& entry, const Port& port, const Heard& heard) const;

  // cache_steps.cpp: applying one event
  void apply(EntryId id, NudState from, NudEvent event, const Input& input, Steps& out) {
    apply(id, from, event, row_for(from, event), input, out);
  }
  void apply(EntryId id, NudState from, NudEvent event, const Row& row, const Input& input, Steps& out);
  void carry_out(EntryId id, NudState from, NudEvent event, const Row& row, const Input& input, bool router_changed,
                 Steps& out);
  void emit(Step::Kind kind, EntryId id, Steps& out);
  void emit_change(EntryId id, NudState from, NudState to, Steps& out);
  static bool take_router(Entry& entry, const Input& input);
  void arm(EntryId id, const Row& row, Steps& out);
  void request(EntryId id, Steps& out);
  [[nodiscard]] bool next_is_unicast(const Entry& entry, const NudSettings& settings) const;
  [[nodiscard]] Duration interval_after(const Entry& entry, const NudSettings& settings);
  void settle_timer(EntryId id);
  [[nodiscard]] std::optional<TimePoint> age_limit(const Entry& entry) const;
  void fire(EntryId id, Steps& out);
  [[nodiscard]] NudEvent timeout_event(const Entry& entry) const;
  [[nodiscard]] Duration reachable_time(Port& port);

  // cache_limits.cpp: places
  Refusal admit(std::uint32_t number, Newcomer who, Steps& out);
  Refusal admit_resolution(std::uint32_t number, Steps& out);
  bool make_room(std::uint32_t number, Newcomer who, Steps& out);
  void evict(EntryId id, Loss loss, Steps& out);
  void collect(Steps& out);
  [[nodiscard]] bool idle_since(EntryId id, milliseconds age) const;
  [[nodiscard]] static bool is_static(NudState state, NeighborFlags flags);
  [[nodiscard]] Shelf shelf_for(const Entry& entry) const;
  void reshelve(EntryId id, bool touched);
  void leave_shelf(EntryId id);
  [[nodiscard]] IdList* list_of(Shelf shelf, Port& port);

  // cache_table.cpp
  [[nodiscard]] Result<Prepared> prepare(const Neighbor& neighbor) const;
  [[nodiscard]] Result<std::uint32_t> check_key(InterfaceIndex interface, const IpAddress& address) const;
  Result<void> write(const Neighbor& neighbor, const Prepared& prepared, EntryId id, Steps& out);

  CacheLimits limits_;
  std::uint64_t hash_key_[2] = {};
  Random random_;
  TimePoint now_ = TimePoint::min();
  Slab<Entry> entries_;
  Slab<std::array<std::uint8_t, LinkAddress::kMaxSize>> long_addresses_;
  KeyIndex index_;
  TimerWheel<TimerOf> wheel_;
  SendMemory memory_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<PortNumber> port_numbers_;  // in order of their keys
  IdList failed_;
  IdList unused_;
  IdList idle_;
  std::size_t static_count_ = 0;
  std::optional<TimePoint> collect_at_;
};

inline bool NeighborCache::take_router(Entry& entry, const Input& input) {
  const bool before = entry.flags.has(NeighborFlag::kRouter);
  bool after = before;
  switch (input.router) {
    case RouterEffect::kKeep:
      break;
    case RouterEffect::kSet:
      after = true;
      break;
    case RouterEffect::kClear:
      after = false;
      break;
    case RouterEffect::kFromFlag:
      after = input.router_flag;
      break;
  }
  entry.flags = entry.flags.set(NeighborFlag::kRouter, after);
  return before != after;
}

inline void NeighborCache::apply(EntryId id, NudState from, NudEvent event, const Row& row, const Input& input,
                                 Steps& out) {
  Entry& entry = entries_[id];
  const bool router_changed = row.acts.has(Act::kTakeRouter) && take_router(entry, input);
  // Most of what is heard is known already: nothing to tell, to arm or to move; but the maximum age counts anew.
  const bool known = !router_changed && !input.changed && !input.lost_router && row.acts.within(Act::kTakeRouter) &&
                     row.to.value_or(from) == from;
  if (!known) return carry_out(id, from, event, row, input, router_changed, out);
  if (ports_[entry.port]->settings.max_age != milliseconds{0}) settle_timer(id);
}

}  // namespace neigh::nud
