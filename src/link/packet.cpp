// SPDX-License-Identifier: Apache-2.0
#include "link/packet.hpp"

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "link/membership.hpp"

namespace neigh::link {
namespace {

constexpr std::size_t kBatch = 64;
constexpr int kRounds = 8;
constexpr std::size_t kTag = 4;
constexpr std::size_t kAddresses = 12;             // destination and source, before the tag
constexpr std::size_t kMaxHeader = 14 + 2 * kTag;  // tags of the frame itself; one more comes from the auxiliary data
constexpr std::size_t kControl = CMSG_SPACE(sizeof(tpacket_auxdata)) + CMSG_SPACE(sizeof(std::uint32_t));

Error bad(std::string_view field) { return Error{.code = Errc::kInvalidArgument, .field = field}; }

Result<void> set_option(int fd, int level, int name, int value, std::string_view what) {
  if (::setsockopt(fd, level, name, &value, sizeof value) != 0) return system_error(errno, what);
  return {};
}

Result<void> bind_to(int fd, std::uint32_t index, std::uint16_t protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = static_cast<int>(index);
  sockaddr_storage generic{};
  std::memcpy(&generic, &address, sizeof address);
  if (::bind(fd, static_cast<const sockaddr*>(static_cast<const void*>(&generic)), sizeof address) != 0) {
    return system_error(errno, "packet socket");
  }
  return {};
}

/// What the kernel says beside a frame.
struct Beside {
  bool tagged = false;
  std::uint16_t tag_protocol = ETH_P_8021Q;
  std::uint16_t tag = 0;
  bool checksum_ready = true;
  std::optional<std::uint32_t> lost;
};

Beside read_control(msghdr& message) {
  Beside beside;
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr; item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level == SOL_PACKET && item->cmsg_type == PACKET_AUXDATA) {
      tpacket_auxdata data{};
      std::memcpy(&data, CMSG_DATA(item), sizeof data);
      beside.tagged = (data.tp_status & TP_STATUS_VLAN_VALID) != 0;
      beside.tag = data.tp_vlan_tci;
      if ((data.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0) beside.tag_protocol = data.tp_vlan_tpid;
      beside.checksum_ready = (data.tp_status & TP_STATUS_CSUMNOTREADY) == 0;
    } else if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SO_RXQ_OVFL) {
      std::uint32_t lost = 0;
      std::memcpy(&lost, CMSG_DATA(item), sizeof lost);
      beside.lost = lost;
    }
  }
  return beside;
}

}  // namespace

/// Each slot begins with room for the tag that the kernel took off.
struct PacketPort::Buffers {
  std::size_t slot = 0;
  std::vector<std::uint8_t> bytes;
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> vectors{};
  std::array<sockaddr_ll, kBatch> senders{};
  struct alignas(cmsghdr) Control {
    std::array<std::uint8_t, kControl> bytes;
  };
  std::array<Control, kBatch> controls{};
  std::array<mmsghdr, kBatch> out_messages{};
  std::array<iovec, kBatch> out_vectors{};
};

PacketPort::PacketPort(UniqueFd fd, Device device)
    : fd_(std::move(fd)), device_(std::move(device)), buffers_(std::make_unique<Buffers>()) {}
PacketPort::~PacketPort() = default;

Result<std::unique_ptr<PacketPort>> PacketPort::open(const PacketOptions& options) {
  const LinkAddress& own = options.link_address;
  if (!own.empty() && (own.size() != 6 || own.is_group() || own.is_zero())) return bad("link_address");
  if (options.receive_buffer < 65'536 || options.receive_buffer > 1'073'741'824) return bad("receive_buffer");
  Result<Device> device = Device::open(options.device);
  if (!device) return device.error();
  const Result<DeviceState> state = device->read();
  if (!state) return state.error();
  if (state->hardware_type != ARPHRD_ETHER) {
    return Error{.code = Errc::kNotSupported, .field = "device", .detail = options.device + ": no Ethernet device"};
  }
  // Protocol 0 takes nothing in until the options are set; then it is bound to everything.
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error(errno, "packet socket");
  if (Result<void> set = set_option(fd.get(), SOL_PACKET, PACKET_AUXDATA, 1, "PACKET_AUXDATA"); !set)
    return set.error();
  if (Result<void> set = set_option(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, 1, "SO_RXQ_OVFL"); !set) return set.error();
  // Spares the copies; `receive` looks at every frame all the same. Older kernels do not know it.
  (void)set_option(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, {});
  const int size = static_cast<int>(options.receive_buffer);
  if (!set_option(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, size, {})) {
    if (Result<void> set = set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, size, "SO_RCVBUF"); !set) return set.error();
  }
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the constructor is private.
  std::unique_ptr<PacketPort> port(new PacketPort(std::move(fd), std::move(*device)));
  port->own_ = own;
  port->apply(*state);
  if (!own.empty() && own != state->link_address) {
    Result<void> done = change_membership(port->fd_.get(), state->index, PACKET_ADD_MEMBERSHIP, PACKET_MR_UNICAST, own);
    if (!done) return done.error();
  }
  if (Result<void> bound = bind_to(port->fd_.get(), state->index, ETH_P_ALL); !bound) return bound.error();
  return port;
}

void PacketPort::apply(const DeviceState& state) {
  facts_.name = state.name;
  facts_.link_address = own_.empty() ? state.link_address : own_;
  facts_.mtu = state.mtu;
  facts_.up = state.up;
  facts_.running = state.running;
}

void PacketPort::size_buffers() {
  const std::size_t slot = (kTag + kMaxHeader + facts_.mtu + 1 + 15) / 16 * 16;
  if (buffers_->slot == slot) return;
  buffers_->slot = slot;
  buffers_->bytes.resize(slot * kBatch);
  for (std::size_t i = 0; i < kBatch; ++i) {
    buffers_->vectors[i] = {buffers_->bytes.data() + i * slot + kTag, slot - kTag};
  }
}

Result<std::span<const InFrame>> PacketPort::receive(TimePoint /*now*/) {
  size_buffers();
  batch_.clear();
  // A batch that held nothing but frames of our own is no end; many of them in a row are for the next call.
  for (int round = 0; batch_.empty() && round < kRounds; ++round) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      msghdr& header = buffers_->messages[i].msg_hdr;
      header.msg_name = &buffers_->senders[i];
      header.msg_namelen = sizeof(sockaddr_ll);
      header.msg_iov = &buffers_->vectors[i];
      header.msg_iovlen = 1;
      header.msg_control = buffers_->controls[i].bytes.data();
      header.msg_controllen = kControl;
      header.msg_flags = 0;
    }
    const int count = ::recvmmsg(fd_.get(), buffers_->messages.data(), kBatch, 0, nullptr);
    if (count < 0) {
      if (errno == EINTR || errno == ENETDOWN) continue;  // ENETDOWN is told once; the link's events say the same.
      if (errno == EAGAIN) break;
      return system_error(errno, "packet socket", facts_.name);
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const Beside beside = read_control(buffers_->messages[i].msg_hdr);
      if (beside.lost) {
        counters_.rx_lost += *beside.lost - lost_seen_;
        lost_seen_ = *beside.lost;
      }
      if (buffers_->senders[i].sll_pkttype == PACKET_OUTGOING) continue;
      std::uint8_t* begin = buffers_->bytes.data() + i * buffers_->slot + kTag;
      std::size_t size = buffers_->messages[i].msg_len;
      if (beside.tagged && size >= kAddresses) {
        std::memmove(begin - kTag, begin, kAddresses);
        begin -= kTag;
        size += kTag;
        const std::array<std::uint8_t, kTag> tag = {
            static_cast<std::uint8_t>(beside.tag_protocol >> 8U), static_cast<std::uint8_t>(beside.tag_protocol),
            static_cast<std::uint8_t>(beside.tag >> 8U), static_cast<std::uint8_t>(beside.tag)};
        std::memcpy(begin + kAddresses, tag.data(), tag.size());
      }
      batch_.push_back(InFrame{.bytes = {begin, size}, .checksum_ready = beside.checksum_ready});
      ++counters_.rx_frames;
      counters_.rx_bytes += size;
    }
  }
  return std::span<const InFrame>(batch_);
}

Result<std::size_t> PacketPort::send(TimePoint /*now*/, std::span<const OutFrame> frames) {
  std::size_t sent = 0;
  while (!frames.empty()) {
    const std::size_t batch = std::min(frames.size(), kBatch);
    for (std::size_t i = 0; i < batch; ++i) {
      const std::span<const std::uint8_t> bytes = frames[i].bytes;
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): sendmmsg only reads.
      buffers_->out_vectors[i] = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
      buffers_->out_messages[i] = {};
      buffers_->out_messages[i].msg_hdr.msg_iov = &buffers_->out_vectors[i];
      buffers_->out_messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int result = ::sendmmsg(fd_.get(), buffers_->out_messages.data(), static_cast<unsigned>(batch), 0);
    if (result < 0 && errno == EINTR) continue;
    // sendmmsg fails only if its first frame does: that one is given up, the others are tried.
    const std::size_t done = result < 0 ? 1 : static_cast<std::size_t>(result);
    if (result < 0) {
      ++counters_.tx_dropped;
      if (errno == ENXIO || errno == ENODEV) return system_error(errno, "packet socket", facts_.name);
    } else {
      for (std::size_t i = 0; i < done; ++i) counters_.tx_bytes += frames[i].bytes.size();
      counters_.tx_frames += done;
      sent += done;
    }
    frames = frames.subspan(done);
  }
  return sent;
}

Result<bool> PacketPort::refresh() {
  if (!device_.drain()) return false;
  const Result<DeviceState> state = device_.read();
  if (!state) return state.error();
  const PortFacts before = facts_;
  apply(*state);
  return facts_ != before;
}

Result<void> PacketPort::join(const LinkAddress& group) {
  return change_groups(fd_.get(), device_.index(), PACKET_ADD_MEMBERSHIP, group);
}

Result<void> PacketPort::leave(const LinkAddress& group) {
  return change_groups(fd_.get(), device_.index(), PACKET_DROP_MEMBERSHIP, group);
}

PortCounters PacketPort::counters() { return counters_; }

}  // namespace neigh::link
