// SPDX-License-Identifier: Apache-2.0
#include "verify.hpp"

#include <algorithm>

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

Neighbor corrected(const Neighbor& entry, std::span<const LinkAnswer> answers) {
  Neighbor fixed = entry;
  fixed.link_address = answers.front().link_address;
  if (entry.state != NudState::kPermanent) fixed.state = NudState::kReachable;
  if (entry.address.is_v6()) fixed.flags.set(NeighborFlag::kRouter, answers.front().is_router);
  return fixed;
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
