// SPDX-License-Identifier: Apache-2.0
// ResolveIpNetEntry2, with the frames that it makes the host send.
#include <algorithm>
#include <iterator>

#include "conformance/fixture.hpp"
#include "conformance/text.hpp"

namespace neigh::conformance {
namespace {

class Resolve : public ApiTest {
 protected:
  /// The requests for `target` that have arrived at the peer. Everything that a finished call sent is there: a veth
  /// pair delivers before the sender goes on, and behind the last frame a marker is awaited.
  std::vector<Solicitation> requests(test::FramePort& wire, const Link& on, const std::string& target) {
    std::vector<test::Frame> frames;
    const std::string marker = "239.9.9." + std::to_string(++marker_);
    home().send_to_multicast(on, marker);
    const auto bytes = address_bytes(marker);
    while (const auto frame = wire.receive()) {
      frames.push_back(*frame);
      const bool is_marker = test::ether_type(*frame) == 0x0800 && frame->size() >= 34 &&
                             std::equal(bytes.begin(), bytes.end(), frame->begin() + 30,
                                        [](std::uint8_t a, std::byte b) { return std::byte{a} == b; });
      if (is_marker) return solicitations_for(target, frames);
    }
    ADD_FAILURE() << "the marker did not arrive";
    return {};
  }

  /// All members of a row that Resolve has filled.
  void expect_resolved(const MIB_IPNET_ROW2& row, const Link& on, const std::string& address,
                       const std::string& link_address, bool router = false) {
    EXPECT_EQ(text_of(row.Address), address);
    EXPECT_EQ(row.InterfaceIndex, on.index);
    EXPECT_EQ(row.InterfaceLuid.Value, luid_of(on).Value);
    EXPECT_EQ(link_text_of(row), link_address);
    EXPECT_TRUE(std::all_of(row.PhysicalAddress + row.PhysicalAddressLength, std::end(row.PhysicalAddress),
                            [](UCHAR b) { return b == 0; }));
    EXPECT_EQ(row.State, NlnsReachable);
    EXPECT_EQ(row.Flags, router ? 0x01 : 0x00);
    EXPECT_LT(row.ReachabilityTime.LastReachable, 60'000U);
    if (row.Address.si_family == AF_INET6) {
      EXPECT_EQ(row.Address.Ipv6.sin6_scope_id, address.starts_with("fe80:") ? on.index : 0);
      EXPECT_EQ(row.Address.Ipv6.sin6_flowinfo, 0U);
    }
  }

 private:
  int marker_ = 0;
};

TEST_F(Resolve, AsksTheWireAndFillsTheRow) {
  NEIGH_CITES("A-01", "R-01", "R-13", "R-14", "R-15", "T-16", "LIB-18", "LIB-10", "M-14");
  const auto wire = home().listen(link());
  for (const std::string& address : {peer().v4, peer().v6, peer().link_local}) {
    MIB_IPNET_ROW2 row = key_row(link(), address);
    EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess)) << address;
    expect_resolved(row, link(), address, peer().link_address);
    const auto seen = home().find(link(), address);
    ASSERT_TRUE(seen) << address;
    EXPECT_EQ(seen->lladdr, peer().link_address);
    EXPECT_EQ(seen->state(), "REACHABLE");
    expect_entry(link(), address, peer().link_address, NlnsReachable);
    const auto asked = requests(*wire, link(), address);
    ASSERT_GE(asked.size(), 1U) << address;
    EXPECT_EQ(asked[0].from, link().link_address);
    EXPECT_EQ(asked[0].link_option, link().link_address);
    // ARP asks everybody, Neighbor Discovery the solicited-node group.
    EXPECT_EQ(asked[0].to, address == peer().v4 ? "ff:ff:ff:ff:ff:ff" : "33:33:ff:" + asked[0].to.substr(9));
    EXPECT_TRUE(asked[0].source == link().v4 || asked[0].source == link().v6 || asked[0].source == link().link_local)
        << asked[0].source;
  }
}

TEST_F(Resolve, ThrowsAwayWhatWasKnown) {
  NEIGH_CITES("R-10", "R-11", "R-15", "LIB-18");
  home().hold_timers(link());
  const auto wire = home().listen(link());
  for (const std::string& address : {peer().v4, peer().v6}) {
    for (const std::string state : {"permanent", "reachable", "stale", "noarp", "failed", "incomplete", "none"}) {
      const bool resolved = state != "none" && state != "incomplete" && state != "failed";
      home().put(link(), {.address = address, .link_address = resolved ? kMac : "", .state = state, .router = true});
      MIB_IPNET_ROW2 row = key_row(link(), address);
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess)) << address << " " << state;
      expect_resolved(row, link(), address, peer().link_address);
      const auto seen = home().find(link(), address);
      ASSERT_TRUE(seen);
      EXPECT_EQ(seen->lladdr, peer().link_address) << state;
      EXPECT_EQ(seen->state(), "REACHABLE") << state;
      EXPECT_GE(requests(*wire, link(), address).size(), 1U) << address << " " << state;
    }
  }
}

// A second call asks again, although the answer of the first one is fresh.
TEST_F(Resolve, AsksEveryTime) {
  NEIGH_CITES("R-10", "LIB-18");
  const auto wire = home().listen(link());
  for (const std::string& address : {peer().v4, peer().v6}) {
    for (int round = 0; round < 3; ++round) {
      MIB_IPNET_ROW2 row = key_row(link(), address);
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess));
      EXPECT_GE(requests(*wire, link(), address).size(), 1U) << address << " " << round;
    }
  }
}

TEST_F(Resolve, RouterIsTold) {
  NEIGH_CITES("R-14", "M-16");
  home().make_peer_a_router();
  MIB_IPNET_ROW2 row = key_row(link(), peer().v6);
  EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess));
  expect_resolved(row, link(), peer().v6, peer().link_address, /*router=*/true);
}

TEST_F(Resolve, SourceAddressIsInTheRequest) {
  NEIGH_CITES("R-12", "LIB-19");
  home().add_address(link(), "192.0.2.77/24");
  home().add_address(link(), "2001:db8::77/64");
  const auto wire = home().listen(link());
  struct Case {
    std::string target;
    std::string source;
  };
  for (const Case& c :
       {Case{peer().v4, "192.0.2.77"}, Case{peer().v4, link().v4}, Case{peer().v6, "2001:db8::77"},
        Case{peer().v6, link().v6}, Case{peer().v6, link().link_local}, Case{peer().link_local, link().link_local}}) {
    MIB_IPNET_ROW2 row = key_row(link(), c.target);
    const SOCKADDR_INET source = socket_address(c.source);
    EXPECT_THAT(ResolveIpNetEntry2(&row, &source), Gives(Expected::kSuccess)) << c.source;
    expect_resolved(row, link(), c.target, peer().link_address);
    const auto asked = requests(*wire, link(), c.target);
    ASSERT_GE(asked.size(), 1U) << c.source;
    for (const Solicitation& request : asked) EXPECT_EQ(request.source, c.source);
  }
}

// The interface of the row's key wins, and the request carries the source nevertheless.
TEST_F(Resolve, SourceOfAnotherInterface) {
  NEIGH_CITES("R-12", "LIB-19");
  const Link& second = home().second_link();
  const auto wire = home().listen(link());
  const auto other_wire = home().listen(second);
  MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
  const SOCKADDR_INET source = socket_address(second.v4);
  EXPECT_THAT(ResolveIpNetEntry2(&row, &source), Gives(Expected::kSuccess));
  expect_resolved(row, link(), peer().v4, peer().link_address);
  const auto asked = requests(*wire, link(), peer().v4);
  ASSERT_GE(asked.size(), 1U);
  EXPECT_EQ(asked[0].source, second.v4);
  EXPECT_TRUE(requests(*other_wire, second, peer().v4).empty());

  MIB_IPNET_ROW2 row6 = key_row(link(), peer().v6);
  const SOCKADDR_INET source6 = socket_address(second.v6);
  EXPECT_THAT(ResolveIpNetEntry2(&row6, &source6), Gives(Expected::kSuccess));
  expect_resolved(row6, link(), peer().v6, peer().link_address);
  EXPECT_GE(requests(*wire, link(), peer().v6).size(), 1U);
  EXPECT_TRUE(requests(*other_wire, second, peer().v6).empty());
}

TEST_F(Resolve, SourceThatIsNoneOrForeign) {
  NEIGH_CITES("R-18", "LIB-19", "LIB-32");
  home().put(link(), {{.address = peer().v4, .link_address = kMac}, {.address = peer().v6, .link_address = kMac}});
  const auto before = content();
  const auto wire = home().listen(link());
  struct Case {
    std::string target;
    std::string source;
    Expected expected;
  };
  for (const Case& c :
       {Case{peer().v4, "192.0.2.78", Expected::kNotFound}, Case{peer().v4, peer().v4, Expected::kNotFound},
        Case{peer().v6, "2001:db8::78", Expected::kNotFound}, Case{peer().v4, link().v6, Expected::kInvalidParameter},
        Case{peer().v6, link().v4, Expected::kInvalidParameter}}) {
    MIB_IPNET_ROW2 row = key_row(link(), c.target);
    const MIB_IPNET_ROW2 untouched = row;
    const SOCKADDR_INET source = socket_address(c.source);
    EXPECT_THAT(ResolveIpNetEntry2(&row, &source), Gives(c.expected)) << c.source;
    EXPECT_TRUE(same_bytes(row, untouched)) << c.source;
  }
  for (const int family : {1, 23, 0xa5a5}) {
    MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
    SOCKADDR_INET source = socket_address(link().v4);
    source.si_family = static_cast<ADDRESS_FAMILY>(family);
    EXPECT_THAT(ResolveIpNetEntry2(&row, &source), Gives(Expected::kInvalidParameter)) << family;
  }
  EXPECT_EQ(content(), before);
  EXPECT_TRUE(requests(*wire, link(), peer().v4).empty());

  MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
  SOCKADDR_INET unspecified = socket_address("192.0.2.78");
  unspecified.si_family = AF_UNSPEC;
  EXPECT_THAT(ResolveIpNetEntry2(&row, &unspecified), Gives(Expected::kSuccess));
  expect_resolved(row, link(), peer().v4, peer().link_address);
}

// At the pace that the interface has by default, so that three requests are seen; this test takes its three seconds.
TEST_F(Resolve, NobodyAnswersAtTheDefaultPace) {
  NEIGH_CITES("R-02", "R-03", "R-16", "R-17", "LIB-18", "LIB-32", "V-05");
  home().put(link(), {.address = kFree4, .link_address = kMac, .state = "permanent"});
  const auto wire = home().listen(link());
  MIB_IPNET_ROW2 row = key_row(link(), kFree4);
  const MIB_IPNET_ROW2 untouched = row;
  EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kUnreachable));
  EXPECT_TRUE(same_bytes(row, untouched));
  EXPECT_EQ(requests(*wire, link(), kFree4).size(), 3U);
  const IpNeigh left = home().find(link(), kFree4).value_or(IpNeigh{});
  EXPECT_EQ(left.lladdr, "") << left;
}

TEST_F(Resolve, NobodyAnswers) {
  NEIGH_CITES("R-02", "R-03", "R-16", "R-17", "LIB-18", "LIB-32", "M-09");
  home().set_retry_interval(link(), 50);
  for (const std::string& address : {kFree4, kFree6, kFreeLocal}) {
    for (const std::string state : {"permanent", "stale", "failed", "absent"}) {
      if (state != "absent") {
        home().put(link(), {.address = address, .link_address = state == "failed" ? "" : kMac, .state = state});
      }
      const auto wire = home().listen(link());
      MIB_IPNET_ROW2 row = key_row(link(), address);
      const MIB_IPNET_ROW2 untouched = row;
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kUnreachable)) << address << " " << state;
      EXPECT_TRUE(same_bytes(row, untouched));
      EXPECT_EQ(requests(*wire, link(), address).size(), 3U) << address << " " << state;
      const IpNeigh left = home().find(link(), address).value_or(IpNeigh{});
      EXPECT_EQ(left.lladdr, "") << "the old entry is back: " << left;
    }
  }
}

TEST_F(Resolve, InterfaceThatIsDown) {
  NEIGH_CITES("R-02", "R-03", "LIB-32");
  const Link& second = home().second_link();
  const std::string address = home().second_peer().v4;
  home().take_down(second);
  MIB_IPNET_ROW2 row = key_row(second, address);
  const MIB_IPNET_ROW2 untouched = row;
  EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kUnreachable));
  EXPECT_TRUE(same_bytes(row, untouched));
}

TEST_F(Resolve, OwnAddress) {
  NEIGH_CITES("R-19", "LIB-20");
  const auto wire = home().listen(link());
  const auto before = content();
  for (const std::string& address : {link().v4, link().v6, link().link_local}) {
    MIB_IPNET_ROW2 row = key_row(link(), address);
    EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess)) << address;
    expect_resolved(row, link(), address, link().link_address);
    EXPECT_FALSE(home().find(link(), address));
    EXPECT_TRUE(requests(*wire, link(), address).empty());
    // The marker's own entry is the only new one.
    auto now = content();
    std::erase_if(now, [](const std::string& line) { return line.find(" 239.9.9.") != std::string::npos; });
    EXPECT_EQ(now, before);
  }
}

TEST_F(Resolve, InvalidArguments) {
  NEIGH_CITES("R-04", "R-05", "R-06", "R-07", "R-08", "A-06", "A-09", "A-11", "LIB-04", "LIB-05", "LIB-12", "LIB-32");
  const auto before = content();
  const SOCKADDR_INET source = socket_address(link().v4);
  EXPECT_THAT(ResolveIpNetEntry2(nullptr, nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ResolveIpNetEntry2(nullptr, &source), Gives(Expected::kInvalidParameter));
  for (const std::string address : {"127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "::", "255.255.255.255",
                                    "::ffff:192.0.2.2", "224.0.0.1", "ff02::1"}) {
    MIB_IPNET_ROW2 row = key_row(link(), address);
    const MIB_IPNET_ROW2 untouched = row;
    EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kInvalidParameter)) << address;
    EXPECT_TRUE(same_bytes(row, untouched)) << address;
  }
  for (const int family : {0, 1, 3, 23, 0xa5a5}) {
    MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
    row.Address.si_family = static_cast<ADDRESS_FAMILY>(family);
    EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kInvalidParameter)) << family;
  }
  MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
  set_no_key(row);
  EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kInvalidParameter));
  row.InterfaceIndex = kUnknownIndex;
  EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kNotFound));
  row.InterfaceLuid = unknown_luid();
  EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kNotFound));
  EXPECT_EQ(content(), before);
}

// What callers do: the row of a failed GetEntry goes to Resolve as it is, and its result to Set, Get and Delete.
TEST_F(Resolve, RowOfAFailedGetEntry) {
  NEIGH_CITES("LIB-14", "LIB-32", "G-13");
  for (const std::string& address : {peer().v4, peer().v6}) {
    MIB_IPNET_ROW2 row = key_row(link(), address);
    EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotFound));
    EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess));
    expect_resolved(row, link(), address, peer().link_address);
    EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess));
    expect_entry(link(), address, peer().link_address, NlnsPermanent);
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kSuccess));
    EXPECT_FALSE(home().find(link(), address));
  }
}

}  // namespace
}  // namespace neigh::conformance
