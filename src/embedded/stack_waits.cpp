// SPDX-License-Identifier: Apache-2.0
// Calls that wait for the wire: resolve, ask, announce.
#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/arguments.hpp"
#include "embedded/stack.hpp"

namespace neigh::embedded {

namespace {

/// What the settings allow at most, 100 requests a minute apart, and a minute for requests that had to wait their turn.
constexpr std::chrono::milliseconds kLongest = std::chrono::minutes{101};
/// An ask ends with its last interval; the thread that does it may be late.
constexpr std::chrono::milliseconds kAskSlack = std::chrono::seconds{5};

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

Error not_own(const IpAddress& source) {
  return {
      .code = Errc::kNoSuchAddress, .field = "source", .detail = source.to_string() + " is no address of this host"};
}

/// Does something at the end of a call, also where it ends by an exception.
template <class Function>
class Cleanup {
 public:
  explicit Cleanup(Function function) : function_(std::move(function)) {}
  ~Cleanup() { run(); }
  /// Does it now, once.
  void run() {
    if (std::exchange(done_, true)) return;
    function_();
  }
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;

 private:
  Function function_;
  bool done_ = false;
};

}  // namespace

Result<Neighbor> Stack::resolve(const NeighborKey& key, const ResolveOptions& options) {
  return std::move(resolve_all(std::span(&key, 1), options).front());
}

/// Answers what needs no packet, in the order of the kernel's table; otherwise asks, and leaves the outcome open.
void Stack::begin_resolve(Waiter& waiter, const ResolveOptions& options) {
  engine::Engine& engine = host_->engine();
  const NeighborKey& key = waiter.key;
  const auto end = [&](Result<Neighbor> outcome) { waiter.outcome.emplace(std::move(outcome)); };
  if (auto fit = check_neighbor_address(key.address); !fit) return end(std::move(fit).error());
  if (key.address.is_multicast()) {
    return end(invalid("address", key.address.to_string() + " is a multicast address, which nobody resolves"));
  }
  if (key.proxy) return end(invalid("proxy", "a proxy entry is no neighbor"));
  if (options.source && options.source->family() != key.address.family()) {
    return end(invalid("source", "is of another family than the address"));
  }
  auto there = engine.get(host_->now(), key);
  if (!there && there.error().code != Errc::kNotFound) return end(std::move(there));
  const std::vector<IpAddress> own = own_inside(InterfaceIndex::kNone);
  const auto is_own = [&](const IpAddress& address) { return std::find(own.begin(), own.end(), address) != own.end(); };
  if (options.source && !is_own(*options.source)) return end(not_own(*options.source));
  const std::vector<Interface> all = engine.interfaces();
  const auto link =
      std::find_if(all.begin(), all.end(), [&](const Interface& each) { return each.index == key.interface; });
  if (is_own(key.address)) {  // LIB-20
    return end(Neighbor{.address = key.address,
                        .interface = key.interface,
                        .link_address = link->link_address,
                        .state = NudState::kReachable});
  }
  if (there && kUsableStates.contains(there->state) && !options.ask_again) return end(std::move(there));
  if (!link->up || !link->running) {
    return end(Error{.code = Errc::kUnreachable, .field = "interface", .detail = link->name + " is down"});
  }
  const auto resolving = host_->call([&](engine::Engine& inner, engine::Effects& out) {
    // LIB-18, and what failed a moment ago: a caller who asks wants to know now (the requests keep their rate). An
    // entry that is being resolved is nobody's knowledge, but for flags that were written to it: who else waits for it,
    // waits for the same answer (LIB-29).
    const bool holds =
        there && (there->state != NudState::kIncomplete || (!there->flags.empty() && !host_->is_waited_for(key)));
    const bool stale_knowledge =
        holds && (options.ask_again || there->state == NudState::kFailed || there->state == NudState::kNone);
    if (stale_knowledge) (void)inner.remove(host_->now(), key, out);
    return inner.resolve(host_->now(), key, options.source, out);
  });
  if (!resolving) return end(resolving.error());
  if (!*resolving) return;
  // A link without resolution needs no entry (LNX-031).
  auto now_there = engine.get(host_->now(), key);
  if (now_there) return end(std::move(now_there));
  end(Neighbor{
      .address = key.address, .interface = key.interface, .link_address = **resolving, .state = NudState::kNoArp});
}

std::vector<Result<Neighbor>> Stack::resolve_all(std::span<const NeighborKey> keys, const ResolveOptions& options) {
  std::vector<std::shared_ptr<Waiter>> waiters;
  std::unordered_map<NeighborKey, Waiter*> by_key;
  World& world = host_->world();
  Cleanup forget([&] {
    (void)world.run_surely([&] {
      for (const auto& waiter : waiters) host_->remove_waiter(*waiter);
    });
  });
  std::uint64_t losses = 0;
  auto begun = world.run([&] {
    losses = host_->losses();
    for (const NeighborKey& key : keys) {
      if (by_key.contains(key)) continue;
      const auto& waiter = waiters.emplace_back(std::make_shared<Waiter>(Waiter{.key = key}));
      by_key.emplace(key, waiter.get());
      begin_resolve(*waiter, options);
      if (!waiter->outcome) host_->add_waiter(waiter);
    }
  });
  if (!begun) return std::vector<Result<Neighbor>>(keys.size(), begun.error());

  std::size_t settled = 0;  // waiters before this one have their outcome
  const auto done = [&] {
    if (losses != host_->losses()) {
      for (const auto& waiter : waiters) host_->look_again(*waiter);
      losses = host_->losses();
    }
    while (settled < waiters.size() && waiters[settled]->outcome) ++settled;
    return settled == waiters.size();
  };
  const auto limit = std::clamp(options.timeout.value_or(kLongest), std::chrono::milliseconds{0}, kLongest);
  auto waited = world.wait(done, limit);
  forget.run();
  const Error late = waited ? Error{.code = Errc::kTimedOut} : waited.error();
  std::vector<Result<Neighbor>> results;
  results.reserve(keys.size());
  for (const NeighborKey& key : keys) results.push_back(by_key.at(key)->outcome.value_or(late));
  return results;
}

Result<std::size_t> Stack::touch(std::span<const NeighborKey> keys) {
  return inside([&]() -> Result<std::size_t> {
    return host_->call([&](engine::Engine& engine, engine::Effects& out) {
      std::size_t done = 0;
      for (const NeighborKey& key : keys) {
        const auto there = key.proxy ? Result<Neighbor>(Error{}) : engine.get(host_->now(), key);
        if (key.proxy || (there && there->state != NudState::kStale && kUsableStates.contains(there->state))) continue;
        if (there && there->state == NudState::kFailed) (void)engine.remove(host_->now(), key, out);
        done += static_cast<std::size_t>(engine.resolve(host_->now(), key, std::nullopt, out).has_value());
      }
      return done;
    });
  });
}

Result<std::vector<LinkAnswer>> Stack::ask(const NeighborKey& key, const AskOptions& options) {
  if (auto fit = check_repetition(options.attempts, "attempts", options.interval); !fit) return std::move(fit).error();
  const auto state = std::make_shared<AskState>();
  std::optional<Result<std::uint64_t>> number;
  World& world = host_->world();
  Cleanup forget([&] {
    if (!number || !*number) return;
    (void)world.run_surely([&] {
      host_->remove_ask(**number);
      host_->engine().cancel_ask(**number);
    });
  });
  std::uint64_t losses = 0;
  auto begun = world.run([&] {
    losses = host_->losses();
    number = host_->call([&](engine::Engine& engine, engine::Effects& out) {
      auto asked = engine.ask(host_->now(),
                              {.key = key,
                               .source = options.source,
                               .attempts = options.attempts,
                               .interval = options.interval,
                               .all_answers = options.all_answers},
                              out);
      if (asked) host_->add_ask(*asked, state);
      return asked;
    });
  });
  if (!begun) return std::move(begun).error();
  if (!*number) return std::move(*number).error();
  // Its end may be lost where memory is short, or never come.
  const auto done = [&] {
    if (losses != host_->losses()) {
      state->ended = state->ended || !host_->engine().is_asking(**number);
      losses = host_->losses();
    }
    return state->ended;
  };
  auto waited = world.wait(done, options.attempts * options.interval + kAskSlack);
  forget.run();
  if (!waited) return std::move(waited).error();
  return std::move(state->answers);
}

Result<void> Stack::announce(InterfaceIndex interface, const IpAddress& own, const AnnounceOptions& options) {
  if (auto fit = check_repetition(options.count, "count", options.interval); !fit) return fit;
  for (std::uint32_t i = 0; i < options.count; ++i) {
    if (i > 0) {
      auto waited = host_->world().wait([] { return false; }, options.interval);
      if (!waited) return std::move(waited).error();
    }
    auto announced = call([&](engine::Engine& engine, engine::Effects& out) {
      return engine.announce(host_->now(), interface, own, out);
    });
    if (!announced) return announced;
  }
  return {};
}

}  // namespace neigh::embedded
