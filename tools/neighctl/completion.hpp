// SPDX-License-Identifier: Apache-2.0
// Shell completions from the command table. They ask `neighctl __values KIND` for what is there at the moment.
#pragma once

#include <string>

namespace neigh::ctl {

[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

}  // namespace neigh::ctl
