// SPDX-License-Identifier: Apache-2.0
// Written files are read back here and by tshark; files of others are read in both byte orders and units; broken ones
// are refused with the place and the reason.
#include "link/pcap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "link/lan.hpp"
#include "support/process.hpp"

namespace neigh::link {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Bytes = std::vector<std::uint8_t>;

// A broadcast ARP request: 192.0.2.1 asks for 192.0.2.2.
const Bytes kArpRequest = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0,   1, 0x08, 0x06,
                           0,    1,    0x08, 0,    6,    4,    0,    1, 2, 0, 0,   0, 0,    1,
                           192,  0,    2,    1,    0,    0,    0,    0, 0, 0, 192, 0, 2,    2};

class PcapTest : public ::testing::Test {
 protected:
  PcapTest() {
    std::string pattern = ::testing::TempDir() + "pcap-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/frames.pcap";
  }
  ~PcapTest() override { std::filesystem::remove_all(folder_); }

  void put(const Bytes& bytes) const {
    std::ofstream out(path_, std::ios::binary);
    for (const std::uint8_t byte : bytes) out.put(static_cast<char>(byte));
  }
  [[nodiscard]] Bytes content() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] PcapWriter writer(const PcapWriterOptions& options = {}) const {
    Result<PcapWriter> made = PcapWriter::create(path_, options);
    EXPECT_TRUE(made);
    return std::move(*made);
  }

  std::string folder_;
  std::string path_;
};

void append(Bytes& out, std::uint32_t value, std::size_t size, bool big) {
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(static_cast<std::uint8_t>(value >> (8 * (big ? size - 1 - i : i))));
  }
}

struct Form {
  bool big = false;
  bool nanoseconds = false;
};
Bytes header(const Form& form, std::uint32_t type = 1, std::uint32_t major = 2, std::uint32_t minor = 4) {
  Bytes out;
  append(out, form.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4, form.big);
  append(out, major, 2, form.big);
  append(out, minor, 2, form.big);
  for (const std::uint32_t value : {0U, 0U, 65'535U, type}) append(out, value, 4, form.big);
  return out;
}
void record(Bytes& out, const Form& form, std::uint32_t time, std::uint32_t fraction, std::uint32_t stored,
            std::uint32_t original, const Bytes& bytes) {
  for (const std::uint32_t value : {time, fraction, stored, original}) append(out, value, 4, form.big);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

TEST_F(PcapTest, WritesWhatTheFormatSays) {
  {
    PcapWriter out = writer({.wall_clock_offset = seconds{1'000'000}});
    out.write(TimePoint{seconds{5} + Duration{7}}, Bytes{0xaa, 0xbb, 0xcc});
    EXPECT_TRUE(out.flush());
    EXPECT_EQ(out.written(), 1U);
  }
  Bytes expected = header({.nanoseconds = true});
  expected[16] = 0;  // snapshot length 262144
  expected[17] = 0;
  expected[18] = 4;
  record(expected, {}, 1'000'005, 7, 3, 3, {0xaa, 0xbb, 0xcc});
  EXPECT_EQ(content(), expected);
}

TEST_F(PcapTest, ReadsBackWhatItWrote) {
  std::vector<Bytes> frames = {kArpRequest, {}, Bytes(1514, 0x5a), Bytes(65'557, 0xa5)};
  {
    PcapWriter out = writer();
    for (std::size_t i = 0; i < frames.size(); ++i) out.write(TimePoint{milliseconds{1'500} * i}, frames[i]);
    EXPECT_TRUE(out.flush());
  }
  Result<PcapReader> in = PcapReader::open(path_);
  ASSERT_TRUE(in) << in.error().message();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto got = in->next();
    ASSERT_TRUE(got && *got) << i;
    EXPECT_EQ((*got)->since_1970, Duration{milliseconds{1'500} * i});
    EXPECT_TRUE(std::ranges::equal((*got)->bytes, frames[i])) << i;
    EXPECT_EQ((*got)->original_size, frames[i].size());
  }
  for (int again = 0; again < 2; ++again) {
    const auto end = in->next();
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
  }
}

TEST_F(PcapTest, ReadsBothByteOrdersAndUnits) {
  for (const bool big : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      const Form form{big, nanoseconds};
      Bytes file = header(form, 0x10000001);  // the upper bits tell of an FCS that is not there
      record(file, form, 0x10203, 0x405, 4, 1'000, {1, 2, 3, 4});
      put(file);
      Result<PcapReader> in = PcapReader::open(path_);
      ASSERT_TRUE(in) << in.error().message();
      const auto got = in->next();
      ASSERT_TRUE(got && *got);
      EXPECT_EQ((*got)->since_1970, seconds{0x10203} + Duration{0x405 * (nanoseconds ? 1 : 1'000)});
      EXPECT_EQ((*got)->original_size, 1'000U) << "cut when it was recorded";
      EXPECT_THAT((*got)->bytes, ElementsAre(1, 2, 3, 4));
    }
  }
}

TEST_F(PcapTest, TsharkReadsIt) {
  {
    PcapWriter out = writer();
    out.write(TimePoint{seconds{86'400} + Duration{123'456'789}}, kArpRequest);
    EXPECT_TRUE(out.flush());
  }
  const test::CommandResult got = test::must_run(
      "tshark -r " + path_ + " -T fields -e frame.time_epoch -e frame.len -e arp.src.proto_ipv4 -e arp.dst.proto_ipv4");
  EXPECT_EQ(got.out, "86400.123456789\t42\t192.0.2.1\t192.0.2.2\n");
}

TEST_F(PcapTest, EveryTruncationIsRefusedWithItsPlace) {
  Bytes whole = header({});
  record(whole, {}, 1, 2, 3, 3, {1, 2, 3});
  record(whole, {}, 2, 2, 2, 2, {4, 5});
  const std::size_t first_end = 24 + 16 + 3;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    Result<PcapReader> in = PcapReader::open(path_);
    if (size < 24) {
      ASSERT_FALSE(in) << size;
      EXPECT_EQ(in.error().code, Errc::kMalformed) << size;
      EXPECT_THAT(in.error().detail, HasSubstr(path_));
      continue;
    }
    ASSERT_TRUE(in) << size;
    const bool has_first = size >= first_end;
    if (has_first) {
      const auto first = in->next();
      ASSERT_TRUE(first && *first);
    }
    if (size == 24 || size == first_end) {  // ends between records: all is there
      const auto end = in->next();
      ASSERT_TRUE(end);
      EXPECT_FALSE(*end);
      continue;
    }
    for (int again = 0; again < 2; ++again) {
      const auto bad = in->next();
      ASSERT_FALSE(bad) << size;
      EXPECT_EQ(bad.error().code, Errc::kMalformed);
      EXPECT_EQ(bad.error().offset, size);
      EXPECT_EQ(bad.error().detail, has_first ? "record 2" : "record 1");
    }
  }
}

TEST_F(PcapTest, RefusesOtherFilesAndSaysWhy) {
  struct Case {
    Bytes file;
    Errc code;
    std::string_view field;
    std::string_view detail;
  };
  Bytes next_generation(64, 0);
  std::copy_n(Bytes{0x0a, 0x0d, 0x0d, 0x0a}.begin(), 4, next_generation.begin());
  const Case cases[] = {
      {Bytes(64, 'x'), Errc::kMalformed, "pcap magic number", "no pcap file"},
      {next_generation, Errc::kNotSupported, "pcap magic number", "pcapng; convert it with: editcap -F nsecpcap"},
      {header({}, 113), Errc::kNotSupported, "pcap link type", "link type 113"},
      {header({.big = true}, 101), Errc::kNotSupported, "pcap link type", "link type 101"},
      {header({}, 1, 2, 3), Errc::kNotSupported, "pcap version", "version 2.3"},
      {header({}, 1, 3, 4), Errc::kNotSupported, "pcap version", "version 3.4"},
  };
  for (const Case& c : cases) {
    put(c.file);
    const Result<PcapReader> in = PcapReader::open(path_);
    ASSERT_FALSE(in) << c.detail;
    EXPECT_EQ(in.error().code, c.code) << c.detail;
    EXPECT_EQ(in.error().field, c.field);
    EXPECT_EQ(in.error().detail, path_ + ": " + std::string(c.detail));
  }
  const Result<PcapReader> missing = PcapReader::open(folder_ + "/none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().sys_errno, ENOENT);
  EXPECT_EQ(PcapReader::open(folder_).error().sys_errno, EISDIR);
}

TEST_F(PcapTest, RefusesImpossibleRecords) {
  struct Case {
    Form form;
    std::uint32_t fraction, stored, original, offset;
    std::string_view field;
  };
  const Case cases[] = {
      {{}, 1'000'000, 0, 0, 28, "pcap record time"},
      {{.nanoseconds = true}, 1'000'000'000, 0, 0, 28, "pcap record time"},
      {{}, 0, 262'145, 262'145, 32, "pcap record length"},
      {{}, 0, 0xffffffff, 0xffffffff, 32, "pcap record length"},
      {{}, 0, 2, 1, 36, "pcap record original length"},
  };
  for (const Case& c : cases) {
    Bytes file = header(c.form);
    record(file, c.form, 1, c.fraction, c.stored, c.original, {1, 2});
    put(file);
    Result<PcapReader> in = PcapReader::open(path_);
    ASSERT_TRUE(in);
    const auto bad = in->next();
    ASSERT_FALSE(bad) << c.field;
    EXPECT_EQ(bad.error().code, Errc::kMalformed);
    EXPECT_EQ(bad.error().field, c.field);
    EXPECT_EQ(bad.error().offset, c.offset);
    EXPECT_EQ(bad.error().message(),
              "malformed: " + std::string(c.field) + " at byte " + std::to_string(c.offset) + ": record 1");
  }
}

TEST_F(PcapTest, AFileHasALimitAndNoGaps) {
  PcapWriter out = writer({.max_bytes = 24 + 2 * (16 + 10)});
  out.write(TimePoint{}, Bytes(10, 1));
  EXPECT_TRUE(out.flush());
  out.write(TimePoint{}, Bytes(11, 2));  // one byte too much
  out.write(TimePoint{}, Bytes(1, 3));   // would fit, but one is missing before it
  EXPECT_EQ(out.written(), 1U);
  EXPECT_EQ(out.left_out(), 2U);
  const Result<void> flushed = out.flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, Errc::kTableFull);
  EXPECT_EQ(flushed.error().detail, "2 frames left out, limit 76 bytes");
  EXPECT_EQ(content().size(), 24U + 16 + 10);
}

TEST_F(PcapTest, AFullDiskIsToldAndNothingIsWrittenAfterIt) {
  const Result<PcapWriter> nowhere = PcapWriter::create(folder_ + "/none/x.pcap");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().sys_errno, ENOENT);
  // The first flush, of the header, already fails there.
  const Result<PcapWriter> full = PcapWriter::create("/dev/full");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Errc::kSystem);
  EXPECT_EQ(full.error().sys_errno, ENOSPC);
}

TEST_F(PcapTest, ARecordingPortWritesBothDirectionsWithVirtualTimes) {
  Simulation world;
  Lan lan(world, {.latency = milliseconds{2}});
  LanPort* a = *lan.connect({.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 1})});
  LanPort* b = *lan.connect({.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 2})});
  {
    PcapWriter out = writer();
    RecordingPort port(*b, out);
    EXPECT_EQ(port.facts(), b->facts());
    const OutFrame frame{.bytes = kArpRequest};
    ASSERT_TRUE(a->send(world.now(), {&frame, 1}));
    world.run_for(milliseconds{2});
    ASSERT_EQ(port.receive(world.now())->size(), 1U);
    world.run_for(seconds{1});
    ASSERT_EQ(*port.send(world.now(), {&frame, 1}), 1U);
    EXPECT_EQ(port.counters(), b->counters());
    EXPECT_TRUE(out.flush());
  }
  world.run_for(seconds{1});
  EXPECT_EQ(a->receive(world.now())->size(), 1U);
  Result<PcapReader> in = PcapReader::open(path_);
  ASSERT_TRUE(in);
  EXPECT_EQ((**in->next()).since_1970, Duration{milliseconds{2}});
  EXPECT_EQ((**in->next()).since_1970, Duration{milliseconds{1'002}});
  EXPECT_FALSE(*in->next());
}

TEST_F(PcapTest, AReplayKeepsDistancesAndNeverRunsBackwards) {
  Bytes file = header({});
  record(file, {}, 1'000, 0, 1, 1, {1});
  record(file, {}, 1'002, 500'000, 1, 1, {2});
  record(file, {}, 1'001, 0, 1, 1, {3});  // recorded before the one ahead of it
  record(file, {}, 1'003, 0, 1, 1, {4});
  put(file);
  const TimePoint start{seconds{50}};
  ReplayPort port(*PcapReader::open(path_), {.name = "tape"}, start);
  EXPECT_EQ(port.facts().name, "tape");
  std::vector<std::pair<std::uint8_t, Duration>> got;
  EXPECT_TRUE(port.receive(start - Duration{1})->empty());
  while (const std::optional<TimePoint> next = port.next_frame()) {
    const auto frames = port.receive(*next);
    ASSERT_EQ(frames->size(), 1U);
    got.emplace_back((*frames)[0].bytes[0], *next - start);
  }
  EXPECT_THAT(got, ElementsAre(std::pair(1, Duration{0}), std::pair(2, Duration{milliseconds{2'500}}),
                               std::pair(3, Duration{milliseconds{2'500}}), std::pair(4, Duration{seconds{3}})));
  EXPECT_TRUE(port.receive(start + seconds{100})->empty());
  EXPECT_EQ(port.counters().rx_frames, 4U);
  const OutFrame frame{.bytes = kArpRequest};
  EXPECT_EQ(*port.send(start, {&frame, 1}), 0U);
  EXPECT_EQ(port.counters().tx_dropped, 1U);
}

TEST_F(PcapTest, AReplayGivesTheGoodFramesAndThenTheError) {
  Bytes file = header({});
  record(file, {}, 1, 0, 1, 1, {1});
  record(file, {}, 2, 0, 5, 5, {2});
  put(file);
  ReplayPort port(*PcapReader::open(path_), {}, TimePoint{});
  ASSERT_EQ(port.receive(TimePoint{})->size(), 1U);
  ASSERT_TRUE(port.next_frame());
  const auto bad = port.receive(*port.next_frame());
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().detail, "record 2");
}

}  // namespace
}  // namespace neigh::link
