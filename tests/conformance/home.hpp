// SPDX-License-Identifier: Apache-2.0
/// @file
/// Where the table under test lives: a host with an Ethernet interface, a peer on its wire that nobody here wrote, and
/// a second opinion about every entry. The suite asks for nothing else, so that it can run wherever a home is made.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/frames.hpp"
#include "support/ip_tool.hpp"

namespace neigh::conformance {

using test::IpNeigh;

/// IANA interface types, for the LUIDs that the tests build by themselves (LIB-25).
inline constexpr std::uint16_t kEthernetType = 6;
inline constexpr std::uint16_t kLoopbackType = 24;
inline constexpr std::uint16_t kTunnelType = 131;

/// An interface of the host under test.
struct Link {
  std::string name = {};
  std::uint32_t index = 0;
  std::uint16_t type = kEthernetType;
  std::string link_address = {};  ///< Empty: it has none.
  std::string v4 = {};            ///< Own addresses; empty: none.
  std::string v6 = {};
  std::string link_local = {};
};

/// A host at the other end that answers ARP and Neighbor Discovery.
struct Peer {
  std::string link_address = {};
  std::string v4 = {};
  std::string v6 = {};
  std::string link_local = {};
};

/// An entry to be put into the table past the API.
struct Entry {
  std::string address = {};
  std::string link_address = {};    ///< Empty: none.
  std::string state = "permanent";  ///< The kernel tool's word: "stale", "failed", "incomplete", ...
  bool router = false;
};

class Home {
 public:
  virtual ~Home() = default;
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  /// The interface that most tests use; its wire leads to `peer`.
  [[nodiscard]] virtual const Link& link() const = 0;
  [[nodiscard]] virtual const Peer& peer() const = 0;
  /// Another Ethernet interface with a wire to the same peer; made at first use.
  [[nodiscard]] virtual const Link& second_link() = 0;
  [[nodiscard]] virtual const Peer& second_peer() = 0;
  /// An interface whose link has no link-layer addresses; made at first use.
  [[nodiscard]] virtual const Link& addressless_link() = 0;
  /// The loopback interface.
  [[nodiscard]] virtual Link loopback() const = 0;
  /// An Ethernet interface with this index.
  virtual Link add_link(const std::string& name, std::uint32_t index) = 0;
  virtual void remove_link(const std::string& name) = 0;

  /// The table as somebody else sees it. `dev` empty: of all interfaces.
  [[nodiscard]] virtual std::vector<IpNeigh> rows(const std::string& dev = {}) = 0;
  [[nodiscard]] virtual std::vector<IpNeigh> proxies() = 0;
  [[nodiscard]] std::optional<IpNeigh> find(const Link& link, std::string_view address);

  /// Creates or overwrites entries, in any state.
  virtual void put(const Link& link, const std::vector<Entry>& entries) = 0;
  void put(const Link& link, const Entry& entry) { put(link, std::vector<Entry>{entry}); }
  virtual void put_proxy(const Link& link, const std::string& address) = 0;
  /// Makes the stack itself add an entry for a multicast address (NOARP).
  virtual void send_to_multicast(const Link& link, const std::string& address) = 0;

  /// From now on no entry of the link changes its state by the passing of time.
  virtual void hold_timers(const Link& link) = 0;
  /// Time between two requests of a resolution.
  virtual void set_retry_interval(const Link& link, std::uint32_t milliseconds) = 0;
  virtual void add_address(const Link& link, const std::string& address_and_prefix) = 0;
  virtual void switch_ipv6_off(const Link& link) = 0;
  virtual void take_down(const Link& link) = 0;
  /// The peer says in its advertisements that it is a router.
  virtual void make_peer_a_router() = 0;

  /// What the peer's end of the link receives from now on.
  [[nodiscard]] virtual std::unique_ptr<test::FramePort> listen(const Link& link) = 0;

  /// Runs `body` in a forked child without any privilege; a failed assertion there fails the test here.
  virtual void unprivileged(const std::function<void()>& body) = 0;
  /// Runs `body` in a forked child.
  virtual void forked(const std::function<void()>& body) = 0;

 protected:
  Home() = default;
};

struct HomeOptions {
  bool ipv6 = true;  ///< false: IPv6 is switched off on `link`.
};

/// Name of an interface of the present home, or "#" and the number.
[[nodiscard]] std::string name_of_link(std::uint32_t index);

/// Makes the home of this program. One program is linked with one home.
[[nodiscard]] std::unique_ptr<Home> make_home(const HomeOptions& options = {});

}  // namespace neigh::conformance
