// SPDX-License-Identifier: Apache-2.0
// The table of both families behind its public face.
#include "neigh/adjacency.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "adjacency/hop_table.hpp"
#include "adjacency/long_addresses.hpp"
#include "adjacency/ways.hpp"

namespace neigh {
namespace {

using adjacency::kNothing;
using adjacency::Put;

// IPv4's is one of three, as the processor is: they differ in the hash, and in how a pair is read.
using WholeV4 = adjacency::HopTable<adjacency::SlotsV4<adjacency::Hardware, /*kWhole=*/true>>;
#if defined(__x86_64__)
using AesV4 = adjacency::HopTable<adjacency::SlotsV4<adjacency::Hardware, /*kWhole=*/true, adjacency::AesHash>>;
#else
using AesV4 = WholeV4;  // never made
#endif
using WordsV4 = adjacency::HopTable<adjacency::SlotsV4<adjacency::Hardware, /*kWhole=*/false>>;
using V6 = adjacency::HopTable<adjacency::SlotsV6<adjacency::Hardware>>;

constexpr std::size_t kMostEntries = std::size_t{1} << 30U;

template <class Table>
typename Table::Key key_of(InterfaceIndex interface, const std::uint8_t* address) noexcept {
  if constexpr (std::is_same_v<Table, V6>) {
    typename Table::Key key{.interface = to_number(interface)};
    std::memcpy(key.address.data(), address, sizeof key.address);
    return key;
  } else {
    std::uint32_t word = 0;
    std::memcpy(&word, address, sizeof word);
    return std::uint64_t{to_number(interface)} | std::uint64_t{word} << 32U;
  }
}

WholeV4::Key v4_key(Ipv4Hop hop) noexcept { return key_of<WholeV4>(hop.interface, hop.address.data()); }

/// Six bytes, the first in the lowest bits.
std::uint64_t low_of(std::span<const std::uint8_t, 6> bytes) noexcept {
  std::uint64_t low = 0;
  for (unsigned i = 0; i < 6; ++i) low |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return low;
}

Error full(std::string_view field) { return {.code = Errc::kTableFull, .field = field}; }

void count(std::atomic<std::uint64_t>& counter) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

class AdjacencyTable::Impl {
 public:
  Result<void> allocate(const AdjacencyOptions& options);
  [[nodiscard]] Ways choose_ways() const noexcept;

  [[nodiscard]] std::uint64_t find(InterfaceIndex interface, const IpAddress& address) const noexcept;
  [[nodiscard]] std::optional<AdjacencyEntry> find_entry(InterfaceIndex interface,
                                                         const IpAddress& address) const noexcept;
  template <class Way, class Table, class Hop>
  [[gnu::always_inline]] static inline std::size_t find_all(const Table& table, std::span<const Hop> hops,
                                                            std::span<Adjacency> out) noexcept;

  Result<void> set(const Neighbor& neighbor);
  template <class Table>
  [[gnu::noinline]] Put put(Table& table, const typename Table::Key& key, std::uint64_t value) noexcept;
  template <class Way, class Table>
  [[gnu::always_inline]] inline bool put_ether(Table& table, std::size_t home, const typename Table::Key& key,
                                               std::uint64_t value) noexcept;
  template <class Way, class Table>
  [[gnu::always_inline]] inline bool put_one(Table& table, const typename Table::Key& key,
                                             std::uint64_t value) noexcept {
    return put_ether<Way>(table, table.home_of(key), key, value);
  }
  template <class Way, class Table, class Entry>
  [[gnu::always_inline]] inline std::size_t put_all(Table& table, std::span<const Entry> entries) noexcept;
  /// The table has no room for the family. @return false, 0; and counts.
  template <class Hop>
  bool put_nowhere(const Hop& hop, std::uint64_t word) noexcept {
    const bool valid = hop.interface != InterfaceIndex::kNone && word != kNothing;
    count(valid ? published_.refused_full : published_.refused_invalid);
    return false;
  }
  template <class Entry>
  std::size_t put_all_nowhere(std::span<const Entry> entries) noexcept {
    for (const Entry& entry : entries) (void)put_nowhere(entry.hop, word_of(entry));
    return 0;
  }
  bool remove(InterfaceIndex interface, const IpAddress& address) noexcept;
  std::size_t remove_interface(InterfaceIndex interface) noexcept;
  void clear() noexcept;
  [[nodiscard]] AdjacencyCounters counters() const noexcept;

  [[nodiscard]] bool has_v6() const noexcept { return v6_.has_value(); }
  [[nodiscard]] const V6& v6() const noexcept { return *v6_; }
  [[nodiscard]] V6& v6() noexcept { return *v6_; }

 private:
  /// What `use` says of IPv4's table; `without()` if there is none.
  template <class Self, class Use, class Without>
  static auto with_v4(Self& self, Use use, Without without) {
    if (self.aes_v4_) return use(*self.aes_v4_);
    if (self.whole_v4_) return use(*self.whole_v4_);
    if (self.words_v4_) return use(*self.words_v4_);
    return without();
  }
  template <class Table>
  Result<void> set_in(Table& table, const Neighbor& neighbor);
  template <class Table>
  bool remove_from(Table& table, InterfaceIndex interface, const IpAddress& address) noexcept;
  template <class Table>
  std::size_t remove_from(Table& table, InterfaceIndex interface) noexcept;
  /// kNone: of all.
  std::size_t remove_all_of(InterfaceIndex interface) noexcept;
  /// `value` is no entry's any more.
  void dispose(std::uint64_t value) noexcept {
    if (is_elsewhere(value)) long_.remove(value);
  }
  /// It refers to a line of the side table.
  static bool is_elsewhere(std::uint64_t value) noexcept {
    return ((Adjacency::kElsewhereCodes >> Adjacency{value}.code()) & 1U) != 0;
  }
  void publish_long() noexcept { published_.long_addresses.store(long_.size(), std::memory_order_relaxed); }

  struct NoneV4;
  template <class Way, auto kTable>
  struct V4;
  struct Avx2V4;
  template <bool kVaes>
  struct Avx512V4;

  std::optional<AesV4> aes_v4_;
  std::optional<WholeV4> whole_v4_;
  std::optional<WordsV4> words_v4_;
  std::optional<V6> v6_;
  adjacency::LongAddresses long_;

  // Away from what readers read all the time.
  struct alignas(adjacency::kLineBytes) Published {
    std::atomic<std::size_t> long_addresses{0};
    std::atomic<std::uint64_t> refused_full{0};
    std::atomic<std::uint64_t> refused_no_room{0};
    std::atomic<std::uint64_t> refused_long{0};
    std::atomic<std::uint64_t> refused_invalid{0};
  };
  Published published_;
};

Result<void> AdjacencyTable::Impl::allocate(const AdjacencyOptions& options) {
  std::uint64_t seed = options.seed.value_or(0);
  if (!options.seed) {
    std::random_device random;
    seed = std::uint64_t{random()} << 32U | random();
  }
  const auto make = [&](auto& into, std::size_t capacity) -> Result<void> {
    auto made = std::remove_reference_t<decltype(*into)>::make(capacity, seed, options.huge_pages);
    if (!made) return std::move(made).error();
    into.emplace(std::move(*made));
    return {};
  };
  if (options.ipv4_capacity != 0) {
    const bool aes = adjacency::lookup_way() != adjacency::LookupWay::kBaseline;
    auto made = !adjacency::has_whole_pairs() ? make(words_v4_, options.ipv4_capacity)
                : aes                         ? make(aes_v4_, options.ipv4_capacity)
                                              : make(whole_v4_, options.ipv4_capacity);
    if (!made) return made;
  }
  if (options.ipv6_capacity != 0) {
    if (auto made = make(v6_, options.ipv6_capacity); !made) return made;
  }
  auto made = adjacency::LongAddresses::make(options.long_addresses);
  if (!made) return std::move(made).error();
  long_ = std::move(*made);
  return {};
}

template <class Way, class Table, class Hop>
[[gnu::always_inline]] inline std::size_t AdjacencyTable::Impl::find_all(const Table& table, std::span<const Hop> hops,
                                                                         std::span<Adjacency> out) noexcept {
  const Hop* const from = hops.data();
  Adjacency* const to = out.data();
  return table.template find_all<Way>(
      std::min(hops.size(), out.size()),
      [from](std::size_t i) { return key_of<Table>(from[i].interface, from[i].address.data()); },
      [to](std::size_t i, std::uint64_t value) { to[i] = Adjacency{value}; });
}

// IPv4: functions for each way that the processor may have, of its own target, into which the table's code is inlined.

struct AdjacencyTable::Impl::NoneV4 {
  static Adjacency find(const Impl& /*impl*/, Ipv4Hop /*hop*/) noexcept { return {}; }
  static std::size_t find_all(const Impl& /*impl*/, std::span<const Ipv4Hop> hops, std::span<Adjacency> out) noexcept {
    std::fill_n(out.begin(), std::min(hops.size(), out.size()), Adjacency{});
    return 0;
  }
  static bool put(Impl& impl, Ipv4Hop hop, std::uint64_t word) noexcept { return impl.put_nowhere(hop, word); }
  static std::size_t put_all(Impl& impl, std::span<const Ipv4Entry> entries) noexcept {
    return impl.put_all_nowhere(entries);
  }
};

/// Of any processor.
template <class Way, auto kTable>
struct AdjacencyTable::Impl::V4 {
  static Adjacency find(const Impl& impl, Ipv4Hop hop) noexcept {
    return Adjacency{(impl.*kTable)->template find<Way>(v4_key(hop))};
  }
  static std::size_t find_all(const Impl& impl, std::span<const Ipv4Hop> hops, std::span<Adjacency> out) noexcept {
    return Impl::find_all<Way>(*(impl.*kTable), hops, out);
  }
  static bool put(Impl& impl, Ipv4Hop hop, std::uint64_t word) noexcept {
    return impl.put_one<Way>(*(impl.*kTable), v4_key(hop), word);
  }
  static std::size_t put_all(Impl& impl, std::span<const Ipv4Entry> entries) noexcept {
    return impl.put_all<Way>(*(impl.*kTable), entries);
  }
};

#if defined(__x86_64__)
struct AdjacencyTable::Impl::Avx2V4 : V4<adjacency::Hardware, &Impl::aes_v4_> {
  [[gnu::target("avx2,bmi")]] static Adjacency find(const Impl& impl, Ipv4Hop hop) noexcept {
    return Adjacency{impl.aes_v4_->find<adjacency::Avx2>(v4_key(hop))};
  }
  [[gnu::target("avx2,bmi")]] static std::size_t find_all(const Impl& impl, std::span<const Ipv4Hop> hops,
                                                          std::span<Adjacency> out) noexcept {
    return Impl::find_all<adjacency::Avx2>(*impl.aes_v4_, hops, out);
  }
};

template <bool kVaes>
struct AdjacencyTable::Impl::Avx512V4 {
  using Way = adjacency::Avx512<kVaes>;
  [[gnu::target("avx512f,bmi,popcnt")]] static Adjacency find(const Impl& impl, Ipv4Hop hop) noexcept {
    return Adjacency{impl.aes_v4_->template find<Way>(v4_key(hop))};
  }
  [[gnu::target("avx512f,bmi,popcnt")]] static std::size_t find_all(const Impl& impl, std::span<const Ipv4Hop> hops,
                                                                    std::span<Adjacency> out) noexcept {
    return impl.aes_v4_->template find_many<Way>(hops.data(), std::min(hops.size(), out.size()), out.data());
  }
  [[gnu::target("avx512f,bmi,popcnt")]] static bool put(Impl& impl, Ipv4Hop hop, std::uint64_t word) noexcept {
    return impl.put_one<Way>(*impl.aes_v4_, v4_key(hop), word);
  }
  [[gnu::target("avx512f,bmi,popcnt")]] static std::size_t put_all(Impl& impl,
                                                                   std::span<const Ipv4Entry> entries) noexcept {
    return impl.put_all<Way>(*impl.aes_v4_, entries);
  }
};
// `find_many` reads hops as keys and writes values as what is found.
static_assert(sizeof(Ipv4Hop) == sizeof(AesV4::Key) && std::endian::native == std::endian::little);
static_assert(sizeof(Adjacency) == sizeof(std::uint64_t));
#endif

AdjacencyTable::Ways AdjacencyTable::Impl::choose_ways() const noexcept {
  const auto ways_of = []<class V>() -> Ways {
    return {.find = V::find, .find_all = V::find_all, .put = V::put, .put_all = V::put_all};
  };
  if (words_v4_) return ways_of.operator()<V4<adjacency::Hardware, &Impl::words_v4_>>();
  if (whole_v4_) return ways_of.operator()<V4<adjacency::Hardware, &Impl::whole_v4_>>();
  if (!aes_v4_) return ways_of.operator()<NoneV4>();
#if defined(__x86_64__)
  if (adjacency::lookup_way() == adjacency::LookupWay::kAvx512Vaes) return ways_of.operator()<Avx512V4<true>>();
  if (adjacency::lookup_way() == adjacency::LookupWay::kAvx512) return ways_of.operator()<Avx512V4<false>>();
  return ways_of.operator()<Avx2V4>();
#else
  return ways_of.operator()<NoneV4>();
#endif
}

std::uint64_t AdjacencyTable::Impl::find(InterfaceIndex interface, const IpAddress& address) const noexcept {
  if (address.is_v4()) {
    const auto key = key_of<WholeV4>(interface, address.bytes().data());
    return with_v4(
        *this, [&](const auto& table) { return table.find(key); }, [] { return kNothing; });
  }
  if (address.is_v6() && has_v6()) return v6_->find(key_of<V6>(interface, address.bytes().data()));
  return kNothing;
}

std::optional<AdjacencyEntry> AdjacencyTable::Impl::find_entry(InterfaceIndex interface,
                                                               const IpAddress& address) const noexcept {
  const auto content = long_.find(
      {interface, address}, [&] { return find(interface, address); }, is_elsewhere);
  const Adjacency found{content.value};
  if (!found.found()) return std::nullopt;
  AdjacencyEntry entry{.link_address = content.address, .state = found.state(), .flags = found.flags()};
  if (found.is_ether()) entry.link_address = LinkAddress::ether(found.ether());
  return entry;
}

template <class Table>
Result<void> AdjacencyTable::Impl::set_in(Table& table, const Neighbor& neighbor) {
  const LinkAddress& link = neighbor.link_address;
  const auto key = key_of<Table>(neighbor.interface, neighbor.address.bytes().data());
  const auto word = [&](Adjacency::Kind kind, std::uint64_t low) {
    return Adjacency::make(neighbor.state, neighbor.flags, kind, low).word_;
  };
  std::uint64_t value = kNothing;
  if (link.empty()) {
    value = word(Adjacency::kEmpty, 0);
  } else if (link.size() == 6) {
    value = word(Adjacency::kEther, low_of(link.bytes().first<6>()));
  } else {
    const auto added = long_.add({neighbor.interface, neighbor.address}, word(Adjacency::kElsewhere, 0), link,
                                 is_elsewhere(table.find(key)));
    if (!added) {
      count(published_.refused_long);
      return full("long_addresses");
    }
    value = *added;
  }
  const Put done = put(table, key, value);
  if (done == Put::kInserted || done == Put::kUpdated) return {};
  return full(neighbor.address.is_v4() ? "ipv4_capacity" : "ipv6_capacity");
}

/// What becomes of `value`'s line in the side table if it is refused, and of that of the value before it, is seen to.
template <class Table>
Put AdjacencyTable::Impl::put(Table& table, const typename Table::Key& key, std::uint64_t value) noexcept {
  std::uint64_t old = kNothing;
  const Put done = table.put(key, value, old);
  if (done == Put::kFull || done == Put::kNoRoom) {
    dispose(value);
    count(done == Put::kFull ? published_.refused_full : published_.refused_no_room);
  } else if (is_elsewhere(old) || is_elsewhere(value)) {
    dispose(old);
    publish_long();
  }
  return done;
}

/// @return Whether the entry is there now.
template <class Way, class Table>
[[gnu::always_inline]] inline bool AdjacencyTable::Impl::put_ether(Table& table, std::size_t home,
                                                                   const typename Table::Key& key,
                                                                   std::uint64_t value) noexcept {
  if (Table::SlotsType::interface_of(key) == 0 || value == kNothing) [[unlikely]] {
    count(published_.refused_invalid);
    return false;
  }
  if (table.template add_at<Way>(home, key, value)) [[likely]]
    return true;
  const typename Table::Key again = key;  // the only one that has to have an address
  const Put done = put(table, again, value);
  return done == Put::kInserted || done == Put::kUpdated;
}

/// The lines of those to come are on their way while one is written.
template <class Way, class Table, class Entry>
[[gnu::always_inline]] inline std::size_t AdjacencyTable::Impl::put_all(Table& table,
                                                                        std::span<const Entry> entries) noexcept {
  constexpr std::size_t kAhead = 16;
  std::array<std::size_t, kAhead> homes{};
  std::size_t taken = 0;
  for (std::size_t i = 0; i < entries.size() + kAhead; ++i) {
    if (i >= kAhead) {
      const Entry& entry = entries[i - kAhead];
      const auto key = key_of<Table>(entry.hop.interface, entry.hop.address.data());
      taken += static_cast<std::size_t>(put_ether<Way>(table, homes[i % kAhead], key, word_of(entry)));
    }
    if (i < entries.size()) {
      homes[i % kAhead] = table.home_of(key_of<Table>(entries[i].hop.interface, entries[i].hop.address.data()));
      table.fetch(homes[i % kAhead]);
    }
  }
  return taken;
}

Result<void> AdjacencyTable::Impl::set(const Neighbor& neighbor) {
  const auto bad = [this](std::string_view field) {
    count(published_.refused_invalid);
    return Error{.code = Errc::kInvalidArgument, .field = field};
  };
  if (neighbor.interface == InterfaceIndex::kNone) return bad("interface");
  if (neighbor.flags.has(NeighborFlag::kProxy)) return bad("flags");
  if (static_cast<std::size_t>(neighbor.state) >= kNudStateCount) return bad("state");
  if (neighbor.address.family() == Family::kUnspecified) return bad("address");
  const auto no_room = [this]() -> Result<void> {
    count(published_.refused_full);
    return Error{.code = Errc::kNotSupported, .field = "address", .detail = "the table has no room for its family"};
  };
  if (neighbor.address.is_v6()) return v6_ ? set_in(*v6_, neighbor) : no_room();
  return with_v4(
      *this, [&](auto& table) { return set_in(table, neighbor); }, no_room);
}

template <class Table>
bool AdjacencyTable::Impl::remove_from(Table& table, InterfaceIndex interface, const IpAddress& address) noexcept {
  const std::uint64_t old = table.remove(key_of<Table>(interface, address.bytes().data()));
  if (old == kNothing) return false;
  dispose(old);
  publish_long();
  return true;
}

bool AdjacencyTable::Impl::remove(InterfaceIndex interface, const IpAddress& address) noexcept {
  if (interface == InterfaceIndex::kNone) return false;  // the key of slots without an entry
  if (address.is_v4()) {
    return with_v4(
        *this, [&](auto& table) { return remove_from(table, interface, address); }, [] { return false; });
  }
  return address.is_v6() && v6_ && remove_from(*v6_, interface, address);
}

/// kNone: on all interfaces.
template <class Table>
std::size_t AdjacencyTable::Impl::remove_from(Table& table, InterfaceIndex interface) noexcept {
  using Slots = typename Table::SlotsType;
  std::size_t removed = 0;
  std::size_t before = 0;
  do {  // entries move while others are removed, so that one pass may leave some
    before = removed;
    table.visit([&](const typename Table::Key& key, std::uint64_t) {
      if (interface != InterfaceIndex::kNone && Slots::interface_of(key) != to_number(interface)) return;
      const std::uint64_t old = table.remove(key);
      if (old == kNothing) return;
      dispose(old);
      ++removed;
    });
  } while (removed != before);
  return removed;
}

std::size_t AdjacencyTable::Impl::remove_all_of(InterfaceIndex interface) noexcept {
  std::size_t removed = with_v4(
      *this, [&](auto& table) { return remove_from(table, interface); }, [] { return std::size_t{0}; });
  if (v6_) removed += remove_from(*v6_, interface);
  publish_long();
  return removed;
}

std::size_t AdjacencyTable::Impl::remove_interface(InterfaceIndex interface) noexcept {
  return interface == InterfaceIndex::kNone ? 0 : remove_all_of(interface);
}

void AdjacencyTable::Impl::clear() noexcept { (void)remove_all_of(InterfaceIndex::kNone); }

AdjacencyCounters AdjacencyTable::Impl::counters() const noexcept {
  const auto read = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  const auto of_v4 = [this](auto question) { return with_v4(*this, question, [] { return std::size_t{0}; }); };
  return {
      .ipv4_entries = of_v4([](const auto& table) { return table.size(); }),
      .ipv6_entries = v6_ ? v6_->size() : 0,
      .long_addresses = read(published_.long_addresses),
      .bytes = of_v4([](const auto& table) { return table.bytes(); }) + (v6_ ? v6_->bytes() : 0) + long_.bytes() +
               sizeof(Impl),
      .refused_full = read(published_.refused_full),
      .refused_no_room = read(published_.refused_no_room),
      .refused_long = read(published_.refused_long),
      .refused_invalid = read(published_.refused_invalid),
  };
}

AdjacencyTable::AdjacencyTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)), ways_(impl_->choose_ways()) {}
AdjacencyTable::~AdjacencyTable() = default;

Result<std::unique_ptr<AdjacencyTable>> AdjacencyTable::make(const AdjacencyOptions& options) {
  const auto bad = [](std::string_view field, std::size_t value, std::size_t most) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = field,
                 .detail = std::to_string(value) + ", at most " + std::to_string(most)};
  };
  if (options.ipv4_capacity > kMostEntries) return bad("ipv4_capacity", options.ipv4_capacity, kMostEntries);
  if (options.ipv6_capacity > kMostEntries) return bad("ipv6_capacity", options.ipv6_capacity, kMostEntries);
  if (options.long_addresses > kMostEntries) return bad("long_addresses", options.long_addresses, kMostEntries);
  auto impl = std::make_unique<Impl>();
  if (auto allocated = impl->allocate(options); !allocated) return std::move(allocated).error();
  return std::unique_ptr<AdjacencyTable>(new AdjacencyTable(std::move(impl)));
}

Adjacency AdjacencyTable::lookup(const Ipv6Hop& hop) const noexcept {
  if (!impl_->has_v6()) return {};
  return Adjacency{impl_->v6().find(key_of<V6>(hop.interface, hop.address.data()))};
}

Adjacency AdjacencyTable::lookup(InterfaceIndex interface, const IpAddress& address) const noexcept {
  if (!address.is_v4()) return Adjacency{impl_->find(interface, address)};
  Ipv4Hop hop{.interface = interface};
  std::copy_n(address.bytes().begin(), hop.address.size(), hop.address.begin());
  return lookup(hop);
}

std::size_t AdjacencyTable::lookup(std::span<const Ipv4Hop> hops, std::span<Adjacency> out) const noexcept {
  return ways_.find_all(*impl_, hops, out);
}

std::size_t AdjacencyTable::lookup(std::span<const Ipv6Hop> hops, std::span<Adjacency> out) const noexcept {
  if (!impl_->has_v6()) {
    std::fill_n(out.begin(), std::min(hops.size(), out.size()), Adjacency{});
    return 0;
  }
  return Impl::find_all<adjacency::Hardware>(impl_->v6(), hops, out);
}

std::optional<AdjacencyEntry> AdjacencyTable::find(InterfaceIndex interface, const IpAddress& address) const noexcept {
  return impl_->find_entry(interface, address);
}

AdjacencyCounters AdjacencyTable::counters() const noexcept { return impl_->counters(); }

Result<void> AdjacencyTable::set(const Neighbor& neighbor) { return impl_->set(neighbor); }

bool AdjacencyTable::put(const Ipv6Hop& hop, std::uint64_t word) noexcept {
  if (!impl_->has_v6()) return impl_->put_nowhere(hop, word);
  return impl_->put_one<adjacency::Hardware>(impl_->v6(), key_of<V6>(hop.interface, hop.address.data()), word);
}

std::size_t AdjacencyTable::set(std::span<const Ipv4Entry> entries) noexcept { return ways_.put_all(*impl_, entries); }

std::size_t AdjacencyTable::set(std::span<const Ipv6Entry> entries) noexcept {
  if (!impl_->has_v6()) return impl_->put_all_nowhere(entries);
  return impl_->put_all<adjacency::Hardware>(impl_->v6(), entries);
}

bool AdjacencyTable::remove(InterfaceIndex interface, const IpAddress& address) noexcept {
  return impl_->remove(interface, address);
}

std::size_t AdjacencyTable::remove_interface(InterfaceIndex interface) noexcept {
  return impl_->remove_interface(interface);
}

void AdjacencyTable::clear() noexcept { impl_->clear(); }

}  // namespace neigh
