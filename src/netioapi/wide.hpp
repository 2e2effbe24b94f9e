// SPDX-License-Identifier: Apache-2.0
// Kernel names (bytes, usually UTF-8) <-> WCHAR (UTF-16). Lossless: a byte that is no UTF-8 becomes a lone low
// surrogate.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "netioapi/api_types.hpp"

namespace neigh::netioapi {

[[nodiscard]] std::basic_string<WCHAR> to_wide(std::string_view text);

/// @param most  characters looked at for the terminator; nothing: `text` is longer.
[[nodiscard]] std::optional<std::string> from_wide(const WCHAR* text, std::size_t most);

}  // namespace neigh::netioapi
