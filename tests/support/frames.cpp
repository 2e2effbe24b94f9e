// SPDX-License-Identifier: Apache-2.0
#include "support/frames.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "support/netns.hpp"
#include "support/process.hpp"

namespace neigh::test {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

constexpr std::size_t kLargestFrame = 65536;  // more than any device's MTU in these tests
constexpr std::size_t kBothAddresses = 12;

}  // namespace

std::string to_hex(std::span<const std::byte> frame) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : frame) {
    text += kHex[std::to_integer<std::size_t>(byte) >> 4];
    text += kHex[std::to_integer<std::size_t>(byte) & 15];
  }
  return text;
}

std::uint16_t ether_type(std::span<const std::byte> frame) {
  if (frame.size() < ETH_HLEN) return 0;
  return static_cast<std::uint16_t>((std::to_integer<unsigned>(frame[12]) << 8) | std::to_integer<unsigned>(frame[13]));
}

void FramePort::send(std::span<const std::byte> frame) {
  ssize_t n = -1;
  do {
    n = write(fd_.get(), frame.data(), frame.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) fail("sending a frame");
  if (static_cast<std::size_t>(n) != frame.size()) throw std::runtime_error("a frame was sent in part");
}

std::optional<Frame> FramePort::take() {
  Frame frame(kLargestFrame);
  ssize_t n = -1;
  do {
    n = read(fd_.get(), frame.data(), frame.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
  if (n < 0) fail("receiving a frame");
  frame.resize(static_cast<std::size_t>(n));
  return frame;
}

std::optional<Frame> FramePort::receive(std::chrono::milliseconds within) {
  return receive_if([](std::span<const std::byte>) { return true; }, within);
}

std::optional<Frame> FramePort::receive_if(const std::function<bool(std::span<const std::byte>)>& wanted,
                                           std::chrono::milliseconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  for (;;) {
    while (std::optional<Frame> frame = take()) {
      if (wanted(*frame)) return frame;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd poll_one{fd_.get(), POLLIN, 0};
    if (poll(&poll_one, 1, static_cast<int>(left)) < 0 && errno != EINTR) fail("poll for frames");
  }
}

std::vector<Frame> FramePort::drain() {
  std::vector<Frame> frames;
  while (std::optional<Frame> frame = take()) frames.push_back(std::move(*frame));
  return frames;
}

FrameSocket::FrameSocket(const std::string& device) {
  const std::uint32_t index = index_of(device);
  if (index == 0) fail(device);
  // Protocol 0: nothing arrives before the socket is bound to the device.
  Fd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) fail("packet socket");
  const int on = 1;
  if (setsockopt(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) fail("PACKET_IGNORE_OUTGOING");
  if (setsockopt(fd.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0) fail("PACKET_AUXDATA");
  packet_mreq everything = {};
  everything.mr_ifindex = static_cast<int>(index);
  everything.mr_type = PACKET_MR_PROMISC;
  if (setsockopt(fd.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything) != 0) {
    fail("promiscuous mode");
  }
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(index);
  if (bind(fd.get(), static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof address) != 0) {
    fail("bind to " + device);
  }
  set_fd(std::move(fd));
}

std::optional<Frame> FrameSocket::take() {
  Frame frame(kLargestFrame);
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(tpacket_auxdata))> control{};
  iovec piece{frame.data(), frame.size()};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t n = -1;
  do {
    n = recvmsg(fd().get(), &message, 0);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
  if (n < 0) fail("receiving a frame");
  frame.resize(static_cast<std::size_t>(n));

  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata aux;
    std::memcpy(&aux, CMSG_DATA(c), sizeof aux);
    if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0 || frame.size() < kBothAddresses) continue;
    const std::uint16_t type = (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? aux.tp_vlan_tpid : ETH_P_8021Q;
    const std::array<std::byte, 4> tag{static_cast<std::byte>(type >> 8), static_cast<std::byte>(type & 0xff),
                                       static_cast<std::byte>(aux.tp_vlan_tci >> 8),
                                       static_cast<std::byte>(aux.tp_vlan_tci & 0xff)};
    frame.insert(frame.begin() + kBothAddresses, tag.begin(), tag.end());
  }
  return frame;
}

TapDevice::TapDevice(const std::string& name, const std::string& link_address) : name_(name) {
  Fd fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) fail("/dev/net/tun");
  ifreq request = {};
  if (name.size() >= sizeof request.ifr_name) throw std::invalid_argument("device name too long: " + name);
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) fail("TUNSETIFF " + name);
  const CommandResult up =
      run("ip -batch -", {.input = "link set " + name + " address " + link_address + "\nlink set " + name + " up\n"});
  if (!up.ok()) throw std::runtime_error("bringing " + name + " up: " + up.err);
  index_ = index_of(name);
  set_fd(std::move(fd));
}

}  // namespace neigh::test
