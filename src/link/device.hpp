// SPDX-License-Identifier: Apache-2.0
// A network device of the kernel, as a port needs to know it: by index, with a descriptor that tells of changes.
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.hpp"
#include "neigh/interface.hpp"
#include "neigh/result.hpp"

namespace neigh::link {

struct DeviceState {
  std::uint32_t index = 0;
  std::string name = {};
  std::uint16_t hardware_type = 0;  ///< ARPHRD_*
  LinkAddress link_address = {};
  std::uint32_t mtu = 0;
  bool up = false;
  bool running = false;
  std::uint64_t tx_dropped = 0;  ///< What the kernel could not hand to the device.
};

/// Belongs to the network namespace in which it was opened, wherever the thread goes later.
class Device {
 public:
  /// @retval Errc::kInvalidArgument   `name` is no device's name.
  /// @retval Errc::kNoSuchInterface   there is none.
  [[nodiscard]] static Result<Device> open(const std::string& name);

  /// As it is now. @retval Errc::kNoSuchInterface  it is gone.
  [[nodiscard]] Result<DeviceState> read();
  /// Readable when something happened to some device.
  [[nodiscard]] int event_fd() const { return events_.get(); }
  /// Takes the news; true: there were some.
  [[nodiscard]] bool drain();
  [[nodiscard]] std::uint32_t index() const { return index_; }

  [[nodiscard]] Result<void> set_up();
  [[nodiscard]] Result<void> set_link_address(const LinkAddress& address);

 private:
  Device(UniqueFd events, UniqueFd requests, std::uint32_t index)
      : events_(std::move(events)), requests_(std::move(requests)), index_(index) {}

  UniqueFd events_;
  UniqueFd requests_;
  std::uint32_t index_;
  std::uint32_t sequence_ = 0;
};

/// kSystem or what the errno says better, with the name of what failed.
[[nodiscard]] Error system_error(int number, std::string_view field, std::string detail = {});

}  // namespace neigh::link
