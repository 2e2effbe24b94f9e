// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the tests of the API share: rows as callers make them, and the table as the API and as its home tell it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conformance/codes.hpp"
#include "conformance/home.hpp"
#include "support/cites.hpp"

namespace neigh::conformance {

/// Which of its two keys a caller fills in; the other members that nobody asked for stay garbage.
enum class Key : std::uint8_t { kLuid, kIndex, kBoth };

/// Every byte 0xa5, as on a stack that was used before.
[[nodiscard]] MIB_IPNET_ROW2 garbage_row();

/// An address with garbage in every member that is no part of it: port, flow info, scope id, padding.
[[nodiscard]] SOCKADDR_INET socket_address(const std::string& address);

/// IfType << 48 | index in its two parts, computed here (LIB-25).
[[nodiscard]] NET_LUID luid_of(const Link& link);
/// A LUID and an index that no interface has.
[[nodiscard]] NET_LUID unknown_luid();
inline constexpr NET_IFINDEX kUnknownIndex = 9999;

/// Address and key; everything else is garbage.
[[nodiscard]] MIB_IPNET_ROW2 key_row(const Link& link, const std::string& address, Key key = Key::kLuid);
/// Address, key, link-layer address and IsRouter = 0; everything else is garbage.
[[nodiscard]] MIB_IPNET_ROW2 entry_row(const Link& link, const std::string& address, const std::string& link_address,
                                       Key key = Key::kLuid);
void set_key(MIB_IPNET_ROW2& row, const Link& link, Key key);
void set_no_key(MIB_IPNET_ROW2& row);

[[nodiscard]] bool same_bytes(const MIB_IPNET_ROW2& a, const MIB_IPNET_ROW2& b);

[[nodiscard]] std::string text_of(const SOCKADDR_INET& address);
[[nodiscard]] std::string link_text_of(const MIB_IPNET_ROW2& row);
/// What LIB-27 makes of the state that `ip neigh` prints.
[[nodiscard]] NL_NEIGHBOR_STATE state_of(const IpNeigh& row);

/// Interface, address, link-layer address, state and router flag in one line; the same for both views.
[[nodiscard]] std::string line_of(const MIB_IPNET_ROW2& row);
[[nodiscard]] std::string line_of(const IpNeigh& row);

/// A table of the API, freed with the object.
class Table {
 public:
  /// Calls GetIpNetTable2; the test fails if it answers anything but success.
  explicit Table(ADDRESS_FAMILY family);
  ~Table() { FreeMibTable(table_); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  [[nodiscard]] std::span<const MIB_IPNET_ROW2> rows() const;
  [[nodiscard]] const MIB_IPNET_ROW2* find(const Link& link, const std::string& address) const;
  /// Sorted, one line for each row.
  [[nodiscard]] std::vector<std::string> lines() const;
  [[nodiscard]] PMIB_IPNET_TABLE2 get() const { return table_; }
  /// The caller frees it.
  [[nodiscard]] PMIB_IPNET_TABLE2 release();

 private:
  PMIB_IPNET_TABLE2 table_ = nullptr;
};

class ApiTest : public ::testing::Test {
 protected:
  explicit ApiTest(const HomeOptions& options = {}) : home_(make_home(options)) {}

  [[nodiscard]] Home& home() { return *home_; }
  [[nodiscard]] const Link& link() { return home_->link(); }
  [[nodiscard]] const Peer& peer() { return home_->peer(); }

  /// The home's view of everything, sorted, with flags and owner but without ages. Two such views are equal if nothing
  /// has changed.
  [[nodiscard]] std::vector<std::string> content();

  /// The API's table and the home's, taken while nothing changed, are the same.
  void expect_same_tables();

  /// GetIpNetEntry2 answers success and this.
  void expect_entry(const Link& link, const std::string& address, const std::string& link_address,
                    NL_NEIGHBOR_STATE state, bool router = false);

 private:
  std::unique_ptr<Home> home_;
};

/// Addresses that nobody has.
inline const std::string kFree4 = "192.0.2.50";
inline const std::string kFree6 = "2001:db8::50";
inline const std::string kFreeLocal = "fe80::50";
inline const std::string kMac = "02:11:22:33:44:55";
inline const std::string kOtherMac = "02:aa:bb:cc:dd:ee";

}  // namespace neigh::conformance
