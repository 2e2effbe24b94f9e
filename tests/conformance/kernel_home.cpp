// SPDX-License-Identifier: Apache-2.0
// The home on the Linux kernel's own table: network namespaces joined by veth pairs, judged by `ip neigh`.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <system_error>

#include "conformance/home.hpp"
#include "support/fd.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh::conformance {
namespace {

using test::must_run;
using test::Namespace;

constexpr std::uint16_t kDiscardPort = 9;

void batch(const std::string& commands, const std::string& tool = "ip") {
  const test::CommandResult result = test::run(tool + " -batch -", {.input = commands});
  if (!result.ok()) throw std::runtime_error(tool + ": " + result.err + result.out + "\nfor:\n" + commands);
}

const std::string& checked(const std::string& address) {
  if (address.empty()) throw std::invalid_argument("no address");
  return address;
}

class KernelHome final : public Home {
 public:
  explicit KernelHome(const HomeOptions& options)
      : pair_({.v4 = true, .v6 = options.ipv6}), inside_(pair_.here.space.enter()) {
    const auto& here = pair_.here;
    link_ = {.name = here.device, .index = here.index, .link_address = here.link_address, .v4 = here.v4};
    if (options.ipv6) {
      link_.v6 = here.v6;
      link_.link_local = here.link_local;
    }
    const auto& there = pair_.there;
    peer_ = {.link_address = there.link_address, .v4 = there.v4, .v6 = there.v6, .link_local = there.link_local};
  }

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
      batch("link add second index 25 address " + second_.link_address + " type veth peer name second-there address " +
            second_peer_.link_address + " netns " + pair_.there.space.path() + "\n");
      quiet("second");
      {
        const auto there = pair_.there.space.enter();
        quiet("second-there");
        batch(
            "link set second-there up\naddr add 198.51.100.2/24 dev second-there\n"
            "addr add 2001:db8:2::2/64 dev second-there nodad\n");
      }
      batch("link set second up\naddr add 198.51.100.1/24 dev second\naddr add 2001:db8:2::1/64 dev second nodad\n");
      if (!test::wait_until([&] { return test::has_usable_v6("second", second_.link_local); })) {
        throw std::runtime_error("the second link did not come up");
      }
    }
    return second_;
  }

  const Peer& second_peer() override {
    (void)second_link();
    return second_peer_;
  }

  const Link& addressless_link() override {
    if (addressless_.index == 0) {
      batch(
          "tuntap add dev tun-here mode tun\nlink set tun-here up\naddr add 203.0.113.1/24 dev tun-here\n"
          "addr add 2001:db8:3::1/64 dev tun-here nodad\n");
      addressless_ = {.name = "tun-here",
                      .index = test::index_of("tun-here"),
                      .type = kTunnelType,
                      .v4 = "203.0.113.1",
                      .v6 = "2001:db8:3::1"};
    }
    return addressless_;
  }

  Link loopback() const override {
    return {.name = "lo", .index = test::index_of("lo"), .type = kLoopbackType, .link_address = "00:00:00:00:00:00"};
  }

  Link add_link(const std::string& name, std::uint32_t index) override {
    std::string command = "link add " + name;
    if (index != 0) command += " index " + std::to_string(index);
    batch(command + " type bridge\nlink set " + name + " up\n");
    return {.name = name, .index = test::index_of(name)};
  }

  void remove_link(const std::string& name) override { batch("link del " + name + "\n"); }

  std::vector<IpNeigh> rows(const std::string& dev) override {
    std::vector<IpNeigh> all = test::ip_neigh_json(dev);
    for (IpNeigh& row : all) {
      // The tool prints the first byte of whatever follows an address of no bytes.
      if (row.dev == addressless_.name) row.lladdr.clear();
    }
    return all;
  }
  std::vector<IpNeigh> proxies() override { return test::ip_neigh_proxies(); }

  void put(const Link& link, const std::vector<Entry>& entries) override {
    std::string commands;
    for (const Entry& entry : entries) {
      commands += "neigh replace " + entry.address + " dev " + link.name;
      if (!entry.link_address.empty()) commands += " lladdr " + entry.link_address;
      // Written as such, DELAY would end at once; an entry that is used gets there from STALE, with its timer.
      const bool delay = entry.state == "delay";
      commands += " nud " + (delay ? "stale" : entry.state) + (entry.router ? " router" : "");
      // Else a failed entry is collected at any time while the kernel has more than gc_thresh1 entries, in all of its
      // namespaces together.
      commands += entry.state == "failed" ? " extern_learn\n" : "\n";
      if (delay) commands += "neigh replace " + entry.address + " dev " + link.name + " use\n";
    }
    batch(commands);
  }

  void put_proxy(const Link& link, const std::string& address) override {
    batch("neigh add proxy " + address + " dev " + link.name + "\n");
  }

  void send_to_multicast(const Link& link, const std::string& address) override {
    const bool v6 = address.find(':') != std::string::npos;
    sockaddr_storage to = {};
    socklen_t size = 0;
    if (v6) {
      auto& in6 = *static_cast<sockaddr_in6*>(static_cast<void*>(&to));
      in6.sin6_family = AF_INET6;
      in6.sin6_port = htons(kDiscardPort);
      in6.sin6_scope_id = link.index;
      inet_pton(AF_INET6, address.c_str(), &in6.sin6_addr);
      size = sizeof in6;
    } else {
      auto& in = *static_cast<sockaddr_in*>(static_cast<void*>(&to));
      in.sin_family = AF_INET;
      in.sin_port = htons(kDiscardPort);
      inet_pton(AF_INET, address.c_str(), &in.sin_addr);
      size = sizeof in;
    }
    const test::Fd fd(socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ip_mreqn out = {};
    out.imr_ifindex = static_cast<int>(link.index);
    if (!v6 && setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out) != 0) fail("IP_MULTICAST_IF");
    if (sendto(fd.get(), "x", 1, 0, static_cast<const sockaddr*>(static_cast<const void*>(&to)), size) != 1) {
      fail("sending to " + address);
    }
  }

  void hold_timers(const Link& link) override {
    for (const std::string family : {"ipv4", "ipv6"}) {
      const std::string folder = "net/" + family + "/neigh/" + link.name + "/";
      test::write_sysctl(folder + "retrans_time_ms", "3600000");
      test::write_sysctl(folder + "delay_first_probe_time", "3600");
      test::write_sysctl(folder + "base_reachable_time_ms", "3600000");
      test::write_sysctl(folder + "gc_stale_time", "3600");
    }
  }

  void set_retry_interval(const Link& link, std::uint32_t milliseconds) override {
    for (const std::string family : {"ipv4", "ipv6"}) {
      test::write_sysctl("net/" + family + "/neigh/" + link.name + "/retrans_time_ms", std::to_string(milliseconds));
    }
  }

  void add_address(const Link& link, const std::string& address_and_prefix) override {
    const bool v6 = address_and_prefix.find(':') != std::string::npos;
    batch("addr add " + checked(address_and_prefix) + " dev " + link.name + (v6 ? " nodad\n" : "\n"));
    const std::string address = address_and_prefix.substr(0, address_and_prefix.find('/'));
    if (v6 && !test::wait_until([&] { return test::has_usable_v6(link.name, address); })) {
      throw std::runtime_error(address + " did not become usable");
    }
  }

  void switch_ipv6_off(const Link& link) override {
    test::write_sysctl("net/ipv6/conf/" + link.name + "/disable_ipv6", "1");
  }
  void take_down(const Link& link) override { batch("link set " + link.name + " down\n"); }

  void make_peer_a_router() override {
    const auto there = pair_.there.space.enter();
    test::write_sysctl("net/ipv6/conf/all/forwarding", "1");
  }

  std::unique_ptr<test::FramePort> listen(const Link& link) override {
    const auto there = pair_.there.space.enter();
    return std::make_unique<test::FrameSocket>(link.name == "second" ? "second-there" : pair_.there.device);
  }

  void unprivileged(const std::function<void()>& body) override {
    EXPECT_EQ(test::run_unprivileged([&] { return body(), 0; }), 0);
  }
  void forked(const std::function<void()>& body) override {
    EXPECT_EQ(test::run_forked([&] { return body(), 0; }), 0);
  }

 private:
  [[noreturn]] static void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
  }

  static void quiet(const std::string& device) {
    const std::string conf = "net/ipv6/conf/" + device + "/";
    for (const char* setting : {"accept_dad", "dad_transmits", "router_solicitations", "accept_ra"}) {
      test::write_sysctl(conf + setting, "0");
    }
  }

  test::VethPair pair_;
  Namespace::Scope inside_;
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
  std::array<char, IF_NAMESIZE> name{};
  return if_indextoname(index, name.data()) == nullptr ? "#" + std::to_string(index) : std::string(name.data());
}

std::unique_ptr<Home> make_home(const HomeOptions& options) { return std::make_unique<KernelHome>(options); }

}  // namespace neigh::conformance
