// SPDX-License-Identifier: Apache-2.0
// Resolution through the kernel: make it ask, then wait for its notification (LIB-18 to LIB-21).
#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <utility>

#include "rtnl/attributes.hpp"
#include "rtnl/errors.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/many.hpp"
#include "rtnl/nudge.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

/// Never for ever: longer than any sensible mcast_solicit times retrans_time_ms.
constexpr std::chrono::milliseconds kLongest{300'000};
/// Silence after which the entries are looked at, in case a notification went missing.
constexpr std::chrono::milliseconds kSilence{5'000};
/// An entry that is deleted is told as failed first (RTN-101): this long the deletion may take to follow.
constexpr std::chrono::milliseconds kDoubt{20};
/// So many keys are looked up one by one and looked at once more right after the question; more go many at a time, and
/// only those that stay silent for kDoubt are looked at.
constexpr std::size_t kFew = 16;
/// A resolution that others keep flushing is begun anew this often by us, and after this time by nobody.
constexpr int kRestarts = 3;
constexpr std::chrono::milliseconds kPatience{3'000};
constexpr int kReceiveBuffer = 8 * 1024 * 1024;

bool is_unresolved(NudState state) {
  return state == NudState::kNone || state == NudState::kIncomplete || state == NudState::kFailed;
}

Error nobody_answered() { return {.code = Errc::kUnreachable, .sys_errno = EHOSTUNREACH}; }

class Resolver {
 public:
  Resolver(NeighborTable& table, ChannelPool& pool, const ResolveOptions& options)
      : table_(table), pool_(pool), options_(options), datagrams_(pool) {}

  std::vector<Result<Neighbor>> run(std::span<const NeighborKey> keys);

 private:
  enum class Nudged : std::uint8_t { kEntryIsThere, kDatagramSent };
  struct Item {
    NeighborKey key = {};
    std::optional<Result<Neighbor>> outcome = {};
    int restarts = 0;
  };

  Result<std::vector<OwnAddress>> list_own();
  [[nodiscard]] bool is_own(const IpAddress& address, InterfaceIndex on) const;
  using Answer = std::optional<Result<Neighbor>>;  ///< Nothing: go on.
  Result<void> check(const NeighborKey& key) const;
  Result<const Interface*> device(InterfaceIndex index);
  Answer answer_without_table(const NeighborKey& key);
  Answer answer_from_table(const NeighborKey& key, const Interface& link, Result<Neighbor> there);
  [[nodiscard]] bool asks_first(const NeighborKey& key);
  [[nodiscard]] std::vector<Item*> prepare(const std::vector<Item*>& items);
  Result<void> find_privilege();
  Result<void> prepare_by_table(const std::vector<Item*>& items);
  Result<void> begin_many(const std::vector<Item*>& items);
  Result<void> begin(Item& item);
  Result<void> go_on(Item& item, Nudged nudged, Result<Neighbor> there);
  Result<Nudged> nudge(const NeighborKey& key);
  Result<void> await(const Deadline& deadline);
  void on_notification(const nlmsghdr& message);
  void look(Item& item, Result<Neighbor> there);
  void on_flushed(Item& item);
  void look_at(const std::vector<Item*>& items);
  void look_at_all();
  void drain();
  void read_notifications(std::size_t size);
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  void finish(Item& item, Result<Neighbor> outcome);

  NeighborTable& table_;
  ChannelPool& pool_;
  const ResolveOptions& options_;
  DatagramNudge datagrams_;
  bool may_request_ = true;  // until the kernel says EPERM
  std::vector<OwnAddress> own_;
  std::unordered_map<InterfaceIndex, Interface> devices_;
  std::unordered_map<NeighborKey, Item*> waiting_;
  const Deadline patience_{kPatience};
  std::optional<Deadline> doubt_ = {};  // when to look at entries that were told as failed
  std::optional<Socket> notifications_;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(64U * 1024U);
};

Result<void> Resolver::check(const NeighborKey& key) const {
  if (auto ok = check_neighbor_address(key.address); !ok) return ok;
  if (key.address.is_multicast()) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "address",
                 .detail = key.address.to_string() + " is a multicast address, which nobody resolves"};
  }
  if (auto ok = check_key(key); !ok) return ok;
  if (key.proxy) return Error{.code = Errc::kInvalidArgument, .field = "proxy"};
  if (options_.source && options_.source->family() != key.address.family()) {
    return Error{.code = Errc::kInvalidArgument, .field = "source", .detail = "is of another family than the address"};
  }
  return {};
}

Result<std::vector<OwnAddress>> Resolver::list_own() {
  auto channel = pool_.take();
  if (!channel) return std::move(channel).error();
  return get_own_addresses(**channel, InterfaceIndex::kNone);
}

/// An address belongs to the host whatever interface it is on, but for IPv6 link-local ones: the same one may be ours
/// on one link and a neighbor's on another.
bool Resolver::is_own(const IpAddress& address, InterfaceIndex on) const {
  const bool one_link = address.is_v6() && address.is_link_local();
  return std::any_of(own_.begin(), own_.end(), [&](const OwnAddress& own) {
    return own.address == address && (!one_link || own.interface == on);
  });
}

Result<const Interface*> Resolver::device(InterfaceIndex index) {
  const auto known = devices_.find(index);
  if (known != devices_.end()) return &known->second;
  auto found = table_.find_interface(index);
  if (!found) return std::move(found).error();
  return &devices_.emplace(index, std::move(*found)).first->second;
}

/// What needs neither a packet nor a look at the table: errors and own addresses.
Resolver::Answer Resolver::answer_without_table(const NeighborKey& key) {
  if (auto ok = check(key); !ok) return Answer{std::move(ok).error()};
  auto on = device(key.interface);
  if (!on) return Answer{std::move(on).error()};
  const Interface& link = **on;
  if (key.address.is_v6() && !link.ipv6) {
    return Answer{
        Error{.code = Errc::kNotSupported, .field = "address", .detail = "IPv6 is switched off on " + link.name}};
  }
  // A loopback address is on no link, so that nobody there could answer it.
  const bool nowhere = options_.source && options_.source->is_loopback() && !link.loopback;
  if (options_.source && (nowhere || !is_own(*options_.source, key.interface))) {
    return Answer{Error{.code = Errc::kNoSuchAddress,
                        .field = "source",
                        .detail = options_.source->to_string() + " is no address of this host there"}};
  }
  if (is_own(key.address, key.interface)) {
    return Answer{Neighbor{.address = key.address,
                           .interface = key.interface,
                           .link_address = link.link_address,
                           .state = NudState::kReachable}};
  }
  return std::nullopt;
}

/// The kernel is asked without a look at the table first: an exclusive request finds out what is there.
bool Resolver::asks_first(const NeighborKey& key) {
  const Interface& link = devices_.at(key.interface);
  const bool nobody_is_asked = key.address.is_v4() && (link.loopback || link.point_to_point);
  return may_request_ && !options_.source && !options_.ask_again && link.up && !nobody_is_asked;
}

/// What needs no packet though it wants a look at the table: usable entries, links that are down.
Resolver::Answer Resolver::answer_from_table(const NeighborKey& key, const Interface& link, Result<Neighbor> there) {
  if (!there && there.error().code != Errc::kNotFound) return Answer{std::move(there)};
  if (there && kUsableStates.contains(there->state) && !options_.ask_again) return Answer{std::move(there)};
  if (!link.up) {
    return Answer{Error{
        .code = Errc::kUnreachable, .sys_errno = ENETDOWN, .field = "interface", .detail = link.name + " is down"}};
  }
  // The kernel holds no IPv4 entry of its own for any address of such a device, where nobody is asked (LNX-042,
  // LIB-35).
  if (key.address.is_v4() && (link.loopback || link.point_to_point)) {
    return Answer{Neighbor{.address = key.address,
                           .interface = key.interface,
                           .link_address = link.link_address,
                           .state = NudState::kNoArp}};
  }
  if (there && options_.ask_again) {
    auto removed = table_.remove(key);
    // What holds no address is as good as absent to a caller who may not remove it: sending starts it anew.
    const bool in_the_way = !removed && removed.error().code != Errc::kNotFound && !is_unresolved(there->state);
    if (in_the_way) return Answer{std::move(removed).error()};
  }
  return std::nullopt;
}

void Resolver::finish(Item& item, Result<Neighbor> outcome) {
  item.outcome.emplace(std::move(outcome));
  waiting_.erase(item.key);
}

/// Known beforehand for many: who may not ask by request looks at the table first, so that no datagram goes to a
/// neighbor that is known.
Result<void> Resolver::find_privilege() {
  auto channel = pool_.take();
  if (!channel) return std::move(channel).error();
  auto allowed = check_privilege(**channel);
  if ((*channel)->broken()) return allowed;
  may_request_ = allowed.has_value();
  return {};
}

Result<void> Resolver::prepare_by_table(const std::vector<Item*>& items) {
  std::vector<NeighborKey> keys;
  keys.reserve(items.size());
  for (const Item* item : items) keys.push_back(item->key);
  auto rows = get_neighbors(pool_, keys);
  if (!rows) return std::move(rows).error();
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = *items[i];
    if (auto answer = answer_from_table(item.key, devices_.at(item.key.interface), std::move((*rows)[i]))) {
      item.outcome = std::move(answer);
    }
  }
  return {};
}

/// @return Those for which the wire is to be asked.
std::vector<Resolver::Item*> Resolver::prepare(const std::vector<Item*>& items) {
  std::vector<Item*> to_look_up;
  std::vector<Item*> to_ask;
  for (Item* item : items) {
    item->outcome = answer_without_table(item->key);
    if (!item->outcome) (items.size() > kFew && asks_first(item->key) ? to_ask : to_look_up).push_back(item);
  }
  const auto looked_up = prepare_by_table(to_look_up);
  for (Item* item : to_look_up) {
    if (!looked_up) item->outcome = Result<Neighbor>(looked_up.error());
    if (!item->outcome) to_ask.push_back(item);
  }
  return to_ask;
}

Result<Resolver::Nudged> Resolver::nudge(const NeighborKey& key) {
  if (may_request_ && !options_.source) {
    auto channel = pool_.take();
    if (!channel) return std::move(channel).error();
    auto asked = nudge_by_request(**channel, key, /*exclusive=*/true);
    if (asked || asked.error().code == Errc::kAlreadyExists) return Nudged::kEntryIsThere;
    if ((*channel)->broken()) return std::move(asked).error();
    if (asked.error().code != Errc::kPermissionDenied) {
      return explain_refusal(**channel, Operation::kCreate,
                             Neighbor{.address = key.address, .interface = key.interface}, std::move(asked).error());
    }
    may_request_ = false;
  }
  if (auto sent = datagrams_.send(key, options_.source); !sent) return std::move(sent).error();
  return Nudged::kDatagramSent;
}

/// Makes the kernel ask for `item.key` and looks at what it did at once.
Result<void> Resolver::begin(Item& item) {
  auto nudged = nudge(item.key);
  if (!nudged) return std::move(nudged).error();
  return go_on(item, *nudged, table_.get(item.key));
}

/// After the question: what the kernel did at once.
Result<void> Resolver::go_on(Item& item, Nudged nudged, Result<Neighbor> there) {
  if (!there) {
    if (there.error().code != Errc::kNotFound) return std::move(there).error();
    // Somebody deleted it between the two.
    if (nudged == Nudged::kEntryIsThere && ++item.restarts <= kRestarts) return begin(item);
    return Error{.code = Errc::kUnreachable,
                 .sys_errno = EHOSTUNREACH,
                 .detail = "the host does not reach this address directly on that interface"};
  }
  if (kUsableStates.contains(there->state)) {
    finish(item, std::move(there));
  } else if (may_request_ && (there->state == NudState::kFailed || there->state == NudState::kNone)) {
    // Left over from before; without an address in it there is nothing that NTF_USE could spoil.
    auto channel = pool_.take();
    if (!channel) return std::move(channel).error();
    if (auto asked = nudge_by_request(**channel, item.key, /*exclusive=*/false); !asked) return asked;
    // An interface that sends no request (mcast_solicit 0) fails at once, and nothing is notified.
    const auto now = table_.get(item.key);
    if (now && now->state == NudState::kFailed) finish(item, nobody_answered());
  }
  return {};
}

/// `begin` for many: the kernel is asked for all of them at once, and only those which it had before, whose
/// notification may be long past, are looked at.
Result<void> Resolver::begin_many(const std::vector<Item*>& items) {
  for (std::size_t at = 0; at < items.size();) {
    const std::span<Item* const> part = std::span(items).subspan(at, std::min(items.size() - at, kMaxOutstanding));
    at += part.size();
    std::vector<NeighborKey> keys;
    keys.reserve(part.size());
    for (const Item* item : part) keys.push_back(item->key);
    auto nudged = nudge_neighbors(pool_, keys, /*exclusive=*/true);
    if (!nudged) return std::move(nudged).error();
    std::vector<Item*> there;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto& one = (*nudged)[i];
      if (one) continue;
      if (one.error().code == Errc::kAlreadyExists) {
        there.push_back(part[i]);
      } else if (auto begun = begin(*part[i]); !begun) {  // explains the refusal, or does without the privilege
        finish(*part[i], std::move(begun).error());
      }
    }
    keys.clear();
    for (const Item* item : there) keys.push_back(item->key);
    auto rows = get_neighbors(pool_, keys);
    if (!rows) return std::move(rows).error();
    for (std::size_t i = 0; i < there.size(); ++i) {
      auto gone_on = go_on(*there[i], Nudged::kEntryIsThere, std::move((*rows)[i]));
      if (!gone_on) finish(*there[i], std::move(gone_on).error());
    }
    drain();
  }
  doubt_.emplace(kDoubt);
  return {};
}

/// `there` was read where a notification is missing or is not the whole story.
void Resolver::look(Item& item, Result<Neighbor> there) {
  if (there && kUsableStates.contains(there->state)) {
    finish(item, std::move(there));
  } else if (there && there->state == NudState::kIncomplete) {
    return;
  } else if (there) {
    finish(item, nobody_answered());
  } else if (there.error().code != Errc::kNotFound) {
    finish(item, std::move(there));
  } else if (++item.restarts > kRestarts) {
    finish(item, nobody_answered());
  } else if (auto begun = begin(item); !begun) {
    finish(item, std::move(begun).error());
  }
}

/// Somebody flushed it, or asks for it anew, which begins it again: not for ever, or callers who come one after the
/// other would keep the first one waiting.
void Resolver::on_flushed(Item& item) {
  if (patience_.over()) {
    finish(item, nobody_answered());
  } else {
    look(item, table_.get(item.key));
  }
}

void Resolver::look_at(const std::vector<Item*>& items) {
  std::vector<NeighborKey> keys;
  keys.reserve(items.size());
  for (const Item* item : items) keys.push_back(item->key);
  auto rows = get_neighbors(pool_, keys);
  for (std::size_t i = 0; i < items.size(); ++i) {
    look(*items[i], rows ? std::move((*rows)[i]) : Result<Neighbor>(rows.error()));
  }
}

void Resolver::look_at_all() {
  doubt_.reset();
  std::vector<Item*> items;
  items.reserve(waiting_.size());
  for (const auto& [key, item] : waiting_) items.push_back(item);
  look_at(items);
}

void Resolver::on_notification(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWNEIGH && message.nlmsg_type != RTM_DELNEIGH) return;
  Neighbor neighbor;
  const auto parsed = parse_neighbor(message, neighbor);
  if (!parsed || !*parsed) return;
  const auto found = waiting_.find(neighbor.key());
  if (found == waiting_.end()) return;
  Item& item = *found->second;
  if (message.nlmsg_type == RTM_NEWNEIGH && kUsableStates.contains(neighbor.state)) {
    finish(item, neighbor);
  } else if (message.nlmsg_type == RTM_DELNEIGH) {
    on_flushed(item);
  } else if (neighbor.state == NudState::kFailed && !doubt_) {
    doubt_.emplace(kDoubt);  // given up, or about to be deleted
  }
}

Result<void> Resolver::await(const Deadline& deadline) {
  while (waiting() > 0 && !deadline.over()) {
    if (doubt_ && doubt_->over()) {
      look_at_all();
      continue;
    }
    const auto quiet_until = doubt_ ? doubt_->at() : Deadline::Clock::now() + kSilence;
    const Deadline silence(std::min(deadline.at(), quiet_until));
    auto got = notifications_->receive(buffer_, &silence);
    if (!got) {
      if (got.error().code != Errc::kOverrun) return std::move(got).error();
      look_at_all();
      continue;
    }
    if (!got->has_value()) {
      if (!deadline.over()) look_at_all();
      continue;
    }
    read_notifications((*got)->size);
  }
  return {};
}

void Resolver::read_notifications(std::size_t size) {
  (void)each_message(std::span(buffer_).first(size), [&](const nlmsghdr& message) {
    on_notification(message);
    return true;
  });
}

/// Takes what has come so far, so that a long list of keys does not fill the buffer. Losses are found by the look that
/// follows.
void Resolver::drain() {
  for (auto got = notifications_->receive(buffer_, nullptr); got && got->has_value();
       got = notifications_->receive(buffer_, nullptr)) {
    read_notifications((*got)->size);
  }
}

std::vector<Result<Neighbor>> Resolver::run(std::span<const NeighborKey> keys) {
  const Deadline deadline(std::clamp(options_.timeout.value_or(kLongest), std::chrono::milliseconds::zero(), kLongest));
  std::vector<Item> items(keys.size());
  std::vector<Result<Neighbor>> results;
  results.reserve(keys.size());
  const auto fail_all = [&](const Error& error) {
    results.assign(keys.size(), Result<Neighbor>(error));
    return std::move(results);
  };
  auto own = list_own();
  if (!own) return fail_all(own.error());
  own_ = std::move(*own);
  std::unordered_map<NeighborKey, std::size_t> first_of;
  first_of.reserve(keys.size());
  std::vector<Item*> different;
  different.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    items[i].key = keys[i];
    if (first_of.emplace(keys[i], i).second) different.push_back(&items[i]);
  }
  if (different.size() > kFew && !options_.source) {
    auto allowed = find_privilege();
    if (!allowed) return fail_all(allowed.error());
  }
  const std::vector<Item*> asked = prepare(different);
  if (!asked.empty()) {
    // Joined after the old entries are gone, whose removal is notified, too, and before anything is asked.
    auto joined =
        pool_.open_in_namespace<Socket>([] { return Socket::open_for_notifications(RTMGRP_NEIGH, kReceiveBuffer); });
    if (!joined) return fail_all(joined.error());
    notifications_.emplace(std::move(*joined));
    waiting_.reserve(asked.size());
    for (Item* item : asked) waiting_.emplace(item->key, item);
    if (asked.size() > kFew && may_request_ && !options_.source) {
      if (auto begun = begin_many(asked); !begun) return fail_all(begun.error());
    } else {
      for (Item* item : asked) {
        if (auto begun = begin(*item); !begun) finish(*item, std::move(begun).error());
      }
    }
    if (auto waited = await(deadline); !waited) return fail_all(waited.error());
  }
  const bool own_limit = options_.timeout.has_value();
  for (const NeighborKey& key : keys) {
    auto& outcome = items[first_of.at(key)].outcome;
    if (outcome) {
      results.push_back(*outcome);
    } else {
      results.emplace_back(own_limit ? Error{.code = Errc::kTimedOut} : nobody_answered());
    }
  }
  return results;
}

}  // namespace

std::vector<Result<Neighbor>> resolve_neighbors(NeighborTable& table, ChannelPool& pool,
                                                std::span<const NeighborKey> keys, const ResolveOptions& options) {
  return Resolver(table, pool, options).run(keys);
}

}  // namespace neigh::rtnl
