// SPDX-License-Identifier: Apache-2.0
// Loading: reads items, applies them in chunks, reports one result for each.
#pragma once

#include <cstddef>
#include <optional>

#include "context.hpp"
#include "load_file.hpp"
#include "load_input.hpp"

namespace neigh::ctl {

struct LoadSettings {
  Operation operation = Operation::kReplace;
  LoadFormat format = LoadFormat::kAuto;
  bool atomic = false;
  bool dry_run = false;
  bool verbose = false;
  bool by_name = false;  ///< An ifindex that is another one here says nothing.
  std::optional<NudState> state = {};
  InterfaceIndex default_interface = InterfaceIndex::kNone;
  HostLookup lookup = {};
};

/// Entries that --atomic holds in memory at most.
inline constexpr std::size_t kMostAtomicEntries = std::size_t{4} << 20U;

/// Loads everything from `input`, which is open.
int load_from(Context& context, const LoadSettings& settings, InputFile& input);

}  // namespace neigh::ctl
