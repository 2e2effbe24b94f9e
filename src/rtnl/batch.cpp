// SPDX-License-Identifier: Apache-2.0
// Many writes in few system calls.
#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "rtnl/errors.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

/// What the kernel is sent at once. It works through a datagram before `send` returns, so that all answers are waiting
/// then: never more than fit the receive buffer.
constexpr std::size_t kRequestsPerSend = kMaxOutstanding;

class Batch {
 public:
  Batch(ChannelPool& pool, Operation operation, std::span<const Neighbor> neighbors)
      : pool_(pool), operation_(operation), neighbors_(neighbors) {}

  Result<BatchReport> run(OnError on_error) {
    if (auto ready = renew_channel(); !ready) return std::move(ready).error();
    for (std::size_t at = 0; at < neighbors_.size();) {
      const std::size_t first_failure = report_.failures.size();
      auto end = send_some(at);
      if (!end) return std::move(end).error();
      report_.applied += *end - at - (report_.failures.size() - first_failure);
      at = *end;
      if (on_error != OnError::kContinue && !report_.failures.empty()) {
        report_.not_tried.resize(neighbors_.size() - at);
        std::iota(report_.not_tried.begin(), report_.not_tried.end(), at);
        break;
      }
    }
    return std::move(report_);
  }

 private:
  void fail(std::size_t position, Error error) {
    report_.failures.push_back({.position = position, .error = std::move(error)});
  }

  Result<void> renew_channel() {
    channel_.reset();
    auto taken = pool_.take();
    if (!taken) return std::move(taken).error();
    channel_.emplace(std::move(*taken));
    return {};
  }
  Channel& channel() { return **channel_; }

  /// Sends as many entries from `at` on as fit, or handles the first one where it cannot go with others.
  /// @return Position behind the last one handled.
  Result<std::size_t> send_some(std::size_t at) {
    if (channel().broken()) {
      if (auto ready = renew_channel(); !ready) return std::move(ready).error();
    }
    const std::uint32_t first_sequence = channel().reserve_sequences(kRequestsPerSend);
    std::size_t size = 0;
    std::size_t count = 0;
    std::size_t last_header = 0;
    // Without gaps, so that an answer's sequence number names its entry.
    for (; at + count < neighbors_.size() && count < kRequestsPerSend; ++count) {
      const Neighbor& neighbor = neighbors_[at + count];
      if (!goes_with_others(neighbor)) break;
      last_header = size;
      size += write_neighbor_request(buffer_.get() + size, type(), flags_of(operation_),
                                     first_sequence + static_cast<std::uint32_t>(count), neighbor);
    }
    if (count == 0) {
      if (auto handled = handle_alone(at); !handled) return std::move(handled).error();
      return at + 1;
    }
    static_cast<nlmsghdr*>(static_cast<void*>(buffer_.get() + last_header))->nlmsg_flags |= NLM_F_ACK;
    auto sent = transmit({buffer_.get(), size}, first_sequence, count, at);
    if (!sent) return std::move(sent).error();
    return at + count;
  }

  [[nodiscard]] bool goes_with_others(const Neighbor& neighbor) const {
    const bool proxy_write = neighbor.flags.has(NeighborFlag::kProxy) && operation_ != Operation::kRemove;
    return !proxy_write && !lacks_link_address(operation_, neighbor) && check_write(operation_, neighbor).has_value();
  }

  /// An entry that is refused without the kernel, or one for which a look precedes the write.
  Result<void> handle_alone(std::size_t position) {
    const Neighbor& neighbor = neighbors_[position];
    auto done = check_write(operation_, neighbor);
    if (done) done = write_neighbor(channel(), operation_, neighbor);
    if (channel().broken()) return done;
    if (!done) fail(position, std::move(done).error());
    return {};
  }

  Result<void> transmit(std::span<const std::uint8_t> bytes, std::uint32_t first_sequence, std::size_t count,
                        std::size_t at) {
    const std::size_t first_failure = report_.failures.size();
    auto sent = channel().transmit(bytes, first_sequence, count, [&](const Channel::Answer& answer) {
      fail(at + answer.position, refused(answer.verdict.number, answer.verdict.text));
    });
    if (!sent) {
      if (sent.error().code != Errc::kOverrun) return sent;
      if (auto settled = settle(at, count, first_failure); !settled) return settled;
    }
    // Behind the transmission, when the channel is free for questions.
    for (std::size_t i = first_failure; i < report_.failures.size() && !channel().broken(); ++i) {
      auto& failure = report_.failures[i];
      failure.error = explain_refusal(channel(), operation_, neighbors_[failure.position], std::move(failure.error));
    }
    return {};
  }

  /// Answers were lost: what became of each entry that is not known to be refused is read back from the table.
  Result<void> settle(std::size_t at, std::size_t count, std::size_t first_failure) {
    if (auto ready = renew_channel(); !ready) return ready;
    const std::vector<BatchReport::Failure> known(
        std::make_move_iterator(report_.failures.begin() + static_cast<std::ptrdiff_t>(first_failure)),
        std::make_move_iterator(report_.failures.end()));
    report_.failures.resize(first_failure);
    auto next_known = known.begin();
    for (std::size_t position = at; position < at + count; ++position) {
      if (next_known != known.end() && next_known->position == position) {
        report_.failures.push_back(*next_known++);
        continue;
      }
      const Neighbor& wanted = neighbors_[position];
      auto there = get_neighbor(channel(), wanted.key());
      if (!there && there.error().code != Errc::kNotFound) {
        if (channel().broken()) return std::move(there).error();
        fail(position, std::move(there).error());
      } else if (operation_ == Operation::kRemove) {
        if (there) fail(position, answer_lost());
      } else if (!there && operation_ == Operation::kSet) {
        fail(position, std::move(there).error());
      } else if (!there || there->state != wanted.state || !same_link_address(*there, wanted)) {
        fail(position, answer_lost());
      }
    }
    return {};
  }

  /// A longer address than the interface has is stored cut.
  static bool same_link_address(const Neighbor& stored, const Neighbor& wanted) {
    const auto have = stored.link_address.bytes();
    const auto want = wanted.link_address.bytes();
    return have.size() <= want.size() && std::equal(have.begin(), have.end(), want.begin());
  }

  static Error answer_lost() {
    return {
        .code = Errc::kOverrun, .sys_errno = ENOBUFS, .detail = "the kernel's answer was lost and the entry differs"};
  }

  [[nodiscard]] std::uint16_t type() const { return operation_ == Operation::kRemove ? RTM_DELNEIGH : RTM_NEWNEIGH; }

  ChannelPool& pool_;
  std::optional<ChannelPool::Lease> channel_;
  Operation operation_;
  std::span<const Neighbor> neighbors_;
  BatchReport report_;
  std::unique_ptr<std::uint8_t[]> buffer_ =
      std::make_unique_for_overwrite<std::uint8_t[]>(kRequestsPerSend * kMaxRequest);
};

}  // namespace

Result<BatchReport> apply_batch(ChannelPool& pool, Operation operation, std::span<const Neighbor> neighbors,
                                OnError on_error) {
  return Batch(pool, operation, neighbors).run(on_error);
}

}  // namespace neigh::rtnl
