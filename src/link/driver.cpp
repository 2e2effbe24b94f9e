// SPDX-License-Identifier: Apache-2.0
#include "link/driver.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include "link/on_throw.hpp"

namespace neigh::link {
namespace {

constexpr std::size_t kSpareEffects = 4;
constexpr int kDeadlineRounds = 64;                       // then frames have their turn
constexpr Duration kLossCheck = std::chrono::seconds{1};  // a system call on some ports

/// An address in this state is heard for: it is asked for while it is being verified, too; another node's is not ours
/// to hear of.
bool is_ours(engine::AddressChanged::Kind state) {
  using Kind = engine::AddressChanged::Kind;
  return state == Kind::kTentative || state == Kind::kOptimistic || state == Kind::kPreferred;
}

}  // namespace

Result<void> Driver::add(TimePoint now, engine::InterfaceConfig config, Port& port) {
  const PortFacts& facts = port.facts();
  config.type = facts.type;
  config.link_address = facts.link_address;
  config.mtu = facts.mtu;
  config.up = facts.up;
  config.running = facts.running;
  if (config.name.empty()) config.name = facts.name;
  const bool known = engine_.settings(config.index) != nullptr;
  const auto [seat, fresh] = seats_.try_emplace(config.index, Seat{.port = &port, .known = facts});
  if (!fresh) return Error{.code = Errc::kAlreadyExists, .field = "index"};
  const OnThrow undo([&] {
    const OnThrow forget([&] { seats_.erase(config.index); });
    if (!known && engine_.settings(config.index) != nullptr) {
      call(now, [&](engine::Engine& engine, engine::Effects& out) {
        (void)engine.remove_interface(now, config.index, out);
      });
    }
    seats_.erase(config.index);
  });
  seat->second.lost_told = port.counters().rx_lost;
  // The seat comes first: adding an interface joins groups.
  Result<void> added =
      call(now, [&](engine::Engine& engine, engine::Effects& out) { return engine.add_interface(now, config, out); });
  if (!added) seats_.erase(config.index);
  return added;
}

Result<void> Driver::remove(TimePoint now, InterfaceIndex index) {
  const OnThrow forget([&] { seats_.erase(index); });
  Result<void> removed =
      call(now, [&](engine::Engine& engine, engine::Effects& out) { return engine.remove_interface(now, index, out); });
  seats_.erase(index);
  return removed;
}

Port* Driver::port(InterfaceIndex index) {
  const auto found = seats_.find(index);
  return found == seats_.end() || found->second.broken ? nullptr : found->second.port;
}

std::optional<TimePoint> Driver::next_deadline() const {
  if (unsettled_) return TimePoint{};
  std::optional<TimePoint> next = engine_.next_deadline();
  for (const auto& [index, seat] : seats_) {
    if (seat.broken) continue;
    const std::optional<TimePoint> frame = seat.port->next_frame();
    if (frame && (!next || *frame < *next)) next = frame;
  }
  return next;
}

void Driver::poll(TimePoint now) {
  for (auto& [index, seat] : seats_) {
    refresh(now, index);
    read(now, index, std::numeric_limits<std::size_t>::max());
  }
  on_time(now);
}

void Driver::on_time(TimePoint now) {
  const LossGuard guard(*this);
  if (unsettled_) settle(now);
  for (auto& [index, seat] : seats_) {
    if (!seat.broken && seat.port->next_frame()) read(now, index, std::numeric_limits<std::size_t>::max());
  }
  for (int round = 0; round < kDeadlineRounds; ++round) {
    const std::optional<TimePoint> due = engine_.next_deadline();
    if (!due || *due > now) return;
    engine::Effects effects = take_effects();
    engine_.on_deadline(now, effects);
    perform(now, std::move(effects));
  }
}

void Driver::read(TimePoint now, InterfaceIndex index, std::size_t batches) {
  const auto found = seats_.find(index);
  if (found == seats_.end()) return;
  Seat& seat = found->second;
  const LossGuard guard(*this);
  for (std::size_t batch = 0; batch < batches && !seat.broken; ++batch) {
    const Result<std::span<const InFrame>> frames = seat.port->receive(now);
    if (!frames) {
      fail(now, index, seat, frames.error());
      return;
    }
    if (frames->empty()) break;
    engine::Effects effects = take_effects();
    for (const InFrame& frame : *frames) put_frame(now, index, seat, frame, effects);
    perform(now, std::move(effects));
  }
  check_losses(now, index, seat);
}

void Driver::put_frame(TimePoint now, InterfaceIndex index, const Seat& seat, const InFrame& frame,
                       engine::Effects& out) {
  if (seat.known.type == InterfaceType::kEthernet || seat.known.link_address.empty()) {
    engine_.on_frame(now, index, frame.bytes, out);
  } else {
    engine_.on_payload(now, index, frame.ether_type, frame.source, frame.link_unicast, frame.bytes, out);
  }
}

void Driver::check_losses(TimePoint now, InterfaceIndex index, Seat& seat) {
  if (seat.broken || now < seat.next_loss_check) return;
  seat.next_loss_check = now + kLossCheck;
  const std::uint64_t lost = seat.port->counters().rx_lost;
  if (lost > seat.lost_told) engine_.on_frames_lost(index, lost - seat.lost_told);
  seat.lost_told = std::max(lost, seat.lost_told);
}

void Driver::refresh(TimePoint now, InterfaceIndex index) {
  const auto found = seats_.find(index);
  if (found == seats_.end() || found->second.broken) return;
  Seat& seat = found->second;
  const LossGuard guard(*this);
  const Result<bool> news = seat.port->refresh();
  if (!news) {
    fail(now, index, seat, news.error());
    return;
  }
  if (*news) follow(now, index, seat, seat.port->facts());
}

void Driver::follow(TimePoint now, InterfaceIndex index, Seat& seat, const PortFacts& facts) {
  const PortFacts before = seat.known;
  call(now, [&](engine::Engine& engine, engine::Effects& out) {
    // What goes away goes first, what comes comes last: nothing is announced on a link that is not there, nor with an
    // address that is not ours any more. The interface exists, so that only an impossible address is refused; the old
    // one then stays.
    if (before.running && !facts.running) (void)engine.set_running(now, index, false, out);
    if (before.up && !facts.up) (void)engine.set_up(now, index, false, out);
    if (before.mtu != facts.mtu) (void)engine.set_mtu(index, facts.mtu);
    if (before.link_address != facts.link_address) (void)engine.set_link_address(now, index, facts.link_address, out);
    if (!before.up && facts.up) (void)engine.set_up(now, index, true, out);
    if (!before.running && facts.running) (void)engine.set_running(now, index, true, out);
    seat.known = facts;  // not before: what the engine had no memory for, it is told again
  });
  const bool was = before.up && before.running;
  const bool is = facts.up && facts.running;
  if (was != is && carrier_handler_) carrier_handler_(index, is);
}

Result<void> Driver::revive(TimePoint now, InterfaceIndex index, Port& port) {
  const auto found = seats_.find(index);
  if (found == seats_.end() || !found->second.broken) return Error{.code = Errc::kInvalidArgument, .field = "index"};
  Seat& seat = found->second;
  const LossGuard guard(*this);
  const OnThrow undo([&, old = seat.port] {
    seat.port = old;
    seat.broken = true;
    seat.end_told = false;  // the engine may believe in it by now
    seat.known.running = false;
  });
  seat.port = &port;
  seat.broken = false;
  seat.lost_told = port.counters().rx_lost;
  seat.known.running = false;  // as `fail` has left it
  // The new port knows nothing of what the old one was told.
  seat.joined.clear();
  seat.claimed.clear();
  settle_groups(index, seat);
  settle_claims(index, seat);
  follow(now, index, seat, port.facts());
  return {};
}

void Driver::fail(TimePoint now, InterfaceIndex index, Seat& seat, const Error& error) {
  seat.broken = true;
  seat.end_told = false;
  tell_end(now, index, seat, error);
}

void Driver::tell_end(TimePoint now, InterfaceIndex index, Seat& seat, const Error& error) {
  call(now, [&](engine::Engine& engine, engine::Effects& out) { (void)engine.set_running(now, index, false, out); });
  if (failure_handler_) failure_handler_(index, error);
  seat.end_told = true;
}

// --- Where memory was short ---

void Driver::lose() noexcept {
  unsettled_ = true;
  if (loss_handler_) loss_handler_();
  try {
    if (changed_) changed_();  // there is something to do at once
  } catch (const std::bad_alloc&) {
  }
}

/// Makes ports and engine agree again, whatever it was that got lost between them.
void Driver::settle(TimePoint now) {
  unsettled_ = false;
  perform(now, take_effects());  // what still waits comes first
  for (auto& [index, seat] : seats_) {
    if (seat.broken) {
      // What the port said was lost, too.
      if (!seat.end_told) tell_end(now, index, seat, Error{.code = Errc::kNoMemory, .field = "device"});
      continue;
    }
    settle_groups(index, seat);
    settle_claims(index, seat);
    if (seat.known != seat.port->facts()) follow(now, index, seat, seat.port->facts());
  }
}

void Driver::settle_groups(InterfaceIndex index, Seat& seat) {
  std::set<LinkAddress> gone = seat.joined;
  for (const LinkAddress& group : engine_.groups(index)) {
    gone.erase(group);
    set_group(index, seat, group, true);
  }
  for (const LinkAddress& group : gone) set_group(index, seat, group, false);
}

void Driver::settle_claims(InterfaceIndex index, Seat& seat) {
  std::set<IpAddress> gone = seat.claimed;
  const auto addresses = engine_.addresses(index);
  if (!addresses) return;
  for (const engine::OwnAddress& own : *addresses) {
    if (!is_ours(own.state)) continue;
    gone.erase(own.address);
    set_claim(index, seat, own.address, true);
  }
  for (const IpAddress& address : gone) set_claim(index, seat, address, false);
}

// --- Effects ---

engine::Effects Driver::take_effects() {
  if (spare_.empty()) return {};
  engine::Effects effects = std::move(spare_.back());
  spare_.pop_back();
  return effects;
}

void Driver::finish_call(TimePoint now, engine::Effects effects) {
  perform(now, std::move(effects));
  if (changed_) changed_();
}

void Driver::perform(TimePoint now, engine::Effects effects) {
  const LossGuard losses(*this);
  if (effects.empty() && next_pending_ == pending_.size()) {  // most frames want nothing done
    effects.clear();
    if (spare_.size() < kSpareEffects) spare_.push_back(std::move(effects));
    return;
  }
  pending_.push_back(Batch{now, std::move(effects)});
  if (performing_) return;
  performing_ = true;
  // Where memory is short, what was being performed is lost like a packet, and the next call goes on.
  struct Guard {
    Driver& driver;
    ~Guard() {
      driver.performing_ = false;
      driver.sends_.clear();
    }
  } const guard{*this};
  while (next_pending_ < pending_.size()) {
    Batch batch = std::move(pending_[next_pending_++]);
    if (next_pending_ == pending_.size()) {
      pending_.clear();
      next_pending_ = 0;
    }
    perform_list(batch.now, batch.effects);
    batch.effects.clear();
    if (spare_.size() < kSpareEffects) spare_.push_back(std::move(batch.effects));
  }
}

void Driver::perform_list(TimePoint now, const engine::Effects& effects) {
  for (const engine::Effect& effect : effects) {
    if (const auto* frame = std::get_if<engine::SendFrame>(&effect)) {
      if (frame->interface != sending_on_) flush_sends(now);
      sending_on_ = frame->interface;
      sends_.push_back({effects.bytes(frame->bytes), frame->ether_type, frame->destination});
      continue;
    }
    flush_sends(now);
    if (const auto* group = std::get_if<engine::GroupChanged>(&effect)) {
      const auto seat = seats_.find(group->interface);
      if (seat == seats_.end() || seat->second.broken) continue;
      set_group(group->interface, seat->second, group->group, group->joined);
      continue;
    }
    if (const auto* change = std::get_if<engine::AddressChanged>(&effect)) claim(*change);
    if (!handler_) continue;
    std::span<const std::uint8_t> bytes;
    if (const auto* packet = std::get_if<engine::DeliverPacket>(&effect)) bytes = effects.bytes(packet->bytes);
    if (const auto* failed = std::get_if<engine::PacketFailed>(&effect)) bytes = effects.bytes(failed->bytes);
    handler_(now, effect, bytes);
  }
  flush_sends(now);
}

void Driver::set_group(InterfaceIndex index, Seat& seat, const LinkAddress& group, bool joined) {
  Result<void> done;
  if (joined) {
    const auto [item, fresh] = seat.joined.insert(group);
    if (!fresh) return;
    const OnThrow undo([&, at = item] { seat.joined.erase(at); });
    done = seat.port->join(group);
    if (!done) seat.joined.erase(item);
  } else if (seat.joined.erase(group) > 0) {
    done = seat.port->leave(group);
  }
  if (!done && failure_handler_) failure_handler_(index, done.error());
}

void Driver::set_claim(InterfaceIndex index, Seat& seat, const IpAddress& address, bool claimed) {
  const auto length = static_cast<std::uint8_t>(address.bytes().size() * 8);
  Result<void> done;
  if (claimed) {
    const auto [item, fresh] = seat.claimed.insert(address);
    if (!fresh) return;
    const OnThrow undo([&, at = item] { seat.claimed.erase(at); });
    done = seat.port->claim(address, length);
    if (!done) seat.claimed.erase(item);
  } else if (seat.claimed.erase(address) > 0) {
    done = seat.port->release(address, length);
  }
  if (!done && failure_handler_) failure_handler_(index, done.error());
}

void Driver::claim(const engine::AddressChanged& change) {
  using Kind = engine::AddressChanged::Kind;
  const auto found = seats_.find(change.interface);
  if (found == seats_.end() || found->second.broken) return;
  if (is_ours(change.kind)) {
    set_claim(change.interface, found->second, change.address, true);
  } else if (change.kind == Kind::kDuplicate || change.kind == Kind::kRemoved) {
    set_claim(change.interface, found->second, change.address, false);
  }
}

void Driver::flush_sends(TimePoint now) {
  if (sends_.empty()) return;
  const auto found = seats_.find(sending_on_);
  if (found != seats_.end() && !found->second.broken) {
    const Result<std::size_t> sent = found->second.port->send(now, sends_);
    if (!sent) fail(now, sending_on_, found->second, sent.error());
  }
  sends_.clear();
}

}  // namespace neigh::link
