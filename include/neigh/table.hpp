// SPDX-License-Identifier: Apache-2.0
/// @file
/// `NeighborTable`: one interface to a neighbor table, wherever it lives.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "neigh/function_ref.hpp"
#include "neigh/interface.hpp"
#include "neigh/neighbor.hpp"
#include "neigh/watch.hpp"

#pragma GCC visibility push(default)
namespace neigh {

class HostNetwork;

/// Which entries `list`, `visit`, `flush` and `watch` mean. Members left alone match everything.
struct ListFilter {
  Family family = Family::kUnspecified;              ///< kUnspecified: both.
  InterfaceIndex interface = InterfaceIndex::kNone;  ///< kNone: all. An interface that does not exist matches none.
  InterfaceIndex master = InterfaceIndex::kNone;     ///< Only interfaces below this bridge, bond or VRF.
  StateSet states = StateSet::all();
  bool proxies = false;  ///< false: neighbors only; true: proxy entries only.

  /// True if `neighbor` is meant; `master` is not looked at, since a neighbor does not know it.
  [[nodiscard]] bool matches(const Neighbor& neighbor) const {
    return (family == Family::kUnspecified || family == neighbor.address.family()) &&
           (interface == InterfaceIndex::kNone || interface == neighbor.interface) &&
           (proxies == neighbor.flags.has(NeighborFlag::kProxy)) && (proxies || states.contains(neighbor.state));
  }
};

/// How `resolve` works.
struct ResolveOptions {
  /// Sender address of the request; nothing: chosen by the table. It must be an address of this host and of
  /// the target's family.
  std::optional<IpAddress> source = {};
  /// Bound on the whole call in steady time. Nothing: as long as the interface's settings take to give up
  /// (about 3 s by default), but never for ever.
  std::optional<std::chrono::milliseconds> timeout = {};
  /// true: throw an existing entry away and ask again; who asks while the entry is being resolved already shares that
  /// answer. Requests for one address are at least a second apart, so that asking again and again takes a second each
  /// time in the embedded stack. false: a usable entry is returned as it is, without a packet.
  bool ask_again = false;
};

/// How `ask` works.
struct AskOptions {
  std::optional<IpAddress> source = {};      ///< Sender address, an own one; nothing: chosen by the table.
  std::uint32_t attempts = 3;                ///< Requests sent at most; 1 to 100.
  std::chrono::milliseconds interval{1000};  ///< Between requests, and for answers to the last one; 1 ms to 60 s.
  bool all_answers = false;  ///< true: listens to the end, to find two owners. false: ends at the first.
};

/// One answer from the wire to `ask`.
struct LinkAnswer {
  LinkAddress link_address = {};
  bool is_router = false;                   ///< IPv6: the R flag.
  std::chrono::microseconds round_trip{0};  ///< Since the latest request before it.
};

/// How `announce` works.
struct AnnounceOptions {
  std::uint32_t count = 1;                   ///< Announcements sent; 1 to 100.
  std::chrono::milliseconds interval{1000};  ///< Between them; 1 ms to 60 s.
};

/// The writing operations that `apply` can do to many entries.
enum class Operation : std::uint8_t { kCreate, kSet, kReplace, kRemove };

/// "create", "set", "replace" or "remove".
[[nodiscard]] std::string_view to_string(Operation operation) noexcept;

/// What `apply` does when an entry fails.
enum class OnError : std::uint8_t {
  kContinue,  ///< Goes on with the others.
  kStop,      ///< Stops soon after; entries not tried are reported in `BatchReport::not_tried`.
  /// Undoes the ones done: all or nothing. What was there is asked for before, entry by entry (errors of `get` that are
  /// not about an entry end the call before anything is done). What was under resolution is resolved anew. IPv4
  /// entries on the kernel's loopback and point-to-point devices, which it keys 0.0.0.0 (see `create`), stay.
  kRollBack,
};

/// What became of a batch. An entry without a failure and not in `not_tried` was applied.
struct BatchReport {
  struct Failure {
    std::size_t position = 0;  ///< Index into the span that was given.
    Error error = {};
  };
  std::size_t applied = 0;                  ///< Entries applied and still so (0 after a roll-back).
  std::vector<Failure> failures = {};       ///< In order of position.
  std::vector<std::size_t> not_tried = {};  ///< Positions not tried because of kStop or kRollBack, in order.
  bool rolled_back = false;                 ///< kRollBack: something failed and the rest was undone.
  std::vector<Failure> not_undone = {};     ///< kRollBack: entries whose undoing failed; normally empty.

  [[nodiscard]] bool ok() const { return failures.empty() && not_tried.empty(); }
  /// The failure at `position`, or nullptr. O(log failures).
  [[nodiscard]] const Error* error_at(std::size_t position) const;
};

/// Size and limits of one family's table.
/// @source rtnetlink RTM_GETNEIGHTBL; Linux Documentation/networking/ip-sysctl.rst (gc_thresh1..3).
struct TableLimits {
  Family family = Family::kUnspecified;
  std::uint32_t entries = 0;     ///< Collectable and exempt entries; the kernel counts over all its namespaces.
  std::uint32_t gc_thresh1 = 0;  ///< Below this the collector does nothing.
  std::uint32_t gc_thresh2 = 0;  ///< Above this old entries are collected when a new one is made.
  std::uint32_t gc_thresh3 = 0;  ///< Hard limit of collectable entries.
  std::chrono::milliseconds gc_interval{0};
  std::uint64_t table_full = 0;      ///< Times an entry was refused because the table was full.
  std::uint64_t forced_gc_runs = 0;  ///< Collections forced by a new entry.
  std::uint64_t resolve_failed = 0;  ///< Resolutions that nobody answered.
};

/// A look at the interface that an operation is about: an error ends the operation before anything is changed.
using InterfaceCheck = FunctionRef<Result<void>(const Interface&)>;

/// A neighbor table: the Linux kernel's, or that of an embedded stack. The meaning is the same in both homes.
///
/// Every call is complete when it returns, and answers what was true during the call.
/// @threads Every function may be called from any thread at any time, but not from a signal handler.
class NeighborTable {
 public:
  virtual ~NeighborTable() = default;
  NeighborTable(const NeighborTable&) = delete;
  NeighborTable& operator=(const NeighborTable&) = delete;

  /// Creates an entry that does not exist. `neighbor.state`, `link_address`, `flags` and `protocol` are stored.
  /// An entry of any state counts as existing, also one that failed to resolve.
  /// @retval Errc::kAlreadyExists     the entry exists; it is unchanged.
  /// @retval Errc::kInvalidArgument   `address` (see check_neighbor_address), `link_address` (empty or shorter than
  ///         the interface's where it has them), `interface` (0), `state` or `flags`; `Error::field` names it.
  ///         A longer link-layer address is cut to the interface's length.
  /// @retval Errc::kNoSuchInterface, kNotSupported (family absent on host or interface), kPermissionDenied,
  ///         kTableFull, kNoMemory.
  /// Proxy entries (flag kProxy): only `address` and `interface` count.
  /// On the kernel's loopback and point-to-point devices every IPv4 entry is keyed 0.0.0.0, whatever address it is
  /// created with. An owner (`protocol`) once set cannot be taken away by writing 0.
  /// @source CreateIpNetEntry2; rtnetlink(7) RTM_NEWNEIGH with NLM_F_CREATE | NLM_F_EXCL.
  virtual Result<void> create(const Neighbor& neighbor) = 0;

  /// Changes an entry that exists; never creates. Errors as `create`, and
  /// @retval Errc::kNotFound  there is no such entry.
  /// @source SetIpNetEntry2; RTM_NEWNEIGH with NLM_F_REPLACE alone.
  virtual Result<void> set(const Neighbor& neighbor) = 0;

  /// Creates the entry or overwrites the one that is there. Errors as `create`, without kAlreadyExists.
  virtual Result<void> replace(const Neighbor& neighbor) = 0;

  /// Removes an entry of any state.
  /// @retval Errc::kNotFound         there is no such entry.
  /// @retval Errc::kInvalidArgument  `address` without family, `interface` 0 (but for a proxy entry of no device, which
  ///         other programs may have made).
  /// @retval Errc::kNoSuchInterface, kNotSupported, kPermissionDenied.
  /// @source DeleteIpNetEntry2; RTM_DELNEIGH.
  virtual Result<void> remove(const NeighborKey& key) = 0;

  /// Reads one entry of any state. Sends nothing, waits for nothing, needs no privilege.
  /// Errors as `remove`, without kPermissionDenied.
  /// @source GetIpNetEntry2; RTM_GETNEIGH.
  virtual Result<Neighbor> get(const NeighborKey& key) = 0;

  /// `operation` on one entry if `check` has nothing against its interface: as find_interface, `check` and the
  /// operation one after the other, in less time where the table knows already what it would ask. So `check` may be
  /// called more than once, and may depend on what says which device it is and what addresses it has alone: `index`,
  /// `type`, `link_address_size`, `loopback`, `point_to_point`, `ipv4` and `ipv6`. `neighbor` is read when `check` has
  /// returned, which may still complete it.
  /// Errors of find_interface, of `check` and of the operation, the first of them.
  virtual Result<void> write_if(Operation operation, const Neighbor& neighbor, InterfaceCheck check);

  /// `get` if `check` has nothing against the interface, likewise.
  virtual Result<Neighbor> get_if(const NeighborKey& key, InterfaceCheck check);

  /// Calls `visitor` with each entry that `filter` means, in no order, as they are read. While others change the
  /// table, the kernel may tell an entry twice or leave out one that moves; a `watch` never does.
  /// Ends at the first error; entries told before stay told.
  virtual Result<void> visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) = 0;

  /// All entries that `filter` means, in no order; as with `visit`, rows may be missing or there twice while others
  /// change the table.
  [[nodiscard]] Result<std::vector<Neighbor>> list(const ListFilter& filter = {});

  /// As `list`, into a vector of the caller's, whose content is replaced and whose capacity is kept.
  virtual Result<void> list_into(const ListFilter& filter, std::vector<Neighbor>& out);

  /// Removes every entry that `filter` means, permanent and no-arp ones included if `filter.states` has them.
  /// Entries that vanish meanwhile count as removed by others; entries that appear meanwhile may stay. The table is
  /// read again until nothing is left, a few times at most: where others keep adding entries, some are left.
  /// @return Number removed. Nothing to remove is success with 0.
  /// @retval Errc::kNoSuchInterface  `filter.interface` does not exist.
  /// @retval Errc::kPermissionDenied  checked before anything is removed.
  virtual Result<std::size_t> flush(const ListFilter& filter) = 0;

  /// Finds the link-layer address of `key`, asking the wire (ARP for IPv4, Neighbor Solicitation for IPv6)
  /// unless a usable entry is there and `options.ask_again` is false. Blocks the calling thread until answered or
  /// given up. An own address of the host answers at once with the interface's own link-layer address.
  /// @return The entry, with a usable link-layer address.
  /// @retval Errc::kUnreachable       nobody answered; or the interface is down, or went down meanwhile (field
  ///         `interface`), or the entry was removed meanwhile (`Error::detail` says so).
  /// @retval Errc::kTimedOut          `options.timeout` was over first.
  /// @retval Errc::kInvalidArgument   address (also multicast), interface, source of another family.
  /// @retval Errc::kNoSuchAddress     `options.source` is not an address of this host.
  /// @retval Errc::kPermissionDenied  `ask_again`, and an entry exists that the caller may not remove.
  /// @retval Errc::kNoSuchInterface, kNotSupported, kTableFull, kNoMemory.
  /// @source ResolveIpNetEntry2; RFC 826, RFC 4861 7.2.2.
  virtual Result<Neighbor> resolve(const NeighborKey& key, const ResolveOptions& options = {}) = 0;

  /// Resolves many at once: all are asked before the first is waited for. One result per key, in order.
  /// `options.timeout` bounds the whole call.
  [[nodiscard]] virtual std::vector<Result<Neighbor>> resolve_all(std::span<const NeighborKey> keys,
                                                                  const ResolveOptions& options = {}) = 0;

  /// Acts as if a packet were about to go to each of `keys`, without one and without waiting: what is unknown or has
  /// failed is resolved, what is stale is verified. Entries in other states are left alone, permanent ones above all. A
  /// `watch` tells what comes of it. For packet paths of one's own, whose packets the table does not see.
  /// @return Number of keys for which that was done; others have no such interface, no such family, no use of it, or no
  ///         room in the table.
  /// @retval Errc::kSystem, kNoMemory, kTimedOut  the transport broke; some may have been done.
  /// @source RFC 4861 7.3.3; NTF_USE (LNX-070).
  virtual Result<std::size_t> touch(std::span<const NeighborKey> keys);

  /// Asks the wire who has `key.address` (ARP request, Neighbor Solicitation) and reports each distinct
  /// link-layer address that answers, without reading or writing the table. Blocks the calling thread.
  /// @return The answers in order of arrival; empty: nobody answered.
  /// @retval Errc::kPermissionDenied  the kernel's table needs CAP_NET_RAW for this.
  /// @retval Errc::kInvalidArgument   address (also multicast), interface without resolution, source, attempts,
  ///         interval; `Error::field` names it.
  /// @retval Errc::kNoSuchAddress     `options.source` is not an address of this host.
  /// @retval Errc::kNoSuchInterface, kNotSupported, kUnreachable (interface down or without an address to ask from).
  /// @source RFC 826; RFC 4861 7.2.2; arp-ndp.md ARP-080, NDR-002.
  virtual Result<std::vector<LinkAnswer>> ask(const NeighborKey& key, const AskOptions& options = {}) = 0;

  /// Tells the link the link-layer address of an own address: gratuitous ARP request, or unsolicited
  /// Neighbor Advertisement to all nodes with the override flag. Blocks for `count - 1` intervals.
  /// @retval Errc::kNoSuchAddress     `own` is not an address of this host on that interface.
  /// @retval Errc::kPermissionDenied, kInvalidArgument, kNoSuchInterface, kNotSupported, kUnreachable as `ask`.
  /// @source RFC 5227 2.3; RFC 4861 7.2.6; arp-ndp.md ACD-040, NAT-009.
  virtual Result<void> announce(InterfaceIndex interface, const IpAddress& own,
                                const AnnounceOptions& options = {}) = 0;

  /// Does `operation` to each entry of `neighbors`, in order, many per system call. For kRemove only the key counts.
  /// Each entry succeeds or fails as the single call would.
  /// @return The report, also when entries failed.
  /// @retval Errc::kInvalidArgument  operation, on_error: there is no such one. Nothing was done.
  /// @retval Errc::kSystem, kNoMemory, kTimedOut  the transport broke; some entries may have been applied.
  virtual Result<BatchReport> apply(Operation operation, std::span<const Neighbor> neighbors,
                                    OnError on_error = OnError::kContinue) = 0;

  /// Begins to follow the entries that `filter` means (`filter.master` and `filter.proxies` are refused with
  /// kInvalidArgument: there are no notifications for them). States filter what is told, by the state after
  /// the change; an entry that leaves the filter is told as removed.
  [[nodiscard]] virtual Result<std::unique_ptr<Watch>> watch(const ListFilter& filter = {}) = 0;

  /// All interfaces, ordered by index.
  [[nodiscard]] virtual Result<std::vector<Interface>> interfaces() = 0;

  /// One interface. @retval Errc::kNoSuchInterface  there is none.
  [[nodiscard]] virtual Result<Interface> find_interface(InterfaceIndex index) = 0;
  [[nodiscard]] virtual Result<Interface> find_interface(std::string_view name) = 0;

  /// Unicast addresses of this host on `interface`, or on all with kNone.
  [[nodiscard]] virtual Result<std::vector<IpAddress>> own_addresses(InterfaceIndex interface) = 0;

  /// Limits and fill of the table of each family that this host has.
  [[nodiscard]] virtual Result<std::vector<TableLimits>> limits() = 0;

  /// What this table's host has beside it: links in full, addresses, routes. It lives as long as the table.
  /// @return nullptr: this home has no such tables.
  [[nodiscard]] virtual HostNetwork* host() noexcept { return nullptr; }

  /// Whether the host has the stack of `family`.
  [[nodiscard]] virtual Result<bool> has_family(Family family) = 0;

 protected:
  NeighborTable() = default;
};

}  // namespace neigh
#pragma GCC visibility pop
