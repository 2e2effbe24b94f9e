// SPDX-License-Identifier: Apache-2.0
#include "rtnl/many.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "rtnl/errors.hpp"
#include "rtnl/nudge.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

/// The requests of one datagram.
class Datagram {
 public:
  /// `write(at, sequence, position)` writes one request and returns its size.
  template <class Write>
  Datagram(Channel& channel, std::size_t count, Write write)
      : first_(channel.reserve_sequences(count)),
        bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(count * kMaxRequest)) {
    for (std::size_t i = 0; i < count; ++i) {
      last_ = size_;
      size_ += write(bytes_.get() + size_, first_ + static_cast<std::uint32_t>(i), i);
    }
  }

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::uint32_t first_sequence() const { return first_; }
  void acknowledge_last() {
    static_cast<nlmsghdr*>(static_cast<void*>(bytes_.get() + last_))->nlmsg_flags |= NLM_F_ACK;
  }

 private:
  std::uint32_t first_;
  std::size_t size_ = 0;
  std::size_t last_ = 0;
  std::unique_ptr<std::uint8_t[]> bytes_;
};

/// Calls `handle(channel, part)` for as many of `keys` at a time as may be outstanding.
template <class Handle>
Result<void> in_parts(ChannelPool& pool, std::span<const NeighborKey> keys, Handle handle) {
  while (!keys.empty()) {
    const auto part = keys.first(std::min(keys.size(), kMaxOutstanding));
    auto channel = pool.take();
    if (!channel) return std::move(channel).error();
    if (auto handled = handle(**channel, part); !handled) return handled;
    keys = keys.subspan(part.size());
  }
  return {};
}

}  // namespace

Result<std::vector<Result<Neighbor>>> get_neighbors(ChannelPool& pool, std::span<const NeighborKey> keys) {
  std::vector<Result<Neighbor>> all;
  all.reserve(keys.size());
  const auto ask_part = [&](Channel& channel, std::span<const NeighborKey> part) -> Result<void> {
    const std::size_t before = all.size();
    all.resize(before + part.size(), Error{.code = Errc::kOverrun, .detail = "no answer"});
    Datagram datagram(channel, part.size(), [&](std::uint8_t* at, std::uint32_t sequence, std::size_t i) {
      return write_neighbor_question(at, sequence, part[i]);
    });
    auto asked = channel.ask(datagram.bytes(), datagram.first_sequence(), part.size(),
                             [&](std::size_t position, const nlmsghdr& message) -> Result<void> {
                               Neighbor found;
                               auto read = read_neighbor_answer(message, found);
                               if (read) {
                                 all[before + position] = found;
                               } else {
                                 all[before + position] = std::move(read).error();
                               }
                               return {};
                             });
    if (asked || asked.error().code != Errc::kOverrun) return asked;
    // Answers were lost: asked again one by one.
    for (std::size_t i = 0; i < part.size(); ++i) {
      all[before + i] = pool.call<Neighbor>([&](Channel& one) { return get_neighbor(one, part[i]); });
    }
    return {};
  };
  if (auto asked = in_parts(pool, keys, ask_part); !asked) return std::move(asked).error();
  return all;
}

Result<std::vector<Result<void>>> nudge_neighbors(ChannelPool& pool, std::span<const NeighborKey> keys,
                                                  bool exclusive) {
  std::vector<Result<void>> all;
  all.reserve(keys.size());
  const auto flags = static_cast<std::uint16_t>(NLM_F_CREATE | (exclusive ? NLM_F_EXCL : 0));
  const auto nudge_part = [&](Channel& channel, std::span<const NeighborKey> part) -> Result<void> {
    const std::size_t before = all.size();
    all.resize(before + part.size());
    Datagram datagram(channel, part.size(), [&](std::uint8_t* at, std::uint32_t sequence, std::size_t i) {
      return write_neighbor_request(at, RTM_NEWNEIGH, flags, sequence,
                                    Neighbor{.address = part[i].address, .interface = part[i].interface},
                                    /*use=*/true);
    });
    datagram.acknowledge_last();
    auto sent =
        channel.transmit(datagram.bytes(), datagram.first_sequence(), part.size(), [&](const Channel::Answer& answer) {
          all[before + answer.position] = refused(answer.verdict.number, answer.verdict.text);
        });
    if (sent || sent.error().code != Errc::kOverrun) return sent;
    // Answers were lost. To ask once more for what was asked for does no harm.
    for (std::size_t i = 0; i < part.size(); ++i) {
      all[before + i] = pool.call<void>([&](Channel& one) { return nudge_by_request(one, part[i], exclusive); });
    }
    return {};
  };
  if (auto sent = in_parts(pool, keys, nudge_part); !sent) return std::move(sent).error();
  return all;
}

}  // namespace neigh::rtnl
