// SPDX-License-Identifier: Apache-2.0
// The engine's inside: one object whose functions are spread over files by topic. `Engine` (engine.cpp) sets the time,
// names the effects of the call, and forwards.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/agenda.hpp"
#include "engine/engine.hpp"
#include "engine/packet_queue.hpp"
#include "engine/port.hpp"
#include "nud/cache.hpp"
#include "wire/arp.hpp"
#include "wire/echo.hpp"
#include "wire/frame.hpp"
#include "wire/mld.hpp"
#include "wire/nd.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

class Engine::Core {
 public:
  Core(const EngineConfig& config, std::unique_ptr<nud::NeighborCache> cache);

  /// Begins a call: its time and where its effects go. Nothing of this is kept after the call.
  void begin(TimePoint now, Effects& out) {
    now_ = std::max(now_, now);
    out_ = &out;
  }
  [[nodiscard]] TimePoint at_least(TimePoint now) const { return std::max(now_, now); }

  // --- interfaces.cpp ---
  Result<void> add_interface(const InterfaceConfig& wanted);
  Result<void> remove_interface(InterfaceIndex index);
  Result<void> change_settings(InterfaceIndex index, const InterfaceSettings& settings);
  Result<void> set_family(InterfaceIndex index, Family family, bool on);
  Result<void> set_up(InterfaceIndex index, bool up);
  Result<void> set_running(InterfaceIndex index, bool running);
  Result<void> set_mtu(InterfaceIndex index, std::uint32_t mtu);
  Result<void> set_link_address(InterfaceIndex index, const LinkAddress& address);
  [[nodiscard]] Port* find_port(InterfaceIndex index);
  [[nodiscard]] const Port* find_port(InterfaceIndex index) const;
  /// kInvalidArgument, kNoSuchInterface; kNotSupported if it does not run `family`, where one is given.
  [[nodiscard]] Result<const Port*> check_port(InterfaceIndex index, Family family) const;
  /// The port, or kInvalidArgument, kNoSuchInterface.
  [[nodiscard]] Result<Port*> port_of(InterfaceIndex index);
  /// The same with the family's stack, or kNotSupported.
  [[nodiscard]] Result<Port*> port_of(InterfaceIndex index, const IpAddress& address);
  [[nodiscard]] Interface describe(const Port& port) const;
  [[nodiscard]] bool has_family_stack(Family family) const {
    return family == Family::kIpv4 ? config.ipv4 : family == Family::kIpv6 && config.ipv6;
  }

  // --- input.cpp ---
  void frame(InterfaceIndex index, std::span<const std::uint8_t> bytes);
  void payload(InterfaceIndex index, std::uint16_t ether_type, const LinkAddress& source, bool link_unicast,
               std::span<const std::uint8_t> bytes);

  // --- deadlines.cpp ---
  void deadline();
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  // --- output.cpp ---
  SendOutcome send_packet(InterfaceIndex index, std::span<const std::uint8_t> packet, std::uint64_t cookie);
  Result<std::optional<LinkAddress>> resolve(const NeighborKey& key, const std::optional<IpAddress>& source);
  void advise(InterfaceIndex index, const IpAddress& destination, bool good);

  // --- routes.cpp ---
  [[nodiscard]] NextHop next_hop(InterfaceIndex index, const IpAddress& destination, bool advance);
  [[nodiscard]] bool is_on_link(const Port& port, const IpAddress& address) const;
  /// There would be a way if some interface were not down.
  [[nodiscard]] bool is_behind_down_link(const IpAddress& destination) const;
  Result<void> add_prefix(InterfaceIndex index, const IpAddress& prefix, std::uint8_t length);
  Result<void> remove_prefix(InterfaceIndex index, const IpAddress& prefix, std::uint8_t length);
  Result<void> add_router(InterfaceIndex index, const IpAddress& router);
  Result<void> remove_router(InterfaceIndex index, const IpAddress& router);

  // --- addresses.cpp ---
  Result<void> add_address(InterfaceIndex index, const AddressConfig& config);
  Result<void> remove_address(InterfaceIndex index, const IpAddress& address);

  // --- announce.cpp ---
  Result<void> announce(InterfaceIndex index, const IpAddress& own);

  // --- asks.cpp ---
  Result<std::uint64_t> ask(const AskRequest& request);
  void cancel_ask(std::uint64_t number);
  [[nodiscard]] bool is_asking(std::uint64_t number) const { return asks_.contains(number); }

  // --- table.cpp ---
  Result<void> write(Operation operation, const Neighbor& neighbor);
  Result<void> write_proxy(Port& port, Operation operation, const Neighbor& neighbor);
  Result<void> remove(const NeighborKey& key);
  Result<Neighbor> get(TimePoint now, const NeighborKey& key) const;
  void visit(TimePoint now, const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) const;
  Result<std::size_t> flush(const ListFilter& filter);
  Result<void> add_proxy_prefix(InterfaceIndex index, const IpAddress& prefix, std::uint8_t length);
  Result<void> remove_proxy_prefix(InterfaceIndex index, const IpAddress& prefix, std::uint8_t length);
  [[nodiscard]] std::vector<TableLimits> limits() const;

  [[nodiscard]] std::string audit() const;
  [[nodiscard]] std::size_t memory_bytes() const;

  EngineConfig config;
  std::unique_ptr<nud::NeighborCache> cache;
  PacketQueue queue;
  std::map<InterfaceIndex, Port> ports;
  std::vector<Router> routers;

 private:
  /// Whoever asks, as of before the question (NAT-012).
  enum class Standing : std::uint8_t {
    kStranger,
    kKnown,  ///< Has a resolved entry.
    kInUse,  ///< And we have sent to it, or somebody made the entry by hand.
  };
  // What the sender of a question is told about how it reached us.
  struct Question {
    const IpAddress& target;
    const IpAddress& peer;         ///< 0.0.0.0 or :: in a probe.
    const LinkAddress& peer_link;  ///< sha, or SLLAO; empty: not said.
    const LinkAddress& frame_source;
    bool link_unicast = false;
    bool to_group = true;  ///< NS: the IP destination was multicast.
    Standing standing = Standing::kStranger;
  };
  enum class Claim : std::uint8_t { kNone, kOwn, kOptimistic, kAnycast, kProxy };

  // input.cpp
  void content(Port& port, const wire::EthernetHeader& header, bool link_unicast, const wire::FrameContent& content);
  void ip4_input(Port& port, bool link_unicast, const wire::Ip4Packet& packet);
  void ip6_input(Port& port, bool link_unicast, const wire::Ip6Packet& packet);
  [[nodiscard]] bool is_ours6(const Port& port, const IpAddress& destination) const;
  [[nodiscard]] bool passes_filter(Port& port, const LinkAddress& destination) const;
  [[nodiscard]] bool is_any_link_address_of_ours(const LinkAddress& address) const;
  void deliver(Port& port, Family family, bool link_unicast, ByteView packet);
  [[nodiscard]] bool is_source_of_others(const Port& port, const wire::Ip4Packet& packet) const;

  // arp_input.cpp
  void arp_input(Port& port, const wire::EthernetHeader& header, bool link_unicast, const wire::ArpPacket& packet);
  [[nodiscard]] bool arp_conflict(Port& port, const wire::ArpPacket& packet);
  void arp_learn(Port& port, const wire::ArpPacket& packet, bool link_unicast, Claim claim, const SubnetPlace& subnets,
                 const nud::Place& sender);
  /// @param own  What `target` is on this port, or nullptr.
  [[nodiscard]] Claim arp_claim(const Port& port, const IpAddress& target, const Address* own) const;

  // nd_input.cpp
  void nd_input(Port& port, const wire::EthernetHeader& header, bool link_unicast, const wire::NdPacket& packet);
  void solicit_input(Port& port, const wire::EthernetHeader& header, bool link_unicast, const wire::NdPacket& packet,
                     const wire::NeighborSolicit& solicit);
  void advert_input(Port& port, const wire::EthernetHeader& header, bool link_unicast,
                    const wire::NeighborAdvert& advert);
  void router_solicit_input(Port& port, const wire::NdPacket& packet, const wire::RouterSolicit& solicit);
  void redirect_input(Port& port, const wire::NdPacket& packet, const wire::Redirect& redirect);
  [[nodiscard]] bool own_link(Port& port, const std::optional<LinkAddress>& address);
  void heard(Port& port, const IpAddress& neighbor, const nud::Heard& heard) {
    this->heard(cache->locate(port.index(), neighbor), neighbor, heard);
  }
  void heard(const nud::Place& place, const IpAddress& neighbor, const nud::Heard& heard);

  // routers.cpp
  void router_advert_input(Port& port, const wire::NdPacket& packet, const wire::RouterAdvert& advert);
  void learn_prefix(Port& port, const wire::PrefixInformation& prefix);
  void learn_router(Port& port, const IpAddress& router, std::uint16_t lifetime_s);
  [[nodiscard]] const Router* dispensable_router(InterfaceIndex index) const;
  void drop_router(InterfaceIndex index, const IpAddress& router, bool learned_only);
  void drop_learned(Port& port);
  void start_router_solicits(Port& port);
  void router_solicit_due(Port& port, std::uint32_t left);

  // routes.cpp
  [[nodiscard]] NextHop group_hop(InterfaceIndex index, const IpAddress& destination, const LinkAddress& link) const;
  [[nodiscard]] std::optional<NextHop> on_link_hop(InterfaceIndex index, const IpAddress& destination) const;
  [[nodiscard]] NextHop router_hop(InterfaceIndex index, const IpAddress& destination, bool advance);
  [[nodiscard]] bool is_broadcast_of(const Port& port, const IpAddress& address) const;
  [[nodiscard]] bool is_subnet_zero_of(const Port& port, const IpAddress& address) const;
  void forget_prefix(Port& port, std::size_t at);

  // answers.cpp
  [[nodiscard]] Claim nd_claim(const Port& port, const IpAddress& target) const;
  [[nodiscard]] bool is_proxied(InterfaceIndex index, const IpAddress& target) const;
  [[nodiscard]] bool is_owner(const Port& port, const Question& question) const;
  void answer(Port& port, Claim claim, const Question& question);
  void answer_now(Port& port, Claim claim, const Question& question);
  void answer_later(Port& port, Claim claim, const Question& question, Duration longest);
  void answer_arp(Port& port, const Question& question);
  void answer_nd(Port& port, Claim claim, const Question& question);
  [[nodiscard]] Standing standing_of(nud::EntryId peer) const {
    if (peer == nud::kNoId || !kUsableStates.contains(cache->state_of(peer))) return Standing::kStranger;
    return cache->was_used(peer) ? Standing::kInUse : Standing::kKnown;
  }
  [[nodiscard]] bool may_answer(Port& port, const Question& question);

  // addresses.cpp
  void begin_verification(Port& port, Address& own);
  void verification_due(Port& port, Address& own);
  void assign(Port& port, Address& own);
  void reject(Port& port, Address& own, const LinkAddress& other);
  void unassign(Port& port, Address& own);
  void tell(const Port& port, const Address& own, AddressChanged::Kind kind, const LinkAddress& other = {});
  void begin_verifications(Port& port, Family family);

  // acd.cpp
  void acd_begin(Port& port, Address& own);
  void acd_due(Port& port, Address& own);
  void acd_conflict(Port& port, Address& own, const LinkAddress& other);
  void count_conflict(Port& port);

  // dad.cpp
  void dad_begin(Port& port, Address& own);
  void dad_due(Port& port, Address& own);
  void dad_probe(Port& port, Address& own);
  void dad_failed(Port& port, Address& own, const LinkAddress& other);
  [[nodiscard]] bool is_nonce_of_ours(const Port& port, std::span<const std::uint8_t> nonce) const;

  // announce.cpp
  void announce_new(Port& port, Address& own);
  /// What became different, for everybody to know.
  enum class Announced : std::uint8_t {
    kLinkAddress,
    kCarrier,     ///< IPv4 only: an unsolicited NA is for another link-layer address (NAT-009, DEC-11).
    kRouterFlag,  ///< IPv6 only.
  };
  void announce_change(Port& port, Announced what);
  void announcement_due(Port& port, Address& own, const Task& task);
  void send_announcement(Port& port, const IpAddress& own);
  void send_unsolicited_advert(Port& port, const Address& own, const IpAddress& destination, bool override_flag);

  // groups.cpp
  void join(Port& port, const IpAddress& group, bool report);
  /// By value: the group may be handed in from the list it leaves.
  void leave(Port& port, IpAddress group);
  void filter_group(Port& port, const LinkAddress& group, bool needed);
  void report_group(Port& port, const IpAddress& group, bool joined, bool repeat);
  void report_all_groups(Port& port);
  void send_reports(Port& port, std::span<const wire::MldRecord> records);
  void mld_query(Port& port, const wire::MldQuery& query);

  // asks.cpp
  struct Ask {
    AskRequest request;
    std::optional<IpAddress> source;  ///< Nothing: a probe, as for an own address.
    std::uint32_t sent = 0;
    TimePoint last_sent{};
    std::vector<LinkAddress> answers;
    TaskId task;
  };
  void ask_due(std::uint64_t number);
  void end_asks(InterfaceIndex index);
  void ask_answered(const Port& port, const IpAddress& address, const LinkAddress& link, bool is_router);
  void send_ask(Port& port, const Ask& ask);

  // output.cpp
  /// Performs what the cache wants done. `removal`: why entries that it removed are gone.
  void run_steps(SendFailure removal = SendFailure::kNoRoom) {
    if (!steps_.empty()) perform_steps(removal);
  }
  void perform_steps(SendFailure removal);
  void perform(const nud::Step& step, SendFailure reason);
  void release(const nud::Step& step);
  void fail_queue(nud::EntryId id, SendFailure reason);
  void probe(const nud::Step& step, bool unicast);
  /// To `next_hop`, on-link on `port`. `ours`: an answer of the engine's own.
  SendOutcome send_to_neighbor(Port& port, const IpAddress& next_hop, std::span<const std::uint8_t> packet,
                               std::uint64_t cookie, bool ours);
  /// Why a packet of ours must not leave from `source`; nothing: it may.
  [[nodiscard]] std::optional<SendFailure> bad_source(const NextHop& hop, const IpAddress& source) const;
  SendOutcome fail_packet(InterfaceIndex interface, const IpAddress& next_hop, SendFailure reason,
                          std::span<const std::uint8_t> packet, std::uint64_t cookie);

  // emit.cpp
  void emit_arp(Port& port, const LinkAddress& destination, const wire::ArpView& packet);
  void emit_nd(Port& port, const LinkAddress& destination, const wire::NdPacket& packet);
  /// The same, sent through the cache: resolved first if need be (NSR-008).
  void emit_nd_resolved(Port& port, const IpAddress& next_hop, const wire::NdPacket& packet);
  void emit_ip(Port& port, const LinkAddress& destination, std::span<const std::uint8_t> packet);
  /// The frame stands in the room of the effects, and becomes one.
  void emit_written(Port& port, const LinkAddress& destination, std::uint16_t ether_type, std::size_t size);
  void send_request4(Port& port, const LinkAddress& destination, const IpAddress& source, const IpAddress& target);
  void send_solicit(Port& port, const LinkAddress& link, const IpAddress& source, const IpAddress& destination,
                    const IpAddress& target);
  /// Looks into both.
  [[nodiscard]] wire::EthernetView header_to(const Port& port, const LinkAddress& destination) const;
  [[nodiscard]] LinkAddress group_link(const Port& port, const IpAddress& group) const;
  [[nodiscard]] static const LinkAddress& broadcast_link(const Port& port) {
    static constexpr LinkAddress kNobody;
    return port.ethernet ? wire::kEtherBroadcast : kNobody;
  }
  /// Of an address that nobody is asked for: a directed broadcast address, or our own (ARP-082).
  [[nodiscard]] std::optional<LinkAddress> mapped_link(const Port& port, const IpAddress& address) const;
  [[nodiscard]] std::optional<IpAddress> source_for(const Port& port, const IpAddress& target,
                                                    const std::optional<IpAddress>& wish) const;
  /// The same where a caller names the source, of whatever interface (LIB-19).
  [[nodiscard]] std::optional<IpAddress> named_source_for(const Port& port, const IpAddress& target,
                                                          const std::optional<IpAddress>& named) const;

  [[nodiscard]] Duration random_up_to(Duration longest);
  [[nodiscard]] Duration random_between(Duration low, Duration high);
  [[nodiscard]] Duration retrans_timer(const Port& port) const;
  TaskId later(Duration delay, Task task) { return agenda_.add(now_ + delay, task); }
  void due(const Task& task);
  void cancel_tasks(Port& port, Address& own);
  [[nodiscard]] Result<void> check_prefix(const IpAddress& prefix, std::uint8_t length) const;
  [[nodiscard]] Result<void> check_router(const Port& port, const IpAddress& router) const;
  [[nodiscard]] Result<void> configure_cache(const InterfaceConfig& of);
  void prepare(Port& port);
  void forget_pending(Port& port);
  void link_ready(Port& port);

  struct ProxyPrefix {
    InterfaceIndex interface = InterfaceIndex::kNone;
    IpAddress prefix;
    std::uint8_t length = 0;
    friend bool operator==(const ProxyPrefix&, const ProxyPrefix&) = default;
  };

  TimePoint now_ = TimePoint::min();
  Effects* out_ = nullptr;
  nud::Random random_;
  nud::Steps steps_;
  Agenda<Task> agenda_;
  std::map<NeighborKey, std::uint8_t> proxies_;  ///< Key to protocol.
  std::vector<ProxyPrefix> proxy_prefixes_;
  std::map<std::uint64_t, Ask> asks_;
  std::uint64_t last_ask_ = 0;
  std::size_t next_router_ = 0;  ///< Round robin (NDS-007).
  std::uint32_t entries4_ = 0;
  std::uint32_t entries6_ = 0;
};

}  // namespace neigh::engine
