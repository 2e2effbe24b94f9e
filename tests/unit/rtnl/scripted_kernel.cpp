// SPDX-License-Identifier: Apache-2.0
#include "unit/rtnl/scripted_kernel.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>

#include "rtnl/message.hpp"

namespace neigh::rtnl::test {
namespace {

/// Stands in `Answers` for the end of the socket.
const Bytes kCloseSocket = {};

std::vector<Request> split(const Bytes& datagram) {
  std::vector<Request> requests;
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= datagram.size();) {
    nlmsghdr header;
    std::memcpy(&header, datagram.data() + at, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size() - at) {
      ADD_FAILURE() << "a request with the length " << header.nlmsg_len;
      break;
    }
    const auto begin = datagram.begin() + static_cast<std::ptrdiff_t>(at);
    requests.push_back({.type = header.nlmsg_type,
                        .flags = header.nlmsg_flags,
                        .sequence = header.nlmsg_seq,
                        .payload = Bytes(begin + sizeof header, begin + header.nlmsg_len)});
    at += (header.nlmsg_len + 3U) & ~3U;
  }
  return requests;
}

/// The request's neighbor, read by the code under test: that it reads rightly is proved elsewhere.
Neighbor neighbor_of(const Request& request) {
  Neighbor neighbor;
  const auto parsed = parse_neighbor(*ExactMessage(message({.type = RTM_NEWNEIGH}, request.payload)), neighbor);
  return parsed && *parsed ? neighbor : Neighbor{};
}

std::uint16_t state_bits(NudState state) {
  constexpr std::uint16_t kBits[] = {NUD_NONE,  NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE,     NUD_DELAY,
                                     NUD_PROBE, NUD_FAILED,     NUD_NOARP,     NUD_PERMANENT, NUD_FAILED};
  return kBits[static_cast<std::size_t>(state)];
}

}  // namespace

bool KernelModel::known(InterfaceIndex index) const {
  return (to_number(index) == kEthernet && ethernet_there) || to_number(index) == kTunnel;
}

Bytes KernelModel::verdict(const Request& request, int number, const std::string& text_of_it) const {
  const auto flags = static_cast<std::uint16_t>(NLM_F_CAPPED | (text_of_it.empty() ? 0 : NLM_F_ACK_TLVS));
  Bytes payload = raw(std::int32_t{-number}) + raw(std::uint32_t{16}) + raw(request.type) + raw(request.flags) +
                  raw(request.sequence) + raw(std::uint32_t{0});
  if (!text_of_it.empty()) payload = payload + attribute(NLMSGERR_ATTR_MSG, text(text_of_it));
  return message({.type = NLMSG_ERROR, .flags = flags, .sequence = request.sequence, .port_id = port_id}, payload);
}

Bytes KernelModel::row(const Request& request, const Neighbor& neighbor) const {
  const auto address = neighbor.address.bytes();
  const auto link = neighbor.link_address.bytes();
  Bytes payload =
      raw(ndmsg{.ndm_family = static_cast<std::uint8_t>(neighbor.address.is_v4() ? AF_INET : AF_INET6),
                .ndm_ifindex = static_cast<int>(to_number(neighbor.interface)),
                .ndm_state = state_bits(neighbor.state),
                .ndm_flags = static_cast<std::uint8_t>(neighbor.flags.has(NeighborFlag::kProxy) ? NTF_PROXY : 0)}) +
      attribute(NDA_DST, Bytes(address.begin(), address.end()));
  if (!link.empty()) payload = payload + attribute(NDA_LLADDR, Bytes(link.begin(), link.end()));
  const auto flags = static_cast<std::uint16_t>((request.flags & NLM_F_DUMP) != 0 ? NLM_F_MULTI : 0);
  return message({.type = RTM_NEWNEIGH, .flags = flags, .sequence = request.sequence, .port_id = port_id}, payload);
}

Answers KernelModel::dump(const Request& request, const std::vector<Bytes>& rows) {
  Answers answers;
  for (std::size_t at = 0; at < rows.size(); at += rows_per_datagram) {
    Bytes datagram;
    for (std::size_t i = at; i < std::min(at + rows_per_datagram, rows.size()); ++i) datagram = datagram + rows[i];
    answers.push_back(datagram);
  }
  answers.push_back(
      message({.type = NLMSG_DONE, .flags = NLM_F_MULTI, .sequence = request.sequence, .port_id = port_id},
              raw(std::int32_t{0})));
  return answers;
}

Answers KernelModel::get_neighbors(const Request& request) {
  if ((request.flags & NLM_F_DUMP) != 0) {
    ndmsg head{};
    std::memcpy(&head, request.payload.data(), std::min(sizeof head, request.payload.size()));
    std::vector<Bytes> rows;
    for (const auto& [key, neighbor] : table_) {
      const bool same_family = head.ndm_family == AF_UNSPEC || (head.ndm_family == AF_INET) == key.address.is_v4();
      if (same_family && key.proxy == ((head.ndm_flags & NTF_PROXY) != 0)) rows.push_back(row(request, neighbor));
    }
    return dump(request, rows);
  }
  const NeighborKey key = neighbor_of(request).key();
  if (!known(key.interface)) return {verdict(request, ENODEV, "Unknown device ifindex")};
  const auto found = table_.find(key);
  if (found == table_.end()) return {verdict(request, ENOENT, "Neighbour entry not found")};
  return {row(request, found->second)};
}

Answers KernelModel::get_links(const Request& request) {
  ifinfomsg wanted{};
  std::memcpy(&wanted, request.payload.data(), std::min(sizeof wanted, request.payload.size()));
  std::vector<Bytes> rows;
  for (const std::uint32_t index : {kEthernet, kTunnel}) {
    if (wanted.ifi_index != 0 && static_cast<std::uint32_t>(wanted.ifi_index) != index) continue;
    if (!known(InterfaceIndex{index})) continue;
    Bytes payload =
        raw(ifinfomsg{.ifi_family = AF_UNSPEC,
                      .ifi_type = static_cast<std::uint16_t>(index == kEthernet ? ethernet_type : ARPHRD_NONE),
                      .ifi_index = static_cast<int>(index),
                      .ifi_flags = IFF_UP | IFF_RUNNING}) +
        attribute(IFLA_IFNAME, text(index == kEthernet ? "eth7" : "tun8")) +
        attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, text("veth")));
    if (ipv6) payload = payload + attribute(IFLA_AF_SPEC, attribute(AF_INET6, {}));
    if (index == kEthernet) payload = payload + attribute(IFLA_ADDRESS, {2, 0, 0, 0, 0, 7});
    rows.push_back(message({.type = RTM_NEWLINK, .sequence = request.sequence, .port_id = port_id}, payload));
  }
  if ((request.flags & NLM_F_DUMP) == NLM_F_DUMP) return dump(request, rows);
  if (rows.empty()) return {verdict(request, ENODEV)};
  return {rows.front()};
}

/// RTN-001 to RTN-045; an ack only where it is asked for.
Bytes KernelModel::write(const Request& request) {
  const Neighbor wanted = neighbor_of(request);
  const NeighborKey key = wanted.key();
  int number = 0;
  std::string why;
  const auto found = table_.find(key);
  if (refuse_writes != 0) {
    number = refuse_writes;
  } else if (!known(key.interface)) {
    number = ENODEV;
  } else if (request.type == RTM_DELNEIGH) {
    number = found == table_.end() ? ENOENT : 0;
    if (number == 0) table_.erase(found);
  } else if (!wanted.link_address.empty() && wanted.link_address.size() < 6 && to_number(key.interface) == kEthernet) {
    number = EINVAL;
    why = "Invalid link address";
  } else if (key.address.is_v6() && !ipv6 && !key.proxy) {
    number = EINVAL;
    why = "IPv6 is disabled on this device";
  } else if (found == table_.end() && (request.flags & NLM_F_CREATE) == 0 && !key.proxy) {
    number = ENOENT;
  } else if (found != table_.end() && (request.flags & NLM_F_EXCL) != 0 && !key.proxy) {
    number = EEXIST;
  } else {
    table_[key] = wanted;
  }
  return number != 0 || (request.flags & NLM_F_ACK) != 0 ? verdict(request, number, why) : Bytes{};
}

Answers KernelModel::answer(const std::vector<Request>& requests) {
  Answers answers;
  for (const Request& request : requests) {
    switch (request.type) {
      case RTM_NEWNEIGH:
      case RTM_DELNEIGH:
        if (Bytes one = write(request); !one.empty()) answers.push_back(std::move(one));
        break;
      case RTM_GETNEIGH:
      case RTM_GETLINK: {
        Answers some = request.type == RTM_GETNEIGH ? get_neighbors(request) : get_links(request);
        answers.insert(answers.end(), some.begin(), some.end());
        break;
      }
      default: {
        Answers some = dump(request, {});
        answers.insert(answers.end(), some.begin(), some.end());
        break;
      }
    }
  }
  return answers;
}

Channel ScriptedKernel::open(Fault fault, const Options& options) {
  std::array<int, 2> ends{};
  // Keeps the boundaries of messages, as netlink does, and tells when the other end is closed.
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) ADD_FAILURE() << "socketpair";
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);  // only the channel's
  UniqueFd ours(ends[1]);
  Channel channel(Socket::adopt(UniqueFd(ends[0]), options.port_id), options.limit);
  const std::scoped_lock lock(mutex_);
  if (options.port_id != 0) model_.port_id = options.port_id;
  threads_.emplace_back([this, fd = std::make_shared<UniqueFd>(std::move(ours)), fault = std::move(fault)] {
    serve(fd->get(), fault);
    fd->reset();
  });
  return channel;
}

void ScriptedKernel::serve(int fd, const Fault& fault) {
  Bytes buffer(1U << 20U);
  for (std::size_t count = 0;; ++count) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    const auto requests = split(Bytes(buffer.begin(), buffer.begin() + got));
    Answers answers;
    {
      const std::scoped_lock lock(mutex_);
      answers = model_.answer(requests);
    }
    if (fault) answers = fault(count, requests, std::move(answers));
    for (const Bytes& datagram : answers) {
      if (datagram == kCloseSocket) return;
      if (::send(fd, datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0) return;
    }
  }
}

std::shared_ptr<ChannelPool> ScriptedKernel::pool(Fault first, const Options& options) {
  auto used = std::make_shared<std::atomic<bool>>(false);
  return std::make_shared<ChannelPool>(NamespaceBinding::kOpener,
                                       [this, used, first = std::move(first), options]() -> Result<Channel> {
                                         if (used->exchange(true)) return open();
                                         return open(first, options);
                                       });
}

void ScriptedKernel::with_model(const std::function<void(KernelModel&)>& use) {
  const std::scoped_lock lock(mutex_);
  use(model_);
}

std::size_t ScriptedKernel::opened() const {
  const std::scoped_lock lock(mutex_);
  return threads_.size();
}

void ScriptedKernel::join() {
  std::vector<std::thread> threads;
  {
    const std::scoped_lock lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

ScriptedKernel::~ScriptedKernel() { join(); }

Fault close_socket() {
  return [](std::size_t, const std::vector<Request>&, const Answers&) { return Answers{kCloseSocket}; };
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace neigh::rtnl::test
