// SPDX-License-Identifier: Apache-2.0
// One question to the kernel's routing table.
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <span>

#include "home.hpp"

namespace neigh::ctl {

namespace {

class Socket {
 public:
  Socket() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

using Message = std::array<char, 8192>;

// The request; its length.
std::size_t ask_for(const IpAddress& address, Message& message) {
  const auto bytes = address.bytes();
  nlmsghdr header{};
  rtmsg route{};
  rtattr attribute{};
  attribute.rta_type = RTA_DST;
  attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(bytes.size()));
  header.nlmsg_type = RTM_GETROUTE;
  header.nlmsg_flags = NLM_F_REQUEST;
  header.nlmsg_seq = 1;
  header.nlmsg_len = static_cast<__u32>(NLMSG_LENGTH(sizeof route) + RTA_SPACE(bytes.size()));
  route.rtm_family = address.is_v4() ? AF_INET : AF_INET6;
  route.rtm_dst_len = static_cast<unsigned char>(bytes.size() * 8);
  std::memcpy(message.data(), &header, sizeof header);
  std::memcpy(message.data() + NLMSG_HDRLEN, &route, sizeof route);
  char* const at = message.data() + NLMSG_SPACE(sizeof route);
  std::memcpy(at, &attribute, sizeof attribute);
  std::memcpy(at + RTA_LENGTH(0), bytes.data(), bytes.size());
  return header.nlmsg_len;
}

std::optional<Route> read_answer(std::span<const char> answer) {
  nlmsghdr header{};
  rtmsg route{};
  if (answer.size() < NLMSG_SPACE(sizeof route)) return std::nullopt;
  std::memcpy(&header, answer.data(), sizeof header);
  if (header.nlmsg_type != RTM_NEWROUTE || header.nlmsg_len > answer.size()) return std::nullopt;
  std::memcpy(&route, answer.data() + NLMSG_HDRLEN, sizeof route);
  const bool broadcast = route.rtm_type == RTN_BROADCAST;
  if (route.rtm_type != RTN_UNICAST && route.rtm_type != RTN_LOCAL && !broadcast) return std::nullopt;
  Route found;
  found.broadcast = broadcast;
  for (std::size_t at = NLMSG_SPACE(sizeof route); at + sizeof(rtattr) <= header.nlmsg_len;) {
    rtattr attribute{};
    std::memcpy(&attribute, answer.data() + at, sizeof attribute);
    if (attribute.rta_len < RTA_LENGTH(0) || at + attribute.rta_len > header.nlmsg_len) break;
    const std::size_t size = attribute.rta_len - RTA_LENGTH(0);
    const char* const value = answer.data() + at + RTA_LENGTH(0);
    const auto address_at = [&](std::size_t skip) -> std::optional<IpAddress> {
      std::array<std::uint8_t, 16> bytes{};
      if (size < skip || size - skip > bytes.size()) return std::nullopt;
      std::memcpy(bytes.data(), value + skip, size - skip);
      const auto address = IpAddress::from_bytes({bytes.data(), size - skip});
      return address ? std::optional(*address) : std::nullopt;
    };
    if (attribute.rta_type == RTA_OIF && size == sizeof(std::uint32_t)) {
      std::uint32_t index = 0;
      std::memcpy(&index, value, sizeof index);
      found.interface = static_cast<InterfaceIndex>(index);
    } else if (attribute.rta_type == RTA_GATEWAY) {
      found.gateway = address_at(0);
    } else if (attribute.rta_type == RTA_VIA) {
      found.gateway = address_at(sizeof(rtvia));  // an IPv6 gateway of an IPv4 route
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  if (found.interface == InterfaceIndex::kNone) return std::nullopt;
  return found;
}

}  // namespace

std::optional<Route> kernel_route(const IpAddress& address) {
  const Socket socket;
  Message message{};
  const std::size_t size = ask_for(address, message);
  if (socket.get() < 0 || ::send(socket.get(), message.data(), size, 0) != static_cast<ssize_t>(size)) {
    return std::nullopt;
  }
  const ssize_t got = ::recv(socket.get(), message.data(), message.size(), 0);
  if (got < 0) return std::nullopt;
  return read_answer({message.data(), static_cast<std::size_t>(got)});
}

}  // namespace neigh::ctl
