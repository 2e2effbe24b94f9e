// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as a flag and a descriptor.
#pragma once

namespace neigh::ctl {

/// From now on the first SIGINT, SIGTERM or SIGHUP asks to stop; the second one ends the program at once, so that a
/// reader that never reads cannot hold it.
void stop_on_signals();

[[nodiscard]] bool stop_requested();

/// Polls readable once stopping was asked for, and on a change of the terminal's size; -1 before `stop_on_signals`.
[[nodiscard]] int signal_descriptor();

/// True once after each SIGWINCH.
[[nodiscard]] bool take_resize();

/// Empties `signal_descriptor`.
void drain_signals();

}  // namespace neigh::ctl
