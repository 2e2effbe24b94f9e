// SPDX-License-Identifier: Apache-2.0
#include "adjacency/long_addresses.hpp"

#include <array>
#include <cstring>
#include <span>
#include <utility>

namespace neigh::adjacency {
namespace {

/// An owner and the size of the address, as they lie in a line.
struct Head {
  std::uint64_t meta = 0;
  std::array<std::uint64_t, 2> key = {};
  friend bool operator==(const Head&, const Head&) = default;
};

Head head_of(const LongAddresses::Owner& owner, std::size_t size) {
  Head head;
  head.meta = std::uint64_t{to_number(owner.interface)} << 32U | size << 8U |
              static_cast<std::uint64_t>(owner.address.family());
  std::memcpy(head.key.data(), owner.address.bytes().data(), owner.address.size());
  return head;
}

constexpr std::uint64_t kSizeMask = 0xff00;

}  // namespace

Result<LongAddresses> LongAddresses::make(std::size_t capacity) {
  LongAddresses made;
  if (capacity == 0) return made;
  made.line_count_ = capacity + kReserve + 1;
  auto pages = Pages::map(made.line_count_ * sizeof(Line), /*huge=*/false);
  if (!pages) return std::move(pages).error();
  made.pages_ = std::move(*pages);
  made.lines_ = static_cast<Line*>(made.pages_.data());
  auto queue = Pages::map(made.line_count_ * sizeof(std::uint32_t), /*huge=*/false);
  if (!queue) return std::move(queue).error();
  made.queue_pages_ = std::move(*queue);
  made.queue_ = static_cast<std::uint32_t*>(made.queue_pages_.data());
  return made;
}

std::optional<LinkAddress> LongAddresses::read(std::uint32_t number, const Owner& owner) const noexcept {
  if (number >= line_count_) return std::nullopt;
  const auto& words = lines_[number].words;
  const std::uint64_t sequence = Hardware::load(words[0]);
  const std::uint64_t meta = Hardware::load(words[1]);
  const Head found{.meta = meta & ~kSizeMask, .key = {Hardware::load(words[2]), Hardware::load(words[3])}};
  std::array<std::uint64_t, 4> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = Hardware::load(words[4 + i]);
  if ((sequence & 1U) != 0 || Hardware::load(words[0]) != sequence) return std::nullopt;
  if (found != head_of(owner, 0)) return std::nullopt;
  const std::size_t size = (meta & kSizeMask) >> 8U;
  std::array<std::uint8_t, LinkAddress::kMaxSize> raw;
  std::memcpy(raw.data(), bytes.data(), raw.size());
  auto address = LinkAddress::from_bytes(std::span(raw).first(size));
  if (!address) return std::nullopt;
  return *address;
}

std::optional<std::uint32_t> LongAddresses::add(const Owner& owner, const LinkAddress& address, bool replaces) {
  if (line_count_ == 0 || size() > line_count_ - kReserve - (replaces ? 1 : 2)) return std::nullopt;
  std::uint32_t number = 0;
  if (lines_made_ < line_count_) {
    number = static_cast<std::uint32_t>(lines_made_);
    ++lines_made_;
  } else {
    number = queue_[queue_begin_];
    queue_begin_ = (queue_begin_ + 1) % line_count_;
    --queue_size_;
  }
  auto& words = lines_[number].words;
  const std::uint64_t sequence = Hardware::load(words[0]);
  const Head head = head_of(owner, address.size());
  std::array<std::uint64_t, 4> bytes{};
  std::memcpy(bytes.data(), address.bytes().data(), address.size());
  Hardware::store(words[0], sequence + 1);
  Hardware::store(words[1], head.meta);
  for (std::size_t i = 0; i < 2; ++i) Hardware::store(words[2 + i], head.key[i]);
  for (std::size_t i = 0; i < 4; ++i) Hardware::store(words[4 + i], bytes[i]);
  Hardware::store(words[0], sequence + 2);
  return number;
}

void LongAddresses::remove(std::uint32_t number) noexcept {
  queue_[(queue_begin_ + queue_size_) % line_count_] = number;
  ++queue_size_;
}

}  // namespace neigh::adjacency
