// SPDX-License-Identifier: Apache-2.0
#include "rtnl/packet_socket.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "rtnl/errors.hpp"

namespace neigh::rtnl {
namespace {

Error send_failed(int number) {
  if (number == ENETDOWN || number == ENXIO || number == ENETUNREACH) {
    return {.code = Errc::kUnreachable, .sys_errno = number, .field = "interface", .detail = "is down"};
  }
  return system_error("send(AF_PACKET)", number);
}

}  // namespace

Result<PacketSocket> PacketSocket::open(InterfaceIndex interface, std::uint16_t ether_type) {
  // Protocol 0 first: nothing of other interfaces is queued before the socket is bound to the right one.
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) {
    Error error = system_error("socket(AF_PACKET)", errno);
    if (error.code == Errc::kPermissionDenied) error.detail = "needs CAP_NET_RAW";
    return error;
  }
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  sockaddr_ll local{};
  local.sll_family = AF_PACKET;
  local.sll_protocol = htons(ether_type);
  local.sll_ifindex = static_cast<int>(to_number(interface));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    if (errno == ENODEV || errno == ENXIO) {
      return Error{.code = Errc::kNoSuchInterface, .sys_errno = errno, .field = "interface"};
    }
    return system_error("bind(AF_PACKET)", errno);
  }
  return PacketSocket(std::move(fd));
}

Result<void> PacketSocket::send(std::span<const std::uint8_t> frame) {
  for (;;) {
    if (::send(fd_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) >= 0) return {};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) return {};  // lost like any frame: the next attempt repeats it
    return send_failed(errno);
  }
}

Result<std::optional<std::size_t>> PacketSocket::receive(std::span<std::uint8_t> buffer, const Deadline& deadline) {
  for (;;) {
    sockaddr_ll from{};
    socklen_t from_size = sizeof from;
    const ssize_t got =
        ::recvfrom(fd_.get(), buffer.data(), buffer.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &from_size);
    if (got >= 0) {
      if (from.sll_pkttype == PACKET_OUTGOING) continue;  // PRT-002; kernels before 4.20 do not leave them out
      return std::optional<std::size_t>{std::min(static_cast<std::size_t>(got), buffer.size())};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return send_failed(errno);
    if (deadline.over()) return std::optional<std::size_t>{};
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, deadline.poll_timeout()) < 0 && errno != EINTR)
      return system_error("poll(AF_PACKET)", errno);
  }
}

}  // namespace neigh::rtnl
