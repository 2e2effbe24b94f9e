// SPDX-License-Identifier: Apache-2.0
#include "link/device.hpp"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace neigh::link {
namespace {

// The kernel answers link requests before send(2) returns, so that nothing here waits.
constexpr std::size_t kReplySize = 65'536;  // a link with many virtual functions
constexpr std::size_t kLinkHeader = NLMSG_HDRLEN + sizeof(ifinfomsg);
constexpr std::size_t kTxDroppedAt = 7 * sizeof(std::uint64_t);  // rtnl_link_stats64::tx_dropped
static_assert(offsetof(rtnl_link_stats64, tx_dropped) == kTxDroppedAt);

Result<UniqueFd> open_netlink(std::uint32_t groups) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return system_error(errno, "netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  sockaddr generic{};
  static_assert(sizeof address <= sizeof generic);
  std::memcpy(&generic, &address, sizeof address);
  if (::bind(fd.get(), &generic, sizeof address) != 0) return system_error(errno, "netlink socket");
  return fd;
}

class Request {
 public:
  Request(std::uint16_t type, std::uint16_t flags, const ifinfomsg& info) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    append(header);
    append(info);
  }
  void attribute(std::uint16_t type, std::span<const std::uint8_t> value) {
    rtattr header{};
    header.rta_type = type;
    header.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(value.size()));
    append(header);
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }
  /// The kernel's answer; its payload, if the answer is not just an acknowledgment.
  [[nodiscard]] Result<std::vector<std::uint8_t>> ask(int fd, std::uint32_t sequence, std::string_view what);

 private:
  template <class T>
  void append(const T& value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  std::vector<std::uint8_t> bytes_;
};

Result<std::vector<std::uint8_t>> Request::ask(int fd, std::uint32_t sequence, std::string_view what) {
  const auto length = static_cast<std::uint32_t>(bytes_.size());
  std::memcpy(bytes_.data(), &length, sizeof length);
  std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
  if (::send(fd, bytes_.data(), bytes_.size(), 0) < 0) return system_error(errno, what);
  std::vector<std::uint8_t> reply(kReplySize);
  for (;;) {
    const ssize_t size = ::recv(fd, reply.data(), reply.size(), MSG_TRUNC);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_error(errno, what);
    if (static_cast<std::size_t>(size) > reply.size()) return Error{.code = Errc::kOverrun, .field = what};
    const ByteView view{std::span<const std::uint8_t>(reply).first(static_cast<std::size_t>(size))};
    const Result<nlmsghdr> header = view.load<nlmsghdr>(0, what);
    if (!header) return header.error();
    if (header->nlmsg_seq != sequence) continue;  // an answer to a request that failed half way
    if (header->nlmsg_type == NLMSG_ERROR) {
      const Result<int> number = view.load<int>(NLMSG_HDRLEN, what);
      if (!number) return number.error();
      if (*number != 0) return system_error(-*number, what);
      return std::vector<std::uint8_t>{};
    }
    reply.resize(std::min<std::size_t>(static_cast<std::size_t>(size), header->nlmsg_len));
    return reply;
  }
}

std::string text_of(ByteView value) {
  const auto bytes = value.span();
  return {bytes.begin(), std::find(bytes.begin(), bytes.end(), std::uint8_t{0})};
}

Result<DeviceState> parse(const std::vector<std::uint8_t>& reply) {
  const ByteView view{std::span(reply)};
  const Result<ifinfomsg> info = view.load<ifinfomsg>(NLMSG_HDRLEN, "link message");
  if (!info) return info.error();
  DeviceState state{.index = static_cast<std::uint32_t>(info->ifi_index),
                    .hardware_type = info->ifi_type,
                    .up = (info->ifi_flags & IFF_UP) != 0,
                    .running = (info->ifi_flags & IFF_RUNNING) != 0};
  for (std::size_t at = kLinkHeader; at < view.size();) {
    const Result<rtattr> header = view.load<rtattr>(at, "link attribute");
    if (!header) return header.error();
    if (header->rta_len < sizeof(rtattr)) {
      return Error{.code = Errc::kMalformed, .offset = static_cast<std::uint32_t>(at), .field = "link attribute"};
    }
    const Result<ByteView> value = view.slice(at + RTA_LENGTH(0), header->rta_len - RTA_LENGTH(0), "link attribute");
    if (!value) return value.error();
    switch (header->rta_type) {
      case IFLA_IFNAME:
        state.name = text_of(*value);
        break;
      case IFLA_ADDRESS:
        if (Result<LinkAddress> address = LinkAddress::from_bytes(value->span())) state.link_address = *address;
        break;
      case IFLA_MTU:
        state.mtu = value->load<std::uint32_t>(0, "mtu").value_or(0U);
        break;
      case IFLA_STATS64:
        state.tx_dropped = value->load<std::uint64_t>(kTxDroppedAt, "statistics").value_or(0U);
        break;
      default:
        break;
    }
    at += RTA_ALIGN(header->rta_len);
  }
  return state;
}

Result<DeviceState> ask_state(int fd, std::uint32_t sequence, std::uint32_t index, const std::string& name) {
  ifinfomsg info{};
  info.ifi_index = static_cast<int>(index);
  Request request(RTM_GETLINK, 0, info);
  if (index == 0) {
    std::vector<std::uint8_t> value(name.begin(), name.end());
    value.push_back(0);
    request.attribute(IFLA_IFNAME, value);
  }
  Result<std::vector<std::uint8_t>> reply = request.ask(fd, sequence, "device");
  if (!reply) {
    Error error = reply.error();
    error.detail = name;
    return error;
  }
  return parse(*reply);
}

}  // namespace

Error system_error(int number, std::string_view field, std::string detail) {
  Errc code = Errc::kSystem;
  if (number == EPERM || number == EACCES) code = Errc::kPermissionDenied;
  if (number == ENODEV || number == ENXIO) code = Errc::kNoSuchInterface;
  if (number == ENOMEM || number == ENOBUFS) code = Errc::kNoMemory;
  return Error{.code = code, .sys_errno = number, .field = field, .detail = std::move(detail)};
}

Result<Device> Device::open(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ || name.find('\0') != std::string::npos) {
    return Error{.code = Errc::kInvalidArgument, .field = "device", .detail = name};
  }
  Result<UniqueFd> requests = open_netlink(0);
  if (!requests) return requests.error();
  Result<UniqueFd> events = open_netlink(RTMGRP_LINK);
  if (!events) return events.error();
  const Result<DeviceState> state = ask_state(requests->get(), 1, 0, name);
  if (!state) return state.error();
  return Device(std::move(*events), std::move(*requests), state->index);
}

Result<DeviceState> Device::read() { return ask_state(requests_.get(), ++sequence_, index_, {}); }

bool Device::drain() {
  bool news = false;
  std::array<std::uint8_t, 1> byte{};
  for (;;) {
    // What happened does not matter: `read` asks how things are.
    if (::recv(events_.get(), byte.data(), byte.size(), MSG_TRUNC) < 0) {
      if (errno == EINTR) continue;
      if (errno != ENOBUFS) return news;
    }
    news = true;
  }
}

Result<void> Device::set_up() {
  ifinfomsg info{};
  info.ifi_index = static_cast<int>(index_);
  info.ifi_flags = IFF_UP;
  info.ifi_change = IFF_UP;
  Request request(RTM_NEWLINK, NLM_F_ACK, info);
  const auto reply = request.ask(requests_.get(), ++sequence_, "bringing the device up");
  return reply ? Result<void>{} : Result<void>{reply.error()};
}

Result<void> Device::set_link_address(const LinkAddress& address) {
  ifinfomsg info{};
  info.ifi_index = static_cast<int>(index_);
  Request request(RTM_NEWLINK, NLM_F_ACK, info);
  request.attribute(IFLA_ADDRESS, address.bytes());
  const auto reply = request.ask(requests_.get(), ++sequence_, "link-layer address of the device");
  return reply ? Result<void>{} : Result<void>{reply.error()};
}

}  // namespace neigh::link
