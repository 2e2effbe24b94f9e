// SPDX-License-Identifier: Apache-2.0
// Single entries: what is written is what the kernel's own tool sees, and what is refused leaves nothing behind.
#include "netns/rtnl/fixture.hpp"
#include "support/frames.hpp"
#include "support/wait.hpp"

namespace neigh::test {
namespace {

using namespace std::chrono_literals;

class Entry : public KernelHosts {};

class EntryOfEachFamily : public KernelHosts, public ::testing::WithParamInterface<const char*> {
 protected:
  [[nodiscard]] std::string address() const { return GetParam(); }
};

TEST_P(EntryOfEachFamily, CreateIsExclusiveSetNeedsOneReplaceNeither) {
  NEIGH_CITES("RTN-001", "RTN-002", "RTN-004");
  const Neighbor first = neighbor(address());
  Neighbor second = neighbor(address(), "02:00:00:00:00:55");
  second.state = NudState::kStale;
  second.flags = {NeighborFlag::kRouter};
  expect_error(table_->set(first), Errc::kNotFound, "");
  EXPECT_TRUE(seen_by_ip().empty()) << "set never creates";
  ASSERT_TRUE(table_->create(first));
  EXPECT_TRUE(table_->get(first.key())->same_content(first));
  const auto again = table_->create(second);
  expect_error(again, Errc::kAlreadyExists, "");
  EXPECT_EQ(again.error().sys_errno, EEXIST);
  EXPECT_EQ(seen_by_ip(), std::vector{text_of(first, here().device)}) << "unchanged";
  ASSERT_TRUE(table_->set(second));
  EXPECT_EQ(seen_by_ip(), std::vector{text_of(second, here().device)});
  ASSERT_TRUE(table_->replace(first));
  EXPECT_EQ(seen_by_ip(), std::vector{text_of(first, here().device)});
  ASSERT_TRUE(table_->remove(first.key()));
  EXPECT_TRUE(seen_by_ip().empty());
  expect_error(table_->remove(first.key()), Errc::kNotFound, "");
  expect_error(table_->get(first.key()), Errc::kNotFound, "");
  ASSERT_TRUE(table_->replace(second));
  EXPECT_EQ(seen_by_ip(), std::vector{text_of(second, here().device)});
}

TEST_P(EntryOfEachFamily, EveryStateIsStoredAndReadBack) {
  NEIGH_CITES("RTN-018");
  for (const NudState state : {NudState::kNone, NudState::kIncomplete, NudState::kReachable, NudState::kStale,
                               NudState::kProbe, NudState::kFailed, NudState::kNoArp, NudState::kPermanent}) {
    Neighbor wanted = neighbor(address());
    wanted.state = state;
    ASSERT_TRUE(table_->create(wanted)) << to_string(state);
    const auto got = table_->get(wanted.key());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->state, state);
    expect_same_as_ip();
    EXPECT_EQ(table_->create(wanted).error().code, Errc::kAlreadyExists) << "whatever its state: " << to_string(state);
    ASSERT_TRUE(table_->remove(wanted.key()));
  }
  Neighbor delayed = neighbor(address());
  delayed.state = NudState::kDelay;
  ASSERT_TRUE(table_->create(delayed));
  EXPECT_THAT(table_->get(delayed.key())->state, ::testing::AnyOf(NudState::kDelay, NudState::kProbe));
}

TEST_P(EntryOfEachFamily, FlagsAndOwnerAreStoredAndReadBack) {
  NEIGH_CITES("RTN-025");
  const std::vector<NeighborFlags> cases = {{},
                                            {NeighborFlag::kRouter},
                                            {NeighborFlag::kExternLearned},
                                            {NeighborFlag::kManaged},
                                            {NeighborFlag::kRouter, NeighborFlag::kExternLearned}};
  for (const NeighborFlags& flags : cases) {
    Neighbor wanted = neighbor(address());
    wanted.flags = flags;
    wanted.protocol = 186;
    wanted.state = NudState::kReachable;
    ASSERT_TRUE(table_->create(wanted));
    const auto got = table_->get(wanted.key());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->flags, flags);
    EXPECT_EQ(got->protocol, 186);
    expect_same_as_ip();
    ASSERT_TRUE(table_->remove(wanted.key()));
  }
  // A flag that set does not name is taken away.
  Neighbor wanted = neighbor(address());
  wanted.flags = {NeighborFlag::kRouter, NeighborFlag::kExternLearned};
  wanted.state = NudState::kStale;
  ASSERT_TRUE(table_->create(wanted));
  wanted.flags = {};
  ASSERT_TRUE(table_->set(wanted));
  EXPECT_TRUE(table_->get(wanted.key())->flags.empty());
}

TEST_P(EntryOfEachFamily, AnExternallyValidatedEntryIsStoredWhereTheKernelKnowsIt) {
  Neighbor wanted = neighbor(address());
  wanted.flags = {NeighborFlag::kExternValidated};
  wanted.state = NudState::kStale;
  const auto created = table_->create(wanted);
  if (!created) {
    // Linux before 6.17 refuses the bit.
    expect_error(created, Errc::kInvalidArgument, "flags");
    EXPECT_TRUE(seen_by_ip().empty());
    return;
  }
  EXPECT_TRUE(table_->get(wanted.key())->flags.has(NeighborFlag::kExternValidated));
  // RTN-024: not with a state that holds no address.
  Neighbor invalid = neighbor(address() == "192.0.2.9" ? "192.0.2.10" : "2001:db8::10");
  invalid.flags = wanted.flags;
  invalid.state = NudState::kIncomplete;
  NEIGH_CITES("RTN-024");
  expect_error(table_->create(invalid), Errc::kInvalidArgument, "flags");
  EXPECT_EQ(table_->get(invalid.key()).error().code, Errc::kNotFound);
}

TEST_P(EntryOfEachFamily, AProxyEntryIsAnotherThanTheNeighbor) {
  NEIGH_CITES("RTN-020", "RTN-045");
  Neighbor proxy = neighbor(address());
  proxy.flags = {NeighborFlag::kProxy};
  expect_error(table_->set(proxy), Errc::kNotFound, "");
  expect_error(table_->remove(proxy.key()), Errc::kNotFound, "");
  ASSERT_TRUE(table_->create(proxy));
  expect_error(table_->create(proxy), Errc::kAlreadyExists, "");
  EXPECT_TRUE(table_->set(proxy));
  EXPECT_TRUE(table_->replace(proxy));
  EXPECT_TRUE(table_->create(neighbor(address()))) << "as a neighbor it did not exist";
  expect_same_as_ip();
  EXPECT_EQ(table_->list({.proxies = true})->size(), 1U);
  EXPECT_TRUE(table_->get(proxy.key())->flags.has(NeighborFlag::kProxy));
  EXPECT_FALSE(table_->get(key(address()))->flags.has(NeighborFlag::kProxy));
  ASSERT_TRUE(table_->remove(proxy.key()));
  EXPECT_TRUE(table_->get(key(address())));
  EXPECT_TRUE(ip_neigh_proxies().empty());
}

TEST_P(EntryOfEachFamily, LinkAddressesAreAsLongAsTheInterfaceWants) {
  NEIGH_CITES("RTN-009", "RTN-010", "RTN-125", "LIB-11");
  Neighbor wanted = neighbor(address());
  for (const std::size_t size : {0U, 1U, 4U, 5U}) {
    wanted.link_address = LinkAddress::from_bytes(std::vector<std::uint8_t>(size, 2)).value();
    for (const Operation operation : {Operation::kCreate, Operation::kReplace, Operation::kSet}) {
      const auto report = table_->apply(operation, std::span(&wanted, 1));
      ASSERT_TRUE(report);
      ASSERT_EQ(report->failures.size(), 1U) << size << ' ' << to_string(operation);
      const bool missing = operation == Operation::kSet && report->failures[0].error.code == Errc::kNotFound;
      EXPECT_TRUE(missing || report->failures[0].error.field == "link_address") << report->failures[0].error.message();
    }
    expect_error(table_->create(wanted), Errc::kInvalidArgument, "link_address");
    expect_error(table_->replace(wanted), Errc::kInvalidArgument, "link_address");
    EXPECT_TRUE(seen_by_ip().empty()) << "no entry in NONE is left";
  }
  for (const std::size_t size : {6U, 8U, 20U, 32U}) {
    wanted.link_address = LinkAddress::from_bytes(std::vector<std::uint8_t>(size, 2)).value();
    ASSERT_TRUE(table_->create(wanted)) << size;
    EXPECT_EQ(table_->get(wanted.key())->link_address, mac("02:02:02:02:02:02"));
    ASSERT_TRUE(table_->remove(wanted.key()));
  }
}

TEST_P(EntryOfEachFamily, ARefusedChangeLeavesTheEntryAsItWas) {
  const Neighbor there = neighbor(address());
  ASSERT_TRUE(table_->create(there));
  for (const std::size_t size : {0U, 3U}) {
    Neighbor wrong = there;
    wrong.link_address = LinkAddress::from_bytes(std::vector<std::uint8_t>(size, 9)).value();
    wrong.state = NudState::kStale;
    wrong.protocol = 77;
    expect_error(table_->set(wrong), Errc::kInvalidArgument, "link_address");
    expect_error(table_->replace(wrong), Errc::kInvalidArgument, "link_address");
    EXPECT_TRUE(table_->get(there.key())->same_content(there)) << size;
  }
}

TEST_P(EntryOfEachFamily, StatesWithoutAnAddressNeedNone) {
  for (const NudState state : {NudState::kNone, NudState::kFailed}) {
    Neighbor wanted = neighbor(address());
    wanted.link_address = {};
    wanted.state = state;
    EXPECT_TRUE(table_->create(wanted));
    EXPECT_EQ(table_->get(wanted.key())->state, state);
    EXPECT_TRUE(table_->remove(wanted.key()));
  }
}

INSTANTIATE_TEST_SUITE_P(Family, EntryOfEachFamily, ::testing::Values("192.0.2.9", "2001:db8::9", "fe80::9"),
                         [](const auto& i) {
                           return std::string(i.index == 0 ? "IPv4" : i.index == 1 ? "IPv6" : "LinkLocal");
                         });

TEST_F(Entry, WhatCannotBeWrittenIsRefusedWithItsMember) {
  NEIGH_CITES("LIB-12", "RTN-007", "RTN-008", "RTN-022");
  struct Case {
    const char* what;
    Neighbor wanted;
    Errc code;
    std::string_view field;
  };
  Neighbor no_interface = neighbor("192.0.2.9");
  no_interface.interface = InterfaceIndex::kNone;
  Neighbor unknown = neighbor("192.0.2.9");
  unknown.interface = InterfaceIndex{4711};
  Neighbor huge = unknown;
  huge.interface = InterfaceIndex{0xffffffff};
  Neighbor bad_state = neighbor("192.0.2.9");
  bad_state.state = static_cast<NudState>(77);
  Neighbor managed = neighbor("192.0.2.9");
  managed.flags = {NeighborFlag::kManaged};
  Neighbor no_address = neighbor("192.0.2.9");
  no_address.address = {};
  const std::vector<Case> cases = {
      {"no address", no_address, Errc::kInvalidArgument, "address"},
      {"loopback", neighbor("127.0.0.1"), Errc::kInvalidArgument, "address"},
      {"loopback net", neighbor("127.9.9.9"), Errc::kInvalidArgument, "address"},
      {"v6 loopback", neighbor("::1"), Errc::kInvalidArgument, "address"},
      {"unspecified", neighbor("0.0.0.0"), Errc::kInvalidArgument, "address"},
      {"v6 unspecified", neighbor("::"), Errc::kInvalidArgument, "address"},
      {"broadcast", neighbor("255.255.255.255"), Errc::kInvalidArgument, "address"},
      {"mapped", neighbor("::ffff:192.0.2.9"), Errc::kInvalidArgument, "address"},
      {"interface 0", no_interface, Errc::kInvalidArgument, "interface"},
      {"unknown interface", unknown, Errc::kNoSuchInterface, "interface"},
      {"negative interface", huge, Errc::kNoSuchInterface, "interface"},
      {"state", bad_state, Errc::kInvalidArgument, "state"},
      {"permanent and managed", managed, Errc::kInvalidArgument, "flags"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    expect_error(table_->create(c.wanted), c.code, c.field);
    expect_error(table_->set(c.wanted), c.code, c.field);
    expect_error(table_->replace(c.wanted), c.code, c.field);
    // In a batch each fails as alone.
    const std::vector<Neighbor> batch = {neighbor("192.0.2.50"), c.wanted, neighbor("192.0.2.51")};
    const auto report = table_->apply(Operation::kReplace, batch);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->applied, 2U);
    ASSERT_EQ(report->failures.size(), 1U);
    EXPECT_EQ(report->failures[0].position, 1U);
    EXPECT_EQ(report->failures[0].error.code, c.code);
    EXPECT_EQ(report->failures[0].error.field, c.field);
  }
  EXPECT_EQ(seen_by_ip().size(), 2U);
}

TEST_F(Entry, KeysThatCannotBeAreRefusedWithTheirMember) {
  NEIGH_CITES("LIB-13", "RTN-040", "RTN-041", "RTN-060", "RTN-062");
  const NeighborKey cases[] = {{index(), {}}, {InterfaceIndex::kNone, ip("192.0.2.9")}};
  for (const NeighborKey& wrong : cases) {
    const std::string_view field = wrong.interface == InterfaceIndex::kNone ? "interface" : "address";
    expect_error(table_->get(wrong), Errc::kInvalidArgument, field);
    expect_error(table_->remove(wrong), Errc::kInvalidArgument, field);
  }
  for (const InterfaceIndex unknown : {InterfaceIndex{4711}, InterfaceIndex{0x80000000}, InterfaceIndex{0xffffffff}}) {
    for (const char* address : {"192.0.2.9", "2001:db8::9"}) {
      for (const bool proxy : {false, true}) {
        expect_error(table_->get({unknown, ip(address), proxy}), Errc::kNoSuchInterface, "interface");
        expect_error(table_->remove({unknown, ip(address), proxy}), Errc::kNoSuchInterface, "interface");
      }
    }
  }
  // Not refused here, simply not there.
  for (const char* address : {"127.0.0.1", "::1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "ff02::99"}) {
    expect_error(table_->get(key(address)), Errc::kNotFound, "");
    expect_error(table_->remove(key(address)), Errc::kNotFound, "");
  }
}

TEST_F(Entry, MulticastMayBeCreated) {
  NEIGH_CITES("LIB-12");
  for (const char* address : {"224.0.0.99", "ff02::99"}) {
    EXPECT_TRUE(table_->create(neighbor(address)));
    EXPECT_EQ(table_->get(key(address))->state, NudState::kPermanent);
  }
}

TEST_F(Entry, AnInterfaceThatIsDownTakesEntries) {
  NEIGH_CITES("RTN-017");
  must_run("ip link set " + here().device + " down");
  EXPECT_TRUE(table_->create(neighbor("192.0.2.9")));
  EXPECT_TRUE(table_->get(key("192.0.2.9")));
}

TEST_F(Entry, WithIpv6SwitchedOffIpv6IsNotSupported) {
  NEIGH_CITES("RTN-013");
  write_sysctl("net/ipv6/conf/" + here().device + "/disable_ipv6", "1");
  const Neighbor wanted = neighbor("2001:db8::9");
  for (const auto& done : {table_->create(wanted), table_->replace(wanted), table_->set(wanted)}) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::kNotSupported) << done.error().message();
    EXPECT_EQ(done.error().field, "address");
  }
  EXPECT_TRUE(ip_neigh_json(here().device, 6).empty());
  EXPECT_TRUE(table_->create(neighbor("192.0.2.9"))) << "IPv4 is not concerned";
}

TEST_F(Entry, LinksWithoutAddressesTakeNone) {
  NEIGH_CITES("LIB-11");
  must_run("ip tuntap add dev tun-test mode tun && ip link set tun-test up");
  const InterfaceIndex tun{index_of("tun-test")};
  const auto device = table_->find_interface(tun);
  ASSERT_TRUE(device);
  EXPECT_EQ(device->link_address_size, 0);
  EXPECT_TRUE(device->link_address.empty());
  Neighbor wanted{.address = ip("2001:db8::77"), .interface = tun, .state = NudState::kPermanent};
  ASSERT_TRUE(table_->create(wanted));
  EXPECT_TRUE(table_->get(wanted.key())->link_address.empty());
  EXPECT_EQ(table_->create(wanted).error().code, Errc::kAlreadyExists);
  wanted.state = NudState::kNoArp;
  EXPECT_TRUE(table_->set(wanted));
  EXPECT_TRUE(table_->remove(wanted.key()));
  wanted.link_address = mac("02:00:00:00:00:01");  // longer than the interface's: cut to nothing
  EXPECT_TRUE(table_->create(wanted));
  EXPECT_TRUE(table_->get(wanted.key())->link_address.empty());
  wanted.link_address = {};
  const auto report = table_->apply(Operation::kReplace, std::vector{wanted, wanted});
  EXPECT_TRUE(report && report->ok());
}

// Nothing that is written here can be found again by its address: the kernel's doing, which the table does not hide.
TEST_F(Entry, OnPointToPointLinksTheKernelHasOneIpv4EntryForAll) {
  NEIGH_CITES("LNX-042", "LIB-35");
  must_run("ip tuntap add dev tun-test mode tun && ip link set tun-test up");
  const InterfaceIndex tun{index_of("tun-test")};
  const Neighbor wanted{.address = ip("192.0.2.77"), .interface = tun, .state = NudState::kPermanent};
  ASSERT_TRUE(table_->create(wanted));
  EXPECT_EQ(table_->get(wanted.key()).error().code, Errc::kNotFound);
  EXPECT_TRUE(table_->get({tun, ip("0.0.0.0")}));
  // Nobody is asked there: the mapping is the answer, and nothing is stored for it.
  ASSERT_TRUE(table_->remove({tun, ip("0.0.0.0")}));
  const auto mapped = table_->resolve(wanted.key(), {.ask_again = true});
  ASSERT_TRUE(mapped) << mapped.error().message();
  EXPECT_EQ(mapped->state, NudState::kNoArp);
  EXPECT_EQ(mapped->address, wanted.address);
  EXPECT_TRUE(mapped->link_address.empty());
  EXPECT_EQ(table_->get({tun, ip("0.0.0.0")}).error().code, Errc::kNotFound);
}

TEST_F(Entry, LinkAddressesOfFourAndSixteenBytes) {
  // A GRE tunnel over IPv4 has addresses of 4 bytes, one over IPv6 of 16.
  for (const auto& [command, size] : {std::pair{"ip link add gre-test type gre local 192.0.2.1", 4U},
                                      std::pair{"ip link add gre-test type ip6gre local 2001:db8::1", 16U}}) {
    if (!run(command).ok()) {
      GTEST_SKIP() << "this kernel has no such device: " << command;
    }
    must_run("ip link set gre-test up");
    const InterfaceIndex gre{index_of("gre-test")};
    ASSERT_TRUE(table_->find_interface(gre));
    EXPECT_EQ(table_->find_interface(gre)->link_address_size, size);
    Neighbor wanted{.address = ip("192.0.2.77"), .interface = gre};
    wanted.link_address = LinkAddress::from_bytes(std::vector<std::uint8_t>(size, 5)).value();
    EXPECT_TRUE(table_->create(wanted));
    EXPECT_EQ(table_->get(wanted.key())->link_address, wanted.link_address);
    wanted.link_address = LinkAddress::from_bytes(std::vector<std::uint8_t>(size - 1, 5)).value();
    expect_error(table_->replace(wanted), Errc::kInvalidArgument, "link_address");
    must_run("ip link del gre-test");
  }
}

TEST_F(Entry, AgesGrowAndAreSetBackByAChange) {
  NEIGH_CITES("RTN-123");
  Neighbor wanted = neighbor("192.0.2.9");
  wanted.state = NudState::kReachable;
  ASSERT_TRUE(table_->create(wanted));
  ASSERT_TRUE(wait_until([&] { return table_->get(wanted.key())->updated_age >= 30ms; }));
  const auto row = ip_neigh_find(here().device, "192.0.2.9");
  const auto got = table_->get(wanted.key());
  ASSERT_TRUE(row && got);
  // The tool counts whole seconds and looked a moment earlier.
  EXPECT_GE(got->updated_age, std::chrono::seconds(row->updated.value()));
  EXPECT_GE(got->confirmed_age, std::chrono::seconds(row->confirmed.value()));
  EXPECT_GE(got->used_age, std::chrono::seconds(row->used.value()));
  wanted.link_address = mac("02:00:00:00:00:11");
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(table_->set(wanted));
  const auto young = table_->get(wanted.key())->updated_age;
  // 10 ms are a tick.
  EXPECT_LE(young, std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - before) + 20ms);
}

// --- privileges ---

TEST_F(Entry, WithoutPrivilegeReadingWorksAndChangingIsDenied) {
  NEIGH_CITES("RTN-015", "RTN-069", "LIB-22");
  ASSERT_TRUE(table_->create(neighbor("192.0.2.9")));
  Neighbor proxy = neighbor("192.0.2.70");
  proxy.flags = {NeighborFlag::kProxy};
  ASSERT_TRUE(table_->create(proxy));
  const auto before = seen_by_ip();
  EXPECT_EQ(run_unprivileged([&] {
              // The table opened before, and one of one's own.
              const auto own = open_table();
              for (NeighborTable* table : {table_.get(), own.get()}) {
                EXPECT_TRUE(table->get(key("192.0.2.9")));
                EXPECT_EQ(table->list({.family = Family::kIpv4})->size(), 1U);
                EXPECT_TRUE(table->interfaces());
                EXPECT_TRUE(table->limits());
                EXPECT_TRUE(table->own_addresses(index()));
                EXPECT_TRUE(table->watch());
                const auto denied = [](const Result<void>& done) {
                  ASSERT_FALSE(done);
                  EXPECT_EQ(done.error().code, Errc::kPermissionDenied) << done.error().message();
                  EXPECT_NE(done.error().detail.find("CAP_NET_ADMIN"), std::string::npos);
                };
                denied(table->create(neighbor("192.0.2.10")));
                denied(table->set(neighbor("192.0.2.9", "02:00:00:00:00:01")));
                denied(table->replace(neighbor("192.0.2.9", "02:00:00:00:00:01")));
                denied(table->remove(key("192.0.2.9")));
                denied(table->remove(key("192.0.2.99")));
                denied(table->remove(proxy.key()));
                const auto report = table->apply(Operation::kRemove, std::vector(500, neighbor("192.0.2.9")));
                EXPECT_TRUE(report);
                if (report) {
                  EXPECT_EQ(report->failures.size(), 500U);
                }
              }
              return 0;
            }),
            0);
  EXPECT_EQ(seen_by_ip(), before);
}

}  // namespace
}  // namespace neigh::test
