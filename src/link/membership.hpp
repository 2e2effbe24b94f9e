// SPDX-License-Identifier: Apache-2.0
// What a device's filters let through, set through a packet socket and undone with it.
#pragma once

#include <cstdint>

#include "neigh/address.hpp"
#include "neigh/result.hpp"

namespace neigh::link {

/// @param action  PACKET_ADD_MEMBERSHIP or PACKET_DROP_MEMBERSHIP. @param type  PACKET_MR_*
[[nodiscard]] Result<void> change_membership(int packet_socket, std::uint32_t device, int action, int type,
                                             const LinkAddress& address);
/// A group, or every group if `group` is empty (PRT-004). @retval Errc::kInvalidArgument  it is none.
[[nodiscard]] Result<void> change_groups(int packet_socket, std::uint32_t device, int action, const LinkAddress& group);

}  // namespace neigh::link
