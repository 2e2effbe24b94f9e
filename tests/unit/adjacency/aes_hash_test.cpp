// SPDX-License-Identifier: Apache-2.0
// Keys that differ in few bytes, as those of networks do, are spread as random ones would be, whatever the secret.
#include "adjacency/aes_hash.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "adjacency/words.hpp"

#if defined(__x86_64__)
namespace neigh::adjacency {
namespace {

constexpr std::uint32_t kKeys = 4096;  // and as many lines
constexpr std::uint64_t kSeeds = 25;
// Random keys leave 1/e of the lines empty, 1507, give or take 20. Keys as regular as these differ more from secret to
// secret, to either side; a hash that keeps regularities leaves three quarters empty, or more.
constexpr std::size_t kMostEmpty = 1507 + 200;

std::size_t empty_lines(const AesHash& hash, const std::function<std::uint64_t(std::uint32_t)>& key) {
  std::vector<bool> used(kKeys, false);
  for (std::uint32_t i = 0; i < kKeys; ++i) used[scale32(hash.of(key(i)), kKeys)] = true;
  std::size_t empty = 0;
  for (const bool line : used) empty += static_cast<std::size_t>(!line);
  return empty;
}

class AesHashTest : public testing::Test {
 protected:
  void SetUp() override {
    if (lookup_way() == LookupWay::kBaseline) GTEST_SKIP() << "this processor has no such instructions";
  }
};

TEST_F(AesHashTest, SpreadsKeysThatDifferInAnyTwoBytes) {
  for (unsigned low = 0; low < 8; ++low) {
    for (unsigned high = low + 1; high < 8; ++high) {
      for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        const AesHash hash = AesHash::from_seed(seed);
        const auto key = [&](std::uint32_t i) {
          return 0x0100000a00000002ULL ^ std::uint64_t{i & 63U} << 8 * low ^ std::uint64_t{i >> 6U} << 8 * high;
        };
        EXPECT_LE(empty_lines(hash, key), kMostEmpty) << "bytes " << low << " and " << high << ", seed " << seed;
      }
    }
  }
}

TEST_F(AesHashTest, SpreadsSequencesWhateverTheirStep) {
  for (unsigned shift = 0; shift <= 52; ++shift) {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const AesHash hash = AesHash::from_seed(seed);
      const auto key = [&](std::uint32_t i) { return 0x0100000a00000002ULL + (std::uint64_t{i} << shift); };
      EXPECT_LE(empty_lines(hash, key), kMostEmpty) << "step 2^" << shift << ", seed " << seed;
    }
  }
}

TEST_F(AesHashTest, EachBitOfTheKeyAndOfTheSecretMatters) {
  const AesHash hash = AesHash::from_seed(3);
  const AesHash other = AesHash::from_seed(4);
  for (unsigned bit = 0; bit < 64; ++bit) {
    unsigned changed = 0;
    unsigned secret = 0;
    for (std::uint64_t i = 0; i < 64; ++i) {
      const std::uint64_t key = i * 0x9e3779b97f4a7c15ULL;
      changed += static_cast<unsigned>(std::popcount(hash.of(key) ^ hash.of(key ^ std::uint64_t{1} << bit)));
      secret += static_cast<unsigned>(std::popcount(hash.of(key) ^ other.of(key)));
    }
    // Half of 32 bits, 64 times: 1024, give or take 23.
    EXPECT_NEAR(changed, 1024, 6 * 23) << "bit " << bit;
    EXPECT_NEAR(secret, 1024, 6 * 23);
  }
}

TEST_F(AesHashTest, TheLowerHalfIsZero) {
  EXPECT_EQ(AesHash::from_seed(1).of(12345) & 0xffff'ffffU, 0U);
  EXPECT_NE(AesHash::from_seed(1).of(12345), 0U);
}

}  // namespace
}  // namespace neigh::adjacency
#endif
