// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace neigh::ctl {

/// The project's version, from CMakeLists.txt.
inline constexpr std::string_view kVersion = NEIGHCTL_VERSION;

}  // namespace neigh::ctl
