// SPDX-License-Identifier: Apache-2.0
// Threads, forks, descriptors, what the libraries export, and which stack they serve.
#include "support/process.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

#include "conformance/fake_table.hpp"
#include "conformance/fixture.hpp"
#include "neigh/current_stack.hpp"
#include "support/netns.hpp"
#include "support/sanitizers.hpp"
#include "support/wait.hpp"

namespace neigh::conformance {
namespace {

/// Seconds after which a child ends by itself: far more than a loaded machine needs.
constexpr unsigned kChildTime = 300;

/// Numbers of the sockets that this process has open.
std::set<int> open_sockets() {
  std::set<int> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(entry.path(), error).string();
    if (!error && target.starts_with("socket:")) all.insert(std::stoi(entry.path().filename().string()));
  }
  return all;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

bool all_close_on_exec(const std::set<int>& descriptors) {
  for (const int fd : descriptors) {
    const int flags = fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) return false;
  }
  return true;
}

class Process : public ApiTest {
 protected:
  /// One call of every function but Resolve; the number of the first that did not answer as it must, or 0.
  int every_call(const std::string& address) {
    const MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    MIB_IPNET_ROW2 set = entry_row(link(), address, kOtherMac);
    MIB_IPNET_ROW2 read = key_row(link(), address);
    PMIB_IPNET_TABLE2 table = nullptr;
    NET_LUID luid;
    NET_IFINDEX index = 0;
    if (CreateIpNetEntry2(&row) != code(Expected::kSuccess)) return 1;
    if (CreateIpNetEntry2(&row) != code(Expected::kAlreadyExists)) return 2;
    if (SetIpNetEntry2(&set) != code(Expected::kSuccess)) return 3;
    if (GetIpNetEntry2(&read) != code(Expected::kSuccess)) return 4;
    if (link_text_of(read) != kOtherMac || read.State != NlnsPermanent) return 5;
    if (GetIpNetTable2(AF_UNSPEC, &table) != code(Expected::kSuccess) || table == nullptr) return 6;
    FreeMibTable(table);
    if (ConvertInterfaceIndexToLuid(link().index, &luid) != code(Expected::kSuccess)) return 7;
    if (ConvertInterfaceLuidToIndex(&luid, &index) != code(Expected::kSuccess) || index != link().index) return 8;
    if (DeleteIpNetEntry2(&read) != code(Expected::kSuccess)) return 9;
    if (GetIpNetEntry2(&read) != code(Expected::kNotFound)) return 10;
    if (FlushIpNetTable2(AF_INET, home().loopback().index) != code(Expected::kSuccess)) return 11;
    return 0;
  }
};

TEST_F(Process, EightThreads) {
  NEIGH_CITES("LIB-29");
  const auto before = content();
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  const int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const test::Namespace::Scope inside(ns);
      for (int round = 0; round < 40; ++round) {
        const std::string number = std::to_string(round + 1);
        const std::string address =
            t % 2 == 0 ? "10.8." + std::to_string(t) + "." + number : "2001:db8:8:" + std::to_string(t) + "::" + number;
        if (const int step = every_call(address); step != 0) {
          ++failures;
          ADD_FAILURE() << "thread " << t << " round " << round << " step " << step;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  close(ns);
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(content(), before);
}

// All fight for one entry: exactly one creator wins each round, and one remover.
TEST_F(Process, OneCreatorWins) {
  NEIGH_CITES("LIB-29", "C-09", "C-10", "C-14");
  const int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> created = 0;
    std::atomic<int> removed = 0;
    const auto all = [&](auto&& body) {
      std::vector<std::thread> threads;
      for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
          const test::Namespace::Scope inside(ns);
          body();
        });
      }
      for (std::thread& thread : threads) thread.join();
    };
    all([&] {
      const MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
      const NETIO_STATUS status = CreateIpNetEntry2(&row);
      if (status == code(Expected::kSuccess)) {
        ++created;
      } else {
        EXPECT_THAT(status, Gives(Expected::kAlreadyExists));
      }
    });
    EXPECT_EQ(created, 1);
    all([&] {
      const MIB_IPNET_ROW2 row = key_row(link(), kFree4);
      const NETIO_STATUS status = DeleteIpNetEntry2(&row);
      if (status == code(Expected::kSuccess)) {
        ++removed;
      } else {
        EXPECT_THAT(status, Gives(Expected::kNotFound));
      }
    });
    EXPECT_EQ(removed, 1);
  }
  close(ns);
}

TEST_F(Process, NoDescriptorIsLeakedOrInherited) {
  NEIGH_CITES("LIB-29");
  ASSERT_EQ(every_call(kFree4), 0);
  home().set_retry_interval(link(), 20);
  const auto calls = [&] {
    MIB_IPNET_ROW2 answered = key_row(link(), peer().v4);
    EXPECT_THAT(ResolveIpNetEntry2(&answered, nullptr), Gives(Expected::kSuccess));
    MIB_IPNET_ROW2 with_source = key_row(link(), peer().v6);
    const SOCKADDR_INET source = socket_address(link().v6);
    EXPECT_THAT(ResolveIpNetEntry2(&with_source, &source), Gives(Expected::kSuccess));
    MIB_IPNET_ROW2 silent = key_row(link(), kFree4);
    EXPECT_THAT(ResolveIpNetEntry2(&silent, nullptr), Gives(Expected::kUnreachable));
    EXPECT_THAT(DeleteIpNetEntry2(&silent), Gives(Expected::kSuccess));
    EXPECT_EQ(every_call(kFree4), 0);
    MIB_IPNET_ROW2 bad = garbage_row();
    EXPECT_THAT(CreateIpNetEntry2(&bad), Gives(Expected::kInvalidParameter));
  };
  calls();
  const std::size_t before = open_descriptors();
  for (int round = 0; round < 20; ++round) calls();
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(all_close_on_exec(open_sockets()));
}

TEST_F(Process, SocketsOfARunningResolveAreCloseOnExec) {
  NEIGH_CITES("LIB-29");
  ASSERT_EQ(every_call(kFree4), 0);
  home().set_retry_interval(link(), 300);
  const std::set<int> before = open_sockets();
  const int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  std::atomic<bool> done = false;
  std::thread resolver([&] {
    const test::Namespace::Scope inside(ns);
    MIB_IPNET_ROW2 silent = key_row(link(), kFree4);
    const SOCKADDR_INET source = socket_address(link().v4);
    EXPECT_THAT(ResolveIpNetEntry2(&silent, &source), Gives(Expected::kUnreachable));
    done = true;
  });
  bool seen = false;
  while (!done) {
    const std::set<int> now = open_sockets();
    if (now.size() > before.size() + 1) seen = true;
    EXPECT_TRUE(all_close_on_exec(now));
  }
  resolver.join();
  close(ns);
  EXPECT_TRUE(seen) << "the sockets of the resolution were never looked at";
}

TEST_F(Process, CallsInAForkedChild) {
  NEIGH_CITES("LIB-29");
  ASSERT_EQ(every_call(kFree4), 0);  // so that there is something to inherit
  Table inherited(AF_UNSPEC);
  for (int round = 0; round < 5; ++round) {
    home().forked([&] {
      EXPECT_EQ(every_call(kFree4), 0);
      MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess));
      FreeMibTable(inherited.release());  // the child's own copy
    });
    EXPECT_EQ(every_call(kFree4), 0);
  }
}

// Parent and child at the same time: neither gets the other's answers.
TEST_F(Process, ParentAndChildTogether) {
  NEIGH_CITES("LIB-29");
  ASSERT_EQ(every_call(kFree4), 0);
  std::fflush(nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(kChildTime);
    for (int round = 0; round < 30; ++round) {
      if (const int step = every_call("10.8.1.1"); step != 0) _exit(step);
    }
    _exit(0);
  }
  for (int round = 0; round < 30; ++round) EXPECT_EQ(every_call("10.8.2.2"), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// The child is made while other threads of the parent are within calls.
TEST_F(Process, ForkAmidCallsOfOtherThreads) {
  NEIGH_CITES("LIB-29");
  NEIGH_SKIP_FORK_AMID_THREADS_UNDER_ASAN();
  const int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      const test::Namespace::Scope inside(ns);
      while (!stop) EXPECT_EQ(every_call("10.8.3." + std::to_string(t + 1)), 0);
    });
  }
  std::fflush(nullptr);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(kChildTime);
      _exit(every_call("10.8.4.4"));
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << round;
    if (status != 0) break;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  close(ns);
}

TEST_F(Process, OneThreadInManyNamespaces) {
  NEIGH_CITES("LIB-30", "A-20");
  // Both hosts of another pair have an interface with this name and another index.
  const test::VethPair others;
  const auto in = [](const test::Host& host) {
    return Link{.name = host.device, .index = host.index, .link_address = host.link_address};
  };
  const Link here = in(others.here);
  const Link there = in(others.there);
  for (int round = 0; round < 3; ++round) {
    const std::string address = "10.8.5." + std::to_string(round + 1);
    const MIB_IPNET_ROW2 home_row = entry_row(link(), address, kMac);
    MIB_IPNET_ROW2 there_row = entry_row(there, address, kOtherMac);
    EXPECT_THAT(CreateIpNetEntry2(&home_row), Gives(Expected::kSuccess));
    {
      const auto inside = others.there.space.enter();
      EXPECT_THAT(CreateIpNetEntry2(&home_row), Gives(Expected::kNotFound));  // the index is not one of this namespace
      EXPECT_THAT(CreateIpNetEntry2(&there_row), Gives(Expected::kSuccess));
      EXPECT_EQ(test::ip_neigh_find(there.name, address).value_or(IpNeigh{}).lladdr, kOtherMac);
      const Table table(AF_INET);
      EXPECT_NE(table.find(there, address), nullptr);
      EXPECT_EQ(table.find(link(), address), nullptr);
    }
    {
      const auto inside = others.here.space.enter();
      MIB_IPNET_ROW2 row = key_row(here, address);
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotFound));
      EXPECT_FALSE(test::ip_neigh_find(here.name, address));
    }
    EXPECT_THAT(GetIpNetEntry2(&there_row), Gives(Expected::kNoInterfaceForGet));
    expect_entry(link(), address, kMac, NlnsPermanent);
  }
}

TEST_F(Process, ThreadsInDifferentNamespaces) {
  NEIGH_CITES("LIB-30", "LIB-29", "A-20");
  const test::VethPair others;
  std::vector<std::thread> threads;
  const int home_ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  const int other_ns = others.there.space.fd();
  const Link there = {.name = others.there.device, .index = others.there.index};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const bool at_home = t % 2 == 0;
      const test::Namespace::Scope inside(at_home ? home_ns : other_ns);
      const std::string address = "10.8.6." + std::to_string(t + 1);
      const Link& on = at_home ? link() : there;
      for (int round = 0; round < 50; ++round) {
        MIB_IPNET_ROW2 row = entry_row(on, address, kMac);
        EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
        EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
        EXPECT_EQ(row.InterfaceIndex, on.index);
        EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kSuccess));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  close(home_ns);
}

TEST_F(Process, ErrnoIsNotTouched) {
  NEIGH_CITES("A-16");
  const auto keeps_errno = [](auto&& call) {
    errno = 12345;
    call();
    return errno == 12345;
  };
  MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
  PMIB_IPNET_TABLE2 table = nullptr;
  EXPECT_TRUE(keeps_errno([&] { (void)CreateIpNetEntry2(&row); }));
  EXPECT_TRUE(keeps_errno([&] { (void)CreateIpNetEntry2(&row); }));
  EXPECT_TRUE(keeps_errno([&] { (void)SetIpNetEntry2(&row); }));
  EXPECT_TRUE(keeps_errno([&] { (void)GetIpNetEntry2(&row); }));
  EXPECT_TRUE(keeps_errno([&] { (void)GetIpNetTable2(AF_UNSPEC, &table); }));
  EXPECT_TRUE(keeps_errno([&] { FreeMibTable(table); }));
  EXPECT_TRUE(keeps_errno([&] { (void)FlushIpNetTable2(AF_INET, 0); }));
  EXPECT_TRUE(keeps_errno([&] { (void)DeleteIpNetEntry2(&row); }));
  row = key_row(link(), peer().v4);
  EXPECT_TRUE(keeps_errno([&] { (void)ResolveIpNetEntry2(&row, nullptr); }));
  EXPECT_TRUE(keeps_errno([&] { (void)CreateIpNetEntry2(nullptr); }));
}

/// Runs `body` in a child that can open no descriptor, or has a stack named that does not exist.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kChildTime);
    _exit(body());
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A bad argument is one whatever becomes of the table behind.
TEST_F(Process, BadArgumentsAreReportedWhereNoTableCanBeOpened) {
  NEIGH_CITES("LIB-03", "LIB-34");
  const auto bad = code(Expected::kInvalidParameter);
  const MIB_IPNET_ROW2 good = entry_row(link(), kFree4, kMac);
  // The child itself needs nothing but the calls: sanitizers, for one, cannot do without descriptors.
  const auto refusals = [bad_address = entry_row(link(), "127.0.0.1", kMac), keyless = good] {
    MIB_IPNET_ROW2 loopback = bad_address;
    MIB_IPNET_ROW2 no_key = keyless;
    set_no_key(no_key);
    PMIB_IPNET_TABLE2 table = nullptr;
    return CreateIpNetEntry2(&loopback) == bad && SetIpNetEntry2(&loopback) == bad &&
           CreateIpNetEntry2(&no_key) == bad && GetIpNetEntry2(&no_key) == bad && DeleteIpNetEntry2(&no_key) == bad &&
           DeleteIpNetEntry2(nullptr) == bad && ResolveIpNetEntry2(&no_key, nullptr) == bad &&
           GetIpNetTable2(99, &table) == bad && FlushIpNetTable2(99, 0) == bad;
  };
  EXPECT_EQ(in_child([&] {
              const rlimit none{.rlim_cur = 0, .rlim_max = 0};
              if (setrlimit(RLIMIT_NOFILE, &none) != 0) return 1;
              if (!refusals()) return 2;
              return CreateIpNetEntry2(&good) == code(Expected::kTableFull) ? 0 : 3;
            }),
            0);
  EXPECT_EQ(in_child([&] {
              if (setenv("NEIGH_STACK", "no-such-stack", 1) != 0) return 1;
              return refusals() ? 0 : 2;
            }),
            0);
  EXPECT_FALSE(home().find(link(), kFree4));
}

// Two libraries of one process, each linked with another flavor: neither gets the codes of the other.
TEST_F(Process, BothFlavorsInOneProcess) {
  NEIGH_CITES("A-03", "LIB-36");
  for (const std::string order : {NEIGH_BOTH_FLAVORS "_user_first", NEIGH_BOTH_FLAVORS "_kernel_first"}) {
    EXPECT_EQ(test::must_run(order).out, "user 87 kernel 3221225485\n") << order;
  }
}

class Library : public ::testing::Test {
 protected:
  static std::string path() {
    Dl_info info{};
    void* function = dlsym(RTLD_DEFAULT, "CreateIpNetEntry2");
    return function != nullptr && dladdr(function, &info) != 0 ? std::filesystem::canonical(info.dli_fname).string()
                                                               : std::string();
  }
};

TEST_F(Library, FlavorHasItsOwn) {
  NEIGH_CITES("A-03");
  const std::string name = std::filesystem::path(path()).filename().string();
  EXPECT_TRUE(name.starts_with(kUser ? "libiphlpapi.so." : "libnetio.so.")) << name;
#ifdef __IPHLPAPI_H__
  EXPECT_TRUE(kUser);
#else
  EXPECT_FALSE(kUser);
#endif
}

TEST_F(Library, ExportsTheDocumentedNamesAlone) {
  NEIGH_CITES("A-03", "A-18", "LIB-23");
  std::set<std::string> documented = {"CreateIpNetEntry2",
                                      "DeleteIpNetEntry2",
                                      "FlushIpNetTable2",
                                      "GetIpNetEntry2",
                                      "GetIpNetTable2",
                                      "ResolveIpNetEntry2",
                                      "SetIpNetEntry2",
                                      "FreeMibTable",
                                      "ConvertInterfaceIndexToLuid",
                                      "ConvertInterfaceLuidToIndex",
                                      "RtlNtStatusToDosError"};
  // The calls beside the family.
  documented.insert({"ConvertInterfaceNameToLuidA",
                     "ConvertInterfaceNameToLuidW",
                     "ConvertInterfaceLuidToNameA",
                     "ConvertInterfaceLuidToNameW",
                     "ConvertInterfaceAliasToLuid",
                     "ConvertInterfaceLuidToAlias",
                     "ConvertInterfaceLuidToGuid",
                     "ConvertInterfaceGuidToLuid",
                     "GetIfEntry2",
                     "GetIfTable2",
                     "GetIfTable2Ex",
                     "GetIpInterfaceEntry",
                     "GetUnicastIpAddressTable",
                     "GetUnicastIpAddressEntry",
                     "InitializeUnicastIpAddressEntry",
                     "CreateUnicastIpAddressEntry",
                     "DeleteUnicastIpAddressEntry",
                     "GetBestRoute2",
                     "GetIpForwardTable2",
                     "InitializeIpForwardEntry",
                     "CreateIpForwardEntry2",
                     "DeleteIpForwardEntry2",
                     "NotifyIpInterfaceChange",
                     "NotifyUnicastIpAddressChange",
                     "NotifyRouteChange2",
                     "NotifyIpNetChange",
                     "CancelMibChangeNotify2",
                     "RtlInitUnicodeString"});
  if (kUser) {
    documented.insert({"SendARP", "GetIpNetTable", "CreateIpNetEntry", "SetIpNetEntry", "DeleteIpNetEntry",
                       "FlushIpNetTable", "CreateProxyArpEntry", "DeleteProxyArpEntry", "GetAdaptersAddresses",
                       "GetBestInterface", "GetBestInterfaceEx", "WSAStartup", "WSACleanup", "FormatMessageA",
                       "LocalFree"});
  } else {
    documented.insert("DbgPrint");
  }
  std::set<std::string> exported;
  std::istringstream symbols(test::must_run("nm -D --defined-only --format=posix '" + path() + "'").out);
  for (std::string name, kind, rest; symbols >> name >> kind && std::getline(symbols, rest);) {
    if (kind == "A") continue;  // the name of the version itself
    exported.insert(name.substr(0, name.find('@')));
  }
  EXPECT_EQ(exported, documented);
}

class StackChoice : public ApiTest {
 protected:
  /// What a fresh process answers to GetIpNetTable2(AF_INET) and CreateIpNetEntry2, as numbers.
  std::pair<std::uint32_t, std::uint32_t> ask_process(const std::string& environment) {
    const std::string command =
        environment + " '" NEIGH_STACK_PROBE "' " + std::to_string(link().index) + " " + kFree4 + " " + kMac;
    std::istringstream out(test::must_run(command).out);
    std::pair<std::uint32_t, std::uint32_t> answers{0xEEEE, 0xEEEE};
    out >> answers.first >> answers.second;
    return answers;
  }
  static std::uint32_t number(Expected expected) { return static_cast<std::uint32_t>(code(expected)); }
};

TEST_F(StackChoice, KernelIsTheDefault) {
  NEIGH_CITES("LIB-31");
  home().put(link(), {.address = "192.0.2.51", .link_address = kMac});
  for (const std::string environment : {"env -u NEIGH_STACK", "NEIGH_STACK=", "NEIGH_STACK=kernel"}) {
    const auto [table, create] = ask_process(environment);
    EXPECT_EQ(table, number(Expected::kSuccess)) << environment;
    EXPECT_EQ(create, number(Expected::kSuccess)) << environment;
    EXPECT_EQ(home().find(link(), kFree4).value_or(IpNeigh{}).lladdr, kMac) << environment;
    const MIB_IPNET_ROW2 row = key_row(link(), kFree4);
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kSuccess));
  }
}

// Whatever is named there, the kernel's table is not what the caller gets by mistake.
TEST_F(StackChoice, AnotherOneIsNeverTheKernels) {
  NEIGH_CITES("LIB-31");
  home().put(link(), {.address = "192.0.2.51", .link_address = kMac});
  const auto before = content();
  for (const std::string name : {"embedded", "Kernel", "no-such-stack"}) {
    const auto [table, create] = ask_process("NEIGH_STACK=" + name);
    EXPECT_NE(table, number(Expected::kSuccess)) << name;
    if (name != "embedded") {
      EXPECT_EQ(table, number(Expected::kNotSupported)) << name;
      EXPECT_EQ(create, number(Expected::kNotSupported)) << name;
    }
    EXPECT_EQ(content(), before) << name;
  }
}

TEST_F(StackChoice, ScopeOfAThreadAndOfTheProcess) {
  NEIGH_CITES("LIB-31");
  auto outer = std::make_shared<FakeTable>();
  auto inner = std::make_shared<FakeTable>();
  auto whole = std::make_shared<FakeTable>();
  outer->failure = Error{.code = Errc::kTableFull};
  inner->failure = Error{.code = Errc::kNoMemory};
  whole->failure = Error{.code = Errc::kUnreachable};
  for (const auto& table : {outer, inner, whole}) table->links[0].index = static_cast<InterfaceIndex>(link().index);
  const MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
  const auto before = content();
  {
    const StackScope first(outer);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kTableFull));
    {
      const StackScope second(inner);
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNoMemory));
      set_current_stack(whole);
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNoMemory));
      std::thread([&] { EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kUnreachable)); }).join();
    }
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kTableFull));
  }
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kUnreachable));
  set_current_stack(nullptr);
  EXPECT_EQ(content(), before);
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
  EXPECT_TRUE(home().find(link(), kFree4));
}

/// The kernel gives loopback neighbors an address of zeros, which is none.
TEST_F(Process, ALoopbackNeighborHasNoLinkAddressInAnyCall) {
  NEIGH_CITES("M-06");
  const Link lo = home().loopback();
  test::must_run("ip neigh replace 2001:db8::77 lladdr 00:00:00:00:00:00 dev lo nud permanent");
  MIB_IPNET_ROW2 row = key_row(lo, "2001:db8::77");
  ASSERT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
  EXPECT_EQ(row.PhysicalAddressLength, 0U);
  MIB_IPNET_TABLE2* table = nullptr;
  ASSERT_THAT(GetIpNetTable2(AF_INET6, &table), Gives(Expected::kSuccess));
  std::size_t found = 0;
  for (ULONG i = 0; i < table->NumEntries; ++i) {
    if (table->Table[i].InterfaceIndex != lo.index) continue;
    ++found;
    EXPECT_EQ(table->Table[i].PhysicalAddressLength, 0U);
    EXPECT_EQ(table->Table[i].InterfaceLuid.Info.IfType, kLoopbackType);
  }
  FreeMibTable(table);
  EXPECT_GE(found, 1U);
}

}  // namespace
}  // namespace neigh::conformance
