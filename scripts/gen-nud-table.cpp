// SPDX-License-Identifier: Apache-2.0
// Writes docs/nud-table.md from the rows of the state machine, or checks that it is current.
//   gen_nud_table FILE          writes FILE
//   gen_nud_table --check FILE  exit code 1 and a line on stderr if FILE differs
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "nud/fsm_rows.hpp"
#include "nud/messages.hpp"

namespace {

using namespace neigh;       // NOLINT(google-build-using-namespace)
using namespace neigh::nud;  // NOLINT(google-build-using-namespace)

constexpr std::pair<Act, std::string_view> kActNames[] = {
    {Act::kStoreLla, "store LLA"},
    {Act::kForgetLla, "forget LLA"},
    {Act::kTakeRouter, "IsRouter by message"},
    {Act::kConfirmed, "confirm"},
    {Act::kHoldPacket, "queue the packet"},
    {Act::kReleaseQueue, "release queue"},
    {Act::kFailQueue, "fail queue"},
    {Act::kStopTimer, "stop timer"},
    {Act::kArmReachable, "timer ReachableTime"},
    {Act::kArmDelay, "timer DELAY_FIRST_PROBE_TIME"},
    {Act::kArmFailed, "timer of the negative state"},
    {Act::kSolicit, "first multicast request"},
    {Act::kProbe, "first unicast request"},
    {Act::kRepeat, "next request"},
    {Act::kWake, "next request, if none is pending"},
    {Act::kMismatch, "count the mismatch"},
    {Act::kNever, "cannot happen"},
};

std::string acts_text(Acts acts) {
  std::string text;
  for (const auto& [act, name] : kActNames) {
    if (!acts.has(act)) continue;
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text.empty() ? "none" : text;
}

std::string states_text(StateSet states) {
  std::string text;
  for (std::size_t s = 0; s < kFsmStateCount; ++s) {
    const auto state = static_cast<NudState>(s);
    if (!states.contains(state)) continue;
    if (!text.empty()) text += ", ";
    text += state == kNoEntry ? "no entry" : state_name(state);
  }
  return text;
}

std::string to_text(const Row& row) {
  if (!row.to) return "unchanged";
  return *row.to == kNoEntry ? "no entry" : std::string(state_name(*row.to));
}

std::string_view effect_text(RouterEffect effect) {
  constexpr std::string_view kNames[] = {"unchanged", "true", "false", ":= R"};
  return kNames[static_cast<std::size_t>(effect)];
}

std::string_view message_text(Message message) {
  constexpr std::string_view kNames[] = {"NS",
                                         "RS",
                                         "RA",
                                         "Redirect, target is a router",
                                         "Redirect, target is the destination",
                                         "NA",
                                         "ARP request for us",
                                         "ARP request for another",
                                         "gratuitous ARP",
                                         "ARP reply"};
  return kNames[static_cast<std::size_t>(message)];
}

std::string document() {
  std::ostringstream out;
  out << "# The NUD state machine\n\n"
         "Generated from `src/nud/fsm_rows.hpp` and `src/nud/messages.hpp` by `scripts/gen-nud-table.cpp`; a test\n"
         "fails when this page is not current. Statement numbers are those of [spec/arp-ndp.md](spec/arp-ndp.md).\n"
         "The compiler proves that every pair of state and event is in exactly one row, that every row sets or\n"
         "stops the deadline that its new state needs (NUD-014), and that link-layer address and queue follow the\n"
         "state (NUD-015).\n\n"
         "An *advert* is an NA or ARP reply; S=1 is one that is believed as an answer to our own request. *Learn* is\n"
         "NS, RS, RA, Redirect and ARP request. \"Other LLA\": differs from the cached one, or the first. O is named\n"
         "where RFC 4861 7.2.5 looks at it. Pairs that the classifier cannot produce are listed at the end.\n\n"
         "## Messages\n\n"
         "| Message | Handled as | Creates an entry | IsRouter, new | IsRouter, existing | Source |\n"
         "|---|---|---|---|---|---|\n";
  for (const MessageRule& rule : kMessageRules) {
    out << "| " << message_text(rule.message) << " | " << (rule.advert ? "advert" : "learn") << " | "
        << (rule.creates ? "yes" : "no") << " | " << effect_text(rule.on_new) << " | " << effect_text(rule.on_existing)
        << " | " << rule.source << " |\n";
  }
  for (const bool never : {false, true}) {
    out << (never ? "\n## Pairs that cannot happen\n\n| States | Event | Because of |\n|---|---|---|\n"
                  : "\n## Transitions\n\n| State | Event | New state | Actions | Source | Note "
                    "|\n|---|---|---|---|---|---|\n");
    for (const Row& row : kRows) {
      if (row.acts.has(Act::kNever) != never) continue;
      out << "| " << states_text(row.from) << " | " << to_string(row.on) << " | ";
      if (!never) out << to_text(row) << " | " << acts_text(row.acts) << " | ";
      out << row.source;
      if (!never) out << " | " << row.note;
      out << " |\n";
    }
  }
  return out.str();
}

}  // namespace

int main(int argc, char** argv) {
  const bool check = argc == 3 && std::string_view(argv[1]) == "--check";
  if (argc != 2 && !check) {
    std::cerr << "usage: gen_nud_table [--check] FILE\n";
    return 2;
  }
  const std::string path = argv[argc - 1];
  const std::string wanted = document();
  if (check) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream found;
    found << in.rdbuf();
    if (in && found.str() == wanted) return 0;
    std::cerr << path << " is not current; run gen_nud_table " << path << "\n";
    return 1;
  }
  std::ofstream file(path, std::ios::binary);
  file << wanted;
  file.close();
  if (!file) {
    std::cerr << "cannot write " << path << "\n";
    return 1;
  }
  return 0;
}
