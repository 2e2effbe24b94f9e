// SPDX-License-Identifier: Apache-2.0
// The engine against a plain model of the specification's state table: the same frames, packets, settings and times
// into both; then states, link-layer addresses, IsRouter, requests sent, packets sent and packets failed are the same.
#include "engine/engine.hpp"
#include "frames.hpp"
#include "fsm_model.hpp"
#include "wire/frame.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 512;

namespace {

constexpr auto kEth = static_cast<InterfaceIndex>(2);
constexpr LinkAddress kOurLink = LinkAddress::ether({2, 0, 0, 0, 0, 1});

IpAddress node(int n) {
  return IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(n)});
}
LinkAddress link(int number) { return LinkAddress::ether({2, 0, 0, 0, 1, static_cast<std::uint8_t>(number)}); }

/// The table of the specification and nothing beside it: no rates, no negative state, every S=1 believed.
engine::InterfaceSettings plain() {
  engine::InterfaceSettings s;
  s.ipv6.confirm_only_if_asked = false;
  s.ipv6.rate_memory = false;
  s.ipv6.failed_lifetime = milliseconds{0};
  s.ipv6.late_answers = nud::LateAnswers::kNone;
  s.ipv6.solicit_rate = s.ipv6.probe_rate = s.ipv6.unsolicited_rate = 0;
  s.max_rtr_solicitations = 0;
  s.gratuitous_advert = false;
  s.announce_link_changes = false;
  s.multicast_listener_reports = false;
  s.queue_packets = FsmModel::kQueue;
  return s;
}

class Comparison {
 public:
  explicit Comparison(std::uint64_t seed) {
    engine::EngineConfig config{.seed = seed};
    config.limits.cache.max_entries = 16;  // room is made when the engine is
    config.limits.cache.rate_memory_slots = 8;
    auto made = engine::Engine::make(config);
    require(made.has_value(), "an engine");
    engine_ = std::move(*made);
    engine::InterfaceConfig eth{.index = kEth, .name = "eth0", .link_address = kOurLink};
    eth.settings = plain();
    require(engine_->add_interface(at(), eth, out_).has_value(), "an interface");
    require(
        engine_->add_address(at(), kEth, {.address = node(1), .prefix_length = 64, .verify = false}, out_).has_value(),
        "an address");
    out_.clear();
  }

  void step(Input& in) {
    const int n = 2 + static_cast<int>(in.below(3));
    const unsigned choice = in.byte();
    const int lla = static_cast<int>(choice >> 4U & 3U) % 3;  // none, one, another
    switch (choice % 12) {
      case 0:
      case 1:
        send(n);
        break;
      case 2:
      case 3:
      case 4: {
        const unsigned flags = in.byte();
        const FsmModel::Advert advert{(flags & 1U) != 0, (flags & 2U) != 0, (flags & 4U) != 0, lla};
        receive_advert(n, advert);
        model_.advert(n, advert, now_);
        break;
      }
      case 5:
        if (lla == 0) break;  // it would be answered, which takes a resolution
        receive(wire::NdPacket{node(n), node(1), wire::NeighborSolicit{.target = node(1), .source_link = link(lla)}});
        model_.learn(n, lla, false, now_);
        break;
      case 6: {
        wire::RouterAdvert advert;
        if (lla != 0) advert.source_link = link(lla);
        receive(wire::NdPacket{node(n), IpAddress::v6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), advert});
        model_.learn(n, lla, true, now_);
        break;
      }
      case 7:
        engine_->on_confirm(at(), kEth, node(n), out_);
        model_.confirm(n, now_);
        break;
      case 8:
        if (in.byte() % 4 == 0) {
          require(engine_->replace(at(), {.address = node(n), .interface = kEth, .link_address = link(1)}, out_)
                      .has_value(),
                  "a permanent entry");
          model_.set_permanent(n, 1);
        } else {
          require(engine_->remove(at(), {.interface = kEth, .address = node(n)}, out_).has_value() ==
                      model_.entries.contains(n),
                  "removed if it was there");
          model_.remove(n);
        }
        break;
      case 9:
        if (in.byte() % 16 != 0) break;
        require(engine_->set_up(at(), kEth, false, out_) && engine_->set_up(at(), kEth, true, out_), "down and up");
        model_.down();
        break;
      case 10:
        pass(milliseconds{in.byte() * 16});
        break;
      default:
        pass(milliseconds{in.byte() * 200});
        break;
    }
    compare();
  }

 private:
  [[nodiscard]] TimePoint at() const { return TimePoint{} + now_; }

  void receive(const wire::NdPacket& packet) {
    Bytes buffer(1514);
    wire::FrameWriter writer{buffer};
    const bool group = packet.destination.is_multicast();
    const wire::EthernetHeader header{group ? LinkAddress::ether({0x33, 0x33, 0, 0, 0, 1}) : kOurLink, link(9)};
    const auto size = wire::emit_nd_frame(header, packet, writer);
    require(size.has_value(), "a frame of the test:", size ? std::string() : size.error().message());
    engine_->on_frame(at(), kEth, std::span(buffer).first(*size), out_);
  }

  void receive_advert(int n, const FsmModel::Advert& a) {
    wire::NeighborAdvert advert{
        .target = node(n), .is_router = a.router, .solicited = a.solicited, .override_flag = a.override_flag};
    if (a.link != 0) advert.target_link = link(a.link);
    const IpAddress all = IpAddress::v6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
    receive(wire::NdPacket{node(n), a.solicited ? node(1) : all, advert});
  }

  void send(int n) {
    Bytes packet = {0x60, 0, 0, 0, 0, 0, 59, 64};
    for (const IpAddress& address : {node(1), node(n)}) {
      packet.insert(packet.end(), address.bytes().begin(), address.bytes().end());
    }
    (void)engine_->send_packet(at(), kEth, packet, out_, static_cast<std::uint64_t>(n));
    model_.packet(n, now_);
  }

  void pass(milliseconds time) {
    const milliseconds end = now_ + time;
    for (auto next = engine_->next_deadline(); next && *next <= TimePoint{} + end; next = engine_->next_deadline()) {
      now_ = std::max(now_, std::chrono::ceil<milliseconds>(*next - TimePoint{}));
      if (now_ > end) break;
      engine_->on_deadline(at(), out_);
      model_.run_until(now_);
      follow_reachable_time();
    }
    now_ = end;
    engine_->on_deadline(at(), out_);
    model_.run_until(now_);
  }

  /// FSM-17 is the one transition whose time the model does not know.
  void follow_reachable_time() {
    for (int n = 2; n < 5; ++n) {
      const auto found = engine_->get(at(), {.interface = kEth, .address = node(n)});
      if (found && found->state == NudState::kStale && model_.may_be_stale(n, now_)) model_.become_stale(n);
    }
  }

  static NudState state_of(FsmModel::State state) {
    constexpr std::array kStates = {NudState::kIncomplete, NudState::kReachable, NudState::kStale,
                                    NudState::kDelay,      NudState::kProbe,     NudState::kPermanent};
    return kStates[static_cast<std::size_t>(state)];
  }

  void compare() {
    follow_reachable_time();
    for (int n = 2; n < 5; ++n) {
      const std::string who = std::to_string(n) + " at " + std::to_string(now_.count()) + " ms";
      const auto found = engine_->get(at(), {.interface = kEth, .address = node(n)});
      require(found.has_value() == model_.entries.contains(n), "the same entries exist:", who);
      require(!model_.must_be_stale(n, now_), "CON-11: REACHABLE for longer than 45 s:", who);
      if (!found) continue;
      const FsmModel::Entry& e = model_.entries[n];
      require(found->state == state_of(e.state), "the same state:",
              who + ", " + std::string(to_string(found->state)) + " instead of " +
                  std::string(to_string(state_of(e.state))));
      require(found->link_address == (e.link == 0 ? LinkAddress{} : link(e.link)), "the same link-layer address:", who);
      require(found->flags.has(NeighborFlag::kRouter) == e.router, "the same IsRouter:", who);
    }
    std::vector<std::string> did = what_the_engine_did();
    std::sort(did.begin(), did.end());
    std::sort(model_.done.begin(), model_.done.end());
    if (did != model_.done) {
      std::string detail = "engine:";
      for (const std::string& one : did) detail += " " + one + ",";
      detail += " model:";
      for (const std::string& one : model_.done) detail += " " + one + ",";
      broken("the same requests and packets:", detail);
    }
    model_.done.clear();
    require(engine_->audit().empty(), "the audit:", engine_->audit());
  }

  std::vector<std::string> what_the_engine_did() {
    std::vector<std::string> did;
    for (const engine::Effect& effect : out_) {
      if (const auto* failed = std::get_if<engine::PacketFailed>(&effect)) {
        did.push_back(std::to_string(failed->cookie) + " failed");
      }
      const auto* sent = std::get_if<engine::SendFrame>(&effect);
      if (sent == nullptr) continue;
      const auto bytes = out_.bytes(sent->bytes);
      const auto parsed = wire::parse_frame(ByteView{bytes});
      require(parsed.has_value(), "our frames parse");
      if (const auto* nd = std::get_if<wire::NdPacket>(&parsed->content)) {
        const auto* ask = std::get_if<wire::NeighborSolicit>(&nd->message);
        if (ask == nullptr) continue;  // an answer
        did.push_back(std::to_string(ask->target.bytes()[15]) +
                      (nd->destination.is_multicast() ? " multicast" : " unicast"));
      } else if (const auto* ip = std::get_if<wire::Ip6Packet>(&parsed->content)) {
        did.push_back(std::to_string(ip->destination.bytes()[15]) + " sent");
      }
    }
    out_.clear();
    return did;
  }

  std::unique_ptr<engine::Engine> engine_;
  engine::Effects out_;
  FsmModel model_;
  milliseconds now_{0};
};

}  // namespace

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  Comparison comparison(in.byte());
  while (!in.empty()) comparison.step(in);
}

}  // namespace neigh::fuzz
