// SPDX-License-Identifier: Apache-2.0
#include "netns/link/engine_host.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <variant>

#include "wire/echo.hpp"

namespace neigh::link {
namespace {

using std::chrono::milliseconds;

constexpr const char* kTapName = "tap-here";

// Runs in the kernel's namespace, before the device is up.
void quiet_kernel(const std::string& device) {
  const std::string conf = "net/ipv6/conf/" + device + "/";
  test::write_sysctl(conf + "accept_dad", "0");
  test::write_sysctl(conf + "dad_transmits", "0");
  test::write_sysctl(conf + "router_solicitations", "0");
  test::write_sysctl(conf + "accept_ra", "0");
}

std::unique_ptr<Port> open_device(PortKind kind, const std::string& device, bool beside_kernel) {
  if (kind == PortKind::kPacket) {
    PacketOptions wanted{.device = device};
    if (beside_kernel) wanted.link_address = mac("02:00:00:00:00:42");
    Result<std::unique_ptr<PacketPort>> packet = PacketPort::open(wanted);
    EXPECT_TRUE(packet) << packet.error().message();
    return std::move(*packet);
  }
  Result<std::unique_ptr<XdpPort>> xdp =
      XdpPort::open({.device = device,
                     .take = beside_kernel ? XdpTake::kOwn : XdpTake::kAll,
                     .attach = kind == PortKind::kXdpNative ? XdpAttach::kNative : XdpAttach::kGeneric});
  EXPECT_TRUE(xdp) << xdp.error().message();
  return std::move(*xdp);
}

}  // namespace

engine::InterfaceSettings EngineHost::quick_settings() {
  engine::InterfaceSettings settings = engine::InterfaceSettings::rfc();
  for (nud::NudSettings* nud : {&settings.ipv4, &settings.ipv6}) {
    nud->base_reachable_time = milliseconds{500};
    nud->retrans_timer = milliseconds{200};
    nud->delay_first_probe_time = milliseconds{300};
    nud->failed_lifetime = milliseconds{300};
  }
  settings.announce_new_addresses = false;
  settings.gratuitous_advert = false;
  settings.multicast_listener_reports = false;
  settings.max_rtr_solicitations = 0;
  settings.conflict_times = {.probe_wait = milliseconds{10},
                             .probe_min = milliseconds{50},
                             .probe_max = milliseconds{100},
                             .announce_wait = milliseconds{100},
                             .announce_interval = milliseconds{100}};
  return settings;
}

EngineHost::EngineHost(PortKind kind, const Options& options) {
  const LinkAddress own = mac("02:00:00:00:00:02");
  if (kind == PortKind::kTap) {
    space_ = std::make_unique<test::Namespace>();
    inside_.emplace(space_->fd());
    device_ = kTapName;
    Result<std::unique_ptr<TapPort>> tap =
        TapPort::open({.name = kTapName, .link_address = own, .kernel_link_address = mac("02:00:00:00:00:01")});
    EXPECT_TRUE(tap) << tap.error().message();
    port_ = std::move(*tap);
    quiet_kernel(device_);
    test::must_run("ip link set " + device_ + " up && ip addr add 192.0.2.1/24 dev " + device_ +
                   " && ip addr add 2001:db8::1/64 dev " + device_ + " nodad");
    // The kernel brings IPv6 up in the background: before an address has its local route, packets to it are dropped.
    EXPECT_TRUE(test::wait_until([&] {
      const std::string routes = test::must_run("ip -6 route show table local").out;
      return routes.find("local 2001:db8::1 ") != std::string::npos &&
             routes.find("local fe80::ff:fe00:1 ") != std::string::npos;
    }));
  } else {
    veth_ = std::make_unique<test::VethPair>();
    {
      const auto there = veth_->there.space.enter();
      if (!options.beside_kernel) {
        // The device is the engine's alone (PRT-007).
        test::must_run("ip addr flush dev " + veth_->there.device);
        test::write_sysctl("net/ipv6/conf/" + veth_->there.device + "/disable_ipv6", "1");
      }
      port_ = open_device(kind, veth_->there.device, options.beside_kernel);
    }
    inside_.emplace(veth_->here.space.fd());
    device_ = veth_->here.device;
  }
  engine_ = *engine::Engine::make({.limits = options.limits, .seed = 4711});
  loop_ = *Loop::make(*engine_);
  loop_->driver().set_handler(
      [this](TimePoint, const engine::Effect& effect, std::span<const std::uint8_t> bytes) { perform(effect, bytes); });
  loop_->driver().set_failure_handler([](InterfaceIndex, const Error& error) { ADD_FAILURE() << error.message(); });
  Port* used = port_.get();
  if (options.record) {
    pcap_path_ = ::testing::TempDir() + "engine-" + std::to_string(::getpid()) + ".pcap";
    writer_.emplace(*PcapWriter::create(pcap_path_));
    recorder_ = std::make_unique<RecordingPort>(*port_, *writer_);
    used = recorder_.get();
  }
  const Result<void> added = loop_->add({.index = kEth, .settings = options.settings}, *used);
  EXPECT_TRUE(added) << added.error().message();
  const Result<void> prefix = loop_->call([&](engine::Engine& e, engine::Effects& out) {
    return e.add_prefix(Loop::now(), kEth, ip("2001:db8::"), 64, out);
  });
  EXPECT_TRUE(prefix);
  if (options.addresses && !options.beside_kernel) {
    for (const char* text : {"192.0.2.2", "2001:db8::2", "fe80::ff:fe00:2"}) add_address(ip(text), false);
  }
  // Frames from the time before belong to nobody's test.
  settle();
}

EngineHost::~EngineHost() {
  if (!pcap_path_.empty()) std::filesystem::remove(pcap_path_);
}

bool EngineHost::run_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + test::kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    const Result<void> turn = loop_->run_once(milliseconds{20});
    EXPECT_TRUE(turn) << turn.error().message();
  }
  return true;
}

test::CommandResult EngineHost::run_beside(const std::string& command) {
  test::BackgroundCommand running(command);
  while (running.running()) {
    const Result<void> turn = loop_->run_once(milliseconds{20});
    EXPECT_TRUE(turn) << turn.error().message();
  }
  return running.wait();
}

void EngineHost::settle() {
  // veth and TAP deliver before the sender's call returns: what was sent is there to be read.
  std::uint64_t before = 0;
  do {
    before = port_->counters().rx_frames;
    EXPECT_TRUE(loop_->run_once(milliseconds{0}));
  } while (port_->counters().rx_frames != before);
}

void EngineHost::add_address(const IpAddress& address, bool verify) {
  const Result<void> added = loop_->call([&](engine::Engine& e, engine::Effects& out) {
    return e.add_address(
        Loop::now(), kEth,
        {.address = address, .prefix_length = static_cast<std::uint8_t>(address.is_v4() ? 24 : 64), .verify = verify},
        out);
  });
  EXPECT_TRUE(added) << added.error().message();
}

engine::SendOutcome EngineHost::ping(const IpAddress& destination) {
  const auto nobody = LinkAddress::ether({});
  const wire::EthernetHeader ignored{.destination = nobody, .source = nobody};
  std::array<std::uint8_t, 128> buffer{};
  wire::FrameWriter out{buffer};
  const wire::Echo echo{.identifier = 7, .sequence = 1};
  const IpAddress own = ip(destination.is_v4() ? "192.0.2.2" : "2001:db8::2");
  const auto size = destination.is_v4() ? wire::emit_echo4_frame(ignored, own, destination, echo, out)
                                        : wire::emit_echo6_frame(ignored, own, destination, echo, out);
  EXPECT_TRUE(size);
  const auto packet = std::span<const std::uint8_t>(buffer).subspan(14, *size - 14);
  return loop_->call(
      [&](engine::Engine& e, engine::Effects& effects) { return e.send_packet(Loop::now(), kEth, packet, effects); });
}

NudState EngineHost::state_of(const IpAddress& address) const {
  const Result<Neighbor> entry = engine_->get(Loop::now(), {kEth, address});
  return entry ? entry->state : NudState::kNone;
}

bool EngineHost::was(const IpAddress& address, NudState state) const {
  return std::any_of(neighbors.begin(), neighbors.end(), [&](const engine::NeighborChanged& change) {
    return change.neighbor.address == address && change.neighbor.state == state;
  });
}

std::string EngineHost::link_of(const IpAddress& address) const {
  const Result<Neighbor> entry = engine_->get(Loop::now(), {kEth, address});
  return entry ? entry->link_address.to_string() : "";
}

std::optional<engine::AddressChanged::Kind> EngineHost::own_state(const IpAddress& address) const {
  const auto all = *engine_->addresses(kEth);
  for (const engine::OwnAddress& own : all) {
    if (own.address == address) return own.state;
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::uint64_t>> EngineHost::drops() const {
  const engine::InterfaceCounters counters = *engine_->counters(kEth);
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (std::size_t i = 0; i < counters.malformed.size(); ++i) {
    if (counters.malformed[i] == 0) continue;
    all.emplace_back(wire::describe(static_cast<wire::DropReason>(i)).name, counters.malformed[i]);
  }
  for (std::size_t i = 0; i < counters.dropped.size(); ++i) {
    if (counters.dropped[i] == 0) continue;
    all.emplace_back(engine::describe(static_cast<engine::Reason>(i)).name, counters.dropped[i]);
  }
  return all;
}

const std::string& EngineHost::recording() {
  const Result<void> flushed = writer_->flush();
  EXPECT_TRUE(flushed) << flushed.error().message();
  return pcap_path_;
}

void EngineHost::perform(const engine::Effect& effect, std::span<const std::uint8_t> bytes) {
  if (const auto* packet = std::get_if<engine::DeliverPacket>(&effect)) answer(*packet, bytes);
  if (const auto* change = std::get_if<engine::AddressChanged>(&effect)) addresses.push_back(*change);
  if (const auto* change = std::get_if<engine::NeighborChanged>(&effect)) neighbors.push_back(*change);
  if (std::holds_alternative<engine::PacketFailed>(effect)) ++failed_packets;
}

void EngineHost::answer(const engine::DeliverPacket& packet, std::span<const std::uint8_t> bytes) {
  const auto nobody = LinkAddress::ether({});
  const wire::EthernetHeader ignored{.destination = nobody, .source = nobody};
  std::array<std::uint8_t, 2'048> buffer{};
  wire::FrameWriter out{buffer};
  const auto reply = [&](const auto& request, const wire::Parsed<wire::Echo>& echo, auto emit) {
    if (!echo) return;
    if (echo->is_reply) {
      ++echo_replies;
      return;
    }
    if (request.destination.is_multicast()) return;
    wire::Echo answer = *echo;
    answer.is_reply = true;
    const auto size = emit(ignored, request.destination, request.source, answer, out);
    if (!size) return;
    loop_->call([&](engine::Engine& e, engine::Effects& effects) {
      e.send_packet(Loop::now(), packet.interface, std::span<const std::uint8_t>(buffer).subspan(14, *size - 14),
                    effects);
    });
  };
  if (packet.family == Family::kIpv4) {
    const auto request = wire::parse_ip4(ByteView{bytes});
    if (request && request->protocol == 1) reply(*request, wire::parse_echo4(*request), wire::emit_echo4_frame);
  } else {
    const auto request = wire::parse_ip6(ByteView{bytes});
    if (request && request->next_header == 58) reply(*request, wire::parse_echo6(*request), wire::emit_echo6_frame);
  }
}

}  // namespace neigh::link
