// SPDX-License-Identifier: Apache-2.0
#include "rtnl/channel.hpp"

#include <bit>
#include <cerrno>
#include <string>
#include <utility>

#include "rtnl/attributes.hpp"
#include "rtnl/errors.hpp"

namespace neigh::rtnl {
namespace {

constexpr int kDumpAttempts = 16;
constexpr int kGrowAttempts = 8;

Error truncated(std::size_t size, std::size_t whole) {
  return {.code = Errc::kOverrun,
          .offset = static_cast<std::uint32_t>(whole),
          .field = "receive buffer",
          .detail = "a message of " + std::to_string(whole) + " bytes met a buffer of " + std::to_string(size)};
}

bool is_truncation(const Error& error) { return error.code == Errc::kOverrun && error.field == "receive buffer"; }

Error unexpected(const nlmsghdr& message) {
  return {.code = Errc::kMalformed,
          .field = "nlmsg_type",
          .detail = "answer of unexpected type " + std::to_string(message.nlmsg_type)};
}

Error no_answer() { return {.code = Errc::kTimedOut, .detail = "no answer from the kernel"}; }

Result<void> as_result(Result<Verdict> verdict) {
  if (!verdict) return std::move(verdict).error();
  if (verdict->number != 0) return refused(verdict->number, std::move(verdict->text));
  return {};
}

}  // namespace

Result<Channel> Channel::open() {
  auto socket = Socket::open_for_requests();
  if (!socket) return std::move(socket).error();
  return Channel(std::move(*socket), kDefaultLimit);
}

std::uint32_t Channel::reserve_sequences(std::size_t count) {
  // 0 is the sequence number of notifications; a wrap skips it.
  if (sequence_ > UINT32_MAX - count - 1) sequence_ = 0;
  const std::uint32_t first = sequence_ + 1;
  sequence_ += static_cast<std::uint32_t>(count);
  return first;
}

Result<Channel::Digest> Channel::digest(const Socket::Datagram& datagram, std::uint32_t first_sequence,
                                        std::size_t count, FunctionRef<Result<Step>(const nlmsghdr&)> on_answer) {
  Digest digest;
  if (datagram.whole > datagram.size) return truncated(datagram.size, datagram.whole);
  std::optional<Error> failure;
  // Alignment: the vector's storage is aligned for any type.
  const bool whole = each_message(std::span(buffer_).first(datagram.size), [&](const nlmsghdr& message) {
    if (message.nlmsg_seq - first_sequence >= count) return true;  // late answer to an earlier request
    if (socket_.port_id() != 0 && message.nlmsg_pid != socket_.port_id()) {
      if (socket_.intact()) return true;
      failure = Error{.code = Errc::kSystem, .sys_errno = EBADF, .detail = "netlink socket closed"};
      return false;
    }
    digest.for_us = true;
    if (message.nlmsg_type == NLMSG_NOOP) return true;
    if (message.nlmsg_type == NLMSG_OVERRUN) {
      failure = Error{.code = Errc::kOverrun, .detail = "NLMSG_OVERRUN"};
      return false;
    }
    auto step = on_answer(message);
    if (!step) {
      failure = std::move(step).error();
      return false;
    }
    digest.done = *step == Step::kDone;
    return !digest.done;
  });
  if (failure) return std::move(*failure);
  if (!whole) return malformed("nlmsg_len");
  return digest;
}

Result<void> Channel::receive_until_done(std::uint32_t first_sequence, std::size_t count,
                                         FunctionRef<Result<Step>(const nlmsghdr&)> on_answer) {
  // The kernel answers before `send` returns, so that there is an answer at once, and no need to look at the clock.
  std::optional<Deadline> deadline;
  for (;;) {
    // A handler may have forked: parent and child would take each other's answers.
    if (generation_ != fork_generation()) {
      return Error{.code = Errc::kSystem, .sys_errno = ECHILD, .detail = "this process was forked during the call"};
    }
    auto got = socket_.receive(buffer_, deadline ? &*deadline : nullptr);
    if (!got) return std::move(got).error();
    if (!got->has_value() && !deadline) {
      deadline.emplace(limit_);
      continue;
    }
    if (!got->has_value()) return no_answer();
    auto digested = digest(**got, first_sequence, count, on_answer);
    if (!digested) return std::move(digested).error();
    if (digested->done) return {};
    // A long dump may take its time, but what is not meant for us does not buy any.
    if (digested->for_us) continue;
    if (!deadline) deadline.emplace(limit_);
    if (deadline->over()) return no_answer();
  }
}

Result<void> Channel::send(std::span<const std::uint8_t> bytes) {
  auto sent = socket_.send(bytes, limit_);
  lost_ = !sent && !socket_.intact();
  return sent;
}

Result<void> Channel::exchange(Request& request, FunctionRef<Result<Step>(const nlmsghdr&)> on_answer) {
  const std::uint32_t sequence = reserve_sequences(1);
  request.header().nlmsg_seq = sequence;
  broken_ = true;  // until the exchange is known to be complete: callbacks may throw
  if (auto sent = send(request.bytes()); !sent) return sent;
  if (auto done = receive_until_done(sequence, 1, on_answer); !done) return done;
  broken_ = false;
  return {};
}

Result<void> Channel::change(Request& request) {
  request.header().nlmsg_flags |= NLM_F_ACK;
  Result<void> outcome;
  auto done = exchange(request, [&](const nlmsghdr& message) -> Result<Step> {
    if (message.nlmsg_type != NLMSG_ERROR) return unexpected(message);
    outcome = as_result(parse_verdict(message));
    return Step::kDone;
  });
  return done ? outcome : done;
}

Result<void> Channel::get(Request& request, MessageHandler handler) {
  for (int attempt = 0;; ++attempt) {
    Result<void> outcome;
    auto done = exchange(request, [&](const nlmsghdr& message) -> Result<Step> {
      if (message.nlmsg_type == NLMSG_ERROR) {
        outcome = as_result(parse_verdict(message));
        if (outcome) return unexpected(message);
      } else if (message.nlmsg_type < NLMSG_MIN_TYPE) {
        return unexpected(message);
      } else {
        outcome = handler(message);
      }
      return Step::kDone;
    });
    if (done) return outcome;
    if (!is_truncation(done.error()) || attempt == kGrowAttempts) return done;
    buffer_.resize(std::bit_ceil(std::size_t{done.error().offset}));
  }
}

Result<bool> Channel::dump_once(Request& request, MessageHandler handler) {
  Result<void> outcome;
  bool interrupted = false;
  auto done = exchange(request, [&](const nlmsghdr& message) -> Result<Step> {
    interrupted = interrupted || (message.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR) {
      // A refused dump ends as NLMSG_DONE with an error number inside (RTN-082).
      outcome = as_result(parse_verdict(message));
      return Step::kDone;
    }
    if (message.nlmsg_type < NLMSG_MIN_TYPE) return unexpected(message);
    if (auto handled = handler(message); !handled) return std::move(handled).error();
    return Step::kGoOn;
  });
  if (!done) return std::move(done).error();
  if (!outcome) return std::move(outcome).error();
  return interrupted;
}

Result<void> Channel::dump(Request& request, MessageHandler handler, FunctionRef<void()> restart) {
  request.header().nlmsg_flags |= NLM_F_DUMP;
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    if (attempt > 0) restart();
    auto interrupted = dump_once(request, handler);
    if (!interrupted) return std::move(interrupted).error();
    if (!*interrupted) return {};
  }
  return Error{.code = Errc::kOverrun, .sys_errno = 0, .detail = "the table changed under every attempt to read it"};
}

Result<void> Channel::ask(std::span<const std::uint8_t> requests, std::uint32_t first_sequence, std::size_t count,
                          FunctionRef<Result<void>(std::size_t, const nlmsghdr&)> on_answer) {
  broken_ = true;
  if (auto sent = send(requests); !sent) return sent;
  std::size_t missing = count;
  auto done = receive_until_done(first_sequence, count, [&](const nlmsghdr& message) -> Result<Step> {
    if (message.nlmsg_type != NLMSG_ERROR && message.nlmsg_type < NLMSG_MIN_TYPE) return unexpected(message);
    if (auto taken = on_answer(message.nlmsg_seq - first_sequence, message); !taken) return std::move(taken).error();
    return --missing == 0 ? Step::kDone : Step::kGoOn;
  });
  if (!done) return done;
  broken_ = false;
  return {};
}

Result<void> Channel::transmit(std::span<const std::uint8_t> requests, std::uint32_t first_sequence, std::size_t count,
                               FunctionRef<void(const Answer&)> on_refused) {
  broken_ = true;
  if (auto sent = send(requests); !sent) return sent;
  const auto on_answer = [&](const nlmsghdr& message) -> Result<Step> {
    if (message.nlmsg_type != NLMSG_ERROR) return unexpected(message);
    auto verdict = parse_verdict(message);
    if (!verdict) return std::move(verdict).error();
    const std::size_t position = message.nlmsg_seq - first_sequence;
    if (verdict->number != 0) on_refused(Answer{.position = position, .verdict = std::move(*verdict)});
    return position + 1 == count ? Step::kDone : Step::kGoOn;
  };
  auto done = receive_until_done(first_sequence, count, on_answer);
  if (!done) {
    if (done.error().code != Errc::kOverrun) return done;
    // A full buffer is told ahead of what is in it: these refusals are known all the same (RTN-105).
    for (auto got = socket_.receive(buffer_, nullptr); got && got->has_value();
         got = socket_.receive(buffer_, nullptr)) {
      if (!digest(**got, first_sequence, count, on_answer)) break;
    }
    return done;
  }
  broken_ = false;
  return {};
}

}  // namespace neigh::rtnl
