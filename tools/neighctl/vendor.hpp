// SPDX-License-Identifier: Apache-2.0
// Who made a network card: the IEEE's lists as the system has them (package ieee-data).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "neigh/address.hpp"

namespace neigh::ctl {

class Vendors {
 public:
  /// `folder` holds oui.csv, mam.csv and oui36.csv; empty: where the system keeps them, NEIGHCTL_OUI_DIR first.
  explicit Vendors(std::string folder = {}) : folder_(std::move(folder)) {}

  /// Reads the lists for these addresses, at most once each; without lists nothing is known.
  void learn(const std::vector<LinkAddress>& addresses);

  /// "Intel Corporate"; "local" for locally administered addresses, "group" for group ones; empty if not known.
  [[nodiscard]] std::string_view name(const LinkAddress& address) const;

 private:
  struct Wanted {
    bool answered = false;
    std::string name = {};
  };
  void scan(const std::string& path);

  std::string folder_;
  // By assignment: 24, 28 or 36 bits of the address, and how many in the low byte.
  std::unordered_map<std::uint64_t, Wanted> wanted_ = {};
};

}  // namespace neigh::ctl
