// SPDX-License-Identifier: Apache-2.0
// The home on a stack of our own: two hosts on LANs in memory, judged through the C++ API. Its time stands still but
// for calls that wait, and follows the clock where a test looks at the table again and again.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "conformance/home.hpp"
#include "neigh/current_stack.hpp"
#include "neigh/embedded.hpp"
#include "support/process.hpp"

namespace neigh::conformance {
namespace {

using std::chrono::milliseconds;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}
void must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message());
}

IpAddress ip(std::string_view text) { return must(IpAddress::parse(text)); }
LinkAddress lla(std::string_view text) { return must(LinkAddress::parse(text)); }

/// The frames of a LAN that somebody else than the peer sends.
class LanPort final : public test::FramePort {
 public:
  LanPort() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
      throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    set_fd(test::Fd(ends[0]));
    far_ = test::Fd(ends[1]);
  }
  void put(std::span<const std::uint8_t> frame) { (void)!::send(far_.get(), frame.data(), frame.size(), 0); }

 private:
  test::Fd far_;
};

class EmbeddedHome final : public Home {
 public:
  explicit EmbeddedHome(const HomeOptions& options) {
    host_ = must(network_->add_stack());
    there_ = must(network_->add_stack());
    (void)must(host_->add_interface({.link = EmbeddedLink::kLoopback,
                                     .addresses = {{.address = ip("127.0.0.1"), .prefix_length = 8},
                                                   {.address = ip("::1"), .prefix_length = 128}}}));
    link_ = {.name = "here", .index = 11, .link_address = "02:00:00:00:00:01", .v4 = "192.0.2.1"};
    if (options.ipv6) {
      link_.v6 = "2001:db8::1";
      link_.link_local = "fe80::ff:fe00:1";
    }
    peer_ = {
        .link_address = "02:00:00:00:00:02", .v4 = "192.0.2.2", .v6 = "2001:db8::2", .link_local = "fe80::ff:fe00:2"};
    join(link_, peer_, EmbeddedNetwork::first_lan(), 21, options.ipv6);
    set_current_stack(host_);
  }
  ~EmbeddedHome() override { set_current_stack(nullptr); }

  const Link& link() const override { return link_; }
  const Peer& peer() const override { return peer_; }

  const Link& second_link() override {
    if (second_.index == 0) {
      second_ = {.name = "second",
                 .index = 25,
                 .link_address = "02:00:00:00:01:01",
                 .v4 = "198.51.100.1",
                 .v6 = "2001:db8:2::1",
                 .link_local = "fe80::ff:fe00:101"};
      second_peer_ = {.link_address = "02:00:00:00:01:02",
                      .v4 = "198.51.100.2",
                      .v6 = "2001:db8:2::2",
                      .link_local = "fe80::ff:fe00:102"};
      join(second_, second_peer_, must(network_->add_lan()), 22, true);
    }
    return second_;
  }
  const Peer& second_peer() override {
    (void)second_link();
    return second_peer_;
  }

  const Link& addressless_link() override {
    if (addressless_.index == 0) {
      const InterfaceIndex index = must(host_->add_interface(
          {.name = "tun-here",
           .link = EmbeddedLink::kTunnel,
           .addresses = {{.address = ip("203.0.113.1"), .prefix_length = 32}, {.address = ip("2001:db8:3::1")}}}));
      addressless_ = {.name = "tun-here",
                      .index = to_number(index),
                      .type = kTunnelType,
                      .v4 = "203.0.113.1",
                      .v6 = "2001:db8:3::1"};
    }
    return addressless_;
  }

  Link loopback() const override { return {.name = "lo", .index = 1, .type = kLoopbackType}; }

  Link add_link(const std::string& name, std::uint32_t index) override {
    // Kernels do not give an index again soon; neither does this home.
    const std::uint32_t number = index == 0 ? ++last_index_ : index;
    (void)must(host_->add_interface({.index = static_cast<InterfaceIndex>(number), .name = name}));
    return {.name = name, .index = number};
  }
  void remove_link(const std::string& name) override {
    must(host_->remove_interface(must(host_->find_interface(name)).index));
  }

  std::vector<IpNeigh> rows(const std::string& dev) override {
    follow_the_clock();
    return read({}, dev);
  }
  std::vector<IpNeigh> proxies() override { return read({.proxies = true}, {}); }

  void put(const Link& link, const std::vector<Entry>& entries) override {
    for (const Entry& entry : entries) {
      Neighbor neighbor{
          .address = ip(entry.address), .interface = index_of(link), .state = must(parse_nud_state(entry.state))};
      if (!entry.link_address.empty()) neighbor.link_address = lla(entry.link_address);
      neighbor.flags.set(NeighborFlag::kRouter, entry.router);
      must(host_->replace(neighbor));
    }
  }
  void put_proxy(const Link& link, const std::string& address) override {
    Neighbor proxy{.address = ip(address), .interface = index_of(link)};
    proxy.flags.set(NeighborFlag::kProxy);
    must(host_->replace(proxy));
  }

  /// An embedded stack needs no entry to send to a group; this one stands for the kernel's.
  void send_to_multicast(const Link& link, const std::string& address) override {
    const IpAddress group = ip(address);
    const IpAddress own = ip(group.is_v4() ? link.v4 : link.link_local);
    std::vector<std::uint8_t> packet;
    if (group.is_v4()) {
      packet = {0x45, 0, 0, 29, 0, 0, 0, 0, 1, 17, 0, 0};
    } else {
      packet = {0x60, 0, 0, 0, 0, 9, 17, 1};
    }
    for (const IpAddress& each : {own, group}) packet.insert(packet.end(), each.bytes().begin(), each.bytes().end());
    packet.insert(packet.end(), {0, 9, 0, 9, 0, 9, 0, 0, 'x'});
    must(host_->send(packet, index_of(link)));
    const auto b = group.bytes();
    const LinkAddress mapped =
        group.is_v4() ? LinkAddress::ether({1, 0, 0x5e, static_cast<std::uint8_t>(b[1] & 0x7fU), b[2], b[3]})
                      : LinkAddress::ether({0x33, 0x33, b[12], b[13], b[14], b[15]});
    must(host_->replace(
        {.address = group, .interface = index_of(link), .link_address = mapped, .state = NudState::kNoArp}));
    network_->advance(milliseconds{1});
  }

  void hold_timers(const Link& link) override {
    EmbeddedSettings& settings = settings_[link.name];
    settings.preset = EmbeddedPreset::kLinux;       // the other one forgets failures after a second
    settings.retrans_timer = milliseconds{60'000};  // the largest
    settings.delay_first_probe_time = milliseconds{3'600'000};
    settings.base_reachable_time = milliseconds{3'600'000};
    must(host_->change_settings(index_of(link), settings));
  }
  void set_retry_interval(const Link& link, std::uint32_t interval_ms) override {
    EmbeddedSettings& settings = settings_[link.name];
    settings.retrans_timer = milliseconds{interval_ms};
    must(host_->change_settings(index_of(link), settings));
  }

  void add_address(const Link& link, const std::string& address_and_prefix) override {
    const std::size_t slash = address_and_prefix.find('/');
    must(host_->add_address(
        index_of(link), {.address = ip(address_and_prefix.substr(0, slash)),
                         .prefix_length = static_cast<std::uint8_t>(std::stoi(address_and_prefix.substr(slash + 1)))}));
  }
  void switch_ipv6_off(const Link& link) override { must(host_->set_family(index_of(link), Family::kIpv6, false)); }
  void take_down(const Link& link) override { must(host_->set_up(index_of(link), false)); }

  void make_peer_a_router() override {
    must(there_->change_settings(static_cast<InterfaceIndex>(21), {.forwarding = true, .max_rtr_solicitations = 0}));
    network_->advance(std::chrono::seconds{10});  // it tells everybody
  }

  std::unique_ptr<test::FramePort> listen(const Link& link) override {
    auto port = std::make_unique<LanPort>();
    // The latest listener of a LAN; a test has one at a time for each.
    const std::array<std::uint8_t, 6> peer = bytes_of(link.name == "second" ? second_peer_ : peer_);
    const EmbeddedLanId lan = link.name == "second" ? EmbeddedLanId{2} : EmbeddedNetwork::first_lan();
    must(network_->observe(lan, [to = port.get(), peer](std::chrono::nanoseconds, std::span<const std::uint8_t> frame) {
      if (frame.size() >= 12 && !std::equal(peer.begin(), peer.end(), frame.begin() + 6)) to->put(frame);
    }));
    return std::make_unique<Listener>(*network_, lan, std::move(port));
  }

  void unprivileged(const std::function<void()>& body) override {
    EXPECT_EQ(test::run_unprivileged([&] { return body(), 0; }), 0);
  }
  void forked(const std::function<void()>& body) override {
    EXPECT_EQ(test::run_forked([&] { return body(), 0; }), 0);
  }

 private:
  static InterfaceIndex index_of(const Link& link) { return static_cast<InterfaceIndex>(link.index); }

  void join(const Link& link, const Peer& peer, EmbeddedLanId lan, std::uint32_t peer_index, bool ipv6) {
    const auto interface = [&](const std::string& name, std::uint32_t index, const std::string& link_address,
                               const std::string& v4, const std::string& v6) {
      EmbeddedInterface out{.index = static_cast<InterfaceIndex>(index),
                            .name = name,
                            .lan = lan,
                            .link_address = lla(link_address),
                            .ipv6 = ipv6,
                            .addresses = {{.address = ip(v4), .prefix_length = 24}},
                            .settings = settings_[name]};
      if (ipv6 && !v6.empty()) {
        out.addresses.push_back({.address = ip(v6), .prefix_length = 64});
        out.prefixes.push_back({.prefix = ip(v6), .length = 64});
      }
      return out;
    };
    settings_[link.name] = settings_["there-" + link.name] = {.max_rtr_solicitations = 0};
    (void)must(host_->add_interface(interface(link.name, link.index, link.link_address, link.v4, link.v6)));
    (void)must(there_->add_interface(interface("there-" + link.name, peer_index, peer.link_address, peer.v4, peer.v6)));
    network_->advance(std::chrono::seconds{10});  // what hosts say when they come up has been said
  }

  std::vector<IpNeigh> read(const ListFilter& filter, const std::string& dev) {
    std::vector<IpNeigh> out;
    for (const Neighbor& neighbor : must(host_->list(filter))) {
      IpNeigh row{.dst = neighbor.address.to_string(),
                  .dev = must(host_->find_interface(neighbor.interface)).name,
                  .lladdr = neighbor.link_address.to_string(),
                  .router = neighbor.flags.has(NeighborFlag::kRouter),
                  .proxy = neighbor.flags.has(NeighborFlag::kProxy)};
      if (!dev.empty() && row.dev != dev) continue;
      std::string state(to_string(neighbor.state));
      std::transform(state.begin(), state.end(), state.begin(), [](unsigned char c) { return std::toupper(c); });
      if (neighbor.state != NudState::kNone) row.states.push_back(state);
      const auto whole = [](milliseconds age) { return static_cast<std::uint32_t>(age.count() / 1'000); };
      row.used = whole(neighbor.used_age);
      row.confirmed = whole(neighbor.confirmed_age);
      row.updated = whole(neighbor.updated_age);
      row.probes = neighbor.probes;
      out.push_back(std::move(row));
    }
    return out;
  }

  void follow_the_clock() {
    const auto now = std::chrono::steady_clock::now();
    network_->advance(now - std::exchange(last_look_, now));
  }

  static std::array<std::uint8_t, 6> bytes_of(const Peer& peer) {
    std::array<std::uint8_t, 6> out{};
    const LinkAddress address = lla(peer.link_address);
    std::copy(address.bytes().begin(), address.bytes().end(), out.begin());
    return out;
  }

  /// Stops listening when the test does.
  class Listener final : public test::FramePort {
   public:
    Listener(EmbeddedNetwork& network, EmbeddedLanId lan, std::unique_ptr<LanPort> port)
        : FramePort(std::move(*port)), network_(network), lan_(lan), port_(std::move(port)) {}
    ~Listener() override { (void)network_.observe(lan_, {}); }

   private:
    EmbeddedNetwork& network_;
    EmbeddedLanId lan_;
    std::unique_ptr<LanPort> port_;
  };

  std::unique_ptr<EmbeddedNetwork> network_ = EmbeddedNetwork::make();
  std::shared_ptr<EmbeddedStack> host_;
  std::shared_ptr<EmbeddedStack> there_;
  std::map<std::string, EmbeddedSettings> settings_;
  std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
  std::uint32_t last_index_ = 100;
  Link link_;
  Peer peer_;
  Link second_;
  Peer second_peer_;
  Link addressless_;
};

}  // namespace

std::optional<IpNeigh> Home::find(const Link& link, std::string_view address) {
  std::optional<IpNeigh> found;
  for (IpNeigh& row : rows(link.name)) {
    if (row.dst != address) continue;
    EXPECT_FALSE(found) << "twice in the table: " << row;
    found = std::move(row);
  }
  return found;
}

std::string name_of_link(std::uint32_t index) {
  const auto stack = current_stack();
  const auto found =
      stack ? (*stack)->find_interface(static_cast<InterfaceIndex>(index)) : Result<Interface>(stack.error());
  return found ? found->name : "#" + std::to_string(index);
}

std::unique_ptr<Home> make_home(const HomeOptions& options) { return std::make_unique<EmbeddedHome>(options); }

}  // namespace neigh::conformance
