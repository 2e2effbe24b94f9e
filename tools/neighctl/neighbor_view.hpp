// SPDX-License-Identifier: Apache-2.0
// How entries look: a table for people, objects for programs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "context.hpp"
#include "neigh/neighbor.hpp"

namespace neigh::ctl {

[[nodiscard]] Tone state_tone(NudState state);

/// "router,extern_learn"; empty without flags.
[[nodiscard]] std::string flags_text(NeighborFlags flags);

/// By family, interface and address: stable output.
void sort_neighbors(std::vector<Neighbor>& neighbors);

/// The members of an entry (docs/schema: "entry") into the object that is open.
void write_entry_members(JsonWriter& writer, const Neighbor& neighbor, Context& context);
/// The entry as an object.
void write_entry(JsonWriter& writer, const Neighbor& neighbor, Context& context);

/// `"neighbors":[...]`.
void write_entries(JsonWriter& writer, std::span<const Neighbor> neighbors, Context& context);

/// A line for people about the columns of a table that did not fit; nothing if all did.
void tell_left_out(Context& context, std::span<const std::string_view> left_out);

/// The table for people, --brief and --wide included. On a terminal that is too narrow columns are left out, and a line
/// says so.
void print_entries(Context& context, std::span<const Neighbor> neighbors);

/// "192.0.2.7 on eth0".
[[nodiscard]] std::string entry_name(const Neighbor& neighbor, Context& context);
/// "192.0.2.7 → 02:00:00:00:00:07 on eth0, permanent", dressed for `context.style`.
[[nodiscard]] std::string entry_line(const Neighbor& neighbor, Context& context);

/// "192.0.2.7 on eth0: state stale → reachable, lladdr 02:.. → 02:..".
[[nodiscard]] std::string change_line(const Neighbor& before, const Neighbor& after, Context& context);

/// Names of the members that differ, ages and probes aside: "lladdr", "state", "flags", "protocol".
[[nodiscard]] std::vector<std::string_view> differences(const Neighbor& before, const Neighbor& after);

/// One entry, or why not, for each address of a command that takes several.
struct Outcome {
  std::string address = {};
  std::vector<Neighbor> neighbors = {};
  std::optional<Failure> failure = {};
};
/// Prints the outcomes under `member` ("neighbors") and returns the exit code: 0 if all went well, the code of the
/// failure if nothing did, 4 if some did. `human` prints the entries for people.
template <class Human>
int finish_outcomes(Context& context, std::string_view member, std::span<const Outcome> outcomes, Human&& human);

// Implementation of the above.
void print_outcomes_json(Context& context, std::string_view member, std::span<const Outcome> outcomes);
[[nodiscard]] int outcomes_exit(std::span<const Outcome> outcomes);

template <class Human>
int finish_outcomes(Context& context, std::string_view member, std::span<const Outcome> outcomes, Human&& human) {
  if (outcomes.size() == 1 && outcomes[0].failure) return context.fail(*outcomes[0].failure);
  if (context.machine()) {
    print_outcomes_json(context, member, outcomes);
  } else {
    std::vector<Neighbor> all;
    for (const Outcome& o : outcomes) all.insert(all.end(), o.neighbors.begin(), o.neighbors.end());
    human(std::span<const Neighbor>(all));
    for (const Outcome& o : outcomes) {
      if (o.failure) context.complain(*o.failure);
    }
  }
  return outcomes_exit(outcomes);
}

}  // namespace neigh::ctl
