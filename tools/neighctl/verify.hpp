// SPDX-License-Identifier: Apache-2.0
// What the answers from the wire say about an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "neigh/neighbor.hpp"
#include "neigh/table.hpp"

namespace neigh::ctl {

enum class Verdict : std::uint8_t { kRight, kWrong, kDuplicate, kSilent, kNotAsked };

[[nodiscard]] std::string_view verdict_name(Verdict verdict);

struct Verified {
  Neighbor entry = {};
  std::vector<LinkAnswer> answers = {};
  Verdict verdict = Verdict::kNotAsked;
  std::optional<Error> error = {};
  bool fixed = false;
  std::optional<Failure> fix_failure = {};
  std::string why_silent = {};    ///< The interface cannot send.
  std::string also_changed = {};  ///< By the correction, beside the link-layer address.
};

[[nodiscard]] Verdict judge(const Neighbor& entry, std::span<const LinkAnswer> answers);

/// `entry` with the link-layer address that answered, and nothing else changed; but a state that holds no address
/// becomes stale.
[[nodiscard]] Neighbor corrected(const Neighbor& entry, const LinkAddress& answer);

/// What is different beside the link-layer address, for people; empty: nothing.
[[nodiscard]] std::string other_differences(const Neighbor& before, const Neighbor& after);

struct VerifySummary {
  std::size_t right = 0;
  std::size_t wrong = 0;
  std::size_t duplicate = 0;
  std::size_t silent = 0;
  std::size_t not_asked = 0;
  std::size_t fixed = 0;
  [[nodiscard]] int exit_code() const;
};
[[nodiscard]] VerifySummary summarize(std::span<const Verified> entries);

}  // namespace neigh::ctl
