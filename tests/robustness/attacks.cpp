// SPDX-License-Identifier: Apache-2.0
#include "robustness/attacks.hpp"

#include <array>
#include <memory>

#include "fuzz/frames.hpp"

namespace neigh::test {
namespace {

using Bytes = AttackFrame;

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::uint8_t low(std::uint32_t n) { return static_cast<std::uint8_t>(n); }
Bytes mac(std::uint32_t n) { return {2, 0, low(n >> 24U), low(n >> 16U), low(n >> 8U), low(n)}; }
Bytes v4(std::uint8_t last) { return {192, 0, 2, last}; }
Bytes local(std::uint8_t last) { return {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, last}; }
Bytes local_of(std::uint32_t n) {
  return {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 9, 0, 9, low(n >> 24U), low(n >> 16U), low(n >> 8U), low(n)};
}
Bytes global_of(std::uint32_t n) {
  return {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 9, 0, 9, low(n >> 24U), low(n >> 16U), low(n >> 8U), low(n)};
}
const Bytes kEveryone = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
const Bytes kAllNodes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const Bytes kAllNodesLink = {0x33, 0x33, 0, 0, 0, 1};
const Bytes kZero = {0, 0, 0, 0, 0, 0};

Bytes arp(std::uint8_t operation, const Bytes& sha, const Bytes& spa, const Bytes& tha, const Bytes& tpa,
          const Bytes& to, const Bytes& from) {
  return to + from + Bytes{8, 6, 0, 1, 8, 0, 6, 4, 0, operation} + sha + spa + tha + tpa + Bytes(18);
}

Bytes ip6(const Bytes& to, const Bytes& from, const Bytes& source, const Bytes& destination, std::uint8_t next,
          const Bytes& payload) {
  Bytes frame = to + from + Bytes{0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, next, 255} + source + destination + payload;
  fuzz::mend_frame(frame);
  return frame;
}
Bytes icmp6(const Bytes& to, const Bytes& from, const Bytes& source, const Bytes& destination, std::uint8_t type,
            const Bytes& body) {
  return ip6(to, from, source, destination, 58, Bytes{type, 0, 0, 0} + body);
}
Bytes link_option(std::uint8_t type, const Bytes& address) { return Bytes{type, 1} + address; }

}  // namespace

std::vector<Attack> attacks(std::uint8_t victim, std::uint8_t peer, std::uint8_t kept) {
  const Bytes me = mac(victim);
  const auto random = std::make_shared<std::mt19937>(6583U);
  const auto dice = [random] { return static_cast<std::uint32_t>((*random)()); };
  const auto either = [=](std::uint32_t n) { return n % 2 == 0 ? peer : kept; };
  return {
      {"spoofed ARP replies", 2'000,
       [=](std::uint32_t n) { return arp(2, mac(n + 1000), v4(either(n)), me, v4(victim), me, mac(n + 1000)); }},
      {"gratuitous ARP storm", 5'000,
       [=](std::uint32_t n) {
         const Bytes who = v4(n % 3 == 0 ? either(n) : low(dice()));
         return arp(static_cast<std::uint8_t>(1 + n % 2), mac(n), who, kZero, who, kEveryone, mac(n));
       }},
      {"ARP requests from everybody", 5'000,
       [=](std::uint32_t n) {
         return arp(1, mac(n + 500), v4(low(dice())), kZero, v4(victim), kEveryone, mac(n + 500));
       }},
      {"NA flood with override", 5'000,
       [=](std::uint32_t n) {
         const Bytes target = n % 3 == 0 ? local(either(n)) : local_of(dice());
         return icmp6(kAllNodesLink, mac(n), target, kAllNodes, 136,
                      Bytes{0x20, 0, 0, 0} + target + link_option(2, mac(n + 77)));
       }},
      {"forged router advertisements", 3'000,
       [=](std::uint32_t n) {
         const Bytes prefix = Bytes{3, 4, 64, 0xc0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0, 0, 0} + global_of(n);
         return icmp6(kAllNodesLink, mac(n), local_of(n), kAllNodes, 134,
                      Bytes{1, 0, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 8} + link_option(1, mac(n)) + prefix);
       }},
      {"forged redirects", 3'000,
       [=](std::uint32_t n) {
         return icmp6(me, mac(n), n % 2 == 0 ? local(peer) : local_of(n), local(victim), 137,
                      Bytes(4) + local_of(n) + global_of(dice()) + link_option(2, mac(n)));
       }},
      {"NS flood from random sources", 10'000,
       [=](std::uint32_t n) {
         return icmp6(me, mac(n), local_of(dice()), local(victim), 135,
                      Bytes(4) + local(victim) + link_option(1, mac(n)));
       }},
      {"NS flood without options", 3'000,
       [=](std::uint32_t n) {
         return icmp6(me, mac(n), local_of(dice()), local(victim), 135, Bytes(4) + local(victim));
       }},
      {"sweep of 2^16 targets", 65'536,
       [=](std::uint32_t n) {
         return arp(1, mac(7), v4(250), kZero, {10, 7, low(n >> 8U), low(n)}, kEveryone, mac(7));
       }},
      {"broadcast, multicast and zero senders", 3'000,
       [=](std::uint32_t n) {
         const std::array<Bytes, 4> bad = {kEveryone, kZero, kAllNodesLink, Bytes{1, 0, 0x5e, 0, 0, 1}};
         const Bytes& sha = bad[n % 4];
         if (n % 3 == 0) {
           return icmp6(me, mac(n), local_of(n), local(victim), 135, Bytes(4) + local(victim) + link_option(1, sha));
         }
         return arp(static_cast<std::uint8_t>(1 + n % 2), sha, v4(either(n)), me, v4(victim), me, mac(9));
       }},
      {"ND in fragments", 2'000,
       [=](std::uint32_t n) {
         const Bytes target = local(either(n));
         Bytes message = Bytes{136, 0, 0, 0, 0x60, 0, 0, 0} + target + link_option(2, mac(n));
         const Bytes source = target;
         const std::uint16_t sum = fuzz::icmp6_sum(source, local(victim), message);
         message[2] = low(sum >> 8U);
         message[3] = low(sum);
         const Bytes fragment = {58, 0, 0, static_cast<std::uint8_t>(n % 2), 0, 0, 0, low(n)};
         return ip6(me, mac(n), source, local(victim), 44, fragment + message);
       }},
      {"claims of the victim's addresses", 2'000,
       [=](std::uint32_t n) {
         if (n % 2 == 0) return arp(1, mac(n), v4(victim), kZero, v4(victim), kEveryone, mac(n));
         return icmp6(kAllNodesLink, mac(n), local(victim), kAllNodes, 136,
                      Bytes{0x20, 0, 0, 0} + local(victim) + link_option(2, mac(n)));
       }},
  };
}

}  // namespace neigh::test
