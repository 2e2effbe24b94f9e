// SPDX-License-Identifier: Apache-2.0
// Events as they are told: filters, gaps, audits, the mirror, the model of --top.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_table.hpp"
#include "neighctl/text.hpp"
#include "neighctl/top_model.hpp"
#include "neighctl/watch_filter.hpp"
#include "neighctl/watch_view.hpp"

namespace neigh::ctl {
namespace {

using Kind = WatchEvent::Kind;
using nlohmann::json;
using test::entry;

WatchEvent added(const Neighbor& n) { return {.kind = Kind::kAdded, .neighbor = n}; }
WatchEvent removed(const Neighbor& n) { return {.kind = Kind::kRemoved, .neighbor = n}; }
WatchEvent changed(const Neighbor& before, const Neighbor& after) {
  return {.kind = Kind::kChanged, .neighbor = after, .previous = before};
}

TEST(WatchFilter, EnteringIsAddedAndLeavingIsRemoved) {
  Selection selection;
  selection.prefixes = {parse_prefix("192.0.2.0/24").value()};
  selection.routers_only = true;
  const WatchFilter filter(selection);
  Neighbor plain = entry("192.0.2.7", 2, "02:00:00:00:00:07");
  Neighbor router = plain;
  router.flags.set(NeighborFlag::kRouter);
  EXPECT_FALSE(filter.apply(added(plain)));
  EXPECT_EQ(filter.apply(added(router))->kind, Kind::kAdded);
  EXPECT_EQ(filter.apply(changed(plain, router))->kind, Kind::kAdded);
  const auto left = filter.apply(changed(router, plain));
  ASSERT_TRUE(left);
  EXPECT_EQ(left->kind, Kind::kRemoved);
  EXPECT_TRUE(left->neighbor.flags.has(NeighborFlag::kRouter)) << "as it was told last";
  EXPECT_FALSE(filter.apply(changed(plain, plain)));
  EXPECT_FALSE(filter.apply(removed(plain)));
  EXPECT_EQ(filter.apply(removed(router))->kind, Kind::kRemoved);
  Neighbor outside = router;
  outside.address = IpAddress::v4(198, 51, 100, 7);
  EXPECT_FALSE(filter.apply(added(outside)));
  for (const Kind kind : {Kind::kSynced, Kind::kGapBegan, Kind::kGapHealed}) {
    EXPECT_EQ(filter.apply({.kind = kind})->kind, kind);
  }
  Selection below;
  below.interfaces = std::set{InterfaceIndex{3}};
  EXPECT_FALSE(WatchFilter(below).apply(added(plain)));
}

class WatchCommand : public ::testing::Test {
 protected:
  // `--for 0s` handles what is there and ends.
  test::Told run(const std::string& line) { return test::run_on(table_, line); }
  std::shared_ptr<test::FakeTable> table_ = test::small_host();
};

TEST_F(WatchCommand, InitialEntriesAreToldOnlyIfAskedFor) {
  table_->put(entry("192.0.2.7", 2, "02:00:00:00:00:07"));
  const auto quiet = json::parse(run("watch --for 1ms --json").out);
  ASSERT_EQ(quiet["events"].size(), 1U);
  EXPECT_EQ(quiet["events"][0]["event"], "synced");
  EXPECT_EQ(quiet["events"][0]["entries"], 1);
  EXPECT_EQ(quiet["gaps"], 0);
  EXPECT_FALSE(quiet.contains("neighbors"));
  const auto all = json::parse(run("watch --for 1ms --json --initial --mirror").out);
  EXPECT_EQ(all["events"][0]["event"], "added");
  EXPECT_EQ(all["events"][0]["neighbor"]["address"], "192.0.2.7");
  EXPECT_EQ(all["neighbors"].size(), 1U);
}

TEST_F(WatchCommand, TellsTheNamesThatInterfacesHaveNow) {
  table_->put(entry("192.0.2.7", 2, "02:00:00:00:00:07"));
  table_->put(entry("192.0.2.8", 3, "02:00:00:00:00:08"));
  // The command knows the interfaces before the watch begins; then two of them are renamed.
  table_->when_watched = [this] {
    table_->links[1].name = "was-eth0";
    table_->links[2].name = "eth0";
  };
  const auto told = json::parse(run("watch --for 1ms --json --initial --mirror").out);
  EXPECT_EQ(told["events"][0]["neighbor"]["interface"], "was-eth0");
  EXPECT_EQ(told["events"][1]["neighbor"]["interface"], "eth0");
  EXPECT_EQ(told["neighbors"][0]["interface"], "was-eth0");
  EXPECT_EQ(told["neighbors"][1]["interface"], "eth0");
}

TEST(WatchNames, AreReadOnceInABatchAndKeptOfWhatIsGone) {
  auto table = test::small_host();
  Output out;
  Output err;
  constexpr std::string_view kLine[] = {"watch", "--jsonl"};
  Context context(*parse_command_line(kLine), out, err, {}, {}, [&](const Args&) {
    return Checked<Home>(Home{table, {}});
  });
  EventTeller teller(context);
  const auto name_told = [&] {
    out.buffer().clear();
    teller.tell(added(entry("192.0.2.7", 2, "02:00:00:00:00:07")), WallTime{});
    return json::parse(out.buffer())["neighbor"]["interface"];
  };
  teller.tell({.kind = Kind::kSynced}, WallTime{});
  EXPECT_EQ(name_told(), "eth0");
  table->links[1].name = "other0";
  EXPECT_EQ(name_told(), "eth0") << "the same batch";
  teller.begin_batch();
  EXPECT_EQ(name_told(), "other0");
  table->links.erase(table->links.begin() + 1);
  teller.begin_batch();
  EXPECT_EQ(name_told(), "other0") << "gone: the name it had last";
}

TEST_F(WatchCommand, TopNeedsATerminal) {
  EXPECT_EQ(run("watch --top").code, kUsage);
  EXPECT_EQ(run("watch --top --json").code, kUsage);
  EXPECT_EQ(run("watch master eth0").code, kRefused) << "nothing is below eth0";
}

// The teller on events of our own.
class Teller : public ::testing::Test {
 protected:
  std::string tell(const std::string& options, const std::vector<WatchEvent>& events, bool audit = false) {
    Output out;
    Output err;
    std::vector<std::string> kept;
    const std::string line = "watch " + options;
    for (const std::string_view word : split(line, ' ')) {
      if (!word.empty()) kept.emplace_back(word);
    }
    const std::vector<std::string_view> views(kept.begin(), kept.end());
    auto args = parse_command_line(views);
    Context context(*args, out, err, {}, {}, [](const Args&) {
      return Checked<Home>(Failure{kRefused, "none", "no table", {}, {}});
    });
    {
      EventTeller teller(context);
      if (audit) teller.expect_audit();
      for (const WatchEvent& event : events) teller.tell(event, WallTime(std::chrono::milliseconds(1500)));
      teller.end({});
      gaps_ = teller.gaps();
      events_ = teller.events();
    }
    return out.text();
  }
  std::size_t gaps_ = 0;
  std::size_t events_ = 0;
};

TEST_F(Teller, GapsAreExplicit) {
  const Neighbor a = entry("192.0.2.7", 2, "02:00:00:00:00:07");
  Neighbor b = a;
  b.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 8});
  b.state = NudState::kStale;
  b.protocol = 4;
  const std::vector<WatchEvent> events = {{.kind = Kind::kSynced}, added(a),   {.kind = Kind::kGapBegan},
                                          changed(a, b),           removed(b), {.kind = Kind::kGapHealed}};
  const std::string text = tell("", events);
  const auto lines = split(text, '\n');
  ASSERT_EQ(lines.size(), 7U);
  const auto after_time = [&](std::size_t i) { return lines[i].substr(13); };
  EXPECT_EQ(after_time(0), "= watching, 0 entries so far");
  EXPECT_EQ(after_time(1), "+ 192.0.2.7 -> 02:00:00:00:00:07 on if2, permanent");
  EXPECT_EQ(after_time(2), "! GAP: notifications were lost; the table was read again, here is the difference");
  EXPECT_EQ(
      after_time(3),
      "~ 192.0.2.7 on if2: lladdr 02:00:00:00:00:07 -> 02:00:00:00:00:08, state permanent -> stale, owner none -> "
      "static");
  EXPECT_EQ(after_time(4), "- 192.0.2.7 -> 02:00:00:00:00:08 on if2, stale, owner static");
  EXPECT_EQ(after_time(5), "! GAP healed: 2 differences");
  EXPECT_EQ(gaps_, 1U);
  EXPECT_EQ(events_, 3U);

  const json document = json::parse(tell("--json", events));
  ASSERT_EQ(document["events"].size(), 6U);
  EXPECT_EQ(document["events"][2]["event"], "gap_began");
  EXPECT_EQ(document["events"][3]["changed"], json::parse(R"(["lladdr","state","protocol"])"));
  EXPECT_EQ(document["events"][3]["previous"]["state"], "permanent");
  EXPECT_EQ(document["events"][3]["time"], "1970-01-01T00:00:01.500Z");
  EXPECT_EQ(document["events"][5]["event"], "gap_healed");
  EXPECT_EQ(document["events"][5]["differences"], 2);
  EXPECT_EQ(document["gaps"], 1);
  EXPECT_EQ(document["changes"], 3);
}

TEST_F(Teller, AnAuditIsNoGap) {
  const std::vector<WatchEvent> events = {{.kind = Kind::kGapBegan}, {.kind = Kind::kGapHealed}};
  const std::string text = tell("--jsonl", events, true);
  EXPECT_NE(text.find("\"event\":\"audit_began\""), std::string::npos);
  EXPECT_EQ(text.find("gap_"), std::string::npos);
  EXPECT_EQ(gaps_, 0U);
}

// A reader that was stalled: the backlog overflowed, the watch resynchronizes, the told events replayed equal the
// table, and the gap is told.
TEST(WatchGap, ReplayedEventsEqualTheTable) {
  auto table = test::small_host();
  table->watch_backlog = 10;
  auto watch = table->watch({}).value();
  std::map<NeighborKey, Neighbor> replay;
  std::size_t gaps = 0;
  const auto handler = [&](const WatchEvent& event) {
    if (event.kind == Kind::kGapBegan) ++gaps;
    if (event.kind == Kind::kAdded || event.kind == Kind::kChanged) {
      replay.insert_or_assign(event.neighbor.key(), event.neighbor);
    }
    if (event.kind == Kind::kRemoved) replay.erase(event.neighbor.key());
  };
  ASSERT_TRUE(watch->process(handler));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 1000; ++i) {
      const auto last = static_cast<std::uint8_t>(i);
      Neighbor n =
          entry("192.0.2.1", 2, "02:00:00:00:00:07", i % 2 == round % 2 ? NudState::kStale : NudState::kPermanent);
      n.address = IpAddress::v4(10, static_cast<std::uint8_t>(round), static_cast<std::uint8_t>(i >> 8), last);
      table->put(n);
      if (i % 3 == 0) (void)table->remove(n.key());
    }
    ASSERT_TRUE(watch->process(handler));
  }
  EXPECT_EQ(gaps, 3U);
  ASSERT_EQ(replay.size(), table->entries().size());
  for (const auto& [key, n] : table->entries()) EXPECT_TRUE(replay.at(key).same_content(n));
}

TEST(TopModel, CountsStatesAndRates) {
  using namespace std::chrono_literals;
  const TopModel::Time begun{};
  TopModel model(begun);
  const auto tell = [&](const WatchEvent& e, TopModel::Time now) { model.on_event(e, now, "12:00:00", "event"); };
  const Neighbor a = entry("192.0.2.1", 2, "02:00:00:00:00:01", NudState::kReachable);
  Neighbor a2 = a;
  a2.state = NudState::kStale;
  tell(added(a), begun);
  tell({.kind = Kind::kSynced}, begun);
  tell(added(entry("2001:db8::1", 2, "02:00:00:00:00:02")), begun + 1s);
  tell(changed(a, a2), begun + 9s);
  tell(added(entry("192.0.2.9", 3, "02:00:00:00:00:03", NudState::kFailed)), begun + 9s);
  EXPECT_EQ(model.entries(), 3U);
  const auto name = [](InterfaceIndex index) { return index == InterfaceIndex{2} ? "eth0" : "eth1"; };
  const Style style{};
  const auto lines = model.render(begun + 9s, 200, 20, style, name, false);
  ASSERT_EQ(lines.size(), 20U);
  EXPECT_EQ(lines[0], "neighctl watch  3 entries on 2 interfaces   no notification lost");
  // The rates stand first; states that nobody is in have no column.
  EXPECT_EQ(lines[3], "INTERFACE  ENTRIES     +/s     ~/s     -/s   STALE    FAIL    PERM    IPV4    IPV6");
  EXPECT_EQ(lines[4], "eth0             2     0.1     0.1       0       1       0       1       1       1");
  EXPECT_EQ(lines[5], "eth1             1     0.1       0       0       0       1       0       1       0");
  EXPECT_EQ(lines[7], "12:00:00 event");
  // The window slides: the first addition is older than ten seconds.
  EXPECT_NE(model.render(begun + 12s, 200, 20, style, name, false)[4].find("       2       0     0.1       0"),
            std::string::npos);
  tell(removed(a2), begun + 12s);
  EXPECT_EQ(model.entries(), 2U);
  tell({.kind = Kind::kGapBegan}, begun + 12s);
  EXPECT_NE(model.render(begun + 12s, 200, 20, style, name, false)[0].find("1 gap (reading"), std::string::npos);
  tell({.kind = Kind::kGapHealed}, begun + 12s);
  EXPECT_NE(model.render(begun + 12s, 200, 20, style, name, false)[0].find("1 gap (healed)"), std::string::npos);
}

TEST(TopModel, RatesAreSeenInEightyColumnsAndWhatIsNotIsMarked) {
  const TopModel::Time begun{};
  TopModel model(begun);
  model.on_event({.kind = Kind::kSynced}, begun, "", "");
  std::uint8_t last = 0;
  for (std::size_t state = 0; state < kNudStateCount; ++state) {
    Neighbor n = entry("192.0.2.1", 2, "02:00:00:00:00:01", static_cast<NudState>(state));
    n.address = IpAddress::v4(192, 0, 2, ++last);
    model.on_event(added(n), begun, "12:00:00", std::string(100, 'y'));
  }
  const auto name = [](InterfaceIndex) { return "eth0"; };
  const auto lines = model.render(begun, 80, 24, Style{.unicode = true}, name, false);
  EXPECT_EQ(lines[3], "INTERFACE  ENTRIES     +/s     ~/s     -/s   REACH   STALE   INCOM    FAIL …");
  EXPECT_EQ(lines[4], "eth0            10      10       0       0       1       1       1       2");
  EXPECT_EQ(columns(lines[6]), 80U);
  EXPECT_TRUE(lines[6].ends_with("yy…")) << lines[6];
  EXPECT_EQ(model.render(begun, 76, 24, Style{}, name, false)[3].substr(42), "   REACH   STALE   INCOM    FAIL >");
  EXPECT_EQ(model.render(begun, 75, 24, Style{}, name, false)[3].substr(42), "   REACH   STALE   INCOM >");
  const auto wide = model.render(begun, 300, 24, Style{.unicode = true}, name, false);
  EXPECT_EQ(wide[3].find("…"), std::string::npos);
  EXPECT_NE(wide[3].find("DELAY   PROBE    NONE   NOARP    IPV4"), std::string::npos) << wide[3];
}

TEST(TopModel, SaysThatItIsReadingAndThatItIsPaused) {
  TopModel model(TopModel::Time{});
  const auto name = [](InterfaceIndex) { return "eth0"; };
  EXPECT_EQ(model.render({}, 80, 5, Style{}, name, false)[0], "neighctl watch  reading the table ...");
  model.on_event({.kind = Kind::kSynced}, {}, "", "");
  EXPECT_EQ(model.render({}, 80, 5, Style{}, name, true)[0],
            "neighctl watch  PAUSED  0 entries on 0 interfaces   no notification lost");
  EXPECT_EQ(model.render({}, 80, 5, Style{}, name, true)[1].find("q quit   space goes on   s sort"), 0U);
}

TEST(TopModel, FitsEveryScreen) {
  TopModel model(TopModel::Time{});
  for (std::uint32_t i = 1; i < 300; ++i) {
    model.on_event(added(entry("192.0.2.1", i, "02:00:00:00:00:01")), {}, "12:00:00", "x");
  }
  model.on_event({.kind = Kind::kSynced}, {}, "", "");
  for (int i = 0; i < 1000; ++i) {
    model.on_event(added(entry("192.0.2.1", 1, "02:00:00:00:00:01")), {}, "12:00:00", std::string(500, 'y'));
  }
  const auto name = [](InterfaceIndex index) { return "interface" + std::to_string(to_number(index)); };
  for (const std::size_t width : {0U, 1U, 10U, 80U, 300U}) {
    for (const std::size_t height : {1U, 2U, 5U, 24U, 100U}) {
      const auto lines = model.render({}, width, height, Style{.unicode = true}, name, true);
      ASSERT_EQ(lines.size(), height);
      for (const std::string& line : lines) EXPECT_LE(columns(line), width);
    }
  }
  for (int i = 0; i < 3; ++i) model.cycle_order();
}

}  // namespace
}  // namespace neigh::ctl
