// SPDX-License-Identifier: Apache-2.0
// A kernel that answers with the input's bytes: the calls of the kernel's table end, with a result that can be or
// with an error, and leave no descriptor behind: all but `watch`, which listens to the kernel itself, and what asks the
// wire (`ask`, `announce`). All answers are in the socket before the call is made, and the socket
// ends behind them, so that nothing waits.
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "fuzz.hpp"
#include "rtnl/kernel_table.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 4096;

namespace {

constexpr auto kInterface = static_cast<InterfaceIndex>(0x70000007);

/// One datagram of messages, most of them with the sequence number that is waited for.
Bytes datagram(Input& in) {
  constexpr std::array<std::uint16_t, 10> kTypes = {RTM_NEWNEIGH,  RTM_NEWNEIGH, NLMSG_DONE,      NLMSG_ERROR,
                                                    RTM_NEWLINK,   RTM_NEWADDR,  RTM_NEWNEIGHTBL, RTM_DELNEIGH,
                                                    NLMSG_OVERRUN, NLMSG_NOOP};
  Bytes out;
  for (std::size_t count = 1 + in.below(4); count > 0; --count) {
    nlmsghdr header{};
    const std::uint8_t choice = in.byte();
    header.nlmsg_type = (choice & 0xf0U) == 0xf0U ? in.u16() : kTypes[choice % kTypes.size()];
    const std::uint8_t more = in.byte();
    header.nlmsg_flags = static_cast<std::uint16_t>((more & 1U) != 0 ? NLM_F_MULTI : 0);
    if ((more & 2U) != 0) header.nlmsg_flags |= NLM_F_DUMP_INTR;
    if ((more & 4U) != 0) header.nlmsg_flags |= NLM_F_ACK_TLVS;
    header.nlmsg_seq = (more & 0xc0U) == 0xc0U ? in.u16() : 1U + (more >> 3U & 7U);
    const Bytes payload = in.piece();
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + payload.size());
    if ((choice & 0xf0U) == 0xe0U) header.nlmsg_len = in.u16();  // a length that lies
    Bytes head(sizeof header);
    std::memcpy(head.data(), &header, sizeof header);
    out.insert(out.end(), head.begin(), head.end());
    out.insert(out.end(), payload.begin(), payload.end());
    out.resize((out.size() + 3) / 4 * 4);
  }
  return out;
}

Result<rtnl::Channel> open_channel(Input& in, int& opened) {
  if (++opened > 6) return Error{.code = Errc::kSystem, .sys_errno = EMFILE};
  std::array<int, 2> ends{};
  require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0, "socketpair");
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  for (std::size_t count = in.below(6); count > 0; --count) {
    const Bytes bytes = datagram(in);
    (void)!::send(theirs.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  return rtnl::Channel(rtnl::Socket::adopt(std::move(ours)), std::chrono::milliseconds(10));
}

template <class T>
void judge(const Result<T>& result) {
  if (result) return;
  const auto code = static_cast<unsigned>(result.error().code);
  require(code >= 1 && code <= static_cast<unsigned>(Errc::kSystem), "an error has a code");
  require(!result.error().message().empty(), "and words");
  require(result.error().detail.size() < 2048, "not endless ones");
}

void judge_rows(const Result<std::vector<Neighbor>>& rows, const ListFilter& filter) {
  judge(rows);
  if (!rows) return;
  for (const Neighbor& row : *rows) {
    require(filter.matches(row), "a list holds what the filter means");
    require(row.link_address.size() <= LinkAddress::kMaxSize, "and nothing longer than fits");
  }
}

/// Up to three datagrams of questions.
std::vector<NeighborKey> keys_of(Input& in, const Neighbor& entry) {
  return std::vector<NeighborKey>(1 + 2 * in.below(256), entry.key());
}

void call(NeighborTable& table, Input& in) {
  Neighbor entry{.address = in.flag() ? IpAddress::v4(192, 0, 2, in.byte()) : IpAddress::v6({0xfe, 0x80, in.byte()}),
                 .interface = kInterface,
                 .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 1})};
  ListFilter filter;
  filter.family = in.flag() ? Family::kIpv4 : Family::kUnspecified;
  filter.interface = in.flag() ? kInterface : InterfaceIndex::kNone;
  filter.proxies = in.byte() % 8 == 0;
  HostNetwork& host = *table.host();
  switch (in.below(19)) {
    case 0:
      return judge(table.create(entry));
    case 1:
      return judge(table.set(entry));
    case 2:
      return judge(table.replace(entry));
    case 3:
      return judge(table.remove(entry.key()));
    case 4: {
      const auto got = table.get(entry.key());
      judge(got);
      return;
    }
    case 5:
      return judge_rows(table.list(filter), filter);
    case 6:
      return judge(table.flush(filter));
    case 7:
    case 8: {
      const std::vector<Neighbor> many(1 + in.below(40), entry);
      const auto on_error = static_cast<OnError>(in.below(3));
      const auto report = table.apply(static_cast<Operation>(in.below(4)), many, on_error);
      judge(report);
      if (!report) return;
      require(report->failures.size() + report->not_tried.size() <= many.size(), "no position fails twice");
      require(report->applied + report->failures.size() + report->not_tried.size() == many.size() ||
                  on_error == OnError::kRollBack,
              "each entry was applied, failed or was not tried");
      for (const auto& failure : report->failures) require(failure.position < many.size(), "positions are ours");
      return;
    }
    case 9:
      return judge(table.interfaces());
    case 10:
      return judge(table.find_interface(kInterface));
    case 11:
      return judge(table.find_interface("eth7"));
    case 12:
      return judge(table.own_addresses(filter.interface));
    case 13:
      return judge(table.limits());
    case 14:
      return judge(table.touch(keys_of(in, entry)));
    case 15:
      return judge(host.links());
    case 16:
      return judge(host.addresses(Family::kUnspecified));
    case 17:
      return judge(table.has_family(entry.address.family()));
    default:
      judge(host.routes(Family::kUnspecified));
      return judge(host.best_route(entry.address, {}, InterfaceIndex::kNone));
  }
}

/// The number that the next descriptor gets.
int lowest_free() {
  const int fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  ::close(fd);
  return fd;
}

}  // namespace

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  const int before = lowest_free();
  {
    int opened = 0;
    rtnl::KernelTable table(std::make_shared<rtnl::ChannelPool>(
        NamespaceBinding::kOpener, [&]() -> Result<rtnl::Channel> { return open_channel(in, opened); }));
    for (std::size_t count = 1 + in.below(3); count > 0; --count) call(table, in);
  }
  require(lowest_free() == before, "no descriptor is left");
}

}  // namespace neigh::fuzz
