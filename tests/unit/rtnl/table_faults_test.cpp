// SPDX-License-Identifier: Apache-2.0
// The whole table over a kernel that fails once: each call ends with the right error, nothing leaks, the next call
// works.
#include <gtest/gtest.h>

#include <atomic>

#include "rtnl/kernel_table.hpp"
#include "unit/rtnl/scripted_kernel.hpp"

namespace neigh::rtnl {
namespace {

using namespace std::chrono_literals;
using test::Answers;
using test::Bytes;
using test::Fault;
using test::KernelModel;
using test::ScriptedKernel;
using test::operator+;
using Requests = std::vector<test::Request>;

Neighbor entry(std::uint32_t number) {
  return {.address = IpAddress::v4(10, static_cast<std::uint8_t>(number >> 16U),
                                   static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)),
          .interface = InterfaceIndex{KernelModel::kEthernet},
          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, static_cast<std::uint8_t>(number)})};
}

std::vector<Neighbor> entries(std::uint32_t count) {
  std::vector<Neighbor> all;
  for (std::uint32_t i = 1; i <= count; ++i) all.push_back(entry(i));
  return all;
}

// --- every operation under every fault ---

struct NamedFault {
  const char* name;
  Fault fault;
  Errc code;               ///< What every operation answers.
  bool times_out = false;  ///< The channel needs a short limit.
};

Answers for_each_datagram(Answers answers, const std::function<void(Bytes&)>& change) {
  for (Bytes& datagram : answers) change(datagram);
  return answers;
}

const NamedFault kFaults[] = {
    {"no_answer", [](auto, auto&, auto) { return Answers{}; }, Errc::kTimedOut, true},
    {"wrong_sequence",
     [](auto, auto&, Answers answers) { return for_each_datagram(std::move(answers), [](Bytes& d) { d[11] = 0x7f; }); },
     Errc::kTimedOut, true},
    {"truncated",
     [](auto, auto&, Answers answers) {
       return for_each_datagram(std::move(answers), [](Bytes& d) { d.resize(d.size() - 4); });
     },
     Errc::kMalformed},
    {"length_zero",
     [](auto, auto&, Answers answers) {
       return for_each_datagram(std::move(answers), [](Bytes& d) { std::fill_n(d.begin(), 4, std::uint8_t{0}); });
     },
     Errc::kMalformed},
    {"unexpected_type",
     [](auto, auto&, Answers answers) {
       return for_each_datagram(std::move(answers), [](Bytes& d) { d[4] = 5, d[5] = 0; });
     },
     Errc::kMalformed},
    {"overrun",
     [](auto, auto&, Answers answers) {
       return for_each_datagram(std::move(answers), [](Bytes& d) { d[4] = NLMSG_OVERRUN, d[5] = 0; });
     },
     Errc::kOverrun},
    {"closed", test::close_socket(), Errc::kSystem},
};

struct NamedCall {
  const char* name;
  std::function<std::optional<Error>(NeighborTable&)> call;
};

template <class T>
std::optional<Error> error_of(Result<T> result) {
  return result ? std::nullopt : std::optional<Error>(std::move(result).error());
}

const NeighborKey kThere = entry(1).key();

const NamedCall kCalls[] = {
    {"create", [](NeighborTable& t) { return error_of(t.create(entry(100))); }},
    {"set", [](NeighborTable& t) { return error_of(t.set(entry(1))); }},
    {"replace", [](NeighborTable& t) { return error_of(t.replace(entry(1))); }},
    {"remove", [](NeighborTable& t) { return error_of(t.remove(kThere)); }},
    {"get", [](NeighborTable& t) { return error_of(t.get(kThere)); }},
    {"list", [](NeighborTable& t) { return error_of(t.list()); }},
    {"visit", [](NeighborTable& t) { return error_of(t.visit({}, [](const Neighbor&) {})); }},
    {"flush", [](NeighborTable& t) { return error_of(t.flush({})); }},
    {"interfaces", [](NeighborTable& t) { return error_of(t.interfaces()); }},
    {"find_interface",
     [](NeighborTable& t) { return error_of(t.find_interface(InterfaceIndex{KernelModel::kEthernet})); }},
    {"own_addresses", [](NeighborTable& t) { return error_of(t.own_addresses(InterfaceIndex::kNone)); }},
    {"limits", [](NeighborTable& t) { return error_of(t.limits()); }},
    {"has_family", [](NeighborTable& t) { return error_of(t.has_family(Family::kIpv4)); }},
    {"create_proxy",
     [](NeighborTable& t) {
       Neighbor proxy = entry(50);
       proxy.flags = {NeighborFlag::kProxy};
       return error_of(t.create(proxy));
     }},
    {"resolve", [](NeighborTable& t) { return error_of(t.resolve(kThere)); }},
};

class TableFault : public ::testing::TestWithParam<std::tuple<NamedFault, NamedCall>> {};

TEST_P(TableFault, EndsWithItsErrorAndTheNextCallWorks) {
  const auto& [fault, call] = GetParam();
  const std::size_t descriptors = test::open_descriptors();
  {
    ScriptedKernel kernel;
    kernel.with_model([](KernelModel& model) {
      for (const Neighbor& one : entries(10)) model.table()[one.key()] = one;
    });
    KernelTable table(
        kernel.pool(fault.fault, {.limit = fault.times_out ? std::chrono::milliseconds(5) : std::chrono::minutes(1)}));
    const auto error = call.call(table);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, fault.code) << error->message();
    EXPECT_EQ(kernel.opened(), 1U) << "nobody tried again on a channel of his own";
    const auto again = call.call(table);
    // Writes may have been done though the answer was lost.
    if (again) {
      EXPECT_TRUE(again->code == Errc::kAlreadyExists || again->code == Errc::kNotFound) << again->message();
    }
    EXPECT_EQ(kernel.opened(), 2U) << "one new channel, kept";
  }
  EXPECT_EQ(test::open_descriptors(), descriptors);
}

INSTANTIATE_TEST_SUITE_P(AllFaultsAllCalls, TableFault,
                         ::testing::Combine(::testing::ValuesIn(kFaults), ::testing::ValuesIn(kCalls)),
                         [](const auto& i) {
                           return std::string(std::get<0>(i.param).name) + "_" + std::get<1>(i.param).name;
                         });

// --- many at once ---

std::vector<NeighborKey> keys_of(const std::vector<Neighbor>& neighbors) {
  std::vector<NeighborKey> keys;
  for (const Neighbor& one : neighbors) keys.push_back(one.key());
  return keys;
}

/// The first error among the outcomes; else they are what the table holds.
std::optional<Error> resolve_three_hundred(NeighborTable& table) {
  const auto wanted = entries(300);
  const auto results = table.resolve_all(keys_of(wanted));
  EXPECT_EQ(results.size(), wanted.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) return results[i].error();
    EXPECT_TRUE(results[i]->same_content(wanted[i])) << i;
  }
  return std::nullopt;
}

const NamedCall kCallsForMany[] = {
    {"resolve_all", resolve_three_hundred},
    {"touch",
     [](NeighborTable& t) {
       const auto touched = t.touch(keys_of(entries(300)));
       EXPECT_EQ(touched ? *touched : 0U, 0U) << "all are permanent";
       return error_of(touched);
     }},
};

class ManyFault : public ::testing::TestWithParam<std::tuple<NamedFault, NamedCall>> {};

/// Answers that were lost are asked for again; every other fault is the outcome.
TEST_P(ManyFault, EndsWithItsErrorOrTheTruthAndTheNextCallWorks) {
  const auto& [fault, call] = GetParam();
  const std::size_t descriptors = test::open_descriptors();
  {
    ScriptedKernel kernel;
    kernel.with_model([](KernelModel& model) {
      for (const Neighbor& one : entries(300)) model.table()[one.key()] = one;
    });
    KernelTable table(
        kernel.pool(fault.fault, {.limit = fault.times_out ? std::chrono::milliseconds(5) : std::chrono::minutes(1)}));
    const auto error = call.call(table);
    if (error) {
      EXPECT_EQ(error->code, fault.code) << error->message();
    } else {
      EXPECT_EQ(fault.code, Errc::kOverrun);
    }
    const auto again = call.call(table);
    EXPECT_FALSE(again) << again->message();
  }
  EXPECT_EQ(test::open_descriptors(), descriptors);
}

INSTANTIATE_TEST_SUITE_P(AllFaults, ManyFault,
                         ::testing::Combine(::testing::ValuesIn(kFaults), ::testing::ValuesIn(kCallsForMany)),
                         [](const auto& i) {
                           return std::string(std::get<0>(i.param).name) + "_" + std::get<1>(i.param).name;
                         });

// --- batches ---

/// Drops what `dropped` says of the acks in the first datagram of a batch.
Fault drop_answers(std::function<bool(std::uint32_t sequence)> dropped) {
  return [dropped = std::move(dropped)](std::size_t count, const Requests&, Answers answers) {
    if (count > 0) return answers;
    std::erase_if(answers, [&](const Bytes& datagram) {
      std::uint32_t sequence = 0;
      std::memcpy(&sequence, datagram.data() + 8, sizeof sequence);
      return dropped(sequence);
    });
    return answers;
  };
}

TEST(BatchFault, WithoutTheLastAckItTimesOut) {
  ScriptedKernel kernel;
  KernelTable table(kernel.pool(drop_answers([](auto) { return true; }), {.limit = 20ms}));
  const auto report = table.apply(Operation::kCreate, entries(500), OnError::kContinue);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kTimedOut);
  EXPECT_TRUE(table.apply(Operation::kReplace, entries(500), OnError::kContinue)->ok());
}

TEST(BatchFault, AnAckForHalfABatchIsNotTheEnd) {
  ScriptedKernel kernel;
  KernelTable table(kernel.pool(
      [](auto, const Requests& requests, Answers answers) {
        // The ack of the last one, with the number of one in the middle.
        const std::uint32_t middle = requests[requests.size() / 2].sequence;
        std::memcpy(answers.back().data() + 8, &middle, sizeof middle);
        return answers;
      },
      {.limit = 20ms}));
  EXPECT_EQ(table.apply(Operation::kCreate, entries(100), OnError::kContinue).error().code, Errc::kTimedOut);
}

TEST(BatchFault, AllOrNothingPutsBackWhatAnUnansweredBatchDid) {
  ScriptedKernel kernel;
  KernelTable table(kernel.pool([](auto, const Requests& requests,
                                   Answers answers) { return requests[0].type == RTM_NEWNEIGH ? Answers{} : answers; },
                                {.limit = 200ms}));
  ASSERT_FALSE(table.apply(Operation::kCreate, entries(60), OnError::kRollBack));
  kernel.with_model([](KernelModel& model) { EXPECT_EQ(model.size(), 0U); });
}

bool is_dump(const Requests& requests) {
  return requests[0].type == RTM_GETNEIGH && (requests[0].flags & NLM_F_DUMP) == NLM_F_DUMP;
}

// The kernel leaves entries out of a dump while others change the table: what an image lacks would be removed.
TEST(BatchFault, AllOrNothingRemovesNothingThatADumpLeavesOut) {
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) {
    for (const Neighbor& one : entries(500)) model.table()[one.key()] = one;
  });
  KernelTable table(kernel.pool([](auto, const Requests& requests, Answers answers) {
    if (is_dump(requests)) answers.erase(answers.begin(), answers.end() - 1);
    return answers;
  }));
  std::vector<Neighbor> batch = entries(500);
  for (Neighbor& one : batch) one.link_address = LinkAddress::ether({6, 6, 6, 6, 6, 6});
  batch.push_back(entry(1000));
  batch.back().interface = InterfaceIndex{4711};
  for (const auto operation : {Operation::kReplace, Operation::kSet, Operation::kRemove}) {
    const auto report = table.apply(operation, batch, OnError::kRollBack);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_TRUE(report->rolled_back);
    EXPECT_TRUE(report->not_undone.empty());
    kernel.with_model([](KernelModel& model) {
      EXPECT_EQ(model.size(), 500U);
      for (const Neighbor& one : entries(500)) EXPECT_EQ(model.table()[one.key()].link_address, one.link_address);
    });
  }
}

// What a dump leaves out, the next one tells.
TEST(FlushFault, ReadsAgainUntilNothingIsLeft) {
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) {
    for (const Neighbor& one : entries(100)) model.table()[one.key()] = one;
  });
  std::atomic<int> dumps{0};
  KernelTable table(kernel.pool([&](auto, const Requests& requests, Answers answers) {
    if (is_dump(requests) && dumps++ == 0) answers.erase(answers.begin() + 4, answers.begin() + 6);
    return answers;
  }));
  const auto removed = table.flush({});
  ASSERT_TRUE(removed) << removed.error().message();
  EXPECT_EQ(*removed, 100U);
  EXPECT_EQ(dumps, 3) << "the last one found nothing";
  kernel.with_model([](KernelModel& model) { EXPECT_EQ(model.size(), 0U); });
  EXPECT_EQ(table.flush({}).value(), 0U);
  EXPECT_EQ(dumps, 4) << "nothing to remove is seen with one";
}

TEST(FlushFault, EndsWhereOthersKeepAddingEntries) {
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) { model.table()[entry(0).key()] = entry(0); });
  std::atomic<std::uint32_t> dumps{0};
  KernelTable table(kernel.pool([&](auto, const Requests& requests, Answers answers) {
    if (is_dump(requests)) {
      const Neighbor next = entry(++dumps);
      kernel.with_model([&](KernelModel& model) { model.table()[next.key()] = next; });
    }
    return answers;
  }));
  const auto removed = table.flush({});
  ASSERT_TRUE(removed) << removed.error().message();
  EXPECT_EQ(*removed, 4U);
  EXPECT_EQ(dumps, 4U);
  kernel.with_model([](KernelModel& model) { EXPECT_EQ(model.size(), 1U); });
}

Bytes overrun(std::uint32_t sequence) { return test::message({.type = NLMSG_OVERRUN, .sequence = sequence}, {}); }

/// The kernel does all of a batch, tells the first `told` refusals, and then that the rest is lost.
Fault lose_answers_after(std::size_t told) {
  return [told](std::size_t count, const Requests& requests, Answers answers) {
    if (count > 0) return answers;
    if (answers.size() > told) answers.resize(told);
    answers.push_back(overrun(requests[0].sequence));
    return answers;
  };
}

TEST(BatchFault, LostAnswersAreMadeUpForByReadingBack) {
  ScriptedKernel kernel;
  KernelTable table(kernel.pool(lose_answers_after(0)));
  const auto report = table.apply(Operation::kCreate, entries(1000), OnError::kContinue);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->applied, 1000U);
  kernel.with_model([](KernelModel& model) { EXPECT_EQ(model.size(), 1000U); });
}

TEST(BatchFault, RefusalsThatWereToldStayTold) {
  ScriptedKernel kernel;
  // Equal to what is wanted: reading back alone would call them created.
  kernel.with_model([](KernelModel& model) {
    for (const std::uint32_t number : {3U, 7U, 190U}) model.table()[entry(number).key()] = entry(number);
  });
  KernelTable table(kernel.pool(lose_answers_after(2)));
  auto wanted = entries(200);
  wanted[50].interface = InterfaceIndex{99};  // refused while reading back, too
  const auto report = table.apply(Operation::kCreate, wanted, OnError::kContinue);
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_EQ(report->failures.size(), 3U);
  EXPECT_EQ(report->failures[0].position, 2U);
  EXPECT_EQ(report->failures[0].error.code, Errc::kAlreadyExists);
  EXPECT_EQ(report->failures[1].position, 6U);
  EXPECT_EQ(report->failures[1].error.code, Errc::kAlreadyExists);
  EXPECT_EQ(report->failures[2].position, 50U);
  EXPECT_EQ(report->failures[2].error.code, Errc::kNoSuchInterface);
  EXPECT_EQ(report->applied, 197U) << "of the one at 189 nothing more can be known";
}

TEST(BatchFault, WhatReadingBackFindsOtherwiseIsAFailure) {
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) {
    model.table()[entry(5).key()] = entry(5);
    model.table()[entry(5).key()].link_address = LinkAddress::ether({9, 9, 9, 9, 9, 9});
  });
  KernelTable table(kernel.pool(lose_answers_after(0)));
  const auto created = table.apply(Operation::kCreate, entries(10), OnError::kContinue);
  ASSERT_TRUE(created);
  ASSERT_EQ(created->failures.size(), 1U);
  EXPECT_EQ(created->failures[0].position, 4U);
  EXPECT_EQ(created->failures[0].error.code, Errc::kOverrun);

  ScriptedKernel second;
  KernelTable other(second.pool(lose_answers_after(0)));
  const auto set = other.apply(Operation::kSet, entries(10), OnError::kContinue);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->failures.size(), 10U);
  EXPECT_EQ(set->failures[9].error.code, Errc::kNotFound);

  ScriptedKernel third;
  third.with_model([](KernelModel& model) { model.table()[entry(1).key()] = entry(1); });
  KernelTable removing(third.pool(lose_answers_after(0)));
  const auto removed = removing.apply(Operation::kRemove, entries(1), OnError::kContinue);
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->ok());
}

TEST(BatchFault, AChannelThatBreaksWhileRefusalsAreExplainedIsReplaced) {
  ScriptedKernel kernel;
  KernelTable table(kernel.pool([](std::size_t count, const Requests&, const Answers& answers) {
    // The batch itself is answered, the questions after it are not.
    return count == 0 ? answers : Answers{Bytes(8, 0xff)};
  }));
  auto wanted = entries(400);
  wanted[10].link_address = LinkAddress::from_bytes(Bytes(3, 1)).value();
  const auto report = table.apply(Operation::kCreate, wanted, OnError::kContinue);
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_EQ(report->failures.size(), 1U);
  EXPECT_EQ(report->failures[0].position, 10U);
  EXPECT_EQ(report->failures[0].error.code, Errc::kInvalidArgument);
  EXPECT_EQ(report->applied, 399U);
  EXPECT_EQ(kernel.opened(), 2U);
}

TEST(BatchFault, NeverMoreAnswersOutstandingThanFit) {
  ScriptedKernel kernel;
  std::atomic<std::size_t> most{0};
  std::atomic<std::size_t> acks{0};
  KernelTable table(kernel.pool([&](std::size_t, const Requests& requests, Answers answers) {
    most = std::max(most.load(), requests.size());
    acks += answers.size();
    for (std::size_t i = 0; i + 1 < requests.size(); ++i) EXPECT_EQ(requests[i].flags & NLM_F_ACK, 0);
    EXPECT_NE(requests.back().flags & NLM_F_ACK, 0);
    return answers;
  }));
  EXPECT_TRUE(table.apply(Operation::kCreate, entries(10'000), OnError::kContinue)->ok());
  EXPECT_LT(most, 256U);
  EXPECT_GT(most, 100U) << "many per system call";
  EXPECT_EQ(acks, (10'000 + most - 1) / most) << "one ack for each datagram";
}

TEST(TableFaultWrite, AnEntryThatIsJustDyingIsWrittenAgain) {
  for (const int deaths : {1, 3, 4}) {
    ScriptedKernel kernel;
    std::atomic<int> left{deaths};
    KernelTable table(kernel.pool([&](std::size_t, const Requests& requests, Answers answers) {
      if (requests[0].type != RTM_NEWNEIGH || left-- <= 0) return answers;
      return Answers{
          test::message({.type = NLMSG_ERROR, .flags = NLM_F_CAPPED | NLM_F_ACK_TLVS, .sequence = requests[0].sequence},
                        test::raw(std::int32_t{-EPERM}) + Bytes(16) +
                            test::attribute(NLMSGERR_ATTR_MSG, test::text("Neighbor entry is now dead")))};
    }));
    const auto done = table.replace(entry(1));
    EXPECT_EQ(done.has_value(), deaths <= 3) << deaths;
  }
}

}  // namespace
}  // namespace neigh::rtnl
