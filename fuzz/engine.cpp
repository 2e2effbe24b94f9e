// SPDX-License-Identifier: Apache-2.0
// Frames, packets, administration and time into an engine with small limits. Whatever comes: its audit finds nothing,
// the limits hold, what the user made permanent stays, and it sends nothing that the specification does not allow.
#include "engine/engine.hpp"

#include <set>

#include "frames.hpp"
#include "wire/frame.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 4096;

namespace {

using engine::Engine;
using engine::InterfaceSettings;
using std::chrono::milliseconds;

constexpr auto kEth = static_cast<InterfaceIndex>(2);
constexpr std::array<std::uint8_t, 6> kOurs = {2, 0, 0, 0, 0, 1};
constexpr std::uint32_t kMaxEntries = 24;
constexpr std::uint32_t kMaxQueued = 20;

IpAddress v6(std::uint16_t first, std::uint8_t last) {
  return IpAddress::v6({static_cast<std::uint8_t>(first >> 8U), static_cast<std::uint8_t>(first), 0, 0, 0, 0, 0, 0, 0,
                        0, 0, 0, 0, 0, 0, last});
}

class Host {
 public:
  Host(bool as_linux, bool router, std::uint64_t seed) : linux_(as_linux) {
    engine::EngineConfig config;
    config.seed = seed;
    config.limits.cache.max_entries = kMaxEntries;
    config.limits.cache.max_static_entries = 8;
    config.limits.cache.gc_low_water = 4;
    config.limits.cache.rate_memory_slots = 16;
    config.limits.queue_packets = kMaxQueued;
    config.limits.queue_bytes = 65'536;
    config.limits.max_addresses = 8;
    config.limits.max_proxies = 4;
    config.limits.max_asks = 4;
    auto made = Engine::make(config);
    require(made.has_value(), "an engine");
    engine_ = std::move(*made);
    engine::InterfaceConfig eth{.index = kEth, .name = "eth0", .link_address = LinkAddress::ether(kOurs)};
    eth.settings = as_linux ? InterfaceSettings::linux_like() : InterfaceSettings::rfc();
    eth.settings.forwarding = router;
    eth.settings.queue_packets = 3;
    eth.settings.max_prefixes = 4;
    eth.settings.max_routers = 2;
    eth.settings.max_redirects = 4;
    eth.settings.ipv4.max_incomplete = eth.settings.ipv6.max_incomplete = 10;
    eth.settings.ipv4.max_unsolicited = eth.settings.ipv6.max_unsolicited = 10;
    require(engine_->add_interface(now_, eth, out_).has_value(), "an interface");
    for (const auto& [address, length] :
         {std::pair{IpAddress::v4(192, 0, 2, 1), std::uint8_t{24}}, std::pair{v6(0xfe80, 1), std::uint8_t{64}},
          std::pair{v6(0x2001, 1), std::uint8_t{64}}}) {
      require(engine_->add_address(now_, kEth, {.address = address, .prefix_length = length, .verify = false}, out_)
                  .has_value(),
              "an address");
    }
    require(engine_->add_prefix(now_, kEth, v6(0x2001, 0), 64, out_).has_value(), "a prefix");
    for (const IpAddress& address : {IpAddress::v4(192, 0, 2, 200), v6(0xfe80, 200)}) {
      kept_.push_back(
          {.address = address, .interface = kEth, .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 200})});
      require(engine_->create(now_, kept_.back(), out_).has_value(), "a permanent entry");
    }
    out_.clear();
  }

  void frame(const Bytes& bytes) {
    const std::size_t neighbors = engine_->neighbor_count();
    const std::size_t queued = engine_->queued_packets();
    asked_ = asked_for(bytes);
    ever_asked_.insert(asked_.begin(), asked_.end());
    engine_->on_frame(now_, kEth, bytes, out_);
    require(engine_->neighbor_count() <= neighbors + 1, "one frame makes one neighbor at most");
    require(count_frames() <= queued + 4, "one frame has few answers:", std::to_string(count_frames()));
    judge_effects();
    asked_.clear();
  }

  void packet(Input& in) {
    Bytes packet;
    if (in.flag()) {
      const std::array<std::uint8_t, 4> near = {192, 0, 2, in.byte()};
      packet = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, near[0], near[1], near[2], near[3]};
      packet[9] = in.byte();
    } else {
      packet = {0x60, 0, 0, 0, 0, 0, 59, 64};
      for (const IpAddress& address : {v6(0x2001, 1), v6(in.flag() ? 0xfe80 : 0x2001, in.byte())}) {
        packet.insert(packet.end(), address.bytes().begin(), address.bytes().end());
      }
    }
    if (in.byte() % 8 == 0 && !packet.empty()) packet[in.below(packet.size())] = in.byte();
    (void)engine_->send_packet(now_, in.flag() ? kEth : InterfaceIndex::kNone, packet, out_);
    judge_effects();
  }

  void administer(Input& in) {
    const bool v4 = in.flag();
    // Never what is to be kept, nor our own addresses.
    const auto last = static_cast<std::uint8_t>(2 + in.below(30));
    Neighbor neighbor{.address = v4 ? IpAddress::v4(192, 0, 2, last) : v6(0xfe80, last),
                      .interface = kEth,
                      .link_address = LinkAddress::ether({2, 0, 0, 0, 0, in.byte()})};
    switch (in.below(12)) {
      case 0:
        (void)engine_->create(now_, neighbor, out_);
        break;
      case 1:
        neighbor.state = static_cast<NudState>(in.below(kNudStateCount));
        neighbor.flags.set(NeighborFlag::kManaged, in.byte() % 4 == 0);
        (void)engine_->replace(now_, neighbor, out_);
        break;
      case 2:
        (void)engine_->remove(now_, neighbor.key(), out_);
        break;
      case 3:
        neighbor.flags.set(NeighborFlag::kProxy);
        (void)(in.flag() ? engine_->replace(now_, neighbor, out_) : engine_->remove(now_, neighbor.key(), out_));
        break;
      case 4:
        (void)engine_->add_address(now_, kEth, {.address = neighbor.address, .prefix_length = 24, .verify = in.flag()},
                                   out_);
        break;
      case 5:
        (void)engine_->remove_address(now_, kEth, neighbor.address, out_);
        break;
      case 6:
        (void)engine_->set_running(now_, kEth, in.flag(), out_);
        break;
      case 7:
        if (!linux_) (void)engine_->set_up(now_, kEth, in.flag(), out_);  // as Linux it forgets what is permanent
        break;
      case 8: {
        const auto asked = engine_->ask(now_, {.key = neighbor.key(), .all_answers = in.flag()}, out_);
        if (asked && in.flag()) engine_->cancel_ask(*asked);
        break;
      }
      case 9:
        (void)engine_->resolve(now_, neighbor.key(), {}, out_);
        break;
      case 10:
        engine_->on_confirm(now_, kEth, neighbor.address, out_);
        engine_->on_delivery_problem(now_, kEth, neighbor.address, out_);
        break;
      default:
        (void)engine_->announce(now_, kEth, v4 ? IpAddress::v4(192, 0, 2, 1) : v6(0xfe80, 1), out_);
        break;
    }
    judge_effects();
  }

  void pass(milliseconds time) {
    const TimePoint end = now_ + time;
    std::size_t rounds = 0;
    for (auto next = engine_->next_deadline(); next && *next <= end; next = engine_->next_deadline()) {
      now_ = std::max(now_, *next);
      engine_->on_deadline(now_, out_);
      judge_effects();
      require(++rounds < 100'000, "deadlines end");
    }
    now_ = end;
  }

  void judge() {
    require(engine_->audit().empty(), "the audit:", engine_->audit());
    require(engine_->neighbor_count() <= kMaxEntries + 8 + 4, "EXH-003: the limit of entries");
    require(engine_->queued_packets() <= kMaxQueued, "DEC-09: the limit of queued packets");
    require(engine_->memory_bytes() < 2U << 20U, "memory is bounded");
    require(engine_->routers().size() <= 2, "NDS-004: the limit of routers");
    require(engine_->prefixes().size() <= 4 + 1 + 8, "the limit of prefixes");
    for (const Neighbor& kept : kept_) {
      const auto found = engine_->get(now_, kept.key());
      require(found && found->state == NudState::kPermanent && found->link_address == kept.link_address,
              "ARP-135, NAR-025: a permanent entry stays as it is");
    }
  }

 private:
  /// The own or proxied addresses that a received frame asks for, read by hand.
  static std::set<IpAddress> asked_for(std::span<const std::uint8_t> frame) {
    std::set<IpAddress> asked;
    std::size_t at = 12;
    if (frame.size() > 18 && frame[12] == 0x81 && frame[13] == 0) at = 16;
    if (frame.size() >= at + 30 && frame[at] == 8 && frame[at + 1] == 6 && frame[at + 9] == 1) {
      asked.insert(IpAddress::from_bytes(frame.subspan(at + 26, 4)).value());
    }
    if (frame.size() < at + 2 || frame[at] != 0x86 || frame[at + 1] != 0xdd) return asked;
    // A Neighbor Solicitation somewhere behind the IPv6 header: the 16 bytes eight behind its type.
    for (std::size_t i = at + 42; i + 24 <= frame.size(); i += 8) {
      if (frame[i] == 135) asked.insert(IpAddress::from_bytes(frame.subspan(i + 8, 16)).value());
    }
    return asked;
  }

  [[nodiscard]] std::size_t count_frames() const {
    return static_cast<std::size_t>(std::count_if(out_.begin(), out_.end(), [](const engine::Effect& effect) {
      return std::holds_alternative<engine::SendFrame>(effect);
    }));
  }

  [[nodiscard]] bool is_own(const IpAddress& address) const {
    for (const auto& own : engine_->addresses(kEth).value()) {
      if (own.address == address) return true;
    }
    return false;
  }
  [[nodiscard]] bool is_proxied(const IpAddress& address) const {
    bool found = false;
    engine_->visit(now_, {.proxies = true}, [&](const Neighbor& n) { found = found || n.address == address; });
    return found;
  }

  void judge_effects() {
    for (const engine::Effect& effect : out_) {
      if (const auto* send = std::get_if<engine::SendFrame>(&effect)) judge_frame(out_.bytes(send->bytes));
    }
    out_.clear();
  }

  void judge_frame(std::span<const std::uint8_t> bytes) {
    require(bytes.size() <= 14 + 1500, "NDF-020: longer than the MTU");
    require(bytes.size() > 14 && std::ranges::equal(bytes.subspan(6, 6), kOurs), "we send from our own address");
    const auto parsed = wire::parse_frame(ByteView{bytes});
    if (bytes[12] == 8 && bytes[13] == 6) {
      require(parsed.has_value(), "our ARP packets are good");
      const auto& arp = std::get<wire::ArpPacket>(parsed->content);
      require(arp.sender_link == LinkAddress::ether(kOurs), "sha is ours");
      if (arp.operation != wire::ArpOperation::kReply) return;
      // As Linux it believes a broadcast sha, and answers there (ARP-045).
      require(linux_ || bytes[0] != 0xff || arp.sender.is_link_local(), "ARP-026: a reply is unicast");
      require(is_own(arp.sender) || is_proxied(arp.sender), "a reply for an address of somebody else");
      require(asked_.contains(arp.sender) || is_proxied(arp.sender), "ARP-023: a reply that nobody asked for");
      return;
    }
    if (icmp6_at(bytes) == 0 || bytes[icmp6_at(bytes)] < 133 || bytes[icmp6_at(bytes)] > 137) return;
    if (!parsed) return;  // a packet of ours, given by the input
    const auto* nd = std::get_if<wire::NdPacket>(&parsed->content);
    require(nd != nullptr, "ND is ND");
    if (const auto* advert = std::get_if<wire::NeighborAdvert>(&nd->message)) {
      require(is_own(advert->target) || is_proxied(advert->target), "an NA for an address of somebody else");
      // An answer may come late: it was delayed, or waited for the resolution of who asked (NSR-008).
      require(!advert->solicited || ever_asked_.contains(advert->target), "NAT-004: S=1 that nobody asked for");
      require(!advert->solicited || nd->destination.bytes()[0] != 0xff, "NAT-004: S=1 to a group");
    }
    require(!std::holds_alternative<wire::RouterAdvert>(nd->message), "we send no RA");
    require(!std::holds_alternative<wire::Redirect>(nd->message), "we send no Redirect");
  }

  bool linux_;
  std::unique_ptr<Engine> engine_;
  engine::Effects out_;
  TimePoint now_{};
  std::vector<Neighbor> kept_;
  std::set<IpAddress> asked_;  // by the frame that is being processed
  std::set<IpAddress> ever_asked_;
};

}  // namespace

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  const unsigned choice = in.byte();
  Host host((choice & 1U) != 0, (choice & 2U) != 0, choice >> 4U);
  for (std::size_t steps = 0; steps < 200 && !in.empty(); ++steps) {
    const unsigned kind = in.byte() % 16;
    if (kind < 8) {
      Bytes frame = in.piece();
      // Most frames get what a random one would never have: our address, lengths and checksum.
      if (kind < 6 && frame.size() >= 14) {
        std::copy(kOurs.begin(), kOurs.end(), frame.begin());
        mend_frame(frame);
      }
      if (kind == 7) mend_frame(frame);
      host.frame(frame);
    } else if (kind < 10) {
      host.packet(in);
    } else if (kind < 12) {
      host.administer(in);
    } else if (kind < 15) {
      host.pass(milliseconds{in.byte() * 8});
    } else {
      host.pass(milliseconds{in.u16() * 4});
    }
    if (steps % 8 == 7) host.judge();
  }
  host.pass(milliseconds{3'000});
  host.judge();
}

}  // namespace neigh::fuzz
