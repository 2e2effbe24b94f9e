// SPDX-License-Identifier: Apache-2.0
// The commands; each is written in its own file.
#pragma once

#include "command.hpp"

namespace neigh::ctl {

extern const CommandSpec kListCommand;
extern const CommandSpec kGetCommand;
extern const CommandSpec kAddCommand;
extern const CommandSpec kSetCommand;
extern const CommandSpec kReplaceCommand;
extern const CommandSpec kDeleteCommand;
extern const CommandSpec kFlushCommand;
extern const CommandSpec kResolveCommand;
extern const CommandSpec kWatchCommand;
extern const CommandSpec kLoadCommand;
extern const CommandSpec kDoctorCommand;
extern const CommandSpec kVerifyCommand;
extern const CommandSpec kAnnounceCommand;
extern const CommandSpec kInterfacesCommand;
extern const CommandSpec kTourCommand;
extern const CommandSpec kCompletionCommand;
extern const CommandSpec kHelpCommand;
extern const CommandSpec kManCommand;
extern const CommandSpec kValuesCommand;

}  // namespace neigh::ctl
