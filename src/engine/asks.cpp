// SPDX-License-Identifier: Apache-2.0
// Asking the wire without reading or writing the cache.
#include <algorithm>
#include <utility>

#include "base/arguments.hpp"
#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

constexpr std::size_t kAnswersKept = 64;  // distinct owners of one address, of one ask

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

}  // namespace

Result<std::uint64_t> Engine::Core::ask(const AskRequest& request) {
  const IpAddress& target = request.key.address;
  if (auto fit = check_neighbor_address(target); !fit) return std::move(fit).error();
  if (target.is_multicast()) return invalid("address", "nobody resolves a multicast address");
  if (request.key.proxy) return invalid("proxy", "a proxy entry is no neighbor");
  const auto interval = std::chrono::ceil<std::chrono::milliseconds>(request.interval);
  if (auto fit = check_repetition(request.attempts, "attempts", interval); !fit) return std::move(fit).error();
  if (request.source && request.source->family() != target.family()) {
    return invalid("source", "is of another family than the address");
  }
  auto found = port_of(request.key.interface, target);
  if (!found) return std::move(found).error();
  Port& port = **found;
  if (!port.has_link_addresses() || port.config.no_arp) return invalid("interface", "it does no resolution");
  if (request.source) {
    const bool own = std::any_of(ports.begin(), ports.end(),
                                 [&](const auto& item) { return item.second.has_assigned(*request.source); });
    if (!own) {
      return Error{.code = Errc::kNoSuchAddress,
                   .field = "source",
                   .detail = request.source->to_string() + " is no address of this host"};
    }
  }
  if (!port.active()) {
    return Error{.code = Errc::kUnreachable, .field = "interface", .detail = port.config.name + " is down"};
  }
  if (is_broadcast_of(port, target)) return invalid("address", "nobody resolves a broadcast address");  // ARP-082
  Ask started{.request = request, .source = named_source_for(port, target, request.source)};
  if (port.find(target) != nullptr) {
    started.source.reset();  // who else has our address is asked as if we had none: ACD-002, DAD-003
  } else if (!started.source) {
    return Error{.code = Errc::kUnreachable, .field = "source", .detail = "no own address to ask from"};
  }
  if (asks_.size() >= config.limits.max_asks) {
    return Error{.code = Errc::kTableFull,
                 .detail = std::to_string(config.limits.max_asks) + " questions under way are the most"};
  }
  const std::uint64_t number = ++last_ask_;
  asks_.emplace(number, std::move(started));
  ask_due(number);
  return number;
}

void Engine::Core::cancel_ask(std::uint64_t number) {
  const auto found = asks_.find(number);
  if (found == asks_.end()) return;
  agenda_.cancel(found->second.task);
  asks_.erase(found);
}

/// The interface goes: nobody will answer any more.
void Engine::Core::end_asks(InterfaceIndex index) {
  std::vector<std::uint64_t> ended;
  for (const auto& [number, ask] : asks_) {
    if (ask.request.key.interface == index) ended.push_back(number);
  }
  for (const std::uint64_t number : ended) {
    cancel_ask(number);
    out_->push(AskAnswered{.ask = number, .ended = true});
  }
}

void Engine::Core::ask_due(std::uint64_t number) {
  const auto found = asks_.find(number);
  if (found == asks_.end()) return;
  Ask& ask = found->second;
  Port* port = find_port(ask.request.key.interface);
  if (port == nullptr || ask.sent >= ask.request.attempts) {
    cancel_ask(number);
    out_->push(AskAnswered{.ask = number, .ended = true});
    return;
  }
  ++ask.sent;
  ask.last_sent = now_;
  send_ask(*port, ask);
  ask.task = later(ask.request.interval, {.kind = Task::Kind::kAsk, .interface = port->index(), .number = number});
}

void Engine::Core::send_ask(Port& port, const Ask& ask) {
  const IpAddress& target = ask.request.key.address;
  if (target.is_v4()) {
    send_request4(port, broadcast_link(port), ask.source.value_or(IpAddress::v4({})), target);
    return;
  }
  const IpAddress group = wire::solicited_node(target);
  send_solicit(port, group_link(port, group), ask.source.value_or(wire::kIp6Unspecified), group, target);
}

void Engine::Core::ask_answered(const Port& port, const IpAddress& address, const LinkAddress& link, bool is_router) {
  std::vector<std::uint64_t> ended;
  for (auto& [number, ask] : asks_) {
    if (ask.request.key.interface != port.index() || ask.request.key.address != address) continue;
    const bool told = std::find(ask.answers.begin(), ask.answers.end(), link) != ask.answers.end();
    if (told || ask.answers.size() >= kAnswersKept) continue;
    ask.answers.push_back(link);
    out_->push(
        AskAnswered{.ask = number, .link_address = link, .is_router = is_router, .round_trip = now_ - ask.last_sent});
    if (!ask.request.all_answers) ended.push_back(number);
  }
  for (const std::uint64_t number : ended) {
    cancel_ask(number);
    out_->push(AskAnswered{.ask = number, .ended = true});
  }
}

}  // namespace neigh::engine
