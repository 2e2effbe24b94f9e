// SPDX-License-Identifier: Apache-2.0
#include "nud/fsm.hpp"

#include "nud/fsm_rows.hpp"

namespace neigh::nud {

namespace {

static_assert(kRows.size() < 256);

// Row number of each pair, so that the lookup is one load.
constexpr auto kRowOf = [] {
  std::array<std::array<std::uint8_t, kNudEventCount>, kFsmStateCount> table{};
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    for (std::size_t s = 0; s < kFsmStateCount; ++s) {
      if (kRows[i].from.contains(static_cast<NudState>(s))) {
        table[s][static_cast<std::size_t>(kRows[i].on)] = static_cast<std::uint8_t>(i);
      }
    }
  }
  return table;
}();

constexpr std::array<std::string_view, kNudEventCount> kEventNames = {
    "packet to send",
    "packet to send, held down",
    "retransmit timeout, sends left",
    "retransmit timeout, no traffic since",
    "retransmit timeout, resolution failed",
    "retransmit timeout, probes failed",
    "retransmit timeout, probes failed, externally validated",
    "retransmit timeout, probes failed, RFC 7048",
    "delay timeout",
    "reachable timeout",
    "reachable timeout, used recently",
    "failed timeout",
    "managed timeout",
    "maximum age",
    "advert S=1 O=1, other LLA",
    "advert S=1 O=0, other LLA",
    "advert S=1, same LLA",
    "advert S=1, no LLA",
    "advert S=0 O=1, other LLA",
    "advert S=0 O=0, other LLA",
    "advert S=0, same LLA",
    "advert S=0, no LLA",
    "learn, other LLA",
    "learn, same LLA",
    "learn, no LLA",
    "upper-layer confirmation",
    "delivery problem",
    "set permanent",
    "set noarp",
    "set reachable",
    "set stale",
    "set delay",
    "set probe",
    "set incomplete",
    "set failed",
    "set none",
    "remove",
    "interface down",
    "carrier lost",
    "evict",
};

}  // namespace

std::string_view state_name(NudState state) noexcept { return state == kNoEntry ? "-" : to_string(state); }

std::string_view to_string(NudEvent event) noexcept { return kEventNames[static_cast<std::size_t>(event)]; }

const Row& row_for(NudState from, NudEvent event) noexcept {
  return kRows[kRowOf[static_cast<std::size_t>(from)][static_cast<std::size_t>(event)]];
}

}  // namespace neigh::nud
