// SPDX-License-Identifier: Apache-2.0
// Properties over seeded random bytes: parsing never fails to answer, never allocates, and what it accepts survives
// being written and parsed again.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <random>

#include "cases.hpp"
#include "support/cites.hpp"
#include "support/sanitizers.hpp"

namespace {
std::atomic<std::size_t> g_allocations{0};
}  // namespace

// A sanitizer has an operator new of its own and must keep it; allocations are counted in the builds without.
#if !NEIGH_TEST_ASAN && !NEIGH_TEST_TSAN
// The whole program's allocations, counted.
void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
#endif

namespace neigh::wire::test {
namespace {

constexpr std::uint32_t kSeed = 20240229;

class Property : public ::testing::Test {
 protected:
  unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(below(256)); }
  Bytes bytes(std::size_t size) {
    Bytes out(size);
    for (auto& b : out) b = byte();
    return out;
  }

  // Whether the frame was accepted as ARP or ND; then it must survive the round trip.
  bool survives(const Bytes& frame, const ParsePolicy& policy) {
    const std::size_t before = g_allocations;
    const auto parsed = parse_frame(ByteView{frame}, policy);
    EXPECT_EQ(g_allocations, before) << "parsing allocated";
    if (!parsed) {
      EXPECT_LE(parsed.error().offset, frame.size());
      return false;
    }
    Message message;
    if (const auto* arp = std::get_if<ArpPacket>(&parsed->content)) {
      message = *arp;
    } else if (const auto* nd = std::get_if<NdPacket>(&parsed->content)) {
      message = *nd;
    } else {
      return false;
    }
    const auto written = emit_message(parsed->header, message, policy);
    EXPECT_TRUE(written) << written.error().message();
    if (!written) return false;
    const auto again = parse_message(*written, policy);
    EXPECT_TRUE(again) << describe(again.error().reason).name;
    EXPECT_TRUE(again && *again == message);
    return true;
  }

  std::mt19937 random_{kSeed};  // NOLINT(cert-msc51-cpp): the same bytes in every run
};

TEST_F(Property, RandomBytesBehindGoodTypes) {
  NEIGH_CITES("NDF-019", "ARP-040");
  for (unsigned i = 0; i < 60'000; ++i) {
    Bytes frame = bytes(below(160));
    if (frame.size() > 60) {
      // Let the bytes come past the first checks.
      frame[6] &= 0xfeU;
      const auto put = [&frame](std::size_t at, const Bytes& value) {
        std::copy(value.begin(), value.end(), frame.begin() + static_cast<long>(at));
      };
      if (i % 2 == 0) {
        put(12, hex("0806 0001 0800 06 04 00"));
        frame[21] = static_cast<std::uint8_t>(1 + below(2));
      } else {
        put(12, hex("86dd 60000000 00"));
        frame[19] = static_cast<std::uint8_t>(frame.size() - 14 - 40);
        const std::uint8_t next[] = {58, 58, 58, 0, 43, 44, 60};
        frame[20] = next[below(7)];
        frame[21] = 255;
        frame[54] = static_cast<std::uint8_t>(133 + below(5));
        if (frame[20] == 58) {
          frame[55] = 0;
          fix_icmp6_checksum(frame);
        }
      }
    }
    survives(frame, {});
    if (HasFailure()) FAIL() << "round " << i << ", seed " << kSeed;
  }
}

TEST_F(Property, MutatedGoodFrames) {
  NEIGH_CITES("NDF-010", "NDF-012", "NDF-013", "NDF-014", "NDF-019");
  std::size_t accepted = 0;
  for (unsigned i = 0; i < 60'000; ++i) {
    const auto& all = good_frames();
    const GoodFrame& good = all[below(static_cast<unsigned>(all.size()))];
    Bytes frame = good.bytes;
    for (unsigned changes = 1 + below(4); changes > 0; --changes) {
      const unsigned at = below(static_cast<unsigned>(frame.size()));
      switch (below(4)) {
        case 0:
          frame[at] = byte();
          break;
        case 1:
          frame[at] ^= static_cast<std::uint8_t>(1U << below(8));
          break;
        case 2:
          frame.insert(frame.begin() + at, byte());
          break;
        default:
          frame.erase(frame.begin() + at);
          break;
      }
    }
    if (below(8) != 0) fix_icmp6_checksum(frame);
    if (survives(frame, good.policy)) ++accepted;
    if (HasFailure()) FAIL() << "round " << i << ", seed " << kSeed << ", " << good.name;
  }
  // Otherwise the property says nothing: about a third passes.
  EXPECT_GT(accepted, 5'000U);
}

// Random but consistent: every option list that is built right is accepted.
TEST_F(Property, RandomOptionLists) {
  NEIGH_CITES("NDF-014", "NDF-015", "NDV-021");
  for (unsigned i = 0; i < 20'000; ++i) {
    Bytes options;
    for (unsigned count = below(8); count > 0; --count) {
      Bytes next;
      switch (below(6)) {
        case 0:
          next = link_option(1, kPeer);
          break;
        case 1:
          next = link_option(2, kOurs);
          break;
        case 2:
          next = prefix_option(4, below(129), kPeer6);
          break;
        case 3:
          next = option(5, 1, bytes(6));
          break;
        case 4: {
          const unsigned units = 1 + below(5);
          next = option(below(2) == 0 ? 14 : 4, units, bytes(units * 8 - 2));
          break;
        }
        default: {
          const unsigned units = 1 + below(5);
          next = option(15 + below(241), units, bytes(units * 8 - 2));
          break;
        }
      }
      options = options + next;
    }
    const Bytes body[] = {zeros(4), zeros(12), zeros(4) + of(kOurs6), hex("60000000") + of(kPeer6),
                          zeros(4) + of(kPeerLocal) + of(kPeer6)};
    const unsigned kind = below(5);
    const Bytes frame =
        icmp6_frame({.source = kPeerLocal, .destination = kOurs6}, {.type = 133 + kind, .body = body[kind] + options});
    ASSERT_TRUE(survives(frame, {})) << "round " << i << ", seed " << kSeed;
  }
}

TEST_F(Property, RejectingAllocatesNothing) {
  for (const auto& cases : {arp_drop_cases(), ip_drop_cases(), nd_drop_cases()}) {
    for (const DropCase& c : cases) {
      const std::size_t before = g_allocations;
      const auto parsed = parse_frame(ByteView{c.bytes}, c.policy);
      const bool rejected = !parsed;
      const bool described = rejected && parsed.error().to_error().code == Errc::kMalformed;
      const std::size_t after = g_allocations;
      EXPECT_TRUE(described);
      EXPECT_EQ(after, before) << c.name;
    }
  }
#if !NEIGH_TEST_ASAN && !NEIGH_TEST_TSAN
  const std::size_t before = g_allocations;
  const auto counted = std::make_unique<int>(1);
  EXPECT_EQ(g_allocations, before + 1) << "the counter counts";
#endif
}

TEST_F(Property, WritingAllocatesNothing) {
  Bytes buffer(2048);
  for (const GoodFrame& f : good_frames()) {
    const std::size_t before = g_allocations;
    FrameWriter out{buffer};
    const auto* packet = std::get_if<ArpPacket>(&f.message);
    const auto size = packet != nullptr ? emit_arp_frame(f.header, *packet, out, f.policy)
                                        : emit_nd_frame(f.header, std::get<NdPacket>(f.message), out, f.policy);
    const std::size_t after = g_allocations;
    EXPECT_TRUE(size) << f.name;
    EXPECT_EQ(after, before) << f.name;
  }
}

}  // namespace
}  // namespace neigh::wire::test
