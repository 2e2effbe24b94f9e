// SPDX-License-Identifier: Apache-2.0
// Requests and their answers over one socket.
#pragma once

#include <linux/netlink.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/deadline.hpp"
#include "base/fork_generation.hpp"
#include "neigh/function_ref.hpp"
#include "neigh/result.hpp"
#include "rtnl/message.hpp"
#include "rtnl/socket.hpp"

namespace neigh::rtnl {

/// Called with each answering message; an error ends the request.
using MessageHandler = FunctionRef<Result<void>(const nlmsghdr&)>;

/// One request at a time, answers matched by sequence number; late answers to earlier requests are passed over.
/// After an error in the transport the channel is `broken()` and must be thrown away.
class Channel {
 public:
  /// Longest that a request may take. The kernel answers while it takes the request, so this is for accidents.
  static constexpr std::chrono::milliseconds kDefaultLimit{10'000};

  [[nodiscard]] static Result<Channel> open();
  Channel(Socket socket, std::chrono::milliseconds limit) : socket_(std::move(socket)), limit_(limit) {}

  /// Sends a request that changes something and waits for its acknowledgment.
  Result<void> change(Request& request);

  /// Sends a request that is answered by one message.
  /// @retval Errc::kMalformed  answered by something else.
  Result<void> get(Request& request, MessageHandler handler);

  /// Sends a request that is answered by many messages. When the kernel says that the set changed under the dump
  /// (NLM_F_DUMP_INTR), calls `restart` and asks again, a bounded number of times.
  Result<void> dump(Request& request, MessageHandler handler, FunctionRef<void()> restart);

  /// Outcome of one request of `transmit`.
  struct Answer {
    std::size_t position = 0;  ///< Which of the requests.
    Verdict verdict = {};
  };
  /// Sends prepared requests in one datagram. Their sequence numbers are `first_sequence` and up; only the last asks
  /// for an acknowledgment (the kernel reports failures unasked). Calls `on_refused` for each that was refused.
  /// @retval Errc::kOverrun  answers were lost: what is not known to be refused may or may not have been done.
  Result<void> transmit(std::span<const std::uint8_t> requests, std::uint32_t first_sequence, std::size_t count,
                        FunctionRef<void(const Answer&)> on_refused);

  /// Sends prepared questions in one datagram, each of which has one answer; numbered as for `transmit`, none asking
  /// for an acknowledgment. Calls `on_answer` with the position of the question and its answer (NLMSG_ERROR among
  /// them).
  /// @retval Errc::kOverrun  answers were lost.
  Result<void> ask(std::span<const std::uint8_t> requests, std::uint32_t first_sequence, std::size_t count,
                   FunctionRef<Result<void>(std::size_t, const nlmsghdr&)> on_answer);

  /// Reserves `count` sequence numbers. @return The first.
  [[nodiscard]] std::uint32_t reserve_sequences(std::size_t count);

  [[nodiscard]] bool broken() const noexcept { return broken_; }
  /// The last request was not sent, since somebody has closed the descriptor: on another channel it can be sent again.
  [[nodiscard]] bool lost() const noexcept { return lost_; }
  [[nodiscard]] Socket& socket() noexcept { return socket_; }
  [[nodiscard]] const Socket& socket() const noexcept { return socket_; }

 private:
  enum class Step : std::uint8_t { kGoOn, kDone };
  Result<void> send(std::span<const std::uint8_t> bytes);
  Result<void> exchange(Request& request, FunctionRef<Result<Step>(const nlmsghdr&)> on_answer);
  Result<void> receive_until_done(std::uint32_t first_sequence, std::size_t count,
                                  FunctionRef<Result<Step>(const nlmsghdr&)> on_answer);
  /// Hands the answers in one datagram to `on_answer`.
  struct Digest {
    bool done = false;
    bool for_us = false;  ///< Some message belonged to the exchange.
  };
  Result<Digest> digest(const Socket::Datagram& datagram, std::uint32_t first_sequence, std::size_t count,
                        FunctionRef<Result<Step>(const nlmsghdr&)> on_answer);
  Result<bool> dump_once(Request& request, MessageHandler handler);

  Socket socket_;
  std::chrono::milliseconds limit_;
  std::uint32_t sequence_ = 0;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kInitialBuffer);
  bool broken_ = false;
  bool lost_ = false;
  std::uint64_t generation_ = fork_generation();

  /// Twice what the kernel fills in one piece of a dump (32 KiB).
  static constexpr std::size_t kInitialBuffer = 64U * 1024U;
};

}  // namespace neigh::rtnl
