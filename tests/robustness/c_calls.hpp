// SPDX-License-Identifier: Apache-2.0
/// @file
/// Every neighbor call of the C API (user flavor) as a value: what it needs before, the code it answers when all is
/// well, and what must be true of its outputs. For tests that make the system fail under each of them.
#pragma once

#include <iphlpapi.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "neigh/current_stack.hpp"

namespace neigh::test {

struct CCall {
  std::string name;
  DWORD expected = NO_ERROR;
  std::function<void()> begin;  ///< Puts the table into the state that `expected` needs.
  std::function<DWORD()> call;
  std::function<void(DWORD)> judge = [](DWORD) {};  ///< What must hold after the call with this code.
};

/// On an Ethernet interface with 192.0.2.1/24, and a peer there that answers.
class CCalls {
 public:
  CCalls(NET_IFINDEX index, const std::string& peer);
  CCalls(const CCalls&) = delete;
  CCalls& operator=(const CCalls&) = delete;

  /// The first is CreateIpNetEntry2, which may be called without the others.
  [[nodiscard]] const std::vector<CCall>& all() const { return all_; }

 private:
  [[nodiscard]] MIB_IPNET_ROW2 row(std::uint8_t last) const;
  void check_untouched(DWORD code) const;

  NET_IFINDEX index_;
  std::uint8_t peer_;
  MIB_IPNET_ROW2 row_{};
  MIB_IPNET_ROW2 given_{};
  PMIB_IPNET_TABLE2 table_ = nullptr;
  std::vector<CCall> all_;
};

/// Number of open descriptors of this process.
[[nodiscard]] std::size_t open_descriptors();

}  // namespace neigh::test
