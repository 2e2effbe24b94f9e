// SPDX-License-Identifier: Apache-2.0
// Interfaces, keys, packets and messages: everything up to the classified event.
#include "nud/cache.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace neigh::nud {

namespace {

constexpr std::uint64_t port_key(InterfaceIndex interface, Family family) {
  return (std::uint64_t{to_number(interface)} << 8U) | static_cast<std::uint64_t>(family);
}

bool resolvable(const IpAddress& address) {
  return address.size() != 0 && !address.is_multicast() && !address.is_unspecified() && !address.is_loopback() &&
         !address.is_limited_broadcast() && !address.is_v4_mapped();
}

/// How long a request of ours makes an answer believable (ARP-177, DEC-06); never less than the time to the next one.
milliseconds asked_window(const NudSettings& settings) {
  return settings.retrans_timer * std::max(settings.max_multicast_solicit, settings.max_unicast_solicit);
}

IpAddress address_in(const Entry& entry, Family family) {
  if (family == Family::kIpv6) return IpAddress::v6(entry.address);
  return IpAddress::v4(FixedView<16>{std::span(entry.address)}.array<0, 4>());
}

void count(Port& port, Refusal refusal) { ++port.counters.refused[static_cast<std::size_t>(refusal)]; }

}  // namespace

Result<std::unique_ptr<NeighborCache>> NeighborCache::make(const CacheLimits& limits, std::uint64_t seed) {
  if (auto valid = limits.validate(); !valid) return std::move(valid).error();
  return std::unique_ptr<NeighborCache>(new NeighborCache(limits, seed));
}

NeighborCache::NeighborCache(const CacheLimits& limits, std::uint64_t seed)
    : limits_(limits), random_(seed), wheel_(TimerOf{&entries_}), memory_(limits.rate_memory_slots) {
  hash_key_[0] = random_.next();
  hash_key_[1] = random_.next();
}

void NeighborCache::begin(TimePoint now) {
  now_ = at_least(now);
  entries_.recycle();
}

// --- Interfaces ---

Result<void> NeighborCache::configure(InterfaceIndex interface, Family family, const PortTraits& traits,
                                      const NudSettings& settings) {
  if (interface == InterfaceIndex::kNone) {
    return Error{.code = Errc::kInvalidArgument, .field = "interface", .detail = "0 names no interface"};
  }
  if (family != Family::kIpv4 && family != Family::kIpv6) {
    return Error{.code = Errc::kInvalidArgument, .field = "family", .detail = std::string(to_string(family))};
  }
  if (traits.link_address_size > LinkAddress::kMaxSize) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "link_address_size",
                 .detail = std::to_string(traits.link_address_size) + " is more than 32"};
  }
  if (auto valid = settings.validate(); !valid) return valid;

  const auto known = port_number(interface, family);
  if (known && ports_[*known]->entries.size != 0 && ports_[*known]->link_address_size != traits.link_address_size) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "link_address_size",
                 .detail = "cannot change while the interface has entries"};
  }
  std::uint32_t number = 0;
  if (known) {
    number = *known;
  } else {
    const auto free = std::find_if(ports_.begin(), ports_.end(), [](const auto& port) { return !port->live; });
    number = static_cast<std::uint32_t>(free - ports_.begin());
    if (free == ports_.end()) ports_.push_back(std::make_unique<Port>());
    *ports_[number] = Port{};
    const std::uint64_t key = port_key(interface, family);
    port_numbers_.insert(std::ranges::lower_bound(port_numbers_, key, {}, &PortNumber::key), {key, number});
  }
  Port& port = *ports_[number];
  if (port.settings.base_reachable_time != settings.base_reachable_time) port.reachable_time = Duration{0};
  port.interface = interface;
  port.family = family;
  port.link_address_size = traits.link_address_size;
  port.no_arp = traits.no_arp;
  port.live = true;
  port.settings = settings;
  port.solicits.configure(settings.solicit_rate, settings.solicit_burst);
  port.probes.configure(settings.probe_rate, settings.probe_burst);
  port.creations.configure(settings.unsolicited_rate, settings.unsolicited_burst);
  return {};
}

void NeighborCache::drop_all(TimePoint now, InterfaceIndex interface, bool carrier, bool forget, Steps& out) {
  begin(now);
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    const auto number = port_number(interface, family);
    if (!number) continue;
    Port& port = *ports_[*number];
    if (carrier && !port.settings.evict_on_carrier_loss) continue;
    const bool spares_static = !forget && (carrier || port.settings.keep_static_on_down);
    for (EntryId id = port.entries.front; id != kNoId;) {
      const Entry& entry = entries_[id];
      const EntryId next = entry.on_port.next;
      if (spares_static && entry.flags.has(NeighborFlag::kExternValidated)) {  // LNX-055, LNX-077
        id = next;
        continue;
      }
      apply(id, entry.state, spares_static ? NudEvent::kCarrierLost : NudEvent::kInterfaceDown, {}, out);
      id = next;
    }
    if (forget) {
      port.live = false;
      std::erase_if(port_numbers_, [&](const PortNumber& known) { return known.number == *number; });
    }
  }
}

void NeighborCache::forget_interface(TimePoint now, InterfaceIndex interface, Steps& out) {
  drop_all(now, interface, /*carrier=*/false, /*forget=*/true, out);
}

void NeighborCache::interface_down(TimePoint now, InterfaceIndex interface, Steps& out) {
  drop_all(now, interface, /*carrier=*/false, /*forget=*/false, out);
}

void NeighborCache::carrier_lost(TimePoint now, InterfaceIndex interface, Steps& out) {
  drop_all(now, interface, /*carrier=*/true, /*forget=*/false, out);
}

void NeighborCache::adopt_router_times(InterfaceIndex interface, milliseconds reachable_time,
                                       milliseconds retrans_timer) {
  const auto number = port_number(interface, Family::kIpv6);
  if (!number) return;
  Port& port = *ports_[*number];
  if (reachable_time.count() > 0) {
    const auto base = std::clamp(reachable_time, milliseconds{1'000}, milliseconds{3'600'000});
    if (base != port.settings.base_reachable_time) port.reachable_time = Duration{0};  // RTR-007: drawn anew
    port.settings.base_reachable_time = base;
  }
  if (retrans_timer.count() > 0) {
    port.settings.retrans_timer = std::clamp(retrans_timer, milliseconds{100}, milliseconds{60'000});
  }
}

const NudSettings* NeighborCache::settings(InterfaceIndex interface, Family family) const {
  const auto number = port_number(interface, family);
  return number ? &ports_[*number]->settings : nullptr;
}

Duration NeighborCache::reachable_time(TimePoint now, InterfaceIndex interface, Family family) {
  begin(now);
  const auto number = port_number(interface, family);
  return number ? reachable_time(*ports_[*number]) : Duration{0};
}

// --- Keys and entries ---

std::optional<std::uint32_t> NeighborCache::port_number(InterfaceIndex interface, Family family) const {
  const std::uint64_t key = port_key(interface, family);
  const auto found = std::ranges::lower_bound(port_numbers_, key, {}, &PortNumber::key);
  if (found == port_numbers_.end() || found->key != key) return std::nullopt;
  return found->number;
}

/// Over the interface and the address, 8 or 20 bytes: the length tells the families apart.
[[gnu::always_inline]] inline std::uint64_t NeighborCache::hash_of(const Port& port, const IpAddress& address) const {
  KeyedHash hash(hash_key_[0], hash_key_[1]);
  const std::uint64_t interface = to_number(port.interface);
  const auto bytes = address.bytes();
  if (address.is_v4()) {
    const FixedView<4> v4{bytes.first<4>()};
    hash.add(interface | std::uint64_t{v4.le<std::uint32_t, 0>()} << 32U);
    return hash.finish(0, 8);
  }
  const FixedView<16> v6{bytes.first<16>()};
  hash.add(interface | std::uint64_t{v6.le<std::uint32_t, 0>()} << 32U);
  hash.add(v6.le<std::uint64_t, 4>());
  return hash.finish(v6.le<std::uint32_t, 12>(), 20);
}

Place NeighborCache::locate(std::uint32_t port, const IpAddress& address) const {
  const std::uint64_t hash = hash_of(*ports_[port], address);
  const EntryId id = index_.find(hash, [&](EntryId found) {
    const Entry& entry = entries_[found];
    return entry.port == port && address_in(entry, address.family()) == address;
  });
  return {.port = port, .id = id, .hash = hash};
}

Place NeighborCache::locate(InterfaceIndex interface, const IpAddress& address) const {
  const auto port = port_number(interface, address.family());
  return port ? locate(*port, address) : Place{};
}

IpAddress NeighborCache::address_of(const Entry& entry) const { return address_in(entry, ports_[entry.port]->family); }

LinkAddress NeighborCache::odd_link_address_of(const Entry& entry) const {
  if (entry.lla_size <= Entry::kInlineLla) {
    return LinkAddress::from_bytes(std::span(entry.lla).first(entry.lla_size)).value();
  }
  EntryId number = 0;
  std::memcpy(&number, entry.lla.data(), sizeof number);
  return LinkAddress::from_bytes(std::span(long_addresses_[number]).first(entry.lla_size)).value();
}

void NeighborCache::set_link_address(Entry& entry, const LinkAddress& address) {
  EntryId number = kNoId;
  if (entry.lla_size > Entry::kInlineLla) std::memcpy(&number, entry.lla.data(), sizeof number);
  const auto bytes = address.bytes();
  if (bytes.size() > Entry::kInlineLla) {
    if (number == kNoId) number = long_addresses_.take();
    std::copy(bytes.begin(), bytes.end(), long_addresses_[number].begin());
    std::memcpy(entry.lla.data(), &number, sizeof number);
  } else {
    if (number != kNoId) {
      long_addresses_.retire(number);
      long_addresses_.recycle();
    }
    entry.lla = {};
    std::copy(bytes.begin(), bytes.end(), entry.lla.begin());
  }
  entry.lla_size = static_cast<std::uint8_t>(bytes.size());
}

EntryId NeighborCache::make_entry(std::uint32_t number, const IpAddress& address, std::uint64_t hash) {
  Port& port = *ports_[number];
  const EntryId id = entries_.take();
  Entry& entry = entries_[id];
  const auto bytes = address.bytes();
  std::copy(bytes.begin(), bytes.end(), entry.address.begin());
  entry.port = number;
  entry.used = entry.updated = entry.heard = now_;
  // Never confirmed reads as confirmed too long ago to count, as in Linux.
  entry.confirmed = now_ - 2 * port.settings.base_reachable_time;
  if (port.settings.rate_memory) {
    if (const auto last = memory_.last_sent(hash)) {
      entry.asked = true;
      entry.last_probe = *last;
    }
  }
  index_.insert(hash, id);
  port.entries.push_back(id, PortLinks{&entries_});
  return id;
}

void NeighborCache::erase_entry(EntryId id) {
  Entry& entry = entries_[id];
  Port& port = *ports_[entry.port];
  wheel_.cancel(id);
  leave_shelf(id);
  if (entry.received_only) --port.unsolicited;
  const std::uint64_t hash = hash_of(port, address_of(entry));
  if (port.settings.rate_memory && entry.asked) {
    const TimePoint until = entry.last_probe + asked_window(port.settings);
    if (until > now_) memory_.remember(hash, entry.last_probe, until, now_);
  }
  index_.erase(hash, id);
  port.entries.erase(id, PortLinks{&entries_});
  set_link_address(entry, {});
  entries_.retire(id);
}

void NeighborCache::mark_used(Entry& entry) {
  entry.used = now_;
  entry.used_since_probe = true;
  if (entry.received_only) {
    entry.received_only = false;
    --ports_[entry.port]->unsolicited;
  }
}

// --- Packets ---

Outgoing NeighborCache::on_packet(TimePoint now, InterfaceIndex interface, const IpAddress& address, bool has_packet,
                                  Steps& out) {
  begin(now);
  const auto number = port_number(interface, address.family());
  if (!number) return {.refusal = Refusal::kNoInterface};
  Port& port = *ports_[*number];
  const auto refuse = [&](Refusal refusal) -> Outgoing {
    count(port, refusal);
    return {.refusal = refusal};
  };
  const Place place = locate(*number, address);
  EntryId id = place.id;
  if (id == kNoId) {
    if (port.no_arp) return {.verdict = Outgoing::Verdict::kSend};
    if (!resolvable(address)) return refuse(Refusal::kNotResolvable);  // NDR-001, ARP-082
    // The rate first: a packet that is refused for it must not have cost another entry its place.
    Refusal refusal = admit_resolution(*number, out);
    if (refusal == Refusal::kNone) refusal = admit(*number, Newcomer::kOwnPacket, out);
    if (refusal != Refusal::kNone) return refuse(refusal);
    id = make_entry(*number, address, place.hash);
    entries_[id].granted = true;
    apply(id, kNoEntry, NudEvent::kPacketToSend, {.has_packet = has_packet}, out);
    return {.verdict = Outgoing::Verdict::kQueue, .id = id};
  }

  Entry& entry = entries_[id];
  mark_used(entry);
  NudEvent event = NudEvent::kPacketToSend;
  if (entry.state == NudState::kFailed || entry.state == NudState::kNone) {
    if (entry.state == NudState::kFailed && !port.settings.restart_failed) {
      event = NudEvent::kPacketHeldDown;
    } else if (const Refusal refusal = admit_resolution(*number, out); refusal != Refusal::kNone) {
      return refuse(refusal);
    } else {
      entry.granted = true;
    }
  }
  const Row& row = row_for(entry.state, event);
  if (row.to || !row.acts.empty()) apply(id, entry.state, event, {.has_packet = has_packet}, out);
  if (event == NudEvent::kPacketHeldDown) return refuse(Refusal::kHeldDown);
  if (entry.state == NudState::kIncomplete) return {.verdict = Outgoing::Verdict::kQueue, .id = id};
  return {.verdict = Outgoing::Verdict::kSend, .id = id, .link_address = link_address_of(entry)};
}

// --- Messages ---

/// Nobody knows who speaks.
Outcome NeighborCache::meet(const Place& place, const IpAddress& address, const Heard& heard, Steps& out) {
  Port& port = *ports_[place.port];
  const MessageRule& rule = rule_for(heard.message);
  const bool gratuitous = heard.message == Message::kArpGratuitous;
  // NAR-001, NSR-006, ARP-021, ARP-130, ARP-174, GRD-003: who may create.
  const bool has_address = heard.link_address || port.link_address_size == 0;
  const bool may_create = rule.creates || (gratuitous && port.settings.create_from_gratuitous) ||
                          (heard.message == Message::kNeighborAdvert && port.settings.create_from_untracked_advert);
  if (!has_address || !may_create) {
    ++port.counters.no_entry;
    return Outcome::kIgnored;
  }
  if (const Refusal refusal = admit(place.port, Newcomer::kReceived, out); refusal != Refusal::kNone) {
    count(port, refusal);
    return Outcome::kRefused;
  }
  const EntryId made = make_entry(place.port, address, place.hash);
  entries_[made].received_only = true;
  ++port.unsolicited;
  const LinkAddress link_address = heard.link_address.value_or(LinkAddress{});
  apply(made, kNoEntry, NudEvent::kLearnNewLla,
        {.link_address = &link_address, .router = rule.on_new, .router_flag = heard.is_router}, out);
  return Outcome::kCreated;
}

bool NeighborCache::believed(const Entry& entry, const Port& port, const Heard& heard) const {
  const NudSettings& settings = port.settings;
  const bool arp = is_arp(heard.message);
  // ARP-170, ARP-171: the frame says whether a reply was for us. NAR-026: S=1 in a broadcast frame counts as S=0.
  // ACD-050: a reply from a link-local address is broadcast. It counts where a request proves that it is an answer.
  if (arp ? !heard.link_unicast && !heard.broadcast_for_us : !heard.solicited) return false;
  if (!settings.confirm_only_if_asked && !heard.broadcast_for_us) return true;
  if (!heard.link_unicast && !heard.broadcast_for_us) return false;
  // ARP-177, NAR-021: a request is outstanding, or was sent in the last RetransTimer x MAX_..._SOLICIT.
  const bool outstanding =
      entry.probes != 0 && (entry.state == NudState::kIncomplete || entry.state == NudState::kProbe ||
                            entry.state == NudState::kUnreachable);
  return outstanding || (entry.asked && now_ - entry.last_probe <= asked_window(settings));
}

inline Outcome NeighborCache::learn(EntryId id, Port& port, const Heard& heard, Steps& out) {
  Entry& entry = entries_[id];
  const NudSettings& settings = port.settings;
  const MessageRule& rule = rule_for(heard.message);
  const NudState state = entry.state;
  const bool failed = state == NudState::kFailed;
  const bool resolved = kUsableStates.contains(state) || state == NudState::kUnreachable;

  // On a link without addresses every message names the (empty) one.
  const bool has_address = heard.link_address || port.link_address_size == 0;
  const LinkAddress none;
  const LinkAddress& link_address = heard.link_address ? *heard.link_address : none;
  const bool same = has_address && resolved && link_address == link_address_of(entry);
  if (rule.locked && has_address && resolved && !same && state != NudState::kPermanent && state != NudState::kNoArp &&
      now_ - entry.updated < settings.locktime) {
    ++port.counters.locked;  // ARP-114: of two proxies the first wins
    return Outcome::kIgnored;
  }

  NudEvent event = !has_address ? NudEvent::kLearnNoLla : same ? NudEvent::kLearnSameLla : NudEvent::kLearnNewLla;
  if (rule.advert) {
    const bool arp = is_arp(heard.message);
    bool solicited = believed(entry, port, heard);
    if ((arp ? heard.link_unicast : heard.solicited) && !solicited) ++port.counters.not_asked;
    if (failed) {  // ARP-176, LNX-038
      if (settings.late_answers == LateAnswers::kNone) solicited = false;
      if (settings.late_answers == LateAnswers::kSolicited && now_ - entry.updated > settings.retrans_timer) {
        solicited = false;
      }
    }
    const bool any_late = failed && settings.late_answers == LateAnswers::kAny && has_address && !solicited;
    if (!any_late) event = advert_event(solicited, arp || heard.override_flag, has_address, same);
  }

  const Row& row = row_for(state, event);
  if (!row.to && row.acts.empty()) return Outcome::kIgnored;
  if (same || row.acts.has(Act::kStoreLla) || row.acts.has(Act::kConfirmed)) entry.heard = now_;
  if (row.acts.has(Act::kStoreLla) && resolved) ++port.counters.link_address_changed;
  const RouterEffect router = failed ? rule.on_new : rule.on_existing;  // for RFC 4861 a failed entry is none
  apply(id, state, event, row, {.link_address = &link_address, .router = router, .router_flag = heard.is_router}, out);
  return row.acts == Acts{Act::kMismatch} ? Outcome::kIgnored : Outcome::kApplied;
}

Outcome NeighborCache::on_message(TimePoint now, const Place& place, const IpAddress& address, const Heard& heard,
                                  Steps& out) {
  begin(now);
  if (place.port == Place::kNoPort || !resolvable(address)) return Outcome::kIgnored;
  Port& port = *ports_[place.port];
  if (heard.message == Message::kArpGratuitous && port.settings.ignore_gratuitous) return Outcome::kIgnored;  // ARP-132
  if (heard.link_address && heard.link_address->size() != port.link_address_size) {
    ++port.counters.bad_link_address;
    return Outcome::kIgnored;
  }
  return place.id != kNoId ? learn(place.id, port, heard, out) : meet(place, address, heard, out);
}

void NeighborCache::on_confirm(TimePoint now, InterfaceIndex interface, const IpAddress& address, Steps& out) {
  begin(now);
  if (const EntryId id = find(interface, address); id != kNoId) {
    apply(id, entries_[id].state, NudEvent::kConfirm, {}, out);
  }
}

void NeighborCache::on_delivery_problem(TimePoint now, InterfaceIndex interface, const IpAddress& address, Steps& out) {
  begin(now);
  if (const EntryId id = find(interface, address); id != kNoId) {
    apply(id, entries_[id].state, NudEvent::kDeliveryProblem, {}, out);
  }
}

}  // namespace neigh::nud
