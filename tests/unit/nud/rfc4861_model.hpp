// SPDX-License-Identifier: Apache-2.0
// RFC 4861 7.2 and 7.3 once more, as prose turned into ifs over a std::map, and knowing nothing of the state machine's
// rows: what the cache is compared with.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/time.hpp"
#include "nud/messages.hpp"
#include "nud/settings.hpp"

namespace neigh::nud::test {

class Rfc4861Model {
 public:
  enum class State { kIncomplete, kReachable, kStale, kDelay, kProbe, kFailed, kPermanent };
  struct Entry {
    State state = State::kIncomplete;
    std::optional<LinkAddress> lla;
    bool router = false;
    int sent = 0;
    bool waiting = false;
    std::optional<TimePoint> timer;
    TimePoint failed_at{};
  };
  /// (when, neighbor, what): "multicast", "unicast", "released", "failed".
  using Happening = std::tuple<TimePoint, int, std::string>;

  explicit Rfc4861Model(NudSettings settings) : s_(settings) {}

  std::map<int, Entry> cache;
  std::vector<Happening> happened;

  // 7.2.2, 7.3.3
  void packet(int n, TimePoint now) {
    const auto found = cache.find(n);
    if (found == cache.end()) {
      Entry& e = cache[n];
      e.waiting = true;
      solicit(n, e, now);
      return;
    }
    Entry& e = found->second;
    if (e.state == State::kIncomplete) e.waiting = true;
    if (e.state == State::kStale) {
      e.state = State::kDelay;
      e.timer = now + s_.delay_first_probe_time;
    }
  }

  // 7.2.5
  void advert(int n, bool solicited, bool override_flag, bool router, const std::optional<LinkAddress>& lla,
              TimePoint now, Duration reachable_time) {
    const auto found = cache.find(n);
    if (found == cache.end()) return;
    Entry& e = found->second;
    if (e.state == State::kPermanent) return;
    const bool believed = solicited && asked(n, e, now);
    if (e.state == State::kFailed) {  // ours: a late answer
      if (believed && lla && now - e.failed_at <= s_.retrans_timer) {
        e.lla = lla;
        e.router = router;
        reachable(e, now, reachable_time);
      }
      return;
    }
    if (e.state == State::kIncomplete) {
      if (!lla) return;
      e.lla = lla;
      e.router = router;
      if (believed) {
        reachable(e, now, reachable_time);
      } else {
        stale(e);
      }
      release(n, e, now);
      return;
    }
    const bool differs = lla && *lla != *e.lla;
    if (!override_flag && differs) {
      if (e.state == State::kReachable) stale(e);  // I.a; nothing else changes
      return;                                      // I.b
    }
    if (differs) e.lla = lla;
    if (believed) {
      reachable(e, now, reachable_time);
    } else if (differs) {
      stale(e);
    }
    e.router = router;
  }

  // 7.2.3, 6.3.4, 8.3, 6.2.6 and Appendix D
  void learn(int n, Message message, const std::optional<LinkAddress>& lla, TimePoint now) {
    const auto found = cache.find(n);
    const bool says_router = message == Message::kRouterAdvert || message == Message::kRedirectElsewhere;
    const bool says_host = message == Message::kRouterSolicit;
    if (found == cache.end() || found->second.state == State::kFailed) {
      if (!lla) return;
      Entry& e = cache[n];
      e = Entry{};
      e.lla = lla;
      e.router = says_router;
      stale(e);
      return;
    }
    Entry& e = found->second;
    if (e.state == State::kPermanent) return;
    if (says_router) e.router = true;
    if (says_host) e.router = false;
    if (!lla) return;
    if (e.state == State::kIncomplete) {
      e.lla = lla;
      stale(e);
      release(n, e, now);
    } else if (*lla != *e.lla) {
      e.lla = lla;
      stale(e);
    }
  }

  // 7.3.1
  void confirm(int n, TimePoint now, Duration reachable_time) {
    const auto found = cache.find(n);
    if (found == cache.end()) return;
    Entry& e = found->second;
    if (e.state == State::kIncomplete || e.state == State::kFailed || e.state == State::kPermanent) return;
    reachable(e, now, reachable_time);
  }

  void set_permanent(int n, const LinkAddress& lla, TimePoint now) {
    Entry& e = cache.try_emplace(n, Entry{State::kStale}).first->second;
    const bool was_waiting = e.state == State::kIncomplete;
    e.lla = lla;
    e.router = false;
    e.state = State::kPermanent;
    e.timer.reset();
    e.waiting = false;
    if (was_waiting) happened.emplace_back(now, n, "released");
  }

  void remove(int n, TimePoint now) {
    const auto found = cache.find(n);
    if (found == cache.end()) return;
    if (found->second.state == State::kIncomplete) happened.emplace_back(now, n, "failed");
    cache.erase(found);
  }

  // Every timer that ends until `now`, earliest first.
  void run_until(TimePoint now) {
    while (true) {
      int first = -1;
      for (const auto& [n, e] : cache) {
        if (e.timer && *e.timer <= now && (first < 0 || *e.timer < *cache[first].timer)) first = n;
      }
      if (first < 0) return;
      timeout(first, *cache[first].timer);
    }
  }

 private:
  void timeout(int n, TimePoint at) {
    Entry& e = cache[n];
    switch (e.state) {
      case State::kIncomplete:
        if (e.sent < static_cast<int>(s_.max_multicast_solicit)) {
          solicit(n, e, at);
        } else {
          happened.emplace_back(at, n, "failed");
          fail(e, at);
        }
        return;
      case State::kProbe:
        if (e.sent < static_cast<int>(s_.max_unicast_solicit)) {
          solicit(n, e, at);
        } else {
          fail(e, at);
        }
        return;
      case State::kDelay:
        e.state = State::kProbe;
        e.sent = 0;
        solicit(n, e, at);
        return;
      case State::kReachable:
        stale(e);
        return;
      case State::kFailed:
        cache.erase(n);
        return;
      case State::kStale:
      case State::kPermanent:
        e.timer.reset();
        return;
    }
  }

  // "at most once every RetransTimer", to any one neighbor, over all its entries
  void solicit(int n, Entry& e, TimePoint now) {
    const auto last = last_.find(n);
    if (last != last_.end() && last->second + s_.retrans_timer > now) {
      e.timer = last->second + s_.retrans_timer;
      return;
    }
    last_[n] = now;
    ++e.sent;
    e.timer = now + s_.retrans_timer;
    happened.emplace_back(now, n, e.state == State::kIncomplete ? "multicast" : "unicast");
  }

  [[nodiscard]] bool asked(int n, const Entry& e, TimePoint now) const {
    if ((e.state == State::kIncomplete || e.state == State::kProbe) && e.sent > 0) return true;
    const auto last = last_.find(n);
    const auto most = std::max(s_.max_multicast_solicit, s_.max_unicast_solicit);
    return last != last_.end() && now - last->second <= s_.retrans_timer * most;
  }

  void reachable(Entry& e, TimePoint now, Duration reachable_time) {
    e.state = State::kReachable;
    e.timer = std::chrono::ceil<milliseconds>(now + reachable_time);
    e.sent = 0;
  }
  static void stale(Entry& e) {
    e.state = State::kStale;
    e.timer.reset();
    e.sent = 0;
  }
  void fail(Entry& e, TimePoint at) {
    e.state = State::kFailed;
    e.lla.reset();
    e.waiting = false;
    e.failed_at = at;
    e.timer = at + s_.failed_lifetime;
  }
  void release(int n, Entry& e, TimePoint now) {
    happened.emplace_back(now, n, "released");
    if (e.waiting && e.state == State::kStale) {  // the queue is traffic
      e.state = State::kDelay;
      e.timer = now + s_.delay_first_probe_time;
    }
    e.waiting = false;
  }

  NudSettings s_;
  std::map<int, TimePoint> last_;
};

}  // namespace neigh::nud::test
