// SPDX-License-Identifier: Apache-2.0
// What is due: the cache's deadlines and the agenda's.
#include <algorithm>

#include "engine/core.hpp"

namespace neigh::engine {

namespace {

// One call does this much; the owner calls again (Engine::on_deadline).
constexpr std::size_t kCacheBudget = 16'384;
constexpr std::size_t kAgendaBudget = 4'096;

}  // namespace

void Engine::Core::deadline() {
  // The agenda first: an address that is verified in this moment can be asked from (DAD-016).
  for (std::size_t i = 0; i < kAgendaBudget; ++i) {
    const auto task = agenda_.pop_due(now_);
    if (!task) break;
    due(*task);
  }
  cache->advance(now_, steps_, kCacheBudget);
  run_steps();
}

std::optional<TimePoint> Engine::Core::next_deadline() const {
  const auto of_cache = cache->next_deadline();
  const auto of_agenda = agenda_.next();
  if (!of_cache) return of_agenda;
  if (!of_agenda) return of_cache;
  return std::min(*of_cache, *of_agenda);
}

void Engine::Core::due(const Task& task) {
  if (task.kind == Task::Kind::kAsk) return ask_due(task.number);
  Port* port = find_port(task.interface);
  if (port == nullptr) return;
  Address* own = port->find(task.address);
  switch (task.kind) {
    case Task::Kind::kVerify:
      if (own != nullptr) verification_due(*port, *own);
      break;
    case Task::Kind::kAnnounce:
    case Task::Kind::kGratuitous:
    case Task::Kind::kLinkChanged:
      if (own != nullptr) announcement_due(*port, *own, task);
      break;
    case Task::Kind::kAnswer: {
      if (port->delayed_answers > 0) --port->delayed_answers;
      // Things may have changed while the answer waited.
      const Claim claim = task.address.is_v4() ? arp_claim(*port, task.address, own) : nd_claim(*port, task.address);
      if (claim == Claim::kNone) break;
      const LinkAddress unknown;
      answer_now(*port, claim,
                 {.target = task.address,
                  .peer = task.peer,
                  .peer_link = task.peer_link,
                  .frame_source = unknown,
                  .to_group = task.asked_by_group});
      break;
    }
    case Task::Kind::kRouterSolicit:
      router_solicit_due(*port, task.left);
      break;
    case Task::Kind::kGroupReport:
      port->reporting = {};
      report_all_groups(*port);
      break;
    case Task::Kind::kGroupChange:
      if (port->groups.contains(task.address) == (task.left == 1)) {
        report_group(*port, task.address, task.left == 1, /*repeat=*/false);
      }
      break;
    case Task::Kind::kPrefixEnds:
      for (std::size_t i = port->prefixes.size(); i-- > 0;) {
        const Prefix& prefix = port->prefixes[i];
        if (prefix.learned && prefix.prefix == task.address && prefix.length == task.length) forget_prefix(*port, i);
      }
      break;
    case Task::Kind::kRouterEnds:
      drop_router(task.interface, task.address, /*learned_only=*/true);  // RTR-012
      break;
    case Task::Kind::kAsk:
      break;
  }
}

Duration Engine::Core::random_between(Duration low, Duration high) {
  if (high <= low) return low;
  const auto range = static_cast<std::uint64_t>((high - low).count());
  return low + Duration{static_cast<std::int64_t>(random_.next() % (range + 1))};
}

Duration Engine::Core::random_up_to(Duration longest) { return random_between(Duration{0}, longest); }

Duration Engine::Core::retrans_timer(const Port& port) const {
  const nud::NudSettings* settings = cache->settings(port.index(), Family::kIpv6);
  return settings == nullptr ? Duration{milliseconds{1'000}} : Duration{settings->retrans_timer};
}

}  // namespace neigh::engine
