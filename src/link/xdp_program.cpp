// SPDX-License-Identifier: Apache-2.0
#include "link/xdp_program.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace neigh::link {
namespace {

// What it does, in C. Frames of other kinds, broken ones and those that the program cannot understand go to the kernel.
//
//   int program(struct xdp_md *ctx) {
//     p = ctx->data; end = ctx->data_end;                 // r7, r8
//     if (take == kAll && no vlan) goto take;
//     type = p->ether.type;                               // r3; every access below comes after a check against `end`
//     if (type == 802.1Q) {                               // with a VLAN: anything else is passed
//       if ((p->tag & 0xfff) != vlan) goto pass;          // without one: 0, a priority tag (ARP-056)
//       if (take == kAll) goto take;
//       type = p->inner_type; p += 4;
//     }
//     if (type == ARP && Ethernet and IPv4 inside)
//       if (is_ours(p->arp.target) || is_ours(p->arp.sender)) goto take;   // questions, answers; conflicts (ACD-045)
//     if (type == IPv4 && take == kOwn)
//       if (is_ours(p->ip.destination)) goto take;
//     if (type == IPv6) {
//       if (take == kOwn && is_ours(p->ip6.destination)) goto take;
//       if (p->ip6.next != ICMPv6) goto pass;
//       if (take == kNeighbor) {
//         if (p->icmp6.type < RS || p->icmp6.type > REDIRECT) goto pass;
//         if (is_ours(p->ip6.destination)) goto take;     // answers to us, RAs and Redirects for us
//       }
//       if (p->icmp6.type == NS || p->icmp6.type == NA)
//         if (is_ours(p->icmp6.target)) goto take;        // questions to the group, DAD, unsolicited adverts
//     }
//   pass:
//     return XDP_PASS;
//   take:
//     return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);    // no socket on this queue: passed
//   }

enum class Label : std::uint8_t { kPass, kTake, kNetwork, kArp, kV4, kV6, kTarget, kCount };

constexpr std::uint8_t kR0 = 0, kR1 = 1, kR2 = 2, kR3 = 3, kR4 = 4, kContext = 6, kFrame = 7, kEnd = 8, kType = 9,
                       kStack = 10;
constexpr std::int16_t kKeyAt = -24;  // on the stack; 4 bytes of length, then 16
constexpr std::int16_t kKeyBytesAt = kKeyAt + 4;

constexpr std::int16_t kEtherType = 12;
constexpr std::int16_t kTag = 14;
constexpr std::int16_t kTagSize = 4;
constexpr std::int16_t kArpFormat = 14, kArpSizes = 18, kArpSender = 28, kArpTarget = 38, kArpEnd = 42;
constexpr std::int16_t kIp4Destination = 30, kIp4End = 34;
constexpr std::int16_t kIp6Next = 20, kIp6Destination = 38, kIp6End = 54;
constexpr std::int16_t kIcmpType = 54, kIcmpEnd = 58, kNdTarget = 62, kNdTargetEnd = 78;
constexpr int kIcmp6 = 58, kRouterSolicit = 133, kNeighborSolicit = 135, kNeighborAdvert = 136, kRedirect = 137;

/// A number as it reads when two or four bytes of a frame are loaded.
int wire16(std::uint16_t value) { return htons(value); }
int wire32(std::uint32_t value) { return static_cast<int>(htonl(value)); }

class Assembler {
 public:
  void emit(int code, std::uint8_t to, std::uint8_t from, std::int16_t offset, int value) {
    bpf_insn instruction{};
    instruction.code = static_cast<std::uint8_t>(code);
    instruction.dst_reg = static_cast<std::uint8_t>(to & 0xfU);
    instruction.src_reg = static_cast<std::uint8_t>(from & 0xfU);
    instruction.off = offset;
    instruction.imm = value;
    code_.push_back(instruction);
  }
  void copy(std::uint8_t to, std::uint8_t from) { emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void set(std::uint8_t to, int value) { emit(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
  // NOLINTNEXTLINE(misc-redundant-expression): several of the parts that make an instruction are 0.
  void add(std::uint8_t to, int value) { emit(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value); }
  void load(int size, std::uint8_t to, std::uint8_t base, std::int16_t offset) {
    emit(BPF_LDX | BPF_MEM | size, to, base, offset, 0);
  }
  void load_map(std::uint8_t to, int fd) {
    emit(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, fd);  // NOLINT(misc-redundant-expression): as above
    emit(0, 0, 0, 0, 0);
  }
  void call(int function) { emit(BPF_JMP | BPF_CALL, 0, 0, 0, function); }
  void exit() { emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }
  /// 64 bits: `value` is extended by its sign. Two bytes never have one.
  void jump_if(int condition, std::uint8_t left, int value, Label to) {
    jumps_.emplace_back(code_.size(), to);
    emit(BPF_JMP | condition | BPF_K, left, 0, 0, value);
  }
  /// 32 bits, for what was loaded with four bytes.
  void jump_if32(int condition, std::uint8_t left, int value, Label to) {
    jumps_.emplace_back(code_.size(), to);
    emit(BPF_JMP32 | condition | BPF_K, left, 0, 0, value);
  }
  void jump(Label to) {
    jumps_.emplace_back(code_.size(), to);
    emit(BPF_JMP | BPF_JA, 0, 0, 0, 0);
  }
  void place(Label label) { at_[static_cast<std::size_t>(label)] = code_.size(); }

  /// Passes the frame on unless it has that many bytes.
  void need(std::int16_t bytes) {
    copy(kR2, kFrame);
    add(kR2, bytes);
    jumps_.emplace_back(code_.size(), Label::kPass);
    emit(BPF_JMP | BPF_JGT | BPF_X, kR2, kEnd, 0, 0);
  }
  /// Takes the frame if the address at `offset` is one of ours.
  void take_if_ours(int map, std::int16_t offset, bool v6) {
    emit(BPF_ST | BPF_MEM | BPF_W, kStack, 0, kKeyAt, 128);
    for (std::int16_t word = 0; word < 4; ++word) {
      const auto to = static_cast<std::int16_t>(kKeyBytesAt + 4 * word);
      if (!v6 && word < 3) {
        emit(BPF_ST | BPF_MEM | BPF_W, kStack, 0, to, word == 2 ? wire32(0xffff) : 0);
        continue;
      }
      load(BPF_W, kR1, kFrame, static_cast<std::int16_t>(v6 ? offset + 4 * word : offset));
      emit(BPF_STX | BPF_MEM | BPF_W, kStack, kR1, to, 0);
    }
    load_map(kR1, map);
    copy(kR2, kStack);
    add(kR2, kKeyAt);
    call(BPF_FUNC_map_lookup_elem);
    jump_if(BPF_JNE, kR0, 0, Label::kTake);
  }

  std::vector<bpf_insn> finish() {
    for (const auto& [at, label] : jumps_) {
      code_[at].off = static_cast<std::int16_t>(at_[static_cast<std::size_t>(label)] - at - 1);
    }
    return std::move(code_);
  }

 private:
  std::vector<bpf_insn> code_;
  std::vector<std::pair<std::size_t, Label>> jumps_;
  std::array<std::size_t, static_cast<std::size_t>(Label::kCount)> at_{};
};

void add_arp(Assembler& code, int map) {
  code.place(Label::kArp);
  code.need(kArpEnd);
  code.load(BPF_W, kR3, kFrame, kArpFormat);
  code.jump_if32(BPF_JNE, kR3, wire32(0x0001'0800), Label::kPass);
  code.load(BPF_H, kR3, kFrame, kArpSizes);
  code.jump_if(BPF_JNE, kR3, wire16(0x0604), Label::kPass);
  code.take_if_ours(map, kArpTarget, false);
  code.take_if_ours(map, kArpSender, false);
  code.jump(Label::kPass);
}

void add_v6(Assembler& code, int map, XdpTake take) {
  code.place(Label::kV6);
  code.need(kIp6End);
  if (take == XdpTake::kOwn) code.take_if_ours(map, kIp6Destination, true);
  code.load(BPF_B, kR3, kFrame, kIp6Next);
  code.jump_if(BPF_JNE, kR3, kIcmp6, Label::kPass);
  code.need(kIcmpEnd);
  code.load(BPF_B, kType, kFrame, kIcmpType);
  if (take == XdpTake::kNeighbor) {
    code.jump_if(BPF_JLT, kType, kRouterSolicit, Label::kPass);
    code.jump_if(BPF_JGT, kType, kRedirect, Label::kPass);
    code.take_if_ours(map, kIp6Destination, true);
  }
  code.jump_if(BPF_JEQ, kType, kNeighborSolicit, Label::kTarget);
  code.jump_if(BPF_JNE, kType, kNeighborAdvert, Label::kPass);
  code.place(Label::kTarget);
  code.need(kNdTargetEnd);
  code.take_if_ours(map, kNdTarget, true);
}

/// For frames without a tag, or behind the right one.
void add_protocols(Assembler& code, const XdpProgramOptions& options) {
  code.load(BPF_H, kR3, kFrame, kEtherType + kTagSize);
  code.add(kFrame, kTagSize);
  code.place(Label::kNetwork);
  code.jump_if(BPF_JEQ, kR3, wire16(ETH_P_ARP), Label::kArp);
  code.jump_if(BPF_JEQ, kR3, wire16(ETH_P_IPV6), Label::kV6);
  if (options.take == XdpTake::kOwn) {
    code.jump_if(BPF_JNE, kR3, wire16(ETH_P_IP), Label::kPass);
    code.need(kIp4End);
    code.take_if_ours(options.addresses_map, kIp4Destination, false);
  }
  code.jump(Label::kPass);
  add_arp(code, options.addresses_map);
  add_v6(code, options.addresses_map, options.take);
}

}  // namespace

std::vector<bpf_insn> make_xdp_program(const XdpProgramOptions& options) {
  const bool all = options.take == XdpTake::kAll;
  Assembler code;
  code.copy(kContext, kR1);
  if (!all || options.vlan) {
    code.load(BPF_W, kFrame, kContext, offsetof(xdp_md, data));
    code.load(BPF_W, kEnd, kContext, offsetof(xdp_md, data_end));
    code.need(ETH_HLEN);
    code.load(BPF_H, kR3, kFrame, kEtherType);
    code.jump_if(BPF_JNE, kR3, wire16(ETH_P_8021Q), options.vlan ? Label::kPass : Label::kNetwork);
    code.need(ETH_HLEN + kTagSize);
    code.load(BPF_H, kR4, kFrame, kTag);
    code.emit(BPF_ALU64 | BPF_AND | BPF_K, kR4, 0, 0, wire16(0x0fff));
    code.jump_if(BPF_JNE, kR4, wire16(options.vlan.value_or(0)), Label::kPass);
    if (all) {
      code.jump(Label::kTake);
    } else {
      add_protocols(code, options);
    }
    code.place(Label::kPass);
    code.set(kR0, XDP_PASS);
    code.exit();
  }
  code.place(Label::kTake);
  code.load(BPF_W, kR2, kContext, offsetof(xdp_md, rx_queue_index));
  code.load_map(kR1, options.sockets_map);
  code.set(kR3, XDP_PASS);
  code.call(BPF_FUNC_redirect_map);
  code.exit();
  return code.finish();
}

XdpKey xdp_key(const IpAddress& address, std::uint8_t length) {
  XdpKey key;
  const auto bytes = address.bytes();
  key.bits = length + static_cast<std::uint32_t>(16 - bytes.size()) * 8;
  if (address.is_v4()) key.bytes[10] = key.bytes[11] = 0xff;
  std::copy(bytes.begin(), bytes.end(), key.bytes.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  // The host's bits do not count: one prefix has one key.
  for (std::size_t i = key.bits / 8; i < key.bytes.size(); ++i) {
    const unsigned kept = i == key.bits / 8 ? key.bits % 8 : 0;
    key.bytes[i] = static_cast<std::uint8_t>(key.bytes[i] & (0xff00U >> kept));
  }
  return key;
}

}  // namespace neigh::link
