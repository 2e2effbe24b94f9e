// SPDX-License-Identifier: Apache-2.0
#include "vendor.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "failure.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::array<unsigned, 3> kAssignmentBits = {36, 28, 24};  // the longest wins
constexpr std::size_t kLongestName = 40;

std::uint64_t assignment(std::uint64_t address, unsigned bits) { return (address >> (48U - bits) << 8U) | bits; }

std::optional<std::uint64_t> ether_number(const LinkAddress& address) {
  if (address.size() != 6) return std::nullopt;
  std::uint64_t number = 0;
  for (const std::uint8_t b : address.bytes()) number = number << 8U | b;
  return number;
}

// The third field of "MA-L,002272,American Micro-Fuel Device Corp.,address"; it may be quoted.
std::string third_field(std::string_view rest) {
  std::string name;
  if (!rest.starts_with('"')) return std::string(trimmed(rest.substr(0, rest.find(','))));
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      if (at + 1 >= rest.size() || rest[at + 1] != '"') break;
      ++at;
    }
    name.push_back(rest[at]);
  }
  return std::string(trimmed(name));
}

}  // namespace

void Vendors::learn(const std::vector<LinkAddress>& addresses) {
  bool something_new = false;
  for (const LinkAddress& address : addresses) {
    const auto number = ether_number(address);
    if (!number || address.is_locally_administered() || address.is_group()) continue;
    for (const unsigned bits : kAssignmentBits) {
      something_new = wanted_.try_emplace(assignment(*number, bits)).second || something_new;
    }
  }
  if (!something_new) return;
  if (folder_.empty()) {
    // A program with file capabilities reads no folder of its caller's choice.
    const char* set = secure_getenv("NEIGHCTL_OUI_DIR");
    folder_ = set != nullptr ? set : "/usr/share/ieee-data";
  }
  for (const std::string_view file : {"oui.csv", "mam.csv", "oui36.csv"}) scan(folder_ + "/" + std::string(file));
  for (auto& [key, wanted] : wanted_) wanted.answered = true;
}

void Vendors::scan(const std::string& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = line;
    const std::size_t first = text.find(',');
    const std::size_t second = first == std::string_view::npos ? first : text.find(',', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view digits = text.substr(first + 1, second - first - 1);
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) continue;
    const auto bits = static_cast<unsigned>(digits.size() * 4);
    const auto found = wanted_.find(number << 8U | bits);
    if (found == wanted_.end() || found->second.answered) continue;
    found->second.name = shortened(printable(third_field(text.substr(second + 1))), kLongestName, true);
  }
}

std::string_view Vendors::name(const LinkAddress& address) const {
  if (address.is_group()) return "group";
  if (address.is_locally_administered()) return "local";
  const auto number = ether_number(address);
  if (!number) return {};
  for (const unsigned bits : kAssignmentBits) {
    const auto found = wanted_.find(assignment(*number, bits));
    // The large blocks that hold smaller ones belong to the IEEE itself: no vendor.
    if (found != wanted_.end() && !found->second.name.empty()) return found->second.name;
  }
  return {};
}

}  // namespace neigh::ctl
