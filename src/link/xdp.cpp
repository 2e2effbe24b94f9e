// SPDX-License-Identifier: Apache-2.0
#include "link/xdp.hpp"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <xdp/xsk.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "link/device.hpp"
#include "link/membership.hpp"
#include "link/xdp_program.hpp"

namespace neigh::link {
namespace {

constexpr std::uint32_t kBatch = 64;
constexpr std::size_t kHeader = 14;
constexpr std::size_t kTag = 4;
constexpr std::uint32_t kMaxMtu = 3'500;  // what XDP lets through in one page, with room for the driver's own needs
constexpr std::uint32_t kSmallFrame = 2'048;
constexpr std::uint32_t kLargeFrame = 4'096;
constexpr std::uint32_t kSmallMtu = kSmallFrame - XDP_PACKET_HEADROOM - kHeader - 2 * kTag;
constexpr std::uint32_t kKernelBatch = 32;  // frames that the kernel sends in one call when it copies
// The kernel frees a closed socket's queue in the background.
constexpr int kBusyTries = 100;
constexpr auto kBusyWait = std::chrono::milliseconds{2};

Error bad(std::string_view field, std::string detail = {}) {
  return Error{.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

/// Of bpf(2) and of libraries that return negative error numbers.
Error xdp_error(int number, std::string_view field, std::string detail) {
  Error error = system_error(number, field, std::move(detail));
  if (number == EPERM || number == EACCES) {
    error.detail += ": CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF of the machine itself are needed";
  } else if (number == EAFNOSUPPORT || number == ENOSYS || number == EOPNOTSUPP || number == EPROTONOSUPPORT) {
    error.code = Errc::kNotSupported;
  } else if (number == EBUSY || number == EEXIST) {
    error.code = Errc::kAlreadyExists;
  } else if (number == ENOBUFS) {
    error.code = Errc::kNoMemory;
    error.detail += ": no more memory may be locked (ulimit -l)";
  }
  return error;
}

/// Memory that is shared with the kernel. Pages of a forked child are its own, so that it gets none of these.
class Area {
 public:
  explicit Area(std::size_t size)
      : memory_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), size_(size) {
    if (memory_ != MAP_FAILED) (void)::madvise(memory_, size_, MADV_DONTFORK);
  }
  ~Area() {
    if (memory_ != MAP_FAILED) ::munmap(memory_, size_);
  }
  Area(const Area&) = delete;
  Area& operator=(const Area&) = delete;

  [[nodiscard]] bool valid() const { return memory_ != MAP_FAILED; }
  [[nodiscard]] void* data() const { return memory_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::uint8_t* at(std::uint64_t offset) const { return static_cast<std::uint8_t*>(memory_) + offset; }

 private:
  void* memory_;
  std::size_t size_;
};

/// The socket, its rings and the memory behind them. The first half of the frames is for what comes in: each is in the
/// fill ring, with the kernel, or in the batch that `receive` gave out. The second half is for what goes out: each is
/// in `free`, or in the rings of what is being sent and what was.
struct Rings {
  explicit Rings(std::uint32_t count, std::uint32_t size)
      : frames(count), frame_size(size), area(std::size_t{2} * count * size) {}
  ~Rings() {
    if (socket != nullptr) xsk_socket__delete(socket);
    if (umem != nullptr) (void)xsk_umem__delete(umem);
  }
  Rings(const Rings&) = delete;
  Rings& operator=(const Rings&) = delete;

  /// 0 or an error number.
  int open(const std::string& device, const XdpOptions& options, bool native);
  void start();
  void give_back();
  void reap();
  /// Makes the kernel send what is in the ring; the error number if it never will.
  int kick();

  std::uint32_t frames;
  std::uint32_t frame_size;
  Area area;
  xsk_umem* umem = nullptr;
  xsk_socket* socket = nullptr;
  xsk_ring_prod fill{};
  xsk_ring_cons completed{};
  xsk_ring_cons in{};
  xsk_ring_prod out{};
  std::vector<std::uint64_t> held;  ///< Given out by the latest `receive`.
  std::vector<std::uint64_t> free;
  std::uint32_t under_way = 0;  ///< To be sent, and not known to have been.
};

int Rings::open(const std::string& device, const XdpOptions& options, bool native) {
  if (!area.valid()) return ENOMEM;
  xsk_umem_config memory{};
  memory.fill_size = memory.comp_size = frames;
  memory.frame_size = frame_size;
  if (const int error = xsk_umem__create(&umem, area.data(), area.size(), &fill, &completed, &memory); error != 0) {
    umem = nullptr;
    return -error;
  }
  xsk_socket_config config{};
  config.rx_size = config.tx_size = frames;
  config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
  config.xdp_flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
  unsigned flags = XDP_USE_NEED_WAKEUP;
  if (!native || options.copy == XdpCopy::kCopy) flags |= XDP_COPY;
  if (native && options.copy == XdpCopy::kZeroCopy) flags |= XDP_ZEROCOPY;
  config.bind_flags = static_cast<std::uint16_t>(flags);
  if (const int error = xsk_socket__create(&socket, device.c_str(), options.queue, umem, &in, &out, &config);
      error != 0) {
    socket = nullptr;
    return -error;
  }
  return 0;
}

void Rings::start() {
  held.reserve(kBatch);
  free.reserve(frames);
  for (std::uint32_t i = 0; i < frames; ++i) free.push_back(std::uint64_t{frames + i} * frame_size);
  std::uint32_t at = 0;
  const std::uint32_t room = xsk_ring_prod__reserve(&fill, frames, &at);
  for (std::uint32_t i = 0; i < room; ++i) *xsk_ring_prod__fill_addr(&fill, at + i) = std::uint64_t{i} * frame_size;
  xsk_ring_prod__submit(&fill, room);
}

void Rings::give_back() {
  const auto count = static_cast<std::uint32_t>(held.size());
  std::uint32_t at = 0;
  // The ring has room for every frame that there is.
  if (count == 0 || xsk_ring_prod__reserve(&fill, count, &at) != count) return;
  for (const std::uint64_t frame : held) *xsk_ring_prod__fill_addr(&fill, at++) = frame;
  xsk_ring_prod__submit(&fill, count);
  held.clear();
}

void Rings::reap() {
  std::uint32_t at = 0;
  const std::uint32_t count = xsk_ring_cons__peek(&completed, frames, &at);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t address = *xsk_ring_cons__comp_addr(&completed, at + i);
    free.push_back(address / frame_size * frame_size);
  }
  xsk_ring_cons__release(&completed, count);
  under_way -= count;
}

int Rings::kick() {
  for (std::uint32_t i = 0; i < frames / kKernelBatch + 8; ++i) {
    if (xsk_ring_prod__needs_wakeup(&out) == 0) return 0;
    if (::sendto(xsk_socket__fd(socket), nullptr, 0, MSG_DONTWAIT, nullptr, 0) >= 0) return 0;
    // EAGAIN: there is more than fits one call, or the device is busy. EBUSY, ENOBUFS: a frame was given up.
    if (errno == EAGAIN || errno == EINTR || errno == EBUSY || errno == ENOBUFS) continue;
    return errno == ENETDOWN ? 0 : errno;
  }
  return 0;
}

}  // namespace

struct XdpPort::State {
  State(Device opened, const XdpOptions& chosen) : device(std::move(opened)), options(chosen) {}
  ~State() {
    // First no frames come any more, then what they came into goes away.
    program_link.reset();
    rings.reset();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void apply(const DeviceState& state);
  [[nodiscard]] Result<void> make_program();
  [[nodiscard]] Result<void> attach();
  [[nodiscard]] Result<void> make_rings(const DeviceState& now);
  [[nodiscard]] Result<void> open(const DeviceState& now);
  [[nodiscard]] bool fits(std::span<const std::uint8_t> frame) const;

  Device device;
  XdpOptions options;
  PortFacts facts;
  XdpObtained obtained;
  PortCounters counters;
  UniqueFd membership;
  UniqueFd sockets_map;
  UniqueFd addresses_map;
  UniqueFd program;
  UniqueFd program_link;
  std::unique_ptr<Rings> rings;
  std::map<std::array<std::uint8_t, sizeof(XdpKey)>, std::uint32_t> claims;
  std::vector<InFrame> batch;
};

void XdpPort::State::apply(const DeviceState& state) {
  facts.name = state.name;
  facts.link_address = options.link_address.empty() ? state.link_address : options.link_address;
  facts.mtu = state.mtu;
  facts.up = state.up;
  facts.running = state.running;
}

Result<void> XdpPort::State::make_program() {
  sockets_map = UniqueFd(::bpf_map_create(BPF_MAP_TYPE_XSKMAP, "neigh_sockets", sizeof(std::uint32_t),
                                          sizeof(std::uint32_t), options.queue + 1, nullptr));
  if (!sockets_map) return xdp_error(errno, "BPF map of sockets", facts.name);
  bpf_map_create_opts trie{};
  trie.sz = sizeof trie;
  trie.map_flags = BPF_F_NO_PREALLOC;
  addresses_map = UniqueFd(::bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "neigh_addresses", sizeof(XdpKey),
                                            sizeof(std::uint32_t), kMaxClaims, &trie));
  if (!addresses_map) return xdp_error(errno, "BPF map of addresses", facts.name);
  const std::vector<bpf_insn> code = make_xdp_program({.take = options.take,
                                                       .vlan = options.vlan,
                                                       .sockets_map = sockets_map.get(),
                                                       .addresses_map = addresses_map.get()});
  program = UniqueFd(::bpf_prog_load(BPF_PROG_TYPE_XDP, "neigh_port", "Apache-2.0", code.data(), code.size(), nullptr));
  if (!program) return xdp_error(errno, "BPF program", facts.name);
  return {};
}

Result<void> XdpPort::State::attach() {
  const auto index = static_cast<int>(device.index());
  int error = 0;
  for (const bool native : {true, false}) {
    if (options.attach == (native ? XdpAttach::kGeneric : XdpAttach::kNative)) continue;
    bpf_link_create_opts wanted{};
    wanted.sz = sizeof wanted;
    wanted.flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
    program_link = UniqueFd(::bpf_link_create(program.get(), index, BPF_XDP, &wanted));
    if (program_link) {
      obtained.native = native;
      return {};
    }
    error = errno;
    if (error == EPERM || error == EBUSY || error == EEXIST) break;
  }
  Error refused = xdp_error(error, "XDP program", facts.name);
  if (refused.code == Errc::kAlreadyExists) refused.detail += ": another XDP program is attached";
  if (error == EINVAL) {
    refused.code = Errc::kNotSupported;
    refused.detail += ": this kernel has no BPF links for XDP (before Linux 5.9), or the device takes no program";
  }
  if (refused.code == Errc::kNotSupported && options.attach == XdpAttach::kNative) {
    refused.detail += ": its driver runs no XDP programs";
  }
  return refused;
}

Result<void> XdpPort::State::make_rings(const DeviceState& now) {
  int error = EBUSY;
  for (int i = 0; i < kBusyTries && error == EBUSY; ++i) {
    if (i > 0) std::this_thread::sleep_for(kBusyWait);
    rings = std::make_unique<Rings>(options.frames, now.mtu <= kSmallMtu ? kSmallFrame : kLargeFrame);
    error = rings->open(now.name, options, obtained.native);
  }
  if (error != 0) {
    rings.reset();
    // All else that could be wrong was checked before.
    if (error == EINVAL) return bad("queue", facts.name + ": no queue " + std::to_string(options.queue));
    Error refused = xdp_error(error, "XDP socket", facts.name);
    if (refused.code == Errc::kAlreadyExists) refused.detail += ": another socket has the queue";
    if (refused.code == Errc::kNotSupported) {
      refused.detail += options.copy == XdpCopy::kZeroCopy ? ": its driver cannot do without copies"
                                                           : ": this kernel has no AF_XDP sockets";
    }
    return refused;
  }
  const int socket = xsk_socket__fd(rings->socket);
  xdp_options got{};
  socklen_t size = sizeof got;
  if (::getsockopt(socket, SOL_XDP, XDP_OPTIONS, &got, &size) != 0) return xdp_error(errno, "XDP socket", facts.name);
  obtained.zero_copy = (got.flags & XDP_OPTIONS_ZEROCOPY) != 0;
  rings->start();
  // From here on frames come.
  if (::bpf_map_update_elem(sockets_map.get(), &options.queue, &socket, BPF_ANY) != 0) {
    return xdp_error(errno, "BPF map of sockets", facts.name);
  }
  return {};
}

Result<void> XdpPort::State::open(const DeviceState& now) {
  // It receives nothing; the device's filters are set through it.
  membership = UniqueFd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!membership) return xdp_error(errno, "packet socket", facts.name);
  if (Result<void> made = make_program(); !made) return made;
  if (Result<void> attached = attach(); !attached) return attached;
  if (Result<void> made = make_rings(now); !made) return made;
  if (options.link_address.empty() || options.link_address == now.link_address) return {};
  return change_membership(membership.get(), device.index(), PACKET_ADD_MEMBERSHIP, PACKET_MR_UNICAST,
                           options.link_address);
}

bool XdpPort::State::fits(std::span<const std::uint8_t> frame) const {
  if (frame.size() < kHeader || frame.size() > rings->frame_size) return false;
  const bool tagged = frame.size() >= kHeader + kTag && frame[12] == 0x81 && frame[13] == 0;
  return frame.size() <= kHeader + (tagged ? kTag : 0) + facts.mtu;
}

XdpPort::XdpPort(std::unique_ptr<State> state) : state_(std::move(state)) {}
XdpPort::~XdpPort() = default;

bool XdpPort::is_built_in() { return true; }

Result<std::unique_ptr<XdpPort>> XdpPort::open(const XdpOptions& options) {
  const LinkAddress& own = options.link_address;
  if (!own.empty() && (own.size() != 6 || own.is_group() || own.is_zero())) return bad("link_address");
  if (!std::has_single_bit(options.frames) || options.frames < kBatch || options.frames > 32'768) return bad("frames");
  if (options.vlan && *options.vlan > 4'094) return bad("vlan");
  if (options.attach == XdpAttach::kGeneric && options.copy == XdpCopy::kZeroCopy) {
    return bad("copy", "a generic program cannot do without copies");
  }
  if (options.queue >= 65'536) return bad("queue", std::to_string(options.queue));
  Result<Device> device = Device::open(options.device);
  if (!device) return device.error();
  const Result<DeviceState> now = device->read();
  if (!now) return now.error();
  if (now->hardware_type != ARPHRD_ETHER) {
    return Error{.code = Errc::kNotSupported, .field = "device", .detail = options.device + ": no Ethernet device"};
  }
  if (now->mtu > kMaxMtu) {
    return Error{
        .code = Errc::kNotSupported,
        .field = "device",
        .detail = options.device + ": an MTU of " + std::to_string(now->mtu) + " is over " + std::to_string(kMaxMtu)};
  }
  auto state = std::make_unique<State>(std::move(*device), options);
  state->batch.reserve(kBatch);  // what `receive` has taken from the ring has to be given back
  state->apply(*now);
  if (Result<void> opened = state->open(*now); !opened) return opened.error();
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the constructor is private.
  return std::unique_ptr<XdpPort>(new XdpPort(std::move(state)));
}

XdpObtained XdpPort::obtained() const { return state_->obtained; }
int XdpPort::program_fd() const { return state_->program.get(); }
const PortFacts& XdpPort::facts() const { return state_->facts; }
int XdpPort::fd() const { return xsk_socket__fd(state_->rings->socket); }
int XdpPort::event_fd() const { return state_->device.event_fd(); }

Result<std::span<const InFrame>> XdpPort::receive(TimePoint /*now*/) {
  Rings& rings = *state_->rings;
  state_->batch.clear();
  rings.give_back();
  if (rings.under_way > 0) {
    // What the device was too busy for is sent now.
    rings.reap();
    if (rings.under_way > 0) (void)rings.kick();
  }
  std::uint32_t at = 0;
  const std::uint32_t count = xsk_ring_cons__peek(&rings.in, kBatch, &at);
  for (std::uint32_t i = 0; i < count; ++i) {
    const xdp_desc& frame = *xsk_ring_cons__rx_desc(&rings.in, at + i);
    rings.held.push_back(frame.addr / rings.frame_size * rings.frame_size);
    state_->batch.push_back(
        {.bytes = {rings.area.at(frame.addr), frame.len}, .checksum_ready = state_->obtained.native});
    state_->counters.rx_bytes += frame.len;
  }
  xsk_ring_cons__release(&rings.in, count);
  state_->counters.rx_frames += count;
  if (count < kBatch && xsk_ring_prod__needs_wakeup(&rings.fill) != 0) {
    (void)::recvfrom(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
  }
  return std::span<const InFrame>(state_->batch);
}

Result<std::size_t> XdpPort::send(TimePoint /*now*/, std::span<const OutFrame> frames) {
  Rings& rings = *state_->rings;
  PortCounters& counters = state_->counters;
  if (!state_->facts.up) {  // The ring would keep them for later.
    counters.tx_dropped += frames.size();
    return std::size_t{0};
  }
  std::size_t sent = 0;
  int broken = 0;
  rings.reap();
  while (!frames.empty()) {
    if (rings.free.empty()) {
      broken = rings.kick();
      rings.reap();
      if (broken != 0 || rings.free.empty()) break;
    }
    std::uint32_t at = 0;
    const auto most = static_cast<std::uint32_t>(std::min(frames.size(), rings.free.size()));
    const std::uint32_t room = xsk_ring_prod__reserve(&rings.out, most, &at);  // as many as there are frames: never 0
    if (room == 0) break;
    std::uint32_t put = 0;
    for (const OutFrame& frame : frames.first(room)) {
      if (!state_->fits(frame.bytes)) {
        ++counters.tx_dropped;
        continue;
      }
      xdp_desc& slot = *xsk_ring_prod__tx_desc(&rings.out, at + put++);
      slot = {.addr = rings.free.back(), .len = static_cast<std::uint32_t>(frame.bytes.size()), .options = 0};
      rings.free.pop_back();
      std::memcpy(rings.area.at(slot.addr), frame.bytes.data(), frame.bytes.size());
      counters.tx_bytes += frame.bytes.size();
    }
    rings.out.cached_prod -= room - put;  // places reserved for what was refused
    xsk_ring_prod__submit(&rings.out, put);
    rings.under_way += put;
    sent += put;
    frames = frames.subspan(room);
  }
  counters.tx_dropped += frames.size();
  counters.tx_frames += sent;
  if (broken == 0 && rings.under_way > 0) broken = rings.kick();
  if (broken != 0) return system_error(broken, "XDP socket", state_->facts.name);
  return sent;
}

Result<bool> XdpPort::refresh() {
  if (!state_->device.drain()) return false;
  const Result<DeviceState> state = state_->device.read();
  if (!state) return state.error();
  const PortFacts before = state_->facts;
  state_->apply(*state);
  return state_->facts != before;
}

Result<void> XdpPort::join(const LinkAddress& group) {
  return change_groups(state_->membership.get(), state_->device.index(), PACKET_ADD_MEMBERSHIP, group);
}

Result<void> XdpPort::leave(const LinkAddress& group) {
  return change_groups(state_->membership.get(), state_->device.index(), PACKET_DROP_MEMBERSHIP, group);
}

Result<void> XdpPort::claim(const IpAddress& prefix, std::uint8_t length) {
  if (!prefix.is_v4() && !prefix.is_v6()) return bad("prefix");
  if (length > prefix.bytes().size() * 8) return bad("length");
  const XdpKey key = xdp_key(prefix, length);
  const auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof key>>(key);
  const auto [claim, fresh] = state_->claims.try_emplace(bytes, 0);
  if (fresh) {
    const std::uint32_t yes = 1;
    if (::bpf_map_update_elem(state_->addresses_map.get(), &key, &yes, BPF_ANY) != 0) {
      const int number = errno;
      state_->claims.erase(claim);
      if (number == ENOSPC || number == E2BIG) return Error{.code = Errc::kTableFull, .field = "claims"};
      return system_error(number, "BPF map of addresses", state_->facts.name);
    }
  }
  ++claim->second;
  return {};
}

Result<void> XdpPort::release(const IpAddress& prefix, std::uint8_t length) {
  if ((!prefix.is_v4() && !prefix.is_v6()) || length > prefix.bytes().size() * 8) return bad("prefix");
  const XdpKey key = xdp_key(prefix, length);
  const auto claim = state_->claims.find(std::bit_cast<std::array<std::uint8_t, sizeof key>>(key));
  if (claim == state_->claims.end()) return Error{.code = Errc::kNotFound, .field = "prefix"};
  if (--claim->second > 0) return {};
  state_->claims.erase(claim);
  if (::bpf_map_delete_elem(state_->addresses_map.get(), &key) != 0) {
    return system_error(errno, "BPF map of addresses", state_->facts.name);
  }
  return {};
}

PortCounters XdpPort::counters() {
  xdp_statistics kernel{};
  socklen_t size = sizeof kernel;
  if (::getsockopt(fd(), SOL_XDP, XDP_STATISTICS, &kernel, &size) == 0) {
    state_->counters.rx_lost = kernel.rx_dropped + kernel.rx_ring_full;
  }
  return state_->counters;
}

}  // namespace neigh::link
