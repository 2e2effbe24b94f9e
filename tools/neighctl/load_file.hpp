// SPDX-License-Identifier: Apache-2.0
// A file with entries, or why it cannot be read.
#pragma once

#include <fstream>
#include <optional>
#include <string>

#include "failure.hpp"

namespace neigh::ctl {

/// Opens `file`. A file that is not there is refused as an interface is that is not there; one that may not be read is
/// a matter of permission.
[[nodiscard]] std::optional<Failure> open_file(const std::string& path, std::ifstream& file);

}  // namespace neigh::ctl
