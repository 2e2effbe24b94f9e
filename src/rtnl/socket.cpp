// SPDX-License-Identifier: Apache-2.0
#include "rtnl/socket.hpp"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <ctime>
#include <utility>

#include "rtnl/errors.hpp"

namespace neigh::rtnl {
namespace {

// Each of these exists since Linux 4.20 at the latest; where one is missing the code that reads answers copes.
void switch_on(int fd, int option) noexcept {
  const int on = 1;
  (void)::setsockopt(fd, SOL_NETLINK, option, &on, sizeof on);
}

}  // namespace

Result<UniqueFd> open_netlink_socket(std::uint32_t groups) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return system_error("socket(AF_NETLINK)", errno);
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    return system_error("bind(AF_NETLINK)", errno);
  }
  return fd;
}

std::optional<std::uint32_t> netlink_port_id(int fd) noexcept {
  sockaddr_nl local{};
  socklen_t size = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0 || size != sizeof local ||
      local.nl_family != AF_NETLINK) {
    return std::nullopt;
  }
  return local.nl_pid;
}

std::uint64_t socket_cookie(int fd) noexcept {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return ::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

std::int64_t coarse_tick() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

Socket::Socket(UniqueFd fd, std::uint32_t port_id, bool addressed)
    : fd_(std::move(fd)), port_id_(port_id), cookie_(socket_cookie(fd_.get())), addressed_(addressed) {}

bool Socket::intact() const noexcept { return cookie_ != 0 && socket_cookie(fd_.get()) == cookie_; }

Result<Socket> Socket::open_for_requests() {
  auto fd = open_netlink_socket(0);
  if (!fd) return std::move(fd).error();
  switch_on(fd->get(), NETLINK_EXT_ACK);
  switch_on(fd->get(), NETLINK_CAP_ACK);
  switch_on(fd->get(), NETLINK_GET_STRICT_CHK);
  const std::uint32_t port_id = netlink_port_id(fd->get()).value_or(0);
  return Socket(std::move(*fd), port_id, /*addressed=*/true);
}

Result<Socket> Socket::open_for_notifications(std::uint32_t groups, int receive_buffer) {
  auto fd = open_netlink_socket(groups);
  if (!fd) return std::move(fd).error();
  // The forced form goes past net.core.rmem_max and needs CAP_NET_ADMIN; the other takes what it can get.
  if (::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0) {
    (void)::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const std::uint32_t port_id = netlink_port_id(fd->get()).value_or(0);
  return Socket(std::move(*fd), port_id, /*addressed=*/true);
}

Result<void> Socket::send(std::span<const std::uint8_t> bytes, std::chrono::milliseconds limit) {
  std::optional<Deadline> deadline;  // the clock is looked at only where there is a wait
  // With the kernel's address, which sockets of other families refuse or find too short, and MSG_FASTOPEN, for which a
  // TCP connection refuses an address that it would else ignore; netlink ignores the flag.
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const int flags = MSG_NOSIGNAL | (addressed_ ? MSG_FASTOPEN : 0);
  const auto* to = addressed_ ? reinterpret_cast<const sockaddr*>(&kernel) : nullptr;
  for (;;) {
    const ssize_t sent = ::sendto(fd_.get(), bytes.data(), bytes.size(), flags, to, addressed_ ? sizeof kernel : 0);
    if (sent == static_cast<ssize_t>(bytes.size())) return {};
    if (sent >= 0) return system_error("send(netlink): cut short", EMSGSIZE);
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return system_error("send(netlink)", errno);
    if (!deadline) deadline.emplace(limit);
    pollfd waiting{fd_.get(), POLLOUT, 0};
    const int ready = ::poll(&waiting, 1, deadline->poll_timeout());
    if (ready < 0 && errno != EINTR) return system_error("poll(netlink)", errno);
    if (ready == 0 && deadline->over()) return Error{.code = Errc::kTimedOut, .detail = "the kernel takes no request"};
  }
}

Result<std::optional<Socket::Datagram>> Socket::receive(std::span<std::uint8_t> buffer, const Deadline* deadline) {
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const ssize_t got =
        ::recvfrom(fd_.get(), buffer.data(), buffer.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &from_size);
    // Any process may send to our port, also nothing at all; only the kernel (port id 0) is believed.
    if (got >= 0 && from_size == sizeof from && from.nl_pid != 0) continue;
    if (got > 0) {
      const auto whole = static_cast<std::size_t>(got);
      return std::optional<Datagram>{Datagram{.size = std::min(whole, buffer.size()), .whole = whole}};
    }
    if (got == 0) return system_error("recvfrom(netlink): closed", ECONNRESET);
    if (errno == EINTR) continue;
    if (errno == ENOBUFS) return Error{.code = Errc::kOverrun, .sys_errno = ENOBUFS, .detail = "messages were lost"};
    if (errno != EAGAIN && errno != EWOULDBLOCK) return system_error("recvfrom(netlink)", errno);
    if (deadline == nullptr) return std::optional<Datagram>{};
    pollfd waiting{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, deadline->poll_timeout());
    if (ready < 0 && errno != EINTR) return system_error("poll(netlink)", errno);
    if (ready == 0 && deadline->over()) return std::optional<Datagram>{};
  }
}

void Socket::abandon() noexcept {
  const bool ours = intact();
  const int fd = fd_.release();
  if (ours) ::close(fd);
}

}  // namespace neigh::rtnl
