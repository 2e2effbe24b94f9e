// SPDX-License-Identifier: Apache-2.0
// Following links, addresses and routes.
#include <poll.h>
#include <sys/socket.h>

#include <map>
#include <tuple>
#include <utility>

#include "base/fork_generation.hpp"
#include "rtnl/attributes.hpp"
#include "rtnl/errors.hpp"
#include "rtnl/host.hpp"
#include "rtnl/host_messages.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

constexpr int kReceiveBuffer = 4 * 1024 * 1024;
constexpr std::size_t kMaxDatagram = 64U * 1024U;
/// Links remembered after they went, for changes that are told late.
constexpr std::size_t kMaxGone = 1024;
/// Datagrams in one `process()`; then the caller's loop gets its turn.
constexpr int kEnough = 4096;

using AddressKey = std::tuple<InterfaceIndex, IpAddress, std::uint8_t>;
using RouteKey = std::tuple<IpAddress, std::uint8_t, IpAddress, InterfaceIndex, std::uint32_t>;

AddressKey key_of(const HostAddress& a) { return {a.interface, a.address, a.prefix_length}; }
RouteKey key_of(const Route& r) { return {r.destination, r.prefix_length, r.next_hop, r.interface, r.metric}; }

/// Differs in more than the time left.
bool changed(const HostAddress& a, const HostAddress& b) {
  return a.state != b.state || a.from_router != b.from_router || a.temporary != b.temporary ||
         a.valid.has_value() != b.valid.has_value() || a.preferred.has_value() != b.preferred.has_value();
}
bool changed(const Route& a, const Route& b) {
  return a.protocol != b.protocol || a.lifetime.has_value() != b.lifetime.has_value();
}
bool changed(const Interface& a, const Interface& b) {
  return a.name != b.name || a.type != b.type || a.link_address != b.link_address || a.mtu != b.mtu ||
         a.master != b.master || a.up != b.up || a.running != b.running || a.ipv6 != b.ipv6 ||
         a.ipv6_forwarding != b.ipv6_forwarding;
}

class KernelHostWatch final : public HostWatch {
 public:
  KernelHostWatch(std::shared_ptr<ChannelPool> pool, const HostWatchOptions& options)
      : pool_(std::move(pool)), options_(options), table_(pool_) {}

  Result<void> open() {
    if (auto opened = open_notifications(); !opened) return opened;
    return resynchronize(nullptr);
  }

  [[nodiscard]] int fd() const noexcept override { return socket_->fd(); }
  Result<std::size_t> process(Handler handler) override;
  [[nodiscard]] std::optional<Interface> find_link(InterfaceIndex index) const override {
    for (const auto* map : {&links_, &gone_}) {
      if (const auto found = map->find(index); found != map->end()) return found->second;
    }
    return std::nullopt;
  }

 private:
  Result<void> open_notifications();
  Result<void> resynchronize(Handler* handler);
  Result<void> read_all(std::map<InterfaceIndex, Interface>& links, std::map<AddressKey, HostAddress>& addresses,
                        std::map<RouteKey, Route>& routes);
  void on_message(const nlmsghdr& message);
  void on_route(const nlmsghdr& message);
  void on_address(const nlmsghdr& message);
  void tell(HostEvent::Kind kind, const Interface& link, const Interface* previous = nullptr);
  void tell(HostEvent::Kind kind, const HostAddress& address, const HostAddress* previous = nullptr);
  void tell(HostEvent::Kind kind, const Route& route, const Route* previous = nullptr);
  void tell_event(const HostEvent& event);
  Interface link_or_number(InterfaceIndex index) const { return find_link(index).value_or(Interface{.index = index}); }
  void forget(const Interface& link) {
    if (gone_.size() >= kMaxGone) gone_.erase(gone_.begin());
    gone_[link.index] = link;
  }

  /// Replaces `known` by `now` and tells the difference.
  template <class Map>
  void replace(Map& known, Map& now) {
    Map before = std::exchange(known, std::move(now));
    for (const auto& [key, value] : before) {
      if (known.find(key) == known.end()) tell(HostEvent::Kind::kRemoved, value);
    }
    for (const auto& [key, value] : known) {
      const auto old = before.find(key);
      if (old == before.end()) {
        tell(HostEvent::Kind::kAdded, value);
      } else if (changed(old->second, value)) {
        tell(HostEvent::Kind::kChanged, value, &old->second);
      }
    }
  }
  template <class Map, class Key, class Value>
  void put(Map& known, const Key& key, const Value& value) {
    const auto [at, is_new] = known.emplace(key, value);
    if (is_new) return tell(HostEvent::Kind::kAdded, value);
    const auto old = std::exchange(at->second, value);
    if (changed(old, value)) tell(HostEvent::Kind::kChanged, value, &old);
  }
  template <class Map, class Key>
  void drop(Map& known, const Key& key) {
    if (auto node = known.extract(key)) tell(HostEvent::Kind::kRemoved, node.mapped());
  }

  std::shared_ptr<ChannelPool> pool_;
  HostWatchOptions options_;
  KernelTable table_;
  std::optional<Socket> socket_;
  std::uint64_t generation_ = fork_generation();
  std::map<InterfaceIndex, Interface> links_;
  std::map<InterfaceIndex, Interface> gone_;
  std::map<AddressKey, HostAddress> addresses_;
  std::map<RouteKey, Route> routes_;
  bool resync_ = false;
  Handler* handler_ = nullptr;  // during process()
  std::size_t told_ = 0;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kMaxDatagram);
};

Result<void> KernelHostWatch::open_notifications() {
  // Links always: they give changes their LUIDs, and IPv4 routes go with a link or an address without a word.
  std::uint32_t groups = RTMGRP_LINK | RTMGRP_IPV6_IFINFO;
  if (options_.addresses || options_.routes) groups |= RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (options_.routes) groups |= RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  auto opened =
      pool_->open_in_namespace<Socket>([&] { return Socket::open_for_notifications(groups, kReceiveBuffer); });
  if (!opened) return std::move(opened).error();
  socket_.emplace(std::move(*opened));
  return {};
}

void KernelHostWatch::tell_event(const HostEvent& event) {
  if (handler_ == nullptr) return;
  ++told_;
  (*handler_)(event);
}

void KernelHostWatch::tell(HostEvent::Kind kind, const Interface& link, const Interface* previous) {
  if (kind == HostEvent::Kind::kRemoved) forget(link);
  if (!options_.links) return;
  HostEvent event{.kind = kind, .subject = HostEvent::Subject::kLink, .interface = link};
  if (previous != nullptr) event.previous = *previous;
  tell_event(event);
}

void KernelHostWatch::tell(HostEvent::Kind kind, const HostAddress& address, const HostAddress* /*previous*/) {
  tell_event({.kind = kind,
              .subject = HostEvent::Subject::kAddress,
              .interface = link_or_number(address.interface),
              .address = address});
}

void KernelHostWatch::tell(HostEvent::Kind kind, const Route& route, const Route* /*previous*/) {
  tell_event({.kind = kind,
              .subject = HostEvent::Subject::kRoute,
              .interface = link_or_number(route.interface),
              .route = route});
}

Result<void> KernelHostWatch::read_all(std::map<InterfaceIndex, Interface>& links,
                                       std::map<AddressKey, HostAddress>& addresses,
                                       std::map<RouteKey, Route>& routes) {
  auto devices = table_.interfaces();
  if (!devices) return std::move(devices).error();
  for (Interface& device : *devices) links.emplace(device.index, device);
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  if (options_.addresses) {
    auto all = dump_addresses(**channel, Family::kUnspecified);
    if (!all) return std::move(all).error();
    for (const HostAddress& one : *all) addresses.emplace(key_of(one), one);
  }
  if (options_.routes) {
    auto all = dump_routes(**channel, Family::kUnspecified);
    if (!all) return std::move(all).error();
    for (const Route& one : *all) routes.emplace(key_of(one), one);
  }
  return {};
}

/// Reads the tables anew and tells the difference; without a handler it only learns them.
Result<void> KernelHostWatch::resynchronize(Handler* handler) {
  resync_ = true;
  std::map<InterfaceIndex, Interface> links;
  std::map<AddressKey, HostAddress> addresses;
  std::map<RouteKey, Route> routes;
  // What is queued now may be older than what was lost: applied after the dump, it would undo it.
  for (int left = kEnough; left > 0; --left) {
    auto got = socket_->receive(buffer_, nullptr);
    if (got && !got->has_value()) break;
    if (!got && got.error().code != Errc::kOverrun) return std::move(got).error();
  }
  if (auto read = read_all(links, addresses, routes); !read) return read;
  resync_ = false;
  handler_ = handler;
  // New links first, so that what is on them is told with their types; those that have gone are remembered.
  replace(links_, links);
  replace(addresses_, addresses);
  replace(routes_, routes);
  return {};
}

void KernelHostWatch::on_address(const nlmsghdr& message) {
  const auto parsed = parse_host_address(message);
  if (!parsed) {
    resync_ = true;
    return;
  }
  if (message.nlmsg_type == RTM_DELADDR) {
    if (options_.routes && parsed->address.is_v4()) resync_ = true;
    drop(addresses_, key_of(*parsed));
  } else if (options_.addresses) {
    put(addresses_, key_of(*parsed), *parsed);
  }
}

void KernelHostWatch::on_route(const nlmsghdr& message) {
  const auto parsed = parse_route(message);
  if (!parsed) {
    resync_ = true;
    return;
  }
  if (!parsed->has_value() || !(*parsed)->shown()) return;
  // A replaced route has no message of its own.
  if ((message.nlmsg_flags & NLM_F_REPLACE) != 0) resync_ = true;
  for (const Route& route : (*parsed)->routes) {
    if (message.nlmsg_type == RTM_DELROUTE) {
      drop(routes_, key_of(route));
    } else {
      put(routes_, key_of(route), route);
    }
  }
}

void KernelHostWatch::on_message(const nlmsghdr& message) {
  switch (message.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const auto link = parse_link_gone(message);
      if (!link || !link->whole_device || options_.routes) {
        // Told of a part (bridge port, IPv6 settings), or routes may have gone with it.
        resync_ = true;
        return;
      }
      if (message.nlmsg_type == RTM_DELLINK) return drop(links_, link->index);
      auto parsed = parse_link(message);
      // Wireless devices look like Ethernet in messages; a link keeps its type while it lives.
      const auto known = links_.find(link->index);
      if (!parsed || known == links_.end()) {
        resync_ = true;
        return;
      }
      if (known->second.type == InterfaceType::kWireless) parsed->type = InterfaceType::kWireless;
      return put(links_, parsed->index, *parsed);
    }
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return on_address(message);
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return on_route(message);
    case NLMSG_OVERRUN:
      resync_ = true;
      return;
    default:
      return;
  }
}

Result<std::size_t> KernelHostWatch::process(Handler handler) {
  told_ = 0;
  if (generation_ != fork_generation()) {
    // The parent reads the old socket.
    socket_->abandon();
    if (auto opened = open_notifications(); !opened) return std::move(opened).error();
    generation_ = fork_generation();
    resync_ = true;
  }
  for (int left = kEnough; left > 0; --left) {
    handler_ = &handler;
    auto got = socket_->receive(buffer_, nullptr);
    if (!got) {
      if (got.error().code != Errc::kOverrun) return std::move(got).error();
      resync_ = true;
      continue;
    }
    if (!got->has_value()) {
      if (!resync_) break;
      if (auto done = resynchronize(&handler); !done) return std::move(done).error();
      continue;
    }
    if ((*got)->whole > (*got)->size) resync_ = true;
    // Alignment: the vector's storage is aligned for any type.
    const bool whole = each_message(std::span(buffer_).first((*got)->size), [&](const nlmsghdr& message) {
      on_message(message);
      return true;
    });
    if (!whole) resync_ = true;
  }
  return told_;
}

}  // namespace

Result<std::unique_ptr<HostWatch>> open_host_watch(std::shared_ptr<ChannelPool> pool, const HostWatchOptions& options) {
  auto watch = std::make_unique<KernelHostWatch>(ChannelPool::bound(std::move(pool)), options);
  if (auto opened = watch->open(); !opened) return std::move(opened).error();
  return std::unique_ptr<HostWatch>(std::move(watch));
}

Result<std::unique_ptr<HostWatch>> KernelHost::watch(const HostWatchOptions& options) {
  return open_host_watch(pool_, options);
}

}  // namespace neigh::rtnl
