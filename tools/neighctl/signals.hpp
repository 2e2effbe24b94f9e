// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as a flag and a descriptor.
#pragma once

namespace neigh::ctl {

/// From now on the first SIGINT, SIGTERM or SIGHUP asks to stop; the second one ends the program at once, so that a
/// reader that never reads cannot hold it.
void stop_on_signals();

[[nodiscard]] bool stop_requested();

/// Polls readable once stopping was asked for, and on every signal named below; -1 before `stop_on_signals`.
[[nodiscard]] int signal_descriptor();

/// True once after each SIGWINCH.
[[nodiscard]] bool take_resize();

/// From now on SIGTSTP (Ctrl-Z) and SIGCONT are told instead of obeyed, so that the terminal can be put in order first.
void hold_suspend();
/// True once after each SIGTSTP; stopping is then up to `suspend_now`.
[[nodiscard]] bool take_suspend();
/// Stops the process as SIGTSTP would have; returns when it is continued.
void suspend_now();
/// True once after each SIGCONT.
[[nodiscard]] bool take_continue();

/// Empties `signal_descriptor`.
void drain_signals();

}  // namespace neigh::ctl
