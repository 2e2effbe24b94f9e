// SPDX-License-Identifier: Apache-2.0
#include "link/membership.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "link/device.hpp"

namespace neigh::link {

Result<void> change_membership(int packet_socket, std::uint32_t device, int action, int type,
                               const LinkAddress& address) {
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(device);
  request.mr_type = static_cast<unsigned short>(type);
  request.mr_alen = static_cast<unsigned short>(address.size());
  std::copy(address.bytes().begin(), address.bytes().end(), std::begin(request.mr_address));
  if (::setsockopt(packet_socket, SOL_PACKET, action, &request, sizeof request) != 0) {
    return system_error(errno, "packet membership", address.to_string());
  }
  return {};
}

Result<void> change_groups(int packet_socket, std::uint32_t device, int action, const LinkAddress& group) {
  if (group.empty()) return change_membership(packet_socket, device, action, PACKET_MR_ALLMULTI, {});
  if (group.size() != 6 || !group.is_group()) return Error{.code = Errc::kInvalidArgument, .field = "group"};
  return change_membership(packet_socket, device, action, PACKET_MR_MULTICAST, group);
}

}  // namespace neigh::link
