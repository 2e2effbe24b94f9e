// SPDX-License-Identifier: Apache-2.0
#include "verify.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "values.hpp"

namespace neigh::ctl {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRight:
      return "right";
    case Verdict::kWrong:
      return "wrong";
    case Verdict::kDuplicate:
      return "duplicate";
    case Verdict::kSilent:
      return "silent";
    case Verdict::kNotAsked:
      break;
  }
  return "unasked";
}

Verdict judge(const Neighbor& entry, std::span<const LinkAnswer> answers) {
  if (answers.empty()) return Verdict::kSilent;
  const bool several = std::any_of(answers.begin(), answers.end(),
                                   [&](const LinkAnswer& a) { return a.link_address != answers.front().link_address; });
  if (several) return Verdict::kDuplicate;
  return answers.front().link_address == entry.link_address ? Verdict::kRight : Verdict::kWrong;
}

Neighbor corrected(const Neighbor& entry, const LinkAddress& answer) {
  Neighbor fixed = entry;
  fixed.link_address = answer;
  if (!kUsableStates.contains(entry.state)) fixed.state = NudState::kStale;  // a state that holds an address
  return fixed;
}

std::string other_differences(const Neighbor& before, const Neighbor& after) {
  std::string text;
  const auto tell = [&](std::string_view what, std::string_view was, std::string_view is) {
    if (was != is) text += fmt::format("{}{}: {} -> {}", text.empty() ? "" : ", ", what, was, is);
  };
  const auto flags = [](const Neighbor& n) {
    std::string names;
    for (const NeighborFlag flag : kAllNeighborFlags) {
      if (n.flags.has(flag)) names += fmt::format("{}{}", names.empty() ? "" : "+", to_string(flag));
    }
    return names.empty() ? std::string("none") : names;
  };
  tell("state", to_string(before.state), to_string(after.state));
  tell("flags", flags(before), flags(after));
  tell("owner", before.protocol == 0 ? "none" : protocol_name(before.protocol),
       after.protocol == 0 ? "none" : protocol_name(after.protocol));
  return text;
}

VerifySummary summarize(std::span<const Verified> entries) {
  VerifySummary summary;
  for (const Verified& v : entries) {
    switch (v.verdict) {
      case Verdict::kRight:
        ++summary.right;
        break;
      case Verdict::kWrong:
        ++summary.wrong;
        break;
      case Verdict::kDuplicate:
        ++summary.duplicate;
        break;
      case Verdict::kSilent:
        ++summary.silent;
        break;
      case Verdict::kNotAsked:
        ++summary.not_asked;
        break;
    }
    if (v.fixed) ++summary.fixed;
  }
  return summary;
}

int VerifySummary::exit_code() const {
  if (not_asked > 0) return kPartial;
  return wrong > fixed || duplicate > 0 || silent > 0 ? kRefused : kDone;
}

}  // namespace neigh::ctl
