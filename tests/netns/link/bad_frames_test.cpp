// SPDX-License-Identifier: Apache-2.0
// Malformed and hostile frames, made by scapy, on the wire: each is counted under its reason and changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "netns/link/engine_host.hpp"
#include "support/cites.hpp"
#include "support/frames.hpp"
#include "support/netns.hpp"

namespace neigh::link {
namespace {

constexpr const char* kKnown = "02:00:00:00:00:09";
constexpr const char* kEvil = "02:00:00:00:00:66";

struct Case {
  std::string name, statements, counter, entry;
  std::uint64_t sent = 0;
  test::Frame frame;
};

test::Frame from_hex(const std::string& text) {
  test::Frame frame;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    frame.push_back(static_cast<std::byte>(byte));
  }
  return frame;
}

std::vector<Case> read_cases() {
  const std::string script = std::string(NEIGH_SOURCE_DIR) + "/tests/netns/link/bad_frames.py";
  // The distribution's interpreter: scapy is its package.
  std::istringstream lines(test::must_run("/usr/bin/python3 " + script).out);
  std::vector<Case> cases;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> fields;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
    EXPECT_EQ(fields.size(), 6U) << line;
    if (fields.size() != 6) return {};
    cases.push_back({.name = fields[0],
                     .statements = fields[1],
                     .counter = fields[2],
                     .entry = fields[4],
                     .sent = std::stoull(fields[3]),
                     .frame = from_hex(fields[5])});
  }
  return cases;
}

class BadFrames : public ::testing::TestWithParam<PortKind> {
 protected:
  using Drops = std::map<std::string, std::uint64_t>;
  static Drops drops_of(const EngineHost& host) {
    const auto list = host.drops();
    return {list.begin(), list.end()};
  }
  /// Everything that a frame could change but the counters and the entry of the pretended sender.
  static std::string state_of(EngineHost& host) {
    std::ostringstream out;
    host.engine().visit(Loop::now(), {}, [&](const Neighbor& entry) {
      if (is_known(entry.address)) return;
      out << entry.address.to_string() << ' ' << entry.link_address.to_string() << ' ' << to_string(entry.state)
          << '\n';
    });
    const auto addresses = *host.engine().addresses(kEth);
    for (const auto& own : addresses) out << own.address.to_string() << ' ' << static_cast<int>(own.state) << '\n';
    for (const auto& prefix : host.engine().prefixes())
      out << prefix.prefix.to_string() << '/' << +prefix.length << '\n';
    for (const auto& router : host.engine().routers()) out << router.router.to_string() << '\n';
    out << +host.engine().hop_limit(kEth) << ' ' << host.engine().queued_packets();
    return out.str();
  }
  static bool is_known(const IpAddress& address) { return address == ip("192.0.2.9") || address == ip("2001:db8::9"); }

  /// The pretended sender's entries as they are before every case.
  static void reset_known(EngineHost& host) {
    for (const char* text : {"192.0.2.9", "2001:db8::9"}) {
      const Result<void> done = host.loop().call([&](engine::Engine& e, engine::Effects& out) {
        return e.replace(
            Loop::now(),
            {.address = ip(text), .interface = kEth, .link_address = mac(kKnown), .state = NudState::kStale}, out);
      });
      ASSERT_TRUE(done) << done.error().message();
    }
  }
};

TEST_P(BadFrames, AreCountedAndChangeNothing) {
  // Timers of a real host: nothing moves by itself while the test runs.
  engine::InterfaceSettings settings = engine::InterfaceSettings::rfc();
  settings.ipv4.locktime = std::chrono::milliseconds{0};  // the entry was made a moment ago (ARP-060, ARP-114)
  settings.announce_new_addresses = false;
  settings.gratuitous_advert = false;
  settings.multicast_listener_reports = false;
  settings.max_rtr_solicitations = 0;
  EngineHost host(GetParam(), {.settings = settings});
  // The kernel at the other end keeps its MLD reports to itself, which it would repeat at random moments.
  test::write_sysctl("net/ipv6/conf/" + host.device() + "/disable_ipv6", "1");
  test::FrameSocket wire(host.device());
  const std::vector<Case> cases = read_cases();
  ASSERT_GT(cases.size(), 140U);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name + " (" + c.statements + ")");
    std::istringstream statements(c.statements);
    for (std::string statement; statements >> statement;) test::cite(statement);

    reset_known(host);
    host.settle();
    const std::string before = state_of(host);
    Drops expected = drops_of(host);
    const engine::InterfaceCounters counters = *host.engine().counters(kEth);
    wire.send(c.frame);
    ASSERT_TRUE(host.run_until([&] { return host.engine().counters(kEth)->frames_in > counters.frames_in; }));
    EXPECT_EQ(host.engine().counters(kEth)->frames_in, counters.frames_in + 1);

    if (c.counter != "-") ++expected[c.counter];
    EXPECT_EQ(drops_of(host), expected);
    EXPECT_EQ(host.frames_out(), counters.frames_out + c.sent);
    EXPECT_EQ(state_of(host), before);
    // One of the two is the sender that the frame pretends to be.
    std::string links;
    for (const char* text : {"192.0.2.9", "2001:db8::9"}) {
      EXPECT_EQ(host.state_of(ip(text)), NudState::kStale);
      links += host.link_of(ip(text)) + " ";
    }
    EXPECT_EQ(links.find(kEvil) != std::string::npos, c.entry == "evil") << links;
    EXPECT_EQ(host.engine().audit(), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Ports, BadFrames, ::testing::Values(PortKind::kTap, PortKind::kPacket),
                         [](const auto& test) { return test.param == PortKind::kTap ? "Tap" : "Packet"; });

}  // namespace
}  // namespace neigh::link
