// SPDX-License-Identifier: Apache-2.0
// Rows FSM-01 to FSM-30 of docs/spec/arp-ndp.md 4.2 for IPv6, one `if` after the other, written from that page alone:
// what the engine is compared with. With it come ISR-001 to ISR-006 and the rule column, which settles what RFC 4861's
// appendix and its text say differently.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace neigh::fuzz {

using std::chrono::milliseconds;

class FsmModel {
 public:
  enum class State { kIncomplete, kReachable, kStale, kDelay, kProbe, kPermanent };
  struct Entry {
    State state = State::kIncomplete;
    int link = 0;  ///< 0: none.
    bool router = false;
    int sent = 0;
    int queued = 0;
    std::optional<milliseconds> timer = {};
    milliseconds confirmed{0};
  };
  struct Advert {
    bool solicited = false;
    bool override_flag = false;
    bool router = false;
    int link = 0;  ///< 0: no option.
  };

  static constexpr int kMaxSolicit = 3;
  static constexpr int kQueue = 4;
  static constexpr milliseconds kRetransTimer{1'000};
  static constexpr milliseconds kDelayFirstProbe{5'000};
  static constexpr milliseconds kLeastReachable{15'000};
  static constexpr milliseconds kMostReachable{45'000};

  std::map<int, Entry> entries;
  std::vector<std::string> done;  ///< "2 multicast", "3 unicast", "2 sent", "2 failed"

  void packet(int n, milliseconds now) {
    if (!entries.contains(n)) {  // FSM-01
      Entry& e = entries[n];
      e.queued = 1;
      solicit(n, e, now, "multicast");
      return;
    }
    Entry& e = entries[n];
    if (e.state == State::kIncomplete) {  // NDR-005: the oldest goes
      if (e.queued == kQueue) tell(n, "failed");
      e.queued = std::min(e.queued + 1, kQueue);
      return;
    }
    tell(n, "sent");
    if (e.state == State::kStale) {  // FSM-18; FSM-27 else
      e.state = State::kDelay;
      e.timer = now + kDelayFirstProbe;
    }
  }

  void advert(int n, const Advert& a, milliseconds now) {
    if (!entries.contains(n)) return;  // NAR-001
    Entry& e = entries[n];
    if (e.state == State::kPermanent) return;
    if (e.state == State::kIncomplete) {
      if (a.link == 0) return;  // FSM-06: the body of 7.2.5 discards
      e.link = a.link;
      e.router = a.router;
      if (a.solicited) {  // FSM-05
        reachable(e, now);
      } else {  // FSM-04
        stale(e);
      }
      release(n, e, now);
      return;
    }
    const bool same = a.link == e.link;
    if (a.link != 0 && !same && !a.override_flag) {
      if (e.state == State::kReachable) stale(e);  // FSM-10, and FSM-13 as overruled
      return;                                      // FSM-11, FSM-13: IsRouter unchanged, too
    }
    if (a.solicited) {  // FSM-08, FSM-09 as overruled, FSM-12
      if (a.link != 0) e.link = a.link;
      reachable(e, now);
    } else if (a.link != 0 && !same) {  // FSM-15
      e.link = a.link;
      stale(e);
    }                     // FSM-14, FSM-13: none
    e.router = a.router;  // ISR-004
  }

  /// NS with an option (ISR-002), and RA with or without (ISR-001).
  void learn(int n, int link, bool is_router_advert, milliseconds now) {
    if (!entries.contains(n)) {
      if (link == 0) return;  // FSM-07
      Entry& e = entries[n];  // FSM-22
      e.link = link;
      e.router = is_router_advert;
      stale(e);
      return;
    }
    Entry& e = entries[n];
    if (e.state == State::kPermanent) return;
    if (is_router_advert) e.router = true;
    if (link == 0) return;                // FSM-25, FSM-28
    if (e.state == State::kIncomplete) {  // FSM-23
      e.link = link;
      stale(e);
      release(n, e, now);
    } else if (link != e.link) {  // FSM-24
      e.link = link;
      stale(e);
    }  // FSM-26
  }

  void confirm(int n, milliseconds now) {  // FSM-16, NUD-003
    if (!entries.contains(n)) return;
    Entry& e = entries[n];
    if (e.state == State::kIncomplete || e.state == State::kPermanent) return;
    reachable(e, now);
  }

  void set_permanent(int n, int link) {  // FSM-30
    Entry& e = entries[n];
    e.link = link;
    e.router = false;
    e.state = State::kPermanent;
    e.timer.reset();
    for (; e.queued > 0; --e.queued) tell(n, "sent");
  }

  void remove(int n) {
    for (int left = entries.contains(n) ? entries[n].queued : 0; left > 0; --left) tell(n, "failed");
    entries.erase(n);
  }

  void down() {  // FSM-29; what is permanent stays (ARP-116)
    std::vector<int> all;
    for (const auto& [n, e] : entries) {
      if (e.state != State::kPermanent) all.push_back(n);
    }
    for (const int n : all) remove(n);
  }

  /// FSM-17 happens at a time of the engine's choice; whether that is a right one.
  [[nodiscard]] bool may_be_stale(int n, milliseconds now) {
    return entries.contains(n) && entries[n].state == State::kReachable &&
           now - entries[n].confirmed >= kLeastReachable;
  }
  void become_stale(int n) { stale(entries[n]); }
  [[nodiscard]] bool must_be_stale(int n, milliseconds now) {
    return entries.contains(n) && entries[n].state == State::kReachable && now - entries[n].confirmed > kMostReachable;
  }

  /// Every timer that ends until `now`, earliest first.
  void run_until(milliseconds now) {
    while (true) {
      int first = 0;
      for (const auto& [n, e] : entries) {
        if (e.timer && *e.timer <= now && (first == 0 || *e.timer < *entries[first].timer)) first = n;
      }
      if (first == 0) return;
      timeout(first, *entries[first].timer);
    }
  }

 private:
  void timeout(int n, milliseconds at) {
    Entry& e = entries[n];
    if (e.state == State::kDelay) {  // FSM-19
      e.state = State::kProbe;
      e.sent = 0;
      solicit(n, e, at, "unicast");
    } else if (e.sent < kMaxSolicit) {  // FSM-02, FSM-20
      solicit(n, e, at, e.state == State::kIncomplete ? "multicast" : "unicast");
    } else {  // FSM-03, FSM-21
      remove(n);
    }
  }
  void solicit(int n, Entry& e, milliseconds now, const char* how) {
    ++e.sent;
    e.timer = now + kRetransTimer;
    tell(n, how);
  }
  static void stale(Entry& e) {
    e.state = State::kStale;
    e.timer.reset();
    e.sent = 0;
  }
  static void reachable(Entry& e, milliseconds now) {
    stale(e);
    e.state = State::kReachable;
    e.confirmed = now;
  }
  /// FSM-04, FSM-23: what waited is traffic, so that STALE becomes DELAY at once.
  void release(int n, Entry& e, milliseconds now) {
    if (e.queued > 0 && e.state == State::kStale) {
      e.state = State::kDelay;
      e.timer = now + kDelayFirstProbe;
    }
    for (; e.queued > 0; --e.queued) tell(n, "sent");
  }
  void tell(int n, const char* what) { done.push_back(std::to_string(n) + " " + what); }
};

}  // namespace neigh::fuzz
