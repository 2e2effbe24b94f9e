// SPDX-License-Identifier: Apache-2.0
// Requests and answers when what answers is not as good as a kernel should be.
#include "rtnl/channel.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "rtnl/kernel_table.hpp"
#include "support/cites.hpp"
#include "unit/rtnl/scripted_kernel.hpp"

namespace neigh::rtnl {
namespace {

using namespace std::chrono_literals;
using test::Answers;
using test::Bytes;
using test::Fault;
using test::KernelModel;
using test::raw;
using test::ScriptedKernel;
using test::operator+;
using Requests = std::vector<test::Request>;

constexpr ScriptedKernel::Options kImpatient{.limit = 30ms};

Neighbor entry(std::uint8_t last, std::uint32_t interface = KernelModel::kEthernet) {
  return {.address = IpAddress::v4(192, 0, 2, last),
          .interface = InterfaceIndex{interface},
          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last})};
}

void store(ScriptedKernel& kernel, std::uint8_t count) {
  kernel.with_model([&](KernelModel& model) {
    for (std::uint8_t i = 1; i <= count; ++i) model.table()[entry(i).key()] = entry(i);
  });
}

Result<std::vector<Neighbor>> dump_all(Channel& channel) {
  std::vector<Neighbor> rows;
  auto done = dump_neighbors(
      channel, {}, [&](const Neighbor& neighbor) { rows.push_back(neighbor); }, [&] { rows.clear(); });
  if (!done) return std::move(done).error();
  return rows;
}

// --- nothing wrong ---

TEST(Channel, GetsDumpsAndWrites) {
  ScriptedKernel kernel;
  store(kernel, 10);
  Channel channel = kernel.open();
  EXPECT_TRUE(get_neighbor(channel, entry(3).key())->same_content(entry(3)));
  EXPECT_EQ(get_neighbor(channel, entry(33).key()).error().code, Errc::kNotFound);
  EXPECT_EQ(dump_all(channel)->size(), 10U);
  EXPECT_TRUE(write_neighbor(channel, Operation::kCreate, entry(11)));
  EXPECT_EQ(write_neighbor(channel, Operation::kCreate, entry(11)).error().code, Errc::kAlreadyExists);
  EXPECT_TRUE(write_neighbor(channel, Operation::kRemove, entry(11)));
  EXPECT_FALSE(channel.broken());
}

TEST(Channel, TheKernelsWordsStayInTheError) {
  ScriptedKernel kernel;
  Channel channel = kernel.open();
  const Error error = get_neighbor(channel, entry(1).key()).error();
  EXPECT_EQ(error.detail, "Neighbour entry not found");
  EXPECT_EQ(error.sys_errno, ENOENT);
}

TEST(Channel, AnErrorWithoutTextIsAnError) {
  ScriptedKernel kernel;
  Channel channel = kernel.open([](std::size_t, const Requests& requests, const Answers&) {
    return Answers{test::message({.type = NLMSG_ERROR, .flags = NLM_F_CAPPED, .sequence = requests[0].sequence},
                                 raw(std::int32_t{-EPERM}) + Bytes(16))};
  });
  const Error error = get_neighbor(channel, entry(1).key()).error();
  EXPECT_EQ(error.code, Errc::kPermissionDenied);
  EXPECT_FALSE(channel.broken()) << "a refusal is an answer";
}

TEST(Channel, SequenceNumbersSkipZeroWhenTheyWrap) {
  ScriptedKernel kernel;
  Channel channel = kernel.open();
  EXPECT_EQ(channel.reserve_sequences(UINT32_MAX - 10), 1U);
  EXPECT_EQ(channel.reserve_sequences(5), UINT32_MAX - 9);
  EXPECT_EQ(channel.reserve_sequences(192), 1U);
  EXPECT_EQ(channel.reserve_sequences(1), 193U);
}

// --- no answer, or none that is meant for us ---

/// The error of a get on a channel with this fault; the channel must be given up.
Error error_of_get(Fault fault, const ScriptedKernel::Options& options) {
  ScriptedKernel kernel;
  store(kernel, 1);
  Channel channel = kernel.open(std::move(fault), options);
  auto got = get_neighbor(channel, entry(1).key());
  EXPECT_FALSE(got);
  EXPECT_TRUE(channel.broken());
  return got ? Error{} : got.error();
}

TEST(Channel, NoAnswerTimesOut) {
  const Error error = error_of_get([](auto, auto&, auto) { return Answers{}; }, kImpatient);
  EXPECT_EQ(error.code, Errc::kTimedOut);
  EXPECT_EQ(error.detail, "no answer from the kernel");
}

Answers with_field(Answers answers, std::size_t at, std::uint32_t value) {
  for (Bytes& datagram : answers) std::memcpy(datagram.data() + at, &value, sizeof value);
  return answers;
}

TEST(Channel, AnotherSequenceNumberIsNoAnswer) {
  NEIGH_CITES("RTN-121");
  for (const std::uint32_t wrong : {0U, 2U, UINT32_MAX}) {
    EXPECT_EQ(
        error_of_get([&](auto, auto&, Answers answers) { return with_field(std::move(answers), 8, wrong); }, kImpatient)
            .code,
        Errc::kTimedOut);
  }
}

TEST(Channel, AnotherPortIdIsNoAnswer) {
  EXPECT_EQ(error_of_get([](auto, auto&, Answers answers) { return with_field(std::move(answers), 12, 4712); },
                         {.limit = 30ms, .port_id = 4711})
                .code,
            Errc::kTimedOut);
}

// However much arrives that is not ours, the limit holds.
TEST(Channel, AStreamOfOthersMessagesDoesNotBuyTime) {
  const Error error = error_of_get(
      [](auto, auto&, Answers answers) {
        Answers stream;
        answers = with_field(std::move(answers), 8, 99);
        for (int i = 0; i < 100'000; ++i) stream.push_back(answers[0]);
        return stream;
      },
      {.limit = 1ms});
  EXPECT_EQ(error.code, Errc::kTimedOut);
}

TEST(Channel, WhatIsNotOursIsPassedOver) {
  ScriptedKernel kernel;
  store(kernel, 1);
  Channel channel = kernel.open(
      [](auto, const Requests& requests, const Answers& answers) {
        const std::uint32_t sequence = requests[0].sequence;
        const Bytes noop = test::message({.type = NLMSG_NOOP, .sequence = sequence, .port_id = 4711}, {});
        const Bytes overrun_of_another = test::message({.type = NLMSG_OVERRUN, .sequence = 99, .port_id = 4711}, {});
        // Several in one datagram, the answer last.
        return Answers{with_field(answers, 8, sequence + 1)[0], with_field(answers, 12, 1)[0],
                       noop + overrun_of_another + noop + answers[0]};
      },
      {.port_id = 4711});
  EXPECT_TRUE(get_neighbor(channel, entry(1).key()));
  EXPECT_FALSE(channel.broken());
}

TEST(Channel, ALateAnswerIsNotTakenForTheNextOne) {
  ScriptedKernel kernel;
  store(kernel, 2);
  auto late = std::make_shared<Answers>();
  Channel channel = kernel.open(
      [late](std::size_t count, auto&, Answers answers) {
        if (count == 0) {
          *late = std::move(answers);
          return Answers{};
        }
        Answers both = *late;
        both.insert(both.end(), answers.begin(), answers.end());
        return both;
      },
      {.limit = 200ms});
  EXPECT_EQ(get_neighbor(channel, entry(1).key()).error().code, Errc::kTimedOut);
  const auto second = get_neighbor(channel, entry(2).key());
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->address, entry(2).address);
}

// --- answers that are not whole ---

TEST(Channel, EveryTruncationOfAnAnswerIsRefused) {
  ScriptedKernel whole_kernel;
  store(whole_kernel, 1);
  std::size_t size = 0;
  {
    Channel channel = whole_kernel.open([&](auto, auto&, Answers answers) {
      size = answers[0].size();
      return answers;
    });
    ASSERT_TRUE(get_neighbor(channel, entry(1).key()));
    whole_kernel.with_model([](auto&) {});  // orders the access to `size`
  }
  whole_kernel.join();
  ASSERT_GT(size, 16U);
  for (std::size_t kept = 1; kept < size; ++kept) {
    const Error error = error_of_get(
        [kept](auto, auto&, Answers answers) {
          answers[0].resize(kept);
          return answers;
        },
        {});
    EXPECT_EQ(error.code, Errc::kMalformed) << kept;
    EXPECT_EQ(error.field, "nlmsg_len") << kept;
  }
}

TEST(Channel, AShortAttributeIsNamed) {
  ScriptedKernel kernel;
  store(kernel, 1);
  Channel channel = kernel.open([](auto, const Requests& requests, const Answers&) {
    return Answers{test::message({.type = RTM_NEWNEIGH, .sequence = requests[0].sequence},
                                 raw(ndmsg{.ndm_family = AF_INET, .ndm_ifindex = 7}) +
                                     test::attribute(NDA_DST, {192, 0, 2, 1}) +
                                     test::attribute(NDA_CACHEINFO, Bytes(15)))};
  });
  const Error error = get_neighbor(channel, entry(1).key()).error();
  EXPECT_EQ(error.code, Errc::kMalformed);
  EXPECT_EQ(error.field, "NDA_CACHEINFO");
  EXPECT_FALSE(channel.broken()) << "the answer was whole, and nothing else is under way";
}

TEST(Channel, AnAnswerOfAnotherKindIsRefused) {
  for (const std::uint16_t type : {std::uint16_t{NLMSG_DONE}, std::uint16_t{NLMSG_ERROR}}) {
    ScriptedKernel kernel;
    Channel channel = kernel.open([type](auto, const Requests& requests, const Answers&) {
      return Answers{test::message({.type = type, .sequence = requests[0].sequence}, Bytes(20))};
    });
    EXPECT_EQ(get_neighbor(channel, entry(1).key()).error().code, Errc::kMalformed) << type;
  }
  ScriptedKernel kernel;
  Channel channel = kernel.open([](auto, const Requests& requests, const Answers&) {
    return Answers{test::message({.type = RTM_NEWNEIGH, .sequence = requests[0].sequence}, Bytes(20))};
  });
  EXPECT_EQ(write_neighbor(channel, Operation::kRemove, entry(1)).error().code, Errc::kMalformed);
  EXPECT_TRUE(channel.broken());
}

TEST(Channel, AnErrorThatIsTooShortIsMalformed) {
  for (std::size_t size = 0; size < 4; ++size) {
    ScriptedKernel kernel;
    Channel channel = kernel.open([size](auto, const Requests& requests, const Answers&) {
      return Answers{test::message({.type = NLMSG_ERROR, .sequence = requests[0].sequence}, Bytes(size))};
    });
    EXPECT_EQ(write_neighbor(channel, Operation::kRemove, entry(1)).error().code, Errc::kMalformed) << size;
  }
}

TEST(Channel, ABufferThatIsTooSmallGrowsForOneAnswer) {
  ScriptedKernel kernel;
  std::atomic<int> asked{0};
  Channel channel = kernel.open([&](auto, const Requests& requests, const Answers& answers) {
    ++asked;
    Bytes large = answers[0] + test::attribute(0x3fff, Bytes(60'000)) + test::attribute(0x3fff, Bytes(60'000));
    const auto length = static_cast<std::uint32_t>(large.size());
    std::memcpy(large.data(), &length, sizeof length);
    (void)requests;
    return Answers{large};
  });
  const auto got = get_interface(channel, InterfaceIndex{KernelModel::kEthernet});
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->index, InterfaceIndex{KernelModel::kEthernet});
  EXPECT_EQ(asked, 2) << "once more with room";
  EXPECT_FALSE(channel.broken());
}

TEST(Channel, AClosedSocketIsAnError) {
  EXPECT_EQ(error_of_get(test::close_socket(), {}).code, Errc::kSystem);
  ScriptedKernel kernel;
  Channel channel = kernel.open(test::close_socket());
  EXPECT_EQ(get_neighbor(channel, entry(1).key()).error().code, Errc::kSystem);
  kernel.join();
  const Error second = get_neighbor(channel, entry(1).key()).error();
  EXPECT_EQ(second.code, Errc::kSystem) << "sending to nobody";
  EXPECT_EQ(second.sys_errno, EPIPE);
}

TEST(Channel, AnOverrunIsToldAsSuch) {
  const Error error = error_of_get(
      [](auto, const Requests& requests, const Answers&) {
        return Answers{test::message({.type = NLMSG_OVERRUN, .sequence = requests[0].sequence}, {})};
      },
      {});
  EXPECT_EQ(error.code, Errc::kOverrun);
}

// --- dumps ---

Answers interrupted(Answers answers, std::size_t which) {
  std::uint16_t flags = NLM_F_MULTI | NLM_F_DUMP_INTR;
  std::memcpy(answers[which].data() + 6, &flags, sizeof flags);
  return answers;
}

TEST(ChannelDump, OneThatWasInterruptedIsReadAgainFromTheStart) {
  for (const bool in_done : {false, true}) {
    ScriptedKernel kernel;
    store(kernel, 10);
    std::atomic<std::size_t> dumps{0};
    Channel channel = kernel.open([&](std::size_t count, auto&, Answers answers) {
      ++dumps;
      return count < 3 ? interrupted(answers, in_done ? answers.size() - 1 : 1) : answers;
    });
    const auto rows = dump_all(channel);
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->size(), 10U) << "each once";
    EXPECT_EQ(dumps, 4U);
  }
}

TEST(ChannelDump, OneThatIsAlwaysInterruptedEnds) {
  ScriptedKernel kernel;
  store(kernel, 4);
  std::atomic<std::size_t> dumps{0};
  Channel channel = kernel.open([&](std::size_t, auto&, Answers answers) {
    ++dumps;
    return interrupted(std::move(answers), 0);
  });
  const auto rows = dump_all(channel);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, Errc::kOverrun);
  EXPECT_EQ(dumps, 16U);
  EXPECT_FALSE(channel.broken()) << "each ended in order";
}

TEST(ChannelDump, CutOffItTimesOut) {
  ScriptedKernel kernel;
  store(kernel, 10);
  Channel channel = kernel.open(
      [](auto, auto&, Answers answers) {
        answers.pop_back();
        return answers;
      },
      kImpatient);
  EXPECT_EQ(dump_all(channel).error().code, Errc::kTimedOut);
  EXPECT_TRUE(channel.broken());
}

TEST(ChannelDump, ARefusalInsideDoneIsAnError) {
  NEIGH_CITES("RTN-082");
  ScriptedKernel kernel;
  Channel channel = kernel.open([](auto, const Requests& requests, const Answers&) {
    return Answers{
        test::message({.type = NLMSG_DONE, .flags = NLM_F_MULTI | NLM_F_ACK_TLVS, .sequence = requests[0].sequence},
                      raw(std::int32_t{-EINVAL}) + test::attribute(NLMSGERR_ATTR_MSG, test::text("no such filter")))};
  });
  const auto rows = dump_all(channel);
  ASSERT_FALSE(rows) << "not an empty table";
  EXPECT_EQ(rows.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(rows.error().detail, "no such filter");
}

TEST(ChannelDump, ARowLongerThanTheBufferIsToldNotCut) {
  NEIGH_CITES("RTN-089");
  ScriptedKernel kernel;
  store(kernel, 1);
  Channel channel = kernel.open([](auto, auto&, Answers answers) {
    answers[0].resize(100'000);
    return answers;
  });
  const auto rows = dump_all(channel);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, Errc::kOverrun);
  EXPECT_EQ(rows.error().field, "receive buffer");
}

TEST(ChannelDump, RowsOfOtherKindsAndFamiliesArePassedOver) {
  ScriptedKernel kernel;
  store(kernel, 2);
  Channel channel = kernel.open([](auto, const Requests& requests, Answers answers) {
    const std::uint32_t sequence = requests[0].sequence;
    answers.insert(answers.begin(),
                   test::message({.type = RTM_NEWNEIGH, .sequence = sequence}, raw(ndmsg{.ndm_family = AF_BRIDGE})) +
                       test::message({.type = RTM_NEWLINK, .sequence = sequence}, Bytes(4)));
    return answers;
  });
  EXPECT_EQ(dump_all(channel)->size(), 2U);
}

// --- signals ---

std::atomic<int> signals_taken{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int /*number*/) { ++signals_taken; }

TEST(Channel, SignalsDoNotDisturb) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = on_signal;  // without SA_RESTART
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  ScriptedKernel kernel;
  store(kernel, 100);
  Channel channel = kernel.open();
  std::atomic<bool> stop{false};
  std::thread storm([&, target = pthread_self()] {
    while (!stop) {
      const int taken = signals_taken;
      pthread_kill(target, SIGUSR1);
      // One at a time, or the calls get nowhere.
      while (!stop && signals_taken == taken) std::this_thread::yield();
    }
  });
  for (int i = 0; i < 200; ++i) {
    const auto rows = dump_all(channel);
    ASSERT_TRUE(rows) << rows.error().message();
    EXPECT_EQ(rows->size(), 100U);
    EXPECT_TRUE(write_neighbor(channel, Operation::kReplace, entry(100)));
    EXPECT_TRUE(get_neighbor(channel, entry(100).key()));
  }
  stop = true;
  storm.join();
  EXPECT_GT(signals_taken, 0);
  ASSERT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
}

}  // namespace
}  // namespace neigh::rtnl
