// SPDX-License-Identifier: Apache-2.0
#include "rtnl/nudge.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "rtnl/errors.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

constexpr std::uint16_t kDiscardPort = 9;  // RFC 863

/// The pieces of one sendmsg, for either family.
struct Packet {
  sockaddr_storage to{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> control{};
  msghdr header{};
};

template <class Info>
void put_control(Packet& packet, int level, int type, const Info& info) {
  packet.header.msg_control = packet.control.data();
  packet.header.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* control = CMSG_FIRSTHDR(&packet.header);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(control), &info, sizeof info);
}

template <class Address>
void put_destination(Packet& packet, const Address& address) {
  std::memcpy(&packet.to, &address, sizeof address);
  packet.header.msg_name = &packet.to;
  packet.header.msg_namelen = sizeof address;
}

void address_v4(Packet& packet, const NeighborKey& key, const std::optional<IpAddress>& source) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(kDiscardPort);
  std::memcpy(&to.sin_addr, key.address.bytes().data(), sizeof to.sin_addr);
  in_pktinfo info{};
  info.ipi_ifindex = static_cast<int>(to_number(key.interface));
  if (source) std::memcpy(&info.ipi_spec_dst, source->bytes().data(), sizeof info.ipi_spec_dst);
  put_destination(packet, to);
  put_control(packet, IPPROTO_IP, IP_PKTINFO, info);
}

void address_v6(Packet& packet, const NeighborKey& key, const std::optional<IpAddress>& source) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(kDiscardPort);
  std::memcpy(&to.sin6_addr, key.address.bytes().data(), sizeof to.sin6_addr);
  if (key.address.is_link_local()) to.sin6_scope_id = to_number(key.interface);
  in6_pktinfo info{};
  info.ipi6_ifindex = to_number(key.interface);
  if (source) std::memcpy(&info.ipi6_addr, source->bytes().data(), sizeof info.ipi6_addr);
  put_destination(packet, to);
  put_control(packet, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

Error send_failed(int number) {
  switch (number) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
      return {.code = Errc::kUnreachable, .sys_errno = number, .detail = "no way to that address on that interface"};
    case ENODEV:
    case ENXIO:
      return {.code = Errc::kNoSuchInterface, .sys_errno = number, .field = "interface"};
    default:
      return system_error("sendmsg(discard port)", number);
  }
}

}  // namespace

Result<void> nudge_by_request(Channel& channel, const NeighborKey& key, bool exclusive) {
  alignas(4) std::array<std::uint8_t, kMaxRequest> request;
  const std::uint32_t sequence = channel.reserve_sequences(1);
  const auto flags = static_cast<std::uint16_t>(NLM_F_CREATE | NLM_F_ACK | (exclusive ? NLM_F_EXCL : 0));
  const std::size_t size =
      write_neighbor_request(request.data(), RTM_NEWNEIGH, flags, sequence,
                             Neighbor{.address = key.address, .interface = key.interface}, /*use=*/true);
  std::optional<Error> refusal;
  auto sent = channel.transmit(std::span(request).first(size), sequence, 1, [&](const Channel::Answer& answer) {
    refusal = refused(answer.verdict.number, answer.verdict.text);
  });
  if (!sent) return sent;
  if (refusal) return std::move(*refusal);
  return {};
}

Result<int> DatagramNudge::socket_for(Family family) {
  UniqueFd& fd = family == Family::kIpv4 ? v4_ : v6_;
  if (!fd) {
    auto opened = pool_.open_in_namespace<UniqueFd>([&]() -> Result<UniqueFd> {
      UniqueFd made(
          ::socket(family == Family::kIpv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (!made) return system_error("socket(SOCK_DGRAM)", errno);
      return made;
    });
    if (!opened) return std::move(opened).error();
    const int on = 1;
    // A directed broadcast address is answered by the kernel from the route; it must not be refused before.
    (void)::setsockopt(opened->get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    fd = std::move(*opened);
  }
  return fd.get();
}

Result<void> DatagramNudge::send(const NeighborKey& key, const std::optional<IpAddress>& source) {
  auto fd = socket_for(key.address.family());
  if (!fd) return std::move(fd).error();
  Packet packet;
  if (key.address.is_v4()) {
    address_v4(packet, key, source);
  } else {
    address_v6(packet, key, source);
  }
  for (;;) {
    // Straight to the link: the neighbor itself is meant, not a router on the way to it (IPv4; IPv6 has no such flag).
    if (::sendmsg(*fd, &packet.header, MSG_DONTROUTE | MSG_NOSIGNAL) >= 0) return {};
    // A full queue means that the kernel has begun; an error of an earlier datagram is reported once.
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return {};
    if (errno == EINTR || errno == ECONNREFUSED) continue;
    return send_failed(errno);
  }
}

}  // namespace neigh::rtnl
