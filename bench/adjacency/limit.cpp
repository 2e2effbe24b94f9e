// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "adjacency/words.hpp"
#include "base/pages.hpp"
#include "base/product_hash.hpp"
#include "peers.hpp"
#include "scene.hpp"

namespace neigh::bench {

struct Limit::State {
  Pages pages;
  adjacency::Line* lines = nullptr;
  std::size_t count = 0;
  HashKey key;
};

Limit::Limit(std::size_t lines, std::uint64_t seed) : state_(std::make_unique<State>()) {
  state_->key = HashKey::from_seed(seed);
  state_->pages = *Pages::map(lines * sizeof(adjacency::Line), /*huge=*/true);
  state_->lines = static_cast<adjacency::Line*>(state_->pages.data());
  state_->count = lines;
  for (std::size_t i = 0; i < lines; ++i) state_->lines[i].words[0].store(i, std::memory_order_relaxed);
}
Limit::~Limit() = default;

std::uint64_t Limit::probe(std::span<const Ipv4Hop> questions) const {
  constexpr std::size_t kBatch = 32;
  const State& state = *state_;
  std::uint64_t sum = 0;
  std::array<std::size_t, kBatch> at;
  for (std::size_t begin = 0; begin + kBatch <= questions.size(); begin += kBatch) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const auto key = std::bit_cast<std::uint64_t>(questions[begin + i]);
      at[i] = scale(state.key.of(key), state.count);
      adjacency::prefetch(&state.lines[at[i]]);
    }
    for (std::size_t i = 0; i < kBatch; ++i) sum += state.lines[at[i]].words[0].load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace neigh::bench
