// SPDX-License-Identifier: Apache-2.0
// Listing, flushing, interfaces, addresses and limits, beside what `ip` says.
#include <nlohmann/json.hpp>

#include "netns/rtnl/fixture.hpp"
#include "support/frames.hpp"

namespace neigh::test {
namespace {

using Json = nlohmann::json;

class List : public KernelHosts {
 protected:
  // A bridge with a port of its own, and some of everything.
  List() {
    must_run("ip -batch -", {.input = "link add br-test type bridge\n"
                                      "link add veth-port type veth peer name veth-far\n"
                                      "link set veth-port master br-test\n"
                                      "link set br-test up\nlink set veth-port up\nlink set veth-far up\n"});
    bridge_ = InterfaceIndex{index_of("br-test")};
    port_ = InterfaceIndex{index_of("veth-port")};
    const auto add = [this](InterfaceIndex where, const char* address, NudState state, NeighborFlags flags) {
      Neighbor row = neighbor(address);
      row.interface = where;
      row.state = state;
      row.flags = flags;
      const auto done = table_->create(row);
      EXPECT_TRUE(done) << address << ' ' << done.error().message();
    };
    add(index(), "192.0.2.11", NudState::kPermanent, {});
    add(index(), "192.0.2.12", NudState::kStale, {NeighborFlag::kRouter});
    add(index(), "2001:db8::11", NudState::kPermanent, {});
    add(index(), "2001:db8::12", NudState::kReachable, {NeighborFlag::kExternLearned});
    add(index(), "192.0.2.13", NudState::kNoArp, {NeighborFlag::kExternLearned});
    add(port_, "192.0.2.11", NudState::kPermanent, {});
    add(port_, "2001:db8::11", NudState::kStale, {});
    add(bridge_, "192.0.2.11", NudState::kFailed, {NeighborFlag::kExternLearned});
    add(index(), "192.0.2.70", NudState::kPermanent, {NeighborFlag::kProxy});
    add(bridge_, "2001:db8::70", NudState::kPermanent, {NeighborFlag::kProxy});
  }

  /// The rows that `filter` means, picked out of everything by the test's own look at each.
  void expect_filtered(const ListFilter& filter) {
    std::vector<std::string> wanted;
    std::vector<std::string> got;
    (void)wait_until([&] {
      wanted.clear();
      for (const bool proxies : {false, true}) {
        for (const IpNeigh& row : proxies ? ip_neigh_proxies() : ip_neigh_json()) {
          const bool v6 = row.dst.find(':') != std::string::npos;
          const std::uint32_t on = index_of(row.dev);
          const auto state = proxies || row.states.empty() ? NudState::kNone : parse_nud_state(row.states[0]).value();
          const bool below =
              filter.master == InterfaceIndex::kNone || (filter.master == bridge_ && InterfaceIndex{on} == port_);
          if (proxies == filter.proxies && below &&
              (filter.family == Family::kUnspecified || (filter.family == Family::kIpv6) == v6) &&
              (filter.interface == InterfaceIndex::kNone || to_number(filter.interface) == on) &&
              (proxies || filter.states.contains(state))) {
            wanted.push_back(text_of(row));
          }
        }
      }
      std::sort(wanted.begin(), wanted.end());
      got = texts_of(*table_, filter);
      return wanted == got;
    });
    EXPECT_EQ(got, wanted);
  }

  InterfaceIndex bridge_{};
  InterfaceIndex port_{};
};

TEST_F(List, EveryCombinationOfFilters) {
  NEIGH_CITES("RTN-085", "RTN-087", "RTN-090");
  std::size_t most = 0;
  for (const Family family : {Family::kUnspecified, Family::kIpv4, Family::kIpv6}) {
    for (const InterfaceIndex interface : {InterfaceIndex::kNone, index(), port_, bridge_}) {
      for (const bool proxies : {false, true}) {
        for (const StateSet& states :
             {StateSet::all(), StateSet{NudState::kPermanent},
              StateSet{NudState::kStale, NudState::kReachable, NudState::kFailed}, StateSet{}}) {
          SCOPED_TRACE(std::string(to_string(family)) + " on " + std::to_string(to_number(interface)) +
                       (proxies ? " proxies" : ""));
          const ListFilter filter{.family = family, .interface = interface, .states = states, .proxies = proxies};
          expect_filtered(filter);
          most = std::max(most, table_->list(filter)->size());
        }
      }
    }
  }
  EXPECT_GE(most, 8U);
}

TEST_F(List, BelowABridge) {
  NEIGH_CITES("RTN-086");
  expect_filtered({.master = bridge_});
  expect_filtered({.family = Family::kIpv6, .master = bridge_});
  expect_filtered({.master = bridge_, .states = {NudState::kPermanent}});
  EXPECT_GE(table_->list({.master = bridge_})->size(), 2U);
  EXPECT_TRUE(table_->list({.interface = index(), .master = bridge_})->empty());
  EXPECT_TRUE(table_->list({.master = index()})->empty()) << "no master of anything";
}

TEST_F(List, AnInterfaceThatDoesNotExistMatchesNone) {
  NEIGH_CITES("RTN-084");
  for (const InterfaceIndex unknown :
       {InterfaceIndex{4711}, InterfaceIndex{0x7fffffff}, InterfaceIndex{0x80000000}, InterfaceIndex{0xffffffff}}) {
    EXPECT_TRUE(table_->list({.interface = unknown})->empty());
    // To the kernel a master of -1 would mean "none", and match nearly all.
    EXPECT_TRUE(table_->list({.master = unknown})->empty()) << to_number(unknown);
  }
}

TEST_F(List, AVectorIsReusedAndVisitTellsTheSame) {
  std::vector<Neighbor> rows(1000);
  const auto capacity = rows.capacity();
  ASSERT_TRUE(table_->list_into({.interface = port_, .states = StateSet{NudState::kPermanent}}, rows));
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.capacity(), capacity);
  std::size_t visited = 0;
  ASSERT_TRUE(table_->visit({.interface = port_, .states = StateSet{NudState::kPermanent}}, [&](const Neighbor& row) {
    ++visited;
    EXPECT_TRUE(row.same_content(rows[0]));
    // The visitor may use the table.
    EXPECT_TRUE(table_->get(row.key()));
  }));
  EXPECT_EQ(visited, 1U);
}

// --- flush ---

// `ip` makes proxy entries of no device too. Linux forgets to remove them with their namespace.
TEST_F(List, ProxyEntriesOfNoDeviceCanBeReadAndRemoved) {
  must_run("ip neigh add proxy 192.0.2.77");
  must_run("ip neigh add proxy 192.0.2.78");
  must_run("ip neigh add proxy 192.0.2.79 dev " + here().device);
  const NeighborKey nowhere{.address = IpAddress::v4(192, 0, 2, 77), .proxy = true};
  const auto got = table_->get(nowhere);
  EXPECT_TRUE(got && got->key() == nowhere);
  EXPECT_TRUE(table_->remove(nowhere));
  EXPECT_EQ(table_->get(nowhere).error().code, Errc::kNotFound);
  EXPECT_EQ(table_->flush({.proxies = true}).value_or(0), 4U) << "and the two of before";
  EXPECT_EQ(ip_neigh_proxies().size(), 0U);
  Neighbor made{.address = nowhere.address};
  made.flags.set(NeighborFlag::kProxy);
  EXPECT_EQ(table_->create(made).error().field, "interface") << "answers for everybody on every link";
}

TEST_F(List, FlushRemovesWhatTheFilterMeansAndCounts) {
  EXPECT_EQ(table_->flush({.family = Family::kIpv4, .interface = index(), .states = {NudState::kStale}}).value(), 1U);
  EXPECT_EQ(table_->get(key("192.0.2.12")).error().code, Errc::kNotFound);
  EXPECT_TRUE(table_->get(key("192.0.2.11")));
  EXPECT_EQ(table_->flush({.interface = port_, .states = {NudState::kPermanent, NudState::kStale}}).value(), 2U);
  EXPECT_EQ(table_->flush({.interface = port_, .states = {NudState::kPermanent, NudState::kStale}}).value(), 0U);
  EXPECT_EQ(table_->flush({.proxies = true}).value(), 2U);
  EXPECT_TRUE(ip_neigh_proxies().empty());
  EXPECT_EQ(table_->flush({.family = Family::kIpv4, .interface = index(), .states = {NudState::kNoArp}}).value(), 1U);
  EXPECT_TRUE(table_->get(key("2001:db8::12")));
  ASSERT_TRUE(table_->flush({.states = StateSet::all().without(NudState::kNoArp)}));
  EXPECT_TRUE(seen_by_ip().empty());
}

TEST_F(List, FlushOfAnUnknownInterfaceIsRefused) {
  for (const InterfaceIndex unknown : {InterfaceIndex{4711}, InterfaceIndex{0xffffffff}}) {
    expect_error(table_->flush({.interface = unknown}), Errc::kNoSuchInterface, "interface");
  }
}

TEST_F(List, FlushWithoutPrivilegeIsDeniedAlsoWhereThereIsNothing) {
  NEIGH_CITES("LIB-22");
  const auto before = seen_by_ip();
  const auto denied = [&] {
    for (const ListFilter& filter : {ListFilter{}, ListFilter{.states = {NudState::kProbe}},
                                     ListFilter{.family = Family::kIpv6, .proxies = true}}) {
      expect_error(table_->flush(filter), Errc::kPermissionDenied, "");
    }
    return 0;
  };
  EXPECT_EQ(run_unprivileged(denied), 0);
  EXPECT_EQ(seen_by_ip(), before);
  ASSERT_TRUE(table_->flush({}));
  EXPECT_EQ(run_unprivileged(denied), 0) << "an empty table";
}

TEST_F(List, FlushOfMany) {
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(1, 3000))->ok());
  ASSERT_TRUE(table_->flush({.family = Family::kIpv4, .interface = bridge_}));
  EXPECT_EQ(table_->flush({.family = Family::kIpv4, .interface = index(), .states = {NudState::kPermanent}}).value(),
            3001U);
}

// --- interfaces ---

class Inventory : public KernelHosts {};

TEST_F(Inventory, InterfacesAreThoseThatIpLinkShows) {
  NEIGH_CITES("LIB-25");
  must_run("ip -batch -", {.input = "link add br-test type bridge\n"
                                    "link add veth-port mtu 1300 type veth peer name veth-far\n"
                                    "link set veth-port master br-test\nlink set veth-port up\n"
                                    "tuntap add dev tun-test mode tun\ntuntap add dev tap-test mode tap\n"
                                    "link add vx-test type vxlan id 7 dstport 4789\n"
                                    "link property add dev veth-port altname an-alternative-name-of-some-length\n"});
  const auto devices = table_->interfaces();
  ASSERT_TRUE(devices);
  const Json links = Json::parse(must_run("ip -json -details link show").out);
  ASSERT_EQ(devices->size(), links.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Interface& device = (*devices)[i];
    const auto found = std::find_if(links.begin(), links.end(), [&](const Json& link) {
      return link["ifindex"].get<std::uint32_t>() == to_number(device.index);
    });
    ASSERT_NE(found, links.end());
    const Json& link = *found;
    SCOPED_TRACE(link["ifname"].get<std::string>());
    if (i > 0) {
      EXPECT_LT((*devices)[i - 1].index, device.index) << "ordered";
    }
    EXPECT_EQ(device.name, link["ifname"].get<std::string>());
    EXPECT_EQ(device.mtu, link["mtu"].get<std::uint32_t>());
    const std::vector<std::string> flags = link["flags"];
    const auto has = [&](const char* flag) { return std::find(flags.begin(), flags.end(), flag) != flags.end(); };
    EXPECT_EQ(device.up, has("UP"));
    EXPECT_EQ(device.no_arp, has("NOARP"));
    EXPECT_EQ(device.loopback, has("LOOPBACK"));
    EXPECT_EQ(device.point_to_point, has("POINTOPOINT"));
    EXPECT_EQ(device.link_address.to_string(), link.value("address", ""));
    EXPECT_EQ(device.master == InterfaceIndex::kNone, !link.contains("master"));
    if (link.contains("master")) {
      EXPECT_EQ(index_of(link["master"].get<std::string>()), to_number(device.master));
    }
    EXPECT_EQ(device.virtual_device, link.contains("linkinfo"));
    const std::string type = link["link_type"];
    const auto expected = type == "ether"      ? InterfaceType::kEthernet
                          : type == "loopback" ? InterfaceType::kLoopback
                                               : InterfaceType::kTunnel;
    EXPECT_EQ(device.type, expected) << type;
    EXPECT_EQ(device.luid().type(), expected);
    EXPECT_EQ(device.luid().index(), device.index);
    EXPECT_TRUE(device.ipv6);

    const auto by_index = table_->find_interface(device.index);
    const auto by_name = table_->find_interface(device.name);
    ASSERT_TRUE(by_index && by_name);
    for (const Interface& same : {*by_index, *by_name}) {
      EXPECT_EQ(same.index, device.index);
      EXPECT_EQ(same.name, device.name);
      EXPECT_EQ(same.link_address, device.link_address);
      EXPECT_EQ(same.type, device.type);
      EXPECT_EQ(same.master, device.master);
      EXPECT_EQ(same.mtu, device.mtu);
    }
  }
  EXPECT_EQ(table_->find_interface("an-alternative-name-of-some-length")->name, "veth-port");
  must_run("ip link property add dev veth-port altname short");
  EXPECT_EQ(table_->find_interface("short")->name, "veth-port") << "an alternative name of fewer than 16 characters";
}

TEST_F(Inventory, InterfacesThatAreNotThere) {
  for (const InterfaceIndex unknown : {InterfaceIndex::kNone, InterfaceIndex{4711}, InterfaceIndex{0xffffffff}}) {
    expect_error(table_->find_interface(unknown), Errc::kNoSuchInterface, "interface");
  }
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, "nothing"sv, "a-name-that-is-longer-than-fifteen"sv, "veth-here\0x"sv, "."sv, "a/b"sv, " "sv}) {
    expect_error(table_->find_interface(name), Errc::kNoSuchInterface, "interface");
  }
  expect_error(table_->find_interface(std::string(100'000, 'x')), Errc::kNoSuchInterface, "interface");
}

TEST_F(Inventory, Ipv6SwitchedOffIsSeen) {
  EXPECT_TRUE(table_->find_interface(index())->ipv6);
  write_sysctl("net/ipv6/conf/" + here().device + "/disable_ipv6", "1");
  EXPECT_FALSE(table_->find_interface(index())->ipv6);
}

TEST_F(Inventory, StateOfTheLink) {
  EXPECT_TRUE(table_->find_interface(index())->up && table_->find_interface(index())->running);
  {
    const auto inside = there().space.enter();
    must_run("ip link set " + there().device + " down");
  }
  ASSERT_TRUE(wait_until([&] { return !table_->find_interface(index())->running; }));
  EXPECT_TRUE(table_->find_interface(index())->up);
}

TEST_F(Inventory, OwnAddresses) {
  must_run("ip addr add 198.51.100.1 peer 198.51.100.2 dev " + here().device);
  const auto own = table_->own_addresses(index());
  ASSERT_TRUE(own);
  EXPECT_THAT(*own,
              ::testing::UnorderedElementsAre(ip(here().v4), ip("198.51.100.1"), ip(here().v6), ip(here().link_local)));
  const auto all = table_->own_addresses(InterfaceIndex::kNone);
  ASSERT_TRUE(all);
  EXPECT_THAT(*all, ::testing::UnorderedElementsAre(ip(here().v4), ip("198.51.100.1"), ip(here().v6),
                                                    ip(here().link_local), ip("127.0.0.1"), ip("::1")));
  expect_error(table_->own_addresses(InterfaceIndex{4711}), Errc::kNoSuchInterface, "interface");
}

TEST_F(Inventory, LimitsAreThoseOfIpNtable) {
  const auto limits = table_->limits();
  ASSERT_TRUE(limits);
  ASSERT_EQ(limits->size(), 2U);
  EXPECT_EQ((*limits)[0].family, Family::kIpv4);
  EXPECT_EQ((*limits)[1].family, Family::kIpv6);
  const Json tables = Json::parse(must_run("ip -json ntable show").out);
  std::size_t compared = 0;
  for (const Json& row : tables) {
    if (!row.contains("thresh1")) continue;
    const TableLimits& mine = (*limits)[row["family"] == "inet" ? 0 : 1];
    ++compared;
    EXPECT_EQ(mine.gc_thresh1, row["thresh1"].get<std::uint32_t>());
    EXPECT_EQ(mine.gc_thresh2, row["thresh2"].get<std::uint32_t>());
    EXPECT_EQ(mine.gc_thresh3, row["thresh3"].get<std::uint32_t>());
    EXPECT_EQ(mine.gc_interval.count(), row["gc_interval"].get<std::int64_t>());
  }
  EXPECT_EQ(compared, 2U);
  // The fill is that of all namespaces of the machine, and others work there.
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(1, 300))->ok());
  EXPECT_GE((*table_->limits())[0].entries, 300U);
  EXPECT_TRUE(table_->has_family(Family::kIpv4).value());
  EXPECT_TRUE(table_->has_family(Family::kIpv6).value());
  EXPECT_FALSE(table_->has_family(Family::kUnspecified).value());
}

// The kernel's answer names each table and then each interface; it begins every datagram with the tables again.
TEST_F(Inventory, LimitsAreToldOnceForEachFamilyHoweverManyInterfacesThereAre) {
  for (int i = 0; i < 40; ++i) must_run("ip link add br-" + std::to_string(i) + " type bridge");
  const auto limits = table_->limits();
  ASSERT_TRUE(limits) << limits.error().message();
  ASSERT_EQ(limits->size(), 2U);
  EXPECT_EQ((*limits)[0].family, Family::kIpv4);
  EXPECT_EQ((*limits)[1].family, Family::kIpv6);
}

TEST_F(List, AFamilyThatDoesNotExistIsRefused) {
  const ListFilter filter{.family = static_cast<Family>(77)};
  expect_error(table_->list(filter), Errc::kInvalidArgument, "filter.family");
  expect_error(table_->flush(filter), Errc::kInvalidArgument, "filter.family");
  expect_error(table_->watch(filter), Errc::kInvalidArgument, "filter.family");
  EXPECT_EQ(table_->visit(filter, [](const Neighbor&) { ADD_FAILURE(); }).error().field, "filter.family");
}

}  // namespace
}  // namespace neigh::test
