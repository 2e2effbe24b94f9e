// SPDX-License-Identifier: Apache-2.0
// The table's descriptors: none left behind, none shared, and none believed in that the program has closed.
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.hpp"
#include "netns/rtnl/fixture.hpp"

namespace neigh::test {
namespace {

using namespace std::chrono_literals;

class Descriptors : public KernelHosts {};

TEST_F(Descriptors, CallsLeaveNoDescriptorsAndAllAreCloseOnExec) {
  NEIGH_CITES("LIB-29");
  (void)table_->get(key("192.0.2.9"));
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    (void)table_->create(neighbor("192.0.2.9"));
    (void)table_->create(neighbor("192.0.2.9", "02"));
    (void)table_->list();
    (void)table_->flush({});
    (void)table_->resolve(key("192.0.2.9"), {.timeout = 1ms});
    (void)table_->resolve(key("192.0.2.2"), {.source = ip("192.0.2.1"), .ask_again = true});
    (void)table_->interfaces();
    EXPECT_TRUE((*table_->watch())->process([](const WatchEvent&) {}));
  }
  EXPECT_EQ(open_descriptors(), before);
  const auto watch = table_->watch();
  ASSERT_TRUE(watch);
  std::size_t looked_at = 0;
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(one.path(), error).string();
    if (!target.starts_with("socket:") && !target.starts_with("anon_inode:")) continue;
    ++looked_at;
    EXPECT_EQ(::fcntl(std::stoi(one.path().filename()), F_GETFD), FD_CLOEXEC) << target;
  }
  EXPECT_GE(looked_at, 4U) << "the table's socket, the watch's, and what it waits with";
  {
    const auto other = open_table();
    EXPECT_GT(open_descriptors(), before);
  }
}

TEST_F(Descriptors, AProgramMayCloseAllDescriptorsBetweenCalls) {
  EXPECT_EQ(run_forked([&] {
              for (int round = 0; round < 3; ++round) {
                EXPECT_TRUE(table_->replace(neighbor("192.0.2.9")));
                EXPECT_TRUE(table_->get(key("192.0.2.9")));
                for (int fd = 3; fd < 1024; ++fd) ::close(fd);
              }
              EXPECT_TRUE(table_->list());
              return 0;
            }),
            0);
}

/// Descriptors of this process that are netlink sockets.
std::vector<int> netlink_sockets() {
  std::vector<int> found;
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_nl local{};
    socklen_t size = sizeof local;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0 && local.nl_family == AF_NETLINK) {
      found.push_back(fd);
    }
  }
  return found;
}

/// A connected pair over loopback.
std::array<UniqueFd, 2> inet_pair(int family, int type) {
  UniqueFd listener(::socket(family, type | SOCK_CLOEXEC, 0));
  UniqueFd client(::socket(family, type | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  address.ss_family = static_cast<sa_family_t>(family);
  socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (family == AF_INET6) static_cast<sockaddr_in6*>(static_cast<void*>(&address))->sin6_addr = in6addr_loopback;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), name, size), 0);
  EXPECT_EQ(type == SOCK_STREAM ? ::listen(listener.get(), 1) : 0, 0);
  EXPECT_EQ(::getsockname(listener.get(), name, &size), 0);
  EXPECT_EQ(::connect(client.get(), name, size), 0);
  if (type == SOCK_DGRAM) return {std::move(client), std::move(listener)};
  UniqueFd server(::accept(listener.get(), nullptr, nullptr));
  return {std::move(client), std::move(server)};
}

std::array<UniqueFd, 2> unix_pair(int type) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::array<UniqueFd, 2> pipe_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {UniqueFd(ends[1]), UniqueFd(ends[0])};
}

// Between two calls within one tick of the clock, where the number is not looked at anew.
TEST_F(Descriptors, ARequestReachesNobodyWhoHasGotTheNumberOfAClosedDescriptor) {
  ASSERT_TRUE(table_->replace(neighbor("192.0.2.9")));
  const auto check = [&](std::string_view what, const std::array<UniqueFd, 2>& pair) {
    SCOPED_TRACE(what);
    for (int round = 0; round < 50; ++round) {
      ASSERT_TRUE(table_->get(key("192.0.2.9")));
      const auto ours = netlink_sockets();
      ASSERT_FALSE(ours.empty());
      ASSERT_TRUE(table_->get(key("192.0.2.9")));
      for (const int fd : ours) ASSERT_EQ(::dup2(pair[0].get(), fd), fd);
      const auto again = round % 2 == 0 ? table_->get(key("192.0.2.9")).has_value()
                                        : table_->replace(neighbor("192.0.2.9")).has_value();
      EXPECT_TRUE(again);
      for (const int fd : ours) EXPECT_EQ(::close(fd), 0) << "the table has closed what was not its own";
      pollfd peer{pair[1].get(), POLLIN, 0};
      ASSERT_EQ(::poll(&peer, 1, 0), 0) << "the peer of somebody's socket got our request";
    }
  };
  check("TCP", inet_pair(AF_INET, SOCK_STREAM));
  check("TCP over IPv6", inet_pair(AF_INET6, SOCK_STREAM));
  check("UDP", inet_pair(AF_INET, SOCK_DGRAM));
  check("UDP over IPv6", inet_pair(AF_INET6, SOCK_DGRAM));
  check("UNIX stream", unix_pair(SOCK_STREAM));
  check("UNIX datagram", unix_pair(SOCK_DGRAM));
  check("pipe", pipe_pair());
}

}  // namespace
}  // namespace neigh::test
