// SPDX-License-Identifier: Apache-2.0
// A town: hosts with embedded engines on a bad LAN in virtual time, with faults at random: cables, plugs, interfaces,
// link-layer addresses and administrators. Every host is audited after everything that touched it, and it is known of
// every packet what became of it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "link/chance.hpp"
#include "unit/link/lan_host.hpp"

namespace neigh::link {

/// What became of the packets that the hosts gave to their engines. Each is one of the four; `open`: not known yet.
struct PacketTotals {
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;  ///< Handed back with a reason.
  std::uint64_t lost = 0;    ///< For a cause that a fault gave: a bad cable, no link, an outdated link-layer address.
  std::uint64_t open = 0;
};

class Town {
 public:
  Town(std::uint16_t count, std::uint64_t seed);
  ~Town();
  Town(const Town&) = delete;
  Town& operator=(const Town&) = delete;

  /// @return false: an invariant broke, and was told.
  [[nodiscard]] bool run_for(Duration time);
  /// No more faults; everything is put in order.
  void mend();
  /// Nobody begins to talk any more.
  void be_silent() { silent_ = true; }
  /// In a silent town whose packets have all ended: each host sends to its neighbor, and all arrive.
  void expect_all_reached();
  /// At the end: the permanent entries of all hosts, and what the LAN counted.
  void expect_in_order();

  void print() const;
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] const PacketTotals& packets() const { return totals_; }

 private:
  class Inhabitant;
  /// A packet on its way.
  struct Journey {
    TimePoint sent;
    std::uint16_t to = 0;  ///< Maybe nobody's number.
    std::uint16_t seen = 0;
    std::uint16_t delivered = 0;
    std::uint16_t failed = 0;
    bool misaddressed = false;  ///< A frame with it went to a link-layer address that its destination does not have.
  };
  /// A request that some host sent within the last second.
  struct Asked {
    TimePoint at;
    std::uint64_t question = 0;
  };

  [[nodiscard]] Inhabitant& at(std::uint16_t number) { return *inhabitants_[number - 1U]; }
  [[nodiscard]] bool lives_here(std::uint16_t number) const { return number >= 1 && number <= inhabitants_.size(); }
  [[nodiscard]] std::uint16_t peer_of(std::uint16_t number, std::uint32_t distance) const;
  [[nodiscard]] std::uint16_t anybody();

  // What happens
  void talk(std::uint16_t number);
  void send(std::uint16_t from, std::uint16_t to, bool v4);
  void next_fault();
  void do_harm(Inhabitant& victim);
  void write_nonsense(Inhabitant& victim);

  // What is looked at
  void broke(std::uint16_t number, const std::string& what);
  void audit(std::uint16_t number);
  void on_effect(std::uint16_t number, const engine::Effect& effect, std::span<const std::uint8_t> bytes);
  void on_frame(const LanFrame& frame);
  void on_request(std::uint16_t from, std::uint64_t target);
  void count_frame(Inhabitant& sender);
  void settle_journeys();
  void settle(std::uint16_t from, const Journey& journey);

  Simulation world_;
  Lan lan_;
  Chance chance_;
  std::vector<std::unique_ptr<Inhabitant>> inhabitants_;
  std::uint32_t v4_share_;
  std::unordered_map<std::uint32_t, Journey> journeys_;
  std::deque<std::uint32_t> by_time_;  ///< The same, in the order in which they began.
  std::deque<Asked> asked_;
  PacketTotals totals_;
  std::array<std::uint64_t, static_cast<std::size_t>(engine::SendFailure::kBadPacket) + 1> failures_{};
  bool administrating_ = false;
  bool broken_ = false;
  bool faults_end_ = false;
  bool silent_ = false;
  std::uint64_t events_ = 0;
  std::uint64_t audits_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t faults_ = 0;
  std::uint32_t most_frames_ = 0;  ///< Of one host in one hour.
};

}  // namespace neigh::link
