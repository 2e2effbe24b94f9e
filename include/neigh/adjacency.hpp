// SPDX-License-Identifier: Apache-2.0
/// @file
/// `AdjacencyTable`: next hops as packet paths want them. Reading one costs one cache line; any number of threads read
/// while one changes the table.
///
/// @code
/// const auto table = *neigh::AdjacencyTable::make();
/// const auto port = neigh::InterfaceIndex{if_nametoindex("eth0")};
/// table->set(neigh::Ipv4Entry{.hop = {port, {192, 0, 2, 1}}, .ether = {2, 0, 0, 0, 0, 1}});
/// const auto hop = table->lookup(neigh::Ipv4Hop{.interface = port, .address = {192, 0, 2, 1}});
/// if (hop.usable() && hop.is_ether()) send(hop.ether());  // found() is true of failed ones too
/// @endcode
///
/// ## What readers may rely on, and why
///
/// A lookup takes a bounded number of steps whatever the writer does (it is wait-free: no retry, no lock), writes no
/// shared memory, and tells the content that the entry had at one instant of the call: link-layer address, state and
/// flags that belong together, of that neighbor and no other. "Not there" likewise was true at one instant of the call.
///
/// Entries lie in slots, four to a cache line (IPv6: two; src/adjacency/slots.hpp of the sources): a key and a value.
/// The value is one 64-bit word: six bytes of link-layer address, state and flags. Hence:
///
/// 1. *Changing an entry* is one store of one word: a reader sees the old word or the new one.
/// 2. *A slot changes hands* only through "holds nothing": the writer takes the key away, writes the next value, and
///    the key last. A reader that has found its key in a slot has still to make sure that the value beside it is that
///    key's:
///    - IPv4 on x86-64 processors with AVX: one 16-byte load reads both, which such processors promise to be a single
///      access, and the writer fills a slot with one 16-byte store. What is returned is a value that stood beside the
///      key. How the slot was found does not matter then, so that many keys at once are first looked for in their home
///      lines alone, by wider compares that nobody promises to be single accesses; 3. is for those not seen there.
///    - IPv6, and IPv4 elsewhere: it reads key, value, and the key again, and a version that grows whenever the slot is
///      given to an entry. Both alike mean that the slot was not given away between: every load is an acquire and every
///      store a release, so that whoever has seen the value of the next owner sees at least that the key is gone. To be
///      fooled, a reader would have to be suspended between two loads while its slot is given away 2^32 times and then
///      to the same neighbor again (IPv6; seven minutes of ten million times a second), or 2^64 times (IPv4).
/// 3. *If that is not so* the slot has held nothing for an instant of the look, so that the key was not in it then: it
///    was removed, or has moved, or is about to come. An entry moves only to an earlier line of those where it may be,
///    and is there before it leaves the later one. A reader goes through these lines forwards and ends early where a
///    line, asked before its slots, says that nothing went further. If that has not found the entry, it goes back once:
///    an entry that moves forwards only cannot escape who comes from behind. Not found going backwards means that there
///    was an instant at which it was in none. That is 16 lines at most (IPv6: 32), twice, and the first two once more
///    where that is a short cut to most entries; 97 of 100 lookups (IPv6: 87) end with the first line, where even
///    "not there" needs no other, since nothing moves to before it.
///
/// Link-layer addresses of other than six bytes lie in a side table of their own, with state and flags, in lines that
/// name their owner, that are read by sequence number, and that count how often they were written (`find`). Such a line
/// is used again only after 64 others; the entry's word tells which count it means. A reader that meets a line of
/// another count starts over, 8 times at most, which takes 512 changes of such addresses during one call; then it
/// answers that nothing was found. What it answers belongs together and to that neighbor, since all of it is from one
/// line. To be told it a moment before it becomes the entry's, a reader would have to be suspended for 64 times 2^37
/// changes (with 1,024 `long_addresses`; 2^17 with 2^30) and be woken within that moment.
///
/// The test tests/unit/adjacency/protocol_test.cpp of the sources runs the readers' code against every order of the
/// writer's stores.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "neigh/address.hpp"
#include "neigh/neighbor.hpp"
#include "neigh/result.hpp"

#pragma GCC visibility push(default)
namespace neigh {

namespace detail {

/// Codes of `Adjacency` (1 + kNudStateCount * kind + state) whose state is in `states` and whose kind is in `kinds`,
/// one bit each.
[[nodiscard]] constexpr std::uint32_t adjacency_codes(StateSet states, std::uint32_t kinds) {
  std::uint32_t codes = 0;
  for (unsigned s = 0; s < kNudStateCount; ++s) {
    for (unsigned kind = 0; kind < 3; ++kind) {
      const bool is = states.contains(static_cast<NudState>(s)) && ((kinds >> kind) & 1U) != 0;
      codes |= static_cast<std::uint32_t>(is) << (1 + kind * kNudStateCount + s);
    }
  }
  return codes;
}

}  // namespace detail

/// What a lookup found, in one word: state, flags and a link-layer address of six bytes.
class Adjacency {
 public:
  /// Nothing.
  constexpr Adjacency() = default;

  /// There is an entry, usable or not: it may have failed, or be incomplete. Packet paths ask `usable`.
  [[nodiscard]] constexpr bool found() const noexcept { return code() != 0; }
  /// A packet can be sent: the state is one of kUsableStates.
  [[nodiscard]] constexpr bool usable() const noexcept { return ((kUsableCodes >> code()) & 1U) != 0; }
  /// The link-layer address has six bytes, which `ether` tells. Of others `AdjacencyTable::find` tells.
  [[nodiscard]] constexpr bool is_ether() const noexcept { return word_ >= kFirstEther; }
  /// There is no link-layer address: it is not known yet, or the link has none.
  [[nodiscard]] constexpr bool is_empty() const noexcept { return !found() || kind() == kEmpty; }
  /// Only if `found()`.
  [[nodiscard]] constexpr NudState state() const noexcept {
    return static_cast<NudState>((code() - 1) % kNudStateCount);
  }
  [[nodiscard]] constexpr NeighborFlags flags() const noexcept {
    NeighborFlags all;
    for (const NeighborFlag flag : kAllNeighborFlags) all.set(flag, (wide_flags() & static_cast<unsigned>(flag)) != 0);
    return all;
  }
  /// Six bytes; zeros unless `is_ether()`.
  [[nodiscard]] constexpr std::array<std::uint8_t, 6> ether() const noexcept {
    const std::uint64_t word = ether_word();
    return {static_cast<std::uint8_t>(word),        static_cast<std::uint8_t>(word >> 8U),
            static_cast<std::uint8_t>(word >> 16U), static_cast<std::uint8_t>(word >> 24U),
            static_cast<std::uint8_t>(word >> 32U), static_cast<std::uint8_t>(word >> 40U)};
  }
  /// As `ether`, in one word: the first byte in the lowest bits.
  [[nodiscard]] constexpr std::uint64_t ether_word() const noexcept {
    return is_ether() ? word_ & 0xffff'ffff'ffffU : 0;
  }
  friend constexpr bool operator==(const Adjacency&, const Adjacency&) = default;

 private:
  friend class AdjacencyTable;

  // Bits 0-47 the address, first byte lowest, or a number; 48-53 none of its own; 54-58 flags; 59-63 code. Codes with
  // an address of six bytes are the highest, so that one comparison tells them.
  enum Kind : unsigned { kEmpty, kElsewhere, kEther };
  static constexpr unsigned kFlagShift = 54;
  static constexpr unsigned kCodeShift = 59;
  static constexpr std::uint64_t kFirstEther = std::uint64_t{1 + kNudStateCount * kEther} << kCodeShift;

  constexpr explicit Adjacency(std::uint64_t word) noexcept : word_(word) {}
  [[nodiscard]] static constexpr Adjacency make(NudState state, NeighborFlags flags, Kind kind, std::uint64_t low) {
    const std::uint64_t narrow = (flags.bits() & 1U) | (flags.bits() >> 1U & 0x1eU);  // without kProxy
    return Adjacency{low | (1 + kNudStateCount * kind + static_cast<std::uint64_t>(state)) << kCodeShift |
                     narrow << kFlagShift};
  }
  [[nodiscard]] constexpr unsigned code() const noexcept { return static_cast<unsigned>(word_ >> kCodeShift); }
  [[nodiscard]] constexpr unsigned kind() const noexcept { return (code() - 1) / kNudStateCount; }
  [[nodiscard]] constexpr unsigned wide_flags() const noexcept {
    const auto narrow = static_cast<unsigned>(word_ >> kFlagShift) & 31U;
    return (narrow & 1U) | (narrow & 0x1eU) << 1U;
  }
  static constexpr std::uint32_t kUsableCodes = detail::adjacency_codes(kUsableStates, 7U);
  static constexpr std::uint32_t kElsewhereCodes = detail::adjacency_codes(StateSet::all(), 1U << kElsewhere);

  std::uint64_t word_ = 0;
};

/// A next hop to look up. The address in network byte order.
struct Ipv4Hop {
  InterfaceIndex interface = InterfaceIndex::kNone;
  std::array<std::uint8_t, 4> address = {};
};
struct Ipv6Hop {
  InterfaceIndex interface = InterfaceIndex::kNone;
  std::array<std::uint8_t, 16> address = {};
};

/// An entry with a link-layer address of six bytes, to be written.
template <class Hop>
struct EtherEntry {
  Hop hop = {};
  std::array<std::uint8_t, 6> ether = {};
  NudState state = NudState::kReachable;
  NeighborFlags flags = {};
};
using Ipv4Entry = EtherEntry<Ipv4Hop>;
using Ipv6Entry = EtherEntry<Ipv6Hop>;

/// An entry with its link-layer address, of whatever size.
struct AdjacencyEntry {
  LinkAddress link_address = {};
  NudState state = NudState::kNone;
  NeighborFlags flags = {};
};

/// What a table can hold. It never grows; memory is used as it fills, by pages (`huge_pages`).
struct AdjacencyOptions {
  std::size_t ipv4_capacity = 65'536;  ///< Entries, up to 2^30; 0: none of that family.
  std::size_t ipv6_capacity = 65'536;  ///< Entries, up to 2^30; 0: none of that family.
  std::size_t long_addresses = 1'024;  ///< Entries with a link-layer address of 1 to 32 bytes, but not 6; up to 2^30.
  /// Advises the system to use huge pages. Lookups in large tables are faster; memory then comes 2 MiB at a time, and
  /// since entries lie anywhere, a few hundred of them bring all of it. false: it comes 4 KiB at a time.
  bool huge_pages = true;
  std::optional<std::uint64_t> seed =
      {};  ///< Of the hash; nothing: a secret number, so that peers cannot choose lines.
};

/// What a table holds and has refused.
struct AdjacencyCounters {
  std::size_t ipv4_entries = 0;
  std::size_t ipv6_entries = 0;
  std::size_t long_addresses = 0;
  std::size_t bytes = 0;              ///< Address space of the table, all of which may become memory.
  std::uint64_t refused_full = 0;     ///< Entries beyond the capacity of their family, be it 0.
  std::uint64_t refused_no_room = 0;  ///< Entries whose lines were all full below the capacity: not seen in practice.
  std::uint64_t refused_long = 0;     ///< Entries beyond `long_addresses`.
  std::uint64_t refused_invalid = 0;  ///< Entries that cannot be: no address, interface 0, a proxy's, no such state.
};

/// (interface, address) → link-layer address, state and flags. Fed by an `AdjacencyMirror` or by hand.
///
/// @threads `lookup`, `find` and `counters`: any number of threads at any time, wait-free. `set`, `remove`,
/// `remove_interface` and `clear`: one thread at a time; calls from different threads have to be ordered by the caller.
class AdjacencyTable {
 public:
  /// @retval Errc::kInvalidArgument  `options`; field names the member. @retval Errc::kNoMemory.
  [[nodiscard]] static Result<std::unique_ptr<AdjacencyTable>> make(const AdjacencyOptions& options = {});
  ~AdjacencyTable();
  AdjacencyTable(const AdjacencyTable&) = delete;
  AdjacencyTable& operator=(const AdjacencyTable&) = delete;

  // --- Readers ---

  [[nodiscard]] Adjacency lookup(const Ipv4Hop& hop) const noexcept { return ways_.find(*impl_, hop); }
  [[nodiscard]] Adjacency lookup(const Ipv6Hop& hop) const noexcept;
  [[nodiscard]] Adjacency lookup(InterfaceIndex interface, const IpAddress& address) const noexcept;

  /// Many at once: the more, the faster. 256 at once take a half to three quarters of the time of one after the other;
  /// fewer than 64 gain little where the table is larger than the caches.
  /// @param out  As many as `hops`; if the sizes differ, the shorter one counts.
  /// @return Number found.
  std::size_t lookup(std::span<const Ipv4Hop> hops, std::span<Adjacency> out) const noexcept;
  std::size_t lookup(std::span<const Ipv6Hop> hops, std::span<Adjacency> out) const noexcept;

  /// As `lookup`, with link-layer addresses of any size.
  [[nodiscard]] std::optional<AdjacencyEntry> find(InterfaceIndex interface, const IpAddress& address) const noexcept;

  [[nodiscard]] AdjacencyCounters counters() const noexcept;

  // --- The writer ---

  /// Adds the entry or overwrites the one that is there: link-layer address, state and flags.
  /// @retval Errc::kInvalidArgument  `address` (none), `interface` (0), `flags` (a proxy entry is no neighbor), `state`
  ///         (no NudState). It is counted.
  /// @retval Errc::kTableFull        no room for the entry; field names the limit (a member of AdjacencyOptions).
  ///         It is counted, and the table is as before: what was there for this key stays.
  /// @retval Errc::kNotSupported     the table has no entries of that family. It is counted as beyond the capacity.
  Result<void> set(const Neighbor& neighbor);

  /// As `set`, for control planes that have the six bytes at hand. @return false: refused and counted.
  bool set(const Ipv4Entry& entry) noexcept { return ways_.put(*impl_, entry.hop, word_of(entry)); }
  bool set(const Ipv6Entry& entry) noexcept { return put(entry.hop, word_of(entry)); }
  /// Many in order, which is faster than one after the other where the table is larger than the caches: from about a
  /// million entries on. @return Number not refused.
  std::size_t set(std::span<const Ipv4Entry> entries) noexcept;
  std::size_t set(std::span<const Ipv6Entry> entries) noexcept;

  /// @return Whether there was such an entry; there is none on interface 0.
  bool remove(InterfaceIndex interface, const IpAddress& address) noexcept;

  /// Removes all entries on `interface`; reads the whole table if there are any. @return Number removed.
  std::size_t remove_interface(InterfaceIndex interface) noexcept;

  /// Removes all entries.
  void clear() noexcept;

 private:
  class Impl;
  /// What this processor is best at, for IPv4. Here, so that lookups and updates are one call.
  struct Ways {
    Adjacency (*find)(const Impl&, Ipv4Hop) noexcept = nullptr;
    std::size_t (*find_all)(const Impl&, std::span<const Ipv4Hop>, std::span<Adjacency>) noexcept = nullptr;
    bool (*put)(Impl&, Ipv4Hop, std::uint64_t) noexcept = nullptr;
    std::size_t (*put_all)(Impl&, std::span<const Ipv4Entry>) noexcept = nullptr;
  };
  explicit AdjacencyTable(std::unique_ptr<Impl> impl);

  /// 0: there can be no such entry. Byte by byte: wider loads would have to wait until what the caller has just written
  /// has left for the cache.
  template <class Hop>
  [[nodiscard]] static std::uint64_t word_of(const EtherEntry<Hop>& entry) noexcept {
    if (entry.flags.has(NeighborFlag::kProxy) || static_cast<std::size_t>(entry.state) >= kNudStateCount) return 0;
    const std::uint64_t low = std::uint64_t{entry.ether[0]} | std::uint64_t{entry.ether[1]} << 8U |
                              std::uint64_t{entry.ether[2]} << 16U | std::uint64_t{entry.ether[3]} << 24U |
                              std::uint64_t{entry.ether[4]} << 32U | std::uint64_t{entry.ether[5]} << 40U;
    return Adjacency::make(entry.state, entry.flags, Adjacency::kEther, low).word_;
  }
  bool put(const Ipv6Hop& hop, std::uint64_t word) noexcept;

  std::unique_ptr<Impl> impl_;
  Ways ways_;
};

}  // namespace neigh
#pragma GCC visibility pop
