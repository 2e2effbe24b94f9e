// SPDX-License-Identifier: Apache-2.0
// One rtnetlink socket: opened as it must be, checked on every receive.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/deadline.hpp"
#include "base/unique_fd.hpp"
#include "neigh/result.hpp"

namespace neigh::rtnl {

/// A non-blocking, close-on-exec netlink socket of the calling thread's network namespace.
class Socket {
 public:
  /// For requests: extended acks, no echo of requests, strict checking of dumps (each where the kernel has it).
  [[nodiscard]] static Result<Socket> open_for_requests();
  /// For notifications of `groups` (a bit mask of RTMGRP_*), with a receive buffer as large as allowed up to
  /// `receive_buffer` bytes. Losses are reported (NETLINK_NO_ENOBUFS stays off).
  [[nodiscard]] static Result<Socket> open_for_notifications(std::uint32_t groups, int receive_buffer);
  /// Any non-blocking socket that keeps message boundaries and speaks netlink messages, for tests that play the kernel.
  /// Answers must carry `port_id`, unless it is 0.
  [[nodiscard]] static Socket adopt(UniqueFd fd, std::uint32_t port_id = 0) {
    return Socket(std::move(fd), port_id, /*addressed=*/false);
  }

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] std::uint32_t port_id() const noexcept { return port_id_; }

  /// Sends one datagram whole, within `limit`.
  Result<void> send(std::span<const std::uint8_t> bytes, std::chrono::milliseconds limit);

  struct Datagram {
    std::size_t size = 0;   ///< Bytes in the buffer.
    std::size_t whole = 0;  ///< Bytes that the kernel sent; more than `size`: truncated.
  };
  /// Receives one datagram from the kernel; others' are dropped.
  /// @return Nothing: none is there (without `deadline`) or none came in time.
  /// @retval Errc::kOverrun  the kernel dropped messages because the receive buffer was full.
  Result<std::optional<Datagram>> receive(std::span<std::uint8_t> buffer, const Deadline* deadline);

  /// Identity of the socket, the same in a forked child; 0: not known.
  [[nodiscard]] std::uint64_t cookie() const noexcept { return cookie_; }
  /// The descriptor still is this socket: nobody has closed it or used its number for something else.
  [[nodiscard]] bool intact() const noexcept;
  /// Sends in a way that most sockets which are not netlink's refuse, so that a request reaches nobody else's peer even
  /// if the number has changed hands unseen. Not so where a test plays the kernel.
  [[nodiscard]] bool addressed() const noexcept { return addressed_; }
  /// Gives up a descriptor that somebody who closed all of them may have given to something else: it is closed only if
  /// it still is this socket.
  void abandon() noexcept;
  /// Forgets the descriptor, which somebody else has closed.
  void release_fd() noexcept { (void)fd_.release(); }

 private:
  Socket(UniqueFd fd, std::uint32_t port_id, bool addressed);

  UniqueFd fd_;
  std::uint32_t port_id_;
  std::uint64_t cookie_;
  bool addressed_;
};

/// The port id of the netlink socket `fd`, or nothing if `fd` is none.
[[nodiscard]] std::optional<std::uint32_t> netlink_port_id(int fd) noexcept;

/// A number that changes with each tick of the clock (1 to 10 ms); read from memory, without a system call.
[[nodiscard]] std::int64_t coarse_tick() noexcept;

/// A netlink socket as every one here is: non-blocking, close-on-exec, listening to `groups` (a bit mask of RTMGRP_*).
[[nodiscard]] Result<UniqueFd> open_netlink_socket(std::uint32_t groups);

/// The kernel's number of the socket `fd` (SO_COOKIE), never used twice; 0 if `fd` is no socket.
[[nodiscard]] std::uint64_t socket_cookie(int fd) noexcept;

}  // namespace neigh::rtnl
