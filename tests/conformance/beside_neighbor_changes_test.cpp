// SPDX-License-Identifier: Apache-2.0
// NotifyIpNetChange, this library's extension, and what all registrations have in common; on either home.
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "conformance/changes.hpp"

namespace neigh::conformance {
namespace {

class BesideNeighborChanges : public ApiTest {
 protected:
  HANDLE follow(Told& told, ADDRESS_FAMILY family = AF_UNSPEC, bool initial = false) {
    HANDLE handle = nullptr;
    EXPECT_THAT(NotifyIpNetChange(family, on_neighbor, &told, initial ? TRUE : FALSE, &handle),
                Gives(Expected::kSuccess));
    EXPECT_NE(handle, nullptr);
    return handle;
  }
  std::string line(const std::string& what, const std::string& address, const std::string& mac) {
    return what + " " + address + " " + std::to_string(link().index) + " " + mac;
  }
  void create(const std::string& address, const std::string& mac = kMac) {
    const MIB_IPNET_ROW2 row = entry_row(link(), address, mac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
  }
  void remove(const std::string& address) {
    const MIB_IPNET_ROW2 row = key_row(link(), address);
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kSuccess));
  }
};

TEST_F(BesideNeighborChanges, AddChangeRemove) {
  create("192.0.2.40");
  Told told;
  const HANDLE handle = follow(told);
  for (const std::string& address : {kFree4, kFree6, kFreeLocal}) {
    create(address);
    EXPECT_TRUE(told.wait_for(line("added", address, kMac)));
    MIB_IPNET_ROW2 row = entry_row(link(), address, kOtherMac);
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess));
    EXPECT_TRUE(told.wait_for(line("changed", address, kOtherMac)));
    remove(address);
    EXPECT_TRUE(told.wait_for("removed " + address + " " + std::to_string(link().index)));
  }
  EXPECT_THAT(CancelMibChangeNotify2(handle), Gives(Expected::kSuccess));
  for (const std::string& one : told.lines()) {
    EXPECT_EQ(one.find("192.0.2.40"), std::string::npos) << "what was there is not told: " << one;
  }
  EXPECT_NE(told.thread(), std::this_thread::get_id());
  told.clear();
  create("192.0.2.41");
  const HANDLE next = follow(told, AF_INET, /*initial=*/true);
  EXPECT_TRUE(told.wait_for("initial"));
  EXPECT_THAT(CancelMibChangeNotify2(next), Gives(Expected::kSuccess));
  EXPECT_EQ(told.lines(), std::vector<std::string>{"initial"}) << "the ended one is told nothing";
}

TEST_F(BesideNeighborChanges, OneFamily) {
  Told told;
  const HANDLE handle = follow(told, AF_INET6);
  create(kFree4);
  create(kFree6);
  EXPECT_TRUE(told.wait_for(line("added", kFree6, kMac)));
  EXPECT_THAT(CancelMibChangeNotify2(handle), Gives(Expected::kSuccess));
  EXPECT_EQ(told.lines(), std::vector<std::string>{line("added", kFree6, kMac)});
}

TEST_F(BesideNeighborChanges, RowsAreWhole) {
  static std::atomic<bool> whole{false};
  whole = false;
  static Link expected;
  expected = link();
  HANDLE handle = nullptr;
  const auto check = [](PVOID, PMIB_IPNET_ROW2 row, MIB_NOTIFICATION_TYPE) {
    whole = row != nullptr && row->InterfaceLuid.Value == luid_of(expected).Value && row->State == NlnsPermanent &&
            row->IsUnreachable == 0 && row->PhysicalAddressLength == 6;
  };
  ASSERT_THAT(NotifyIpNetChange(AF_INET, check, nullptr, FALSE, &handle), Gives(Expected::kSuccess));
  create(kFree4);
  EXPECT_TRUE(test::wait_until([] { return whole.load(); }));
  EXPECT_THAT(CancelMibChangeNotify2(handle), Gives(Expected::kSuccess));
}

TEST_F(BesideNeighborChanges, Errors) {
  Told told;
  int dummy = 0;
  HANDLE handle = &dummy;
  EXPECT_THAT(NotifyIpNetChange(77, on_neighbor, &told, FALSE, &handle), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(NotifyIpNetChange(AF_INET, nullptr, &told, FALSE, &handle), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(NotifyIpNetChange(AF_INET, on_neighbor, &told, FALSE, nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_EQ(handle, &dummy) << "untouched on failure";
  EXPECT_THAT(CancelMibChangeNotify2(nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(CancelMibChangeNotify2(&dummy), Gives(Expected::kInvalidHandle));
  const HANDLE good = follow(told);
  EXPECT_THAT(CancelMibChangeNotify2(good), Gives(Expected::kSuccess));
  EXPECT_THAT(CancelMibChangeNotify2(good), Gives(Expected::kInvalidHandle)) << "once";
}

/// Whether a thread of this process waits for something.
bool sleeps(pid_t thread) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(status), {}};
  const auto name_end = text.rfind(") ");
  return name_end != std::string::npos && text.compare(name_end + 2, 1, "S") == 0;
}

/// A callback that waits until it is let go.
struct Blocker {
  std::atomic<bool> entered{false};
  std::atomic<bool> let_go{false};
  std::atomic<bool> left{false};
  static VOID NETIOAPI_API_ call(PVOID context, PMIB_IPNET_ROW2, MIB_NOTIFICATION_TYPE) {
    auto& self = *static_cast<Blocker*>(context);
    self.entered = true;
    EXPECT_TRUE(test::wait_until([&] { return self.let_go.load(); }));
    self.left = true;
  }
};

TEST_F(BesideNeighborChanges, CancelWaitsForTheCallbackThatRuns) {
  Blocker blocker;
  HANDLE handle = nullptr;
  ASSERT_THAT(NotifyIpNetChange(AF_INET, Blocker::call, &blocker, TRUE, &handle), Gives(Expected::kSuccess));
  ASSERT_TRUE(test::wait_until([&] { return blocker.entered.load(); }));
  std::atomic<bool> canceled{false};
  std::atomic<pid_t> thread_number{0};
  bool had_left = false;
  std::thread other([&] {
    thread_number = gettid();
    EXPECT_THAT(CancelMibChangeNotify2(handle), Gives(Expected::kSuccess));
    had_left = blocker.left;
    canceled = true;
  });
  EXPECT_TRUE(test::wait_until([&] { return thread_number != 0 && sleeps(thread_number); }));
  EXPECT_FALSE(canceled);
  blocker.let_go = true;
  other.join();
  EXPECT_TRUE(had_left) << "it returned while the callback ran";
}

/// A callback that ends its own registration, or another's.
struct Ender {
  HANDLE handle = nullptr;
  std::atomic<int> calls{0};
  std::atomic<bool> ended{false};
  static VOID NETIOAPI_API_ call(PVOID context, PMIB_IPNET_ROW2, MIB_NOTIFICATION_TYPE) {
    auto& self = *static_cast<Ender*>(context);
    ++self.calls;
    self.ended = CancelMibChangeNotify2(self.handle) == code(Expected::kSuccess);
  }
};

TEST_F(BesideNeighborChanges, CallbackMayEndItsOwnRegistration) {
  Ender ender;
  ASSERT_THAT(NotifyIpNetChange(AF_INET, Ender::call, &ender, TRUE, &ender.handle), Gives(Expected::kSuccess));
  ASSERT_TRUE(test::wait_until([&] { return ender.ended.load(); }));
  Told told;
  const HANDLE witness = follow(told);
  create(kFree4);
  EXPECT_TRUE(told.wait_for(line("added", kFree4, kMac)));
  EXPECT_EQ(ender.calls, 1) << "its last one";
  // And another's.
  Ender other;
  other.handle = witness;
  HANDLE own = nullptr;
  ASSERT_THAT(NotifyIpNetChange(AF_INET, Ender::call, &other, TRUE, &own), Gives(Expected::kSuccess));
  ASSERT_TRUE(test::wait_until([&] { return other.ended.load(); }));
  EXPECT_THAT(CancelMibChangeNotify2(witness), Gives(Expected::kInvalidHandle));
  EXPECT_THAT(CancelMibChangeNotify2(own), Gives(Expected::kSuccess));
}

/// A callback that registers another listener.
struct Starter {
  Told* told = nullptr;
  HANDLE handle = nullptr;
  std::atomic<bool> done{false};
  static VOID NETIOAPI_API_ call(PVOID context, PMIB_IPNET_ROW2, MIB_NOTIFICATION_TYPE) {
    auto& self = *static_cast<Starter*>(context);
    EXPECT_THAT(NotifyIpNetChange(AF_INET, on_neighbor, self.told, TRUE, &self.handle), Gives(Expected::kSuccess));
    self.done = true;
  }
};

TEST_F(BesideNeighborChanges, CallbackMayRegister) {
  Told told;
  Starter starter;
  starter.told = &told;
  HANDLE own = nullptr;
  ASSERT_THAT(NotifyIpNetChange(AF_INET, Starter::call, &starter, TRUE, &own), Gives(Expected::kSuccess));
  EXPECT_TRUE(told.wait_for("initial"));
  EXPECT_THAT(CancelMibChangeNotify2(own), Gives(Expected::kSuccess));
  EXPECT_THAT(CancelMibChangeNotify2(starter.handle), Gives(Expected::kSuccess));
}

TEST_F(BesideNeighborChanges, ManyThreadsRegisterAndEnd) {
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  Told told;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        HANDLE handle = nullptr;
        if (NotifyIpNetChange(AF_UNSPEC, on_neighbor, &told, i % 2 == 0 ? TRUE : FALSE, &handle) !=
            code(Expected::kSuccess)) {
          ++failed;
        } else if (CancelMibChangeNotify2(handle) != code(Expected::kSuccess)) {
          ++failed;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace neigh::conformance
