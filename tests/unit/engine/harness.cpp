// SPDX-License-Identifier: Apache-2.0
#include "harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "support/cites.hpp"
#include "wire/checksum.hpp"
#include "wire/frame.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine::test {

namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

wire::ParsePolicy lenient() {
  wire::ParsePolicy policy;
  policy.accept_any_link_address = true;
  policy.vlan_id = std::nullopt;
  policy.mtu = 65'535;
  return policy;
}

std::string or_none(const std::optional<LinkAddress>& address) { return address ? address->to_string() : "-"; }

std::string nd_line(const wire::EthernetHeader& header, const wire::NdPacket& packet) {
  const std::string route =
      packet.source.to_string() + " > " + packet.destination.to_string() + " via " + header.destination.to_string();
  return std::visit(
      Overloaded{
          [&](const wire::NeighborSolicit& m) {
            return "ns " + m.target.to_string() + ": " + route + " slla " + or_none(m.source_link) +
                   (m.nonce.empty() ? "" : " nonce");
          },
          [&](const wire::NeighborAdvert& m) {
            std::string flags =
                std::string(m.is_router ? "R" : "") + (m.solicited ? "S" : "") + (m.override_flag ? "O" : "");
            return "na " + m.target.to_string() + ": " + route + " flags " + (flags.empty() ? "-" : flags) + " tlla " +
                   or_none(m.target_link);
          },
          [&](const wire::RouterSolicit& m) { return "rs: " + route + " slla " + or_none(m.source_link); },
          [&](const wire::RouterAdvert&) { return "ra: " + route; },
          [&](const wire::Redirect& m) { return "redirect " + m.target.to_string() + ": " + route; },
      },
      packet.message);
}

std::string ip6_line(const wire::EthernetHeader& header, const wire::Ip6Packet& packet) {
  const auto bytes = packet.payload.span();
  if (packet.next_header == wire::kNextHeaderIcmp6 && !bytes.empty() && bytes[0] == 143) {
    std::string out = "mld";
    for (std::size_t at = 8; at + 20 <= bytes.size(); at += 20) {
      constexpr std::array<std::string_view, 5> kTypes = {"?", "in", "is", "leave", "join"};
      out +=
          " " + std::string(kTypes.at(bytes[at])) + " " + IpAddress::from_bytes(bytes.subspan(at + 4, 16))->to_string();
    }
    return out + " from " + packet.source.to_string();
  }
  return "ip " + packet.source.to_string() + " > " + packet.destination.to_string() + " size " +
         std::to_string(packet.whole.size()) + " via " + header.destination.to_string();
}

std::string ip_line(std::span<const std::uint8_t> bytes) {
  if (!bytes.empty() && bytes[0] >> 4U == 4) {
    const auto packet4 = wire::parse_ip4(ByteView{bytes});
    if (!packet4) return "malformed";
    return packet4->source.to_string() + " > " + packet4->destination.to_string();
  }
  const auto packet6 = wire::parse_ip6(ByteView{bytes});
  if (!packet6) return "malformed";
  return packet6->source.to_string() + " > " + packet6->destination.to_string();
}

Bytes cut(const std::array<std::uint8_t, 2048>& buffer, const Result<std::size_t>& size) {
  EXPECT_TRUE(size) << (size ? "" : size.error().message());
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size.value_or(0))};
}

void put16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put(Bytes& out, std::span<const std::uint8_t> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

std::optional<LinkAddress> maybe(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return lla(text);
}

Bytes nd_frame(const wire::NdPacket& packet, const std::string& link, const std::string& link_destination) {
  std::array<std::uint8_t, 2048> buffer{};
  wire::FrameWriter out{buffer};
  LinkAddress to = lla(kOurLink);
  if (!link_destination.empty()) {
    to = lla(link_destination);
  } else if (packet.destination.is_multicast()) {
    to = wire::ether_group(packet.destination);
  }
  return cut(buffer, wire::emit_nd_frame({.destination = to, .source = lla(link)}, packet, out, lenient()));
}

}  // namespace

IpAddress ip(std::string_view text) {
  auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpAddress{});
}

LinkAddress lla(std::string_view text) {
  auto parsed = LinkAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(LinkAddress{});
}

std::string frame_line(std::span<const std::uint8_t> frame) {
  const auto parsed = wire::parse_frame(ByteView{frame}, lenient());
  if (!parsed) return "malformed: " + std::string(wire::describe(parsed.error().reason).name);
  const wire::EthernetHeader& header = parsed->header;
  const std::string tag = header.tag ? " tag " + std::to_string(*header.tag) : "";
  return std::visit(
      Overloaded{
          [&](const wire::ArpPacket& m) {
            return std::string(m.operation == wire::ArpOperation::kRequest ? "arp request " : "arp reply ") +
                   m.sender.to_string() + " " + m.sender_link.to_string() + " > " + m.target.to_string() + " " +
                   m.target_link.to_string() + " via " + header.destination.to_string() + tag;
          },
          [&](const wire::NdPacket& m) { return nd_line(header, m) + tag; },
          [&](const wire::MldQuery&) { return std::string("mld query"); },
          [&](const wire::Ip4Packet& m) {
            return "ip " + m.source.to_string() + " > " + m.destination.to_string() + " size " +
                   std::to_string(m.whole.size()) + " via " + header.destination.to_string() + tag;
          },
          [&](const wire::Ip6Packet& m) { return ip6_line(header, m) + tag; },
      },
      parsed->content);
}

std::string to_line(const Effect& effect, const Effects& all) {
  return std::visit(
      Overloaded{
          [&](const SendFrame& e) { return frame_line(all.bytes(e.bytes)); },
          [&](const DeliverPacket& e) { return "deliver " + ip_line(all.bytes(e.bytes)); },
          [&](const PacketFailed& e) {
            return "failed " + ip_line(all.bytes(e.bytes)) + ": " + std::string(to_string(e.reason)) + ", cookie " +
                   std::to_string(e.cookie) + (e.error_allowed ? ", error" : "");
          },
          [&](const NeighborChanged& e) {
            const std::string address = e.neighbor.address.to_string();
            const std::string link = e.neighbor.link_address.empty() ? "" : " " + e.neighbor.link_address.to_string();
            const std::string router = e.neighbor.flags.has(NeighborFlag::kRouter) ? " router" : "";
            const std::string state(to_string(e.neighbor.state));
            if (e.kind == NeighborChanged::Kind::kAdded) return "added " + address + " " + state + link + router;
            if (e.kind == NeighborChanged::Kind::kRemoved) return "removed " + address + " " + state;
            return "changed " + address + " " + std::string(to_string(e.previous)) + " > " + state + link + router;
          },
          [&](const AddressChanged& e) {
            constexpr std::array<std::string_view, 7> kKinds = {"tentative", "optimistic",  "preferred", "duplicate",
                                                                "conflict",  "withdrawing", "removed"};
            return "address " + e.address.to_string() + " " + std::string(kKinds.at(static_cast<std::size_t>(e.kind))) +
                   (e.other.empty() ? "" : " " + e.other.to_string());
          },
          [&](const GroupChanged& e) {
            return (e.joined ? "listen " : "ignore ") + (e.group.empty() ? "all" : e.group.to_string());
          },
          [&](const RouterChanged& e) {
            return "router " + e.router.to_string() + (e.present ? " added" : " removed");
          },
          [&](const AskAnswered& e) {
            if (e.ended) return "ask " + std::to_string(e.ask) + " ended";
            return "ask " + std::to_string(e.ask) + ": " + e.link_address.to_string() + (e.is_router ? " router" : "") +
                   " after " + std::to_string(std::chrono::duration_cast<milliseconds>(e.round_trip).count()) + " ms";
          },
      },
      effect);
}

void cite_all(std::string_view statements) {
  while (!statements.empty()) {
    const std::size_t end = std::min(statements.find(' '), statements.size());
    neigh::test::cite(statements.substr(0, end));
    statements.remove_prefix(std::min(end + 1, statements.size()));
  }
}

InterfaceSettings quiet() {
  InterfaceSettings settings;
  for (nud::NudSettings* family : {&settings.ipv4, &settings.ipv6}) {
    family->base_reachable_time = milliseconds{20'000};
    family->retrans_timer = milliseconds{1'700};
    family->delay_first_probe_time = milliseconds{3'300};
    family->max_multicast_solicit = 4;
    family->max_unicast_solicit = 2;
    family->failed_lifetime = milliseconds{900};
  }
  settings.ipv4.locktime = milliseconds{600};
  settings.multicast_listener_reports = false;
  settings.max_rtr_solicitations = 0;
  settings.announce_new_addresses = false;
  settings.gratuitous_advert = false;
  return settings;
}

InterfaceSettings quiet_linux() {
  InterfaceSettings settings = InterfaceSettings::linux_like();
  settings.multicast_listener_reports = false;
  settings.max_rtr_solicitations = 0;
  return settings;
}

Harness::Harness(const HarnessOptions& options) {
  auto made =
      Engine::make({.limits = options.limits, .seed = options.seed, .ipv4 = options.ipv4, .ipv6 = options.ipv6});
  EXPECT_TRUE(made) << (made ? "" : made.error().message());
  engine_ = *std::move(made);
  now_ += seconds{100};
  if (!options.with_interface) return;
  const auto ok = [](const Result<void>& done) { EXPECT_TRUE(done) << (done ? "" : done.error().message()); };
  ok(engine_->add_interface(
      now_, {.index = kEth0, .name = "eth0", .link_address = lla(kOurLink), .settings = options.settings}, effects_));
  if (options.with_addresses && options.ipv4) {
    ok(engine_->add_address(now_, kEth0, {.address = ip("192.0.2.1"), .prefix_length = 24, .verify = false}, effects_));
  }
  if (options.with_addresses && options.ipv6) {
    ok(engine_->add_address(now_, kEth0, {.address = ip("fe80::1"), .verify = false}, effects_));
    ok(engine_->add_address(now_, kEth0, {.address = ip("2001:db8::1"), .prefix_length = 64, .verify = false},
                            effects_));
    ok(engine_->add_prefix(now_, kEth0, ip("2001:db8::"), 64, effects_));
  }
  advance(options.settle);
  take();
}

Harness::~Harness() { EXPECT_EQ(engine_->audit(), ""); }

void Harness::collect() {
  for (const Effect& effect : effects_) lines_.push_back(to_line(effect, effects_));
  effects_.clear();
}

Lines Harness::take() {
  collect();
  return std::exchange(lines_, {});
}

Lines Harness::take_frames() {
  Lines out;
  for (std::string& line : take()) {
    constexpr std::array<std::string_view, 8> kFrames = {"arp ", "ns ", "na ", "rs:", "ra:", "mld", "ip ", "malformed"};
    const bool is_frame =
        std::any_of(kFrames.begin(), kFrames.end(), [&](auto start) { return line.starts_with(start); });
    if (is_frame) out.push_back(std::move(line));
  }
  return out;
}

void Harness::advance(TimePoint::duration duration) {
  const TimePoint end = now_ + duration;
  for (auto next = engine_->next_deadline(); next && *next <= end; next = engine_->next_deadline()) {
    now_ = std::max(now_, *next);
    engine_->on_deadline(now_, effects_);
    collect();
  }
  now_ = end;
}

void Harness::receive(std::span<const std::uint8_t> frame) {
  engine_->on_frame(now_, kEth0, frame, effects_);
  collect();
}

SendOutcome Harness::send(const Bytes& bytes, std::uint64_t cookie) {
  const SendOutcome outcome = engine_->send_packet(now_, InterfaceIndex::kNone, bytes, effects_, cookie);
  collect();
  return outcome;
}

std::optional<Neighbor> Harness::entry(std::string_view address) {
  auto found = engine_->get(now_, {.interface = kEth0, .address = ip(address)});
  if (!found) return std::nullopt;
  return *found;
}

std::string Harness::state(std::string_view address) {
  const auto found = entry(address);
  if (!found) return "-";
  return std::string(to_string(found->state)) +
         (found->link_address.empty() ? "" : " " + found->link_address.to_string());
}

void Harness::enter(std::string_view address, NudState state, std::string_view link, bool router) {
  Neighbor neighbor{.address = ip(address), .interface = kEth0, .link_address = lla(link), .state = state};
  neighbor.flags.set(NeighborFlag::kRouter, router);
  if (!kUsableStates.contains(state)) neighbor.link_address = {};
  const auto done = engine_->replace(now_, neighbor, effects_);
  EXPECT_TRUE(done) << (done ? "" : done.error().message());
  effects_.clear();
}

InterfaceCounters Harness::counters() { return *engine_->counters(kEth0); }

Bytes arp(const ArpFrame& frame) {
  Bytes out;
  put(out, lla(frame.destination).bytes());
  put(out, lla(frame.source.empty() ? frame.sha : frame.source).bytes());
  put16(out, 0x0806);
  put16(out, 1);
  put16(out, 0x0800);
  out.push_back(6);
  out.push_back(4);
  put16(out, frame.operation);
  put(out, lla(frame.sha).bytes());
  put(out, ip(frame.spa).bytes());
  put(out, lla(frame.tha).bytes());
  put(out, ip(frame.tpa).bytes());
  return out;
}

Bytes arp_reply(std::string spa, std::string sha, std::string tpa, std::string destination) {
  return arp({.operation = 2,
              .sha = std::move(sha),
              .spa = std::move(spa),
              .tha = std::string(kOurLink),
              .tpa = std::move(tpa),
              .destination = std::move(destination)});
}

Bytes ns(const NsFrame& frame) {
  const IpAddress target = ip(frame.target);
  const IpAddress destination = frame.destination.empty() ? wire::solicited_node(target) : ip(frame.destination);
  wire::NeighborSolicit solicit{.target = target, .source_link = maybe(frame.sllao), .nonce = frame.nonce};
  return nd_frame({.source = ip(frame.source), .destination = destination, .message = solicit}, frame.link,
                  frame.link_destination);
}

Bytes na(const NaFrame& frame) {
  const auto flag = [&](char letter) { return frame.flags.find(letter) != std::string::npos; };
  wire::NeighborAdvert advert{.target = ip(frame.target),
                              .is_router = flag('R'),
                              .solicited = flag('S'),
                              .override_flag = flag('O'),
                              .target_link = maybe(frame.tllao)};
  return nd_frame({.source = ip(frame.source), .destination = ip(frame.destination), .message = advert}, frame.link,
                  frame.link_destination);
}

Bytes ra(const RaFrame& frame) {
  wire::RouterAdvert advert{.hop_limit = frame.hop_limit,
                            .router_lifetime_s = frame.lifetime,
                            .reachable_time_ms = frame.reachable_ms,
                            .retrans_time_ms = frame.retrans_ms,
                            .source_link = maybe(frame.sllao),
                            .prefixes = wire::PrefixList{frame.prefixes}};
  return nd_frame({.source = ip(frame.source), .destination = wire::kIp6AllNodes, .message = advert}, frame.link, "");
}

Bytes redirect(const RedirectFrame& frame) {
  wire::Redirect message{
      .target = ip(frame.target), .destination = ip(frame.redirected), .target_link = maybe(frame.tllao)};
  return nd_frame({.source = ip(frame.source), .destination = ip(frame.destination), .message = message}, frame.link,
                  "");
}

Bytes rs(const std::string& source, const std::string& sllao) {
  wire::RouterSolicit solicit{.source_link = maybe(sllao)};
  return nd_frame({.source = ip(source), .destination = wire::kIp6AllRouters, .message = solicit},
                  std::string(kPeerLink), "");
}

Bytes packet(std::string_view source, std::string_view destination, std::size_t size) {
  const IpAddress from = ip(source);
  Bytes out;
  if (from.is_v4()) {
    out = {0x45, 0};
    put16(out, static_cast<std::uint16_t>(size));
    out.insert(out.end(), {0, 0, 0, 0, 64, 17, 0, 0});
    put(out, from.bytes());
    put(out, ip(destination).bytes());
    const std::uint16_t sum = wire::internet_checksum(out);
    out[10] = static_cast<std::uint8_t>(sum >> 8U);
    out[11] = static_cast<std::uint8_t>(sum);
  } else {
    out = {0x60, 0, 0, 0};
    put16(out, static_cast<std::uint16_t>(size - 40));
    out.insert(out.end(), {17, 64});
    put(out, from.bytes());
    put(out, ip(destination).bytes());
  }
  out.resize(size);
  return out;
}

Bytes framed(const Bytes& packet, std::string_view destination, std::string_view source) {
  Bytes out;
  put(out, lla(destination).bytes());
  put(out, lla(source).bytes());
  put16(out, packet.at(0) >> 4U == 4 ? 0x0800 : 0x86dd);
  put(out, packet);
  return out;
}

}  // namespace neigh::engine::test
