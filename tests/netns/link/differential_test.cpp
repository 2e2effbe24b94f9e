// SPDX-License-Identifier: Apache-2.0
// The same frames to the kernel and to an engine with the preset `linux`, from the same state of the sender's entry:
// state, link-layer address and router flag afterwards, and every frame in answer, are the same but for the differences
// listed here and in docs/differences.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.hpp"
#include "neigh/kernel.hpp"
#include "support/cites.hpp"
#include "support/frames.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"
#include "wire/checksum.hpp"

namespace neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Bytes = std::vector<std::uint8_t>;

constexpr LinkAddress ether(std::uint8_t last) { return LinkAddress::ether({2, 0, 0, 0, 0, last}); }
constexpr LinkAddress kOwn = ether(2);
constexpr LinkAddress kKnown = ether(9);
constexpr LinkAddress kOther = ether(0x66);
constexpr LinkAddress kBroadcast = LinkAddress::ether({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
constexpr LinkAddress kGroup = LinkAddress::ether({0x33, 0x33, 0, 0, 0, 1});
constexpr LinkAddress kZero = LinkAddress::ether({});

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }
const IpAddress kOwn4 = ip("192.0.2.2");
const IpAddress kPeer4 = ip("192.0.2.9");
const IpAddress kOwn6 = ip("2001:db8::2");
const IpAddress kPeer6 = ip("2001:db8::9");
const IpAddress kPeerLocal = ip("fe80::9");
const IpAddress kAllNodes = ip("ff02::1");
const IpAddress kSolicited = ip("ff02::1:ff00:2");

void add(Bytes& out, std::span<const std::uint8_t> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
void add16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}

// --- Frames ---

struct Arp {
  LinkAddress to = kBroadcast;
  unsigned op = 1;
  LinkAddress sha = kKnown;
  IpAddress spa = kPeer4;
  IpAddress tpa = kOwn4;
  LinkAddress tha = kOwn;  ///< Of a reply; a request's is zero.
  unsigned hardware = 1;
};
Bytes make(const Arp& arp) {
  Bytes out;
  add(out, arp.to.bytes());
  add(out, arp.sha.is_group() || arp.sha.is_zero() || arp.sha == kOwn ? kOther.bytes() : arp.sha.bytes());
  for (const unsigned value : {0x0806U, arp.hardware, 0x0800U, 0x0604U, arp.op}) add16(out, value);
  add(out, arp.sha.bytes());
  add(out, arp.spa.bytes());
  add(out, arp.op == 2 ? arp.tha.bytes() : kZero.bytes());
  add(out, arp.tpa.bytes());
  return out;
}

LinkAddress link_of(const IpAddress& destination) {
  if (!destination.is_multicast()) return kOwn;
  const auto b = destination.bytes();
  return LinkAddress::ether({0x33, 0x33, b[12], b[13], b[14], b[15]});
}

/// An ICMPv6 message from the sender's port, with a good checksum.
Bytes icmp6(const IpAddress& source, const IpAddress& destination, Bytes message, std::optional<LinkAddress> to = {}) {
  const std::uint16_t sum = wire::icmp6_checksum(source, destination, message);
  message[2] = static_cast<std::uint8_t>(sum >> 8U);
  message[3] = static_cast<std::uint8_t>(sum);
  Bytes out;
  add(out, to.value_or(link_of(destination)).bytes());
  add(out, kOther.bytes());
  add16(out, 0x86dd);
  add(out, Bytes{0x60, 0, 0, 0});
  add16(out, static_cast<unsigned>(message.size()));
  add(out, Bytes{58, 255});
  add(out, source.bytes());
  add(out, destination.bytes());
  add(out, message);
  return out;
}
Bytes option(std::uint8_t type, const std::optional<LinkAddress>& link) {
  if (!link) return {};
  Bytes out{type, 1};
  add(out, link->bytes());
  return out;
}
Bytes solicit(const std::optional<LinkAddress>& link) {
  Bytes out{135, 0, 0, 0, 0, 0, 0, 0};
  add(out, kOwn6.bytes());
  add(out, option(1, link));
  return out;
}
Bytes advert(bool router, bool solicited, bool override_flag, const std::optional<LinkAddress>& link) {
  const unsigned flags = (router ? 0x80U : 0U) | (solicited ? 0x40U : 0U) | (override_flag ? 0x20U : 0U);
  Bytes out{136, 0, 0, 0, static_cast<std::uint8_t>(flags), 0, 0, 0};
  add(out, kPeer6.bytes());
  add(out, option(2, link));
  return out;
}
Bytes router_advert(const std::optional<LinkAddress>& link) {
  Bytes out{134, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // lifetime 0: no default router
  add(out, option(1, link));
  return out;
}
Bytes router_solicit(const std::optional<LinkAddress>& link) {
  Bytes out{133, 0, 0, 0, 0, 0, 0, 0};
  add(out, option(1, link));
  return out;
}

struct Stimulus {
  std::string name;
  IpAddress peer;  ///< Whose entry is looked at.
  Bytes frame;
};

std::vector<Stimulus> arp_stimuli() {
  std::vector<Stimulus> all;
  const auto put = [&](std::string name, const Arp& arp) { all.push_back({std::move(name), kPeer4, make(arp)}); };
  const IpAddress elsewhere = ip("192.0.2.77");
  for (const auto& [which, sha] : {std::pair{"same", kKnown}, {"other", kOther}}) {
    const std::string tail = std::string(", ") + which + " address";
    put("request to us" + tail, {.sha = sha});
    put("request to us in a unicast frame" + tail, {.to = kOwn, .sha = sha});
    put("request for another host" + tail, {.sha = sha, .tpa = elsewhere});
    put("gratuitous request" + tail, {.sha = sha, .tpa = kPeer4});
    put("gratuitous reply" + tail, {.op = 2, .sha = sha, .tpa = kPeer4, .tha = sha});
    put("gratuitous reply in a unicast frame" + tail, {.to = kOwn, .op = 2, .sha = sha, .tpa = kPeer4, .tha = sha});
    put("gratuitous reply with our tha" + tail, {.op = 2, .sha = sha, .tpa = kPeer4});
    put("reply" + tail, {.to = kOwn, .op = 2, .sha = sha});
    put("reply in a broadcast frame" + tail, {.op = 2, .sha = sha});
    put("reply for another host" + tail, {.to = kOwn, .op = 2, .sha = sha, .tpa = elsewhere});
  }
  put("probe", {.sha = kOther, .spa = ip("0.0.0.0")});
  put("request, broadcast sha", {.sha = kBroadcast});
  put("request, zero sha", {.sha = kZero});
  put("request, our sha", {.sha = kOwn});
  put("request, hardware type 6", {.sha = kOther, .hardware = 6});
  put("request, hardware type 7", {.sha = kOther, .hardware = 7});
  put("operation 3", {.op = 3, .sha = kOther});
  put("reply, broadcast sha", {.to = kOwn, .op = 2, .sha = kBroadcast});
  put("request for 127.0.0.1", {.sha = kOther, .tpa = ip("127.0.0.1")});
  all.push_back({"request from off-subnet", ip("198.51.100.9"), make({.sha = kOther, .spa = ip("198.51.100.9")})});
  return all;
}

std::vector<Stimulus> nd_stimuli() {
  std::vector<Stimulus> all;
  const auto put = [&](std::string name, Bytes frame, const IpAddress& peer = kPeer6) {
    all.push_back({std::move(name), peer, std::move(frame)});
  };
  const std::pair<const char*, std::optional<LinkAddress>> links[] = {
      {"no link option", std::nullopt}, {"same address", kKnown}, {"other address", kOther}};
  for (const auto& [which, link] : links) {
    const std::string tail = std::string(", ") + which;
    put("NS to group" + tail, icmp6(kPeer6, kSolicited, solicit(link)));
    put("NS to unicast" + tail, icmp6(kPeer6, kOwn6, solicit(link)));
    put("NS to all nodes" + tail, icmp6(kPeer6, kAllNodes, solicit(link)));
    put("NS to group in a unicast frame" + tail, icmp6(kPeer6, kSolicited, solicit(link), kOwn));
    put("RS" + tail, icmp6(kPeerLocal, kOwn6, router_solicit(link)), kPeerLocal);
    put("RA" + tail, icmp6(kPeerLocal, kAllNodes, router_advert(link)), kPeerLocal);
    for (unsigned flags = 0; flags < 8; ++flags) {
      const bool r = (flags & 4U) != 0;
      const bool s = (flags & 2U) != 0;
      const bool o = (flags & 1U) != 0;
      const std::string name = std::string("NA R") + (r ? "1" : "0") + " S" + (s ? "1" : "0") + " O" + (o ? "1" : "0");
      put(name + " to unicast" + tail, icmp6(kPeer6, kOwn6, advert(r, s, o, link)));
      if (!s) put(name + " to all nodes" + tail, icmp6(kPeer6, kAllNodes, advert(r, s, o, link)));
    }
    put("NA S1 O1 in a broadcast frame" + tail, icmp6(kPeer6, kOwn6, advert(false, true, true, link), kBroadcast));
  }
  put("NS from ::", icmp6(ip("::"), kSolicited, solicit({})));
  for (const auto& [which, link] : {std::pair{"group", kGroup}, {"zero", kZero}, {"our", kOwn}}) {
    put(std::string("NS, ") + which + " SLLAO", icmp6(kPeer6, kSolicited, solicit(link)));
    put(std::string("NA, ") + which + " TLLAO", icmp6(kPeer6, kOwn6, advert(false, true, true, link)));
  }
  Bytes trailing = solicit(kOther);
  trailing.push_back(0);
  put("NS, trailing byte", icmp6(kPeer6, kSolicited, trailing));
  return all;
}

// --- The two ---

std::string hex(std::span<const std::uint8_t> bytes) { return test::to_hex(std::as_bytes(bytes)); }

/// A frame in answer as text that both sides can produce; empty: background noise.
std::string describe(std::span<const std::uint8_t> frame) {
  const unsigned type = frame.size() < 14 ? 0 : static_cast<unsigned>(frame[12] << 8U | frame[13]);
  if (type == 0x0806) return "ARP " + hex(frame);
  const std::string to = frame.size() < 6 ? "" : hex(frame.first(6));
  if (type == 0x0800 && frame.size() > 34) return frame[23] == 17 ? "data to " + to : "";
  if (type != 0x86dd || frame.size() < 58) return "";
  if (frame[20] == 17) return "data to " + to;
  const unsigned message = frame[54];
  return message == 135 || message == 136 || message == 137 ? "ND " + hex(frame) : "";
}

struct Outcome {
  std::string entry;
  std::vector<std::string> answers;
  friend bool operator==(const Outcome&, const Outcome&) = default;
  [[nodiscard]] std::string text() const {
    std::string all = entry;
    for (const std::string& answer : answers) all += " | " + answer;
    return all;
  }
};

std::string text_of(const Result<Neighbor>& entry) {
  if (!entry) return entry.error().code == Errc::kNotFound ? "absent" : entry.error().message();
  return std::string(to_string(entry->state)) + " " + entry->link_address.to_string() +
         (entry->flags.has(NeighborFlag::kRouter) ? " router" : "");
}

class Side {
 public:
  virtual ~Side() = default;
  virtual NeighborKey key(const IpAddress& peer) const = 0;
  virtual Result<void> write(const Neighbor& entry) = 0;
  virtual void remove(const IpAddress& peer) = 0;
  /// Sends a UDP packet to `peer`.
  virtual void use(const IpAddress& peer) = 0;
  virtual Outcome give(const Stimulus& stimulus) = 0;

  /// The probe of an entry that was put into PROBE has been sent; the next one is a minute away.
  virtual void await_probe() = 0;

  /// The entry of `peer` as every case begins; what that sends is thrown away.
  void prepare(const IpAddress& peer, NudState state) {
    remove(peer);
    if (state == NudState::kNone) return;
    if (state == NudState::kIncomplete) {
      use(peer);
      return;
    }
    Neighbor entry{.address = peer, .interface = key(peer).interface, .link_address = kKnown, .state = state};
    if (state == NudState::kDelay || state == NudState::kFailed) entry.state = NudState::kStale;
    Result<void> written = write(entry);
    EXPECT_TRUE(written) << written.error().message();
    if (state == NudState::kDelay) use(peer);
    if (state == NudState::kProbe) await_probe();
    if (state == NudState::kFailed) {
      entry.state = state;
      written = write(entry);
      EXPECT_TRUE(written) << written.error().message();
    }
  }
};

constexpr const char* kDevice = "tap-dut";

class KernelSide final : public Side {
 public:
  explicit KernelSide(bool lock) : tap_((quiet(), kDevice), kOwn.to_string()), lock_(lock) {
    for (const char* family : {"ipv4", "ipv6"}) {
      const std::string conf = std::string("net/") + family + "/neigh/" + kDevice + "/";
      test::write_sysctl(conf + "base_reachable_time_ms", "3600000");
      test::write_sysctl(conf + "retrans_time_ms", "60000");
      test::write_sysctl(conf + "delay_first_probe_time", "600");
    }
    // In hundredths of a second.
    test::write_sysctl(std::string("net/ipv4/neigh/") + kDevice + "/locktime", lock ? "6000" : "0");
    const std::string device = kDevice;
    test::must_run("ip addr add 192.0.2.2/24 dev " + device + " && ip addr add 2001:db8::2/64 dev " + device +
                   " nodad && ip route add 198.51.100.0/24 via 192.0.2.200 dev " + device);
    EXPECT_TRUE(test::wait_until([&] {
      const std::string routes = test::must_run("ip -6 route show table local dev " + device).out;
      return routes.find("2001:db8::2 ") != std::string::npos && routes.find("fe80::ff:fe00:2 ") != std::string::npos;
    }));
    table_ = *open_kernel_table();
    for (int i = 0; i < 2; ++i) {
      sockets_[i] = test::Fd(::socket(i == 0 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      EXPECT_TRUE(sockets_[i].valid());
    }
  }
  NeighborKey key(const IpAddress& peer) const override {
    return {static_cast<InterfaceIndex>(tap_.index()), peer, false};
  }
  Result<void> write(const Neighbor& entry) override { return table_->replace(entry); }
  void remove(const IpAddress& peer) override { (void)table_->remove(key(peer)); }
  void use(const IpAddress& peer) override {
    sockaddr_storage address{};
    socklen_t size = 0;
    if (peer.is_v4()) {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_port = htons(9);
      std::memcpy(&in.sin_addr, peer.bytes().data(), 4);
      std::memcpy(&address, &in, size = sizeof in);
    } else {
      sockaddr_in6 in{};
      in.sin6_family = AF_INET6;
      in.sin6_port = htons(9);
      in.sin6_scope_id = peer.is_link_local() ? tap_.index() : 0;
      std::memcpy(&in.sin6_addr, peer.bytes().data(), 16);
      std::memcpy(&address, &in, size = sizeof in);
    }
    const int fd = sockets_[peer.is_v4() ? 0 : 1].get();
    EXPECT_EQ(::sendto(fd, "x", 1, 0, static_cast<const sockaddr*>(static_cast<const void*>(&address)), size), 1);
  }
  void await_probe() override {
    EXPECT_TRUE(tap_.receive_if([](std::span<const std::byte> frame) {
      return frame.size() > 6 && std::memcmp(frame.data(), kKnown.bytes().data(), 6) == 0;
    })) << "no probe";
  }
  Outcome give(const Stimulus& stimulus) override {
    // A lock time of 0 still ends with the next tick of the kernel's clock, which has at least 100 a second.
    if (!lock_ && stimulus.peer.is_v4()) std::this_thread::sleep_for(milliseconds{11});
    (void)tap_.drain();
    // What is written to a TAP device has been through the kernel's stack when the call returns.
    tap_.send(std::as_bytes(std::span(stimulus.frame)));
    Outcome outcome{.entry = text_of(table_->get(key(stimulus.peer)))};
    for (const test::Frame& frame : tap_.drain()) {
      Bytes bytes(frame.size());
      std::memcpy(bytes.data(), frame.data(), frame.size());
      if (std::string text = describe(bytes); !text.empty()) outcome.answers.push_back(std::move(text));
    }
    return outcome;
  }

 private:
  static void quiet() {
    for (const char* name : {"accept_dad", "dad_transmits", "router_solicitations"}) {
      test::write_sysctl(std::string("net/ipv6/conf/default/") + name, "0");
    }
  }

  test::TapDevice tap_;
  bool lock_;
  std::unique_ptr<NeighborTable> table_;
  test::Fd sockets_[2];
};

class EngineSide final : public Side {
 public:
  explicit EngineSide(bool lock) {
    engine::InterfaceSettings settings = engine::InterfaceSettings::linux_like();
    for (nud::NudSettings* nud : {&settings.ipv4, &settings.ipv6}) {
      nud->base_reachable_time = milliseconds{3'600'000};
      nud->retrans_timer = seconds{60};
      nud->delay_first_probe_time = seconds{600};
    }
    settings.ipv4.locktime = lock ? seconds{60} : seconds{0};
    settings.max_rtr_solicitations = 0;
    settings.multicast_listener_reports = false;
    engine_ = *engine::Engine::make({.limits = engine::EngineLimits::linux_like(), .seed = 1});
    done(engine_->add_interface(now_, {.index = kEth, .name = "eth0", .link_address = kOwn, .settings = settings},
                                out_));
    for (const auto& [address, length] : {std::pair{kOwn4, 24}, {kOwn6, 64}, {ip("fe80::ff:fe00:2"), 64}}) {
      done(engine_->add_address(
          now_, kEth, {.address = address, .prefix_length = static_cast<std::uint8_t>(length), .verify = false}, out_));
    }
    done(engine_->add_prefix(now_, kEth, ip("2001:db8::"), 64, out_));
  }
  NeighborKey key(const IpAddress& peer) const override { return {kEth, peer, false}; }
  Result<void> write(const Neighbor& entry) override {
    Neighbor ours = entry;
    ours.interface = kEth;
    return engine_->replace(now_, ours, out_);
  }
  void remove(const IpAddress& peer) override { (void)engine_->remove(now_, key(peer), out_); }
  void use(const IpAddress& peer) override {
    Bytes packet;
    if (peer.is_v4()) {
      packet = {0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0};
      add(packet, kOwn4.bytes());
      add(packet, peer.bytes());
      const std::uint16_t sum = wire::internet_checksum(packet);
      packet[10] = static_cast<std::uint8_t>(sum >> 8U);
      packet[11] = static_cast<std::uint8_t>(sum);
    } else {
      packet = {0x60, 0, 0, 0, 0, 9, 17, 64};
      add(packet, peer.is_link_local() ? ip("fe80::ff:fe00:2").bytes() : kOwn6.bytes());
      add(packet, peer.bytes());
    }
    add(packet, Bytes{0, 9, 0, 9, 0, 9, 0, 0, 'x'});
    engine_->send_packet(now_, kEth, packet, out_);
  }
  void await_probe() override { settle(); }
  Outcome give(const Stimulus& stimulus) override {
    settle();
    out_.clear();
    engine_->on_frame(now_, kEth, stimulus.frame, out_);
    settle();
    Outcome outcome{.entry = text_of(engine_->get(now_, key(stimulus.peer)))};
    for (const engine::Effect& effect : out_) {
      const auto* frame = std::get_if<engine::SendFrame>(&effect);
      if (frame == nullptr) continue;
      if (std::string text = describe(out_.bytes(frame->bytes)); !text.empty()) {
        outcome.answers.push_back(std::move(text));
      }
    }
    now_ += milliseconds{1};
    EXPECT_EQ(engine_->audit(), "");
    return outcome;
  }

 private:
  static constexpr auto kEth = static_cast<InterfaceIndex>(7);
  static void done(const Result<void>& result) { EXPECT_TRUE(result) << result.error().message(); }
  void settle() {
    while (engine_->next_deadline() && *engine_->next_deadline() <= now_) engine_->on_deadline(now_, out_);
  }

  std::unique_ptr<engine::Engine> engine_;
  engine::Effects out_;
  TimePoint now_{seconds{1'000}};
};

// --- Differences ---

enum class Suite { kArp, kArpLock, kNd };
using SuiteSet = std::set<Suite>;

/// A difference that stays: the cases whose name begins with `stimulus` in the states of `states`.
struct Known {
  std::string_view stimulus;
  StateSet states;
  SuiteSet suites;
  std::string_view number;  ///< In docs/differences.md.
};
// clang-format off
const std::vector<Known> kKnownDifferences = {
    {"gratuitous reply in a unicast frame, same", {NudState::kIncomplete, NudState::kStale, NudState::kDelay, NudState::kProbe, NudState::kFailed}, {Suite::kArp, Suite::kArpLock}, "DIF-01"},
    {"gratuitous reply in a unicast frame, other", {NudState::kIncomplete, NudState::kReachable, NudState::kStale, NudState::kDelay, NudState::kProbe, NudState::kFailed}, {Suite::kArp, Suite::kArpLock}, "DIF-01"},
    {"reply for another host, same", {NudState::kIncomplete, NudState::kStale, NudState::kDelay, NudState::kProbe, NudState::kFailed}, {Suite::kArp, Suite::kArpLock}, "DIF-02"},
    {"reply for another host, other", {NudState::kIncomplete, NudState::kFailed}, {Suite::kArp, Suite::kArpLock}, "DIF-02"},
    {"reply for another host, other", {NudState::kReachable, NudState::kStale, NudState::kDelay, NudState::kProbe}, {Suite::kArp}, "DIF-02"},
    {"gratuitous reply with our tha, other", {NudState::kReachable, NudState::kStale, NudState::kDelay, NudState::kProbe}, {Suite::kArpLock}, "DIF-03"},
    {"NS to group, no link option", {NudState::kFailed}, {Suite::kNd}, "DIF-04"},
    {"NS to all nodes, no link option", {NudState::kFailed}, {Suite::kNd}, "DIF-04"},
    {"NS to group in a unicast frame, no link option", {NudState::kFailed}, {Suite::kNd}, "DIF-04"},
    {"RA, no link option", {NudState::kNone}, {Suite::kNd}, "DIF-05"},
    {"RA, no link option", {NudState::kIncomplete}, {Suite::kNd}, "DIF-06"},
};
// clang-format on

constexpr NudState kStates[] = {NudState::kNone,  NudState::kIncomplete, NudState::kReachable, NudState::kStale,
                                NudState::kDelay, NudState::kProbe,      NudState::kFailed,    NudState::kPermanent};

std::string name_of(NudState state) {
  return state == NudState::kNone ? "without an entry" : std::string("in ") + std::string(to_string(state));
}

class Differential : public test::FreshNamespace {
 protected:
  static const Known* known(const Stimulus& stimulus, NudState state, Suite suite) {
    for (const Known& difference : kKnownDifferences) {
      if (stimulus.name.starts_with(difference.stimulus) && difference.states.contains(state) &&
          difference.suites.contains(suite)) {
        return &difference;
      }
    }
    return nullptr;
  }

  static void compare(const std::vector<Stimulus>& stimuli, Suite suite) {
    KernelSide kernel(suite == Suite::kArpLock);
    EngineSide engine(suite == Suite::kArpLock);
    for (const Stimulus& stimulus : stimuli) {
      for (const NudState state : kStates) {
        kernel.prepare(stimulus.peer, state);
        engine.prepare(stimulus.peer, state);
        const Outcome theirs = kernel.give(stimulus);
        const Outcome ours = engine.give(stimulus);
        if (const Known* difference = known(stimulus, state, suite)) {
          EXPECT_NE(ours, theirs) << stimulus.name << ' ' << name_of(state) << ": " << difference->number
                                  << " is no more";
        } else {
          EXPECT_EQ(ours.text(), theirs.text()) << stimulus.name << ' ' << name_of(state);
        }
      }
    }
  }
};

TEST_F(Differential, Arp) {
  NEIGH_CITES("ARP-130", "ARP-132", "ARP-137", "ARP-170", "ARP-171", "ARP-172", "ARP-173", "ARP-174", "ARP-176");
  compare(arp_stimuli(), Suite::kArp);
}

TEST_F(Differential, ArpWithinLockTime) {
  NEIGH_CITES("ARP-114", "LNX-011");
  compare(arp_stimuli(), Suite::kArpLock);
}

TEST_F(Differential, NeighborDiscovery) {
  NEIGH_CITES("LNX-096", "NAR-020");
  compare(nd_stimuli(), Suite::kNd);
}

// What the specification says of Linux, of both: that they do the same does not tell what it is.
struct Fact {
  std::string_view statement;
  std::string_view stimulus;
  NudState state;
  std::string_view entry;
  std::size_t answers = 0;
  int advert_flags = -1;        ///< Of an NA in answer; -1: none is looked at.
  std::size_t advert_size = 0;  ///< Of its frame: 78 without, 86 with TLLAO.
};
constexpr Fact kFacts[] = {
    {"LNX-038", "NA R0 S1 O1 to unicast, other address", NudState::kFailed, "failed "},
    {"LNX-038", "NS to group, other address", NudState::kFailed, "delay 02:00:00:00:00:66", 1, 0x60, 86},
    {"LNX-040", "NS to group, other address", NudState::kNone, "delay 02:00:00:00:00:66", 1, 0x60, 86},
    {"LNX-090", "NS to unicast, same address", NudState::kStale, "delay 02:00:00:00:00:09", 1, 0x40, 78},
    {"LNX-091", "NS to group, no link option", NudState::kNone, "absent"},
    {"LNX-092", "NS, zero SLLAO", NudState::kStale, "delay 00:00:00:00:00:00", 1, 0x60, 86},
    {"LNX-092", "NA, group TLLAO", NudState::kStale, "reachable 33:33:00:00:00:01"},
    {"LNX-093", "NA R0 S1 O1 to unicast, same address", NudState::kStale, "reachable 02:00:00:00:00:09"},
    {"LNX-097", "NS, trailing byte", NudState::kStale, "stale 02:00:00:00:00:09"},
    {"LNX-098", "NS to all nodes, same address", NudState::kStale, "delay 02:00:00:00:00:09", 1, 0x60, 86},
    {"ARP-176", "reply, same address", NudState::kFailed, "reachable 02:00:00:00:00:09"},
    {"ARP-176", "reply in a broadcast frame, same address", NudState::kFailed, "stale 02:00:00:00:00:09"},
    {"ARP-174", "reply, same address", NudState::kNone, "absent"},
};

TEST_F(Differential, BothDoWhatTheSpecificationSaysOfLinux) {
  KernelSide kernel(false);
  EngineSide engine(false);
  std::vector<Stimulus> all = arp_stimuli();
  for (Stimulus& stimulus : nd_stimuli()) all.push_back(std::move(stimulus));
  for (const Fact& fact : kFacts) {
    test::cite(fact.statement);
    const auto stimulus =
        std::find_if(all.begin(), all.end(), [&](const Stimulus& s) { return s.name == fact.stimulus; });
    ASSERT_NE(stimulus, all.end()) << fact.stimulus;
    for (Side* side : {static_cast<Side*>(&kernel), static_cast<Side*>(&engine)}) {
      SCOPED_TRACE(std::string(fact.statement) + (side == &kernel ? " kernel" : " engine"));
      side->prepare(stimulus->peer, fact.state);
      const Outcome got = side->give(*stimulus);
      EXPECT_EQ(got.entry, fact.entry);
      ASSERT_EQ(got.answers.size(), fact.answers) << got.text();
      if (fact.advert_flags < 0) continue;
      // "ND " and two digits a byte; the flags follow the checksum.
      const std::string& answer = got.answers.front();
      EXPECT_EQ(answer.size(), 3 + 2 * fact.advert_size);
      EXPECT_EQ(std::stoi(answer.substr(3 + 2 * 58, 2), nullptr, 16), fact.advert_flags);
    }
  }
}

}  // namespace
}  // namespace neigh
