// SPDX-License-Identifier: Apache-2.0
// `XdpPort` of a library that was built without libxdp: there is none.
#include "link/xdp.hpp"

namespace neigh::link {

struct XdpPort::State {
  PortFacts facts;
};

namespace {
Error absent() { return Error{.code = Errc::kNotSupported, .field = "XDP", .detail = "built without AF_XDP"}; }
}  // namespace

XdpPort::XdpPort(std::unique_ptr<State> state) : state_(std::move(state)) {}
XdpPort::~XdpPort() = default;
bool XdpPort::is_built_in() { return false; }
Result<std::unique_ptr<XdpPort>> XdpPort::open(const XdpOptions& /*options*/) { return absent(); }
XdpObtained XdpPort::obtained() const { return {}; }
int XdpPort::program_fd() const { return -1; }
const PortFacts& XdpPort::facts() const { return state_->facts; }
int XdpPort::fd() const { return -1; }
int XdpPort::event_fd() const { return -1; }
Result<std::span<const InFrame>> XdpPort::receive(TimePoint /*now*/) { return absent(); }
Result<std::size_t> XdpPort::send(TimePoint /*now*/, std::span<const OutFrame> /*frames*/) { return absent(); }
Result<bool> XdpPort::refresh() { return absent(); }
Result<void> XdpPort::join(const LinkAddress& /*group*/) { return absent(); }
Result<void> XdpPort::leave(const LinkAddress& /*group*/) { return absent(); }
Result<void> XdpPort::claim(const IpAddress& /*prefix*/, std::uint8_t /*length*/) { return absent(); }
Result<void> XdpPort::release(const IpAddress& /*prefix*/, std::uint8_t /*length*/) { return absent(); }
PortCounters XdpPort::counters() { return {}; }

}  // namespace neigh::link
