// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <boost/functional/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "base/pages.hpp"
#include "base/product_hash.hpp"
#include "peers.hpp"
#include "scene.hpp"

namespace neigh::bench {
namespace {

struct Keyed {
  using is_avalanching = void;
  std::size_t operator()(std::uint64_t key) const noexcept { return hash_key.of(key); }
  HashKey hash_key;
};

/// The pages that the table has: huge ones, as it asks for them. The map allocates once for each growth; what it holds
/// lies behind the owner of its pages, aligned as the map's own groups are.
template <class T>
struct HugePages {
  using value_type = T;
  static constexpr std::size_t kHead = 64;
  static_assert(sizeof(Pages) <= kHead && alignof(T) <= kHead);

  HugePages() = default;
  template <class Other>
  HugePages(const HugePages<Other>& /*other*/) {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t count) {
    auto pages = Pages::map(kHead + count * sizeof(T), /*huge=*/true);
    if (!pages) throw std::bad_alloc();
    void* const at = pages->data();
    new (at) Pages(std::move(*pages));
    return static_cast<T*>(static_cast<void*>(static_cast<std::byte*>(at) + kHead));
  }
  void deallocate(T* memory, std::size_t /*count*/) noexcept {
    void* const head = static_cast<std::byte*>(static_cast<void*>(memory)) - kHead;
    auto* const there = static_cast<Pages*>(head);
    const Pages pages = std::move(*there);  // the owner lies in what it owns
    there->~Pages();
  }
  friend bool operator==(const HugePages& /*a*/, const HugePages& /*b*/) { return true; }
};

std::uint64_t key_of(const Ipv4Hop& hop) { return std::bit_cast<std::uint64_t>(hop); }

template <class HashOf>
class FlatMapOf final : public FlatMap {
 public:
  explicit FlatMapOf(HashOf hash) : map_(0, hash) {}

  void clear() override { map_.clear(); }
  void insert(std::span<const Ipv4Hop> keys) override {
    for (const Ipv4Hop& key : keys) map_.insert_or_assign(key_of(key), value_of(key));
  }
  [[nodiscard]] std::uint64_t find_each(std::span<const Ipv4Hop> questions) const override {
    std::uint64_t sum = 0;
    for (const Ipv4Hop& question : questions) {
      const auto found = map_.find(key_of(question));
      if (found != map_.end()) sum += found->second;
    }
    return sum;
  }

 private:
  boost::unordered_flat_map<std::uint64_t, std::uint64_t, HashOf, std::equal_to<>,
                            HugePages<std::pair<const std::uint64_t, std::uint64_t>>>
      map_;
};

}  // namespace

std::unique_ptr<FlatMap> FlatMap::make() {
  return std::make_unique<FlatMapOf<boost::hash<std::uint64_t>>>(boost::hash<std::uint64_t>());
}
std::unique_ptr<FlatMap> FlatMap::make_keyed(std::uint64_t seed) {
  return std::make_unique<FlatMapOf<Keyed>>(Keyed{HashKey::from_seed(seed)});
}

}  // namespace neigh::bench
