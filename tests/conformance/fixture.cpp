// SPDX-License-Identifier: Apache-2.0
#include "conformance/fixture.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "conformance/text.hpp"
#include "support/wait.hpp"

namespace neigh::conformance {
namespace {

constexpr int kGarbage = 0xa5;

template <class T>
T garbage() {
  T value;
  std::memset(static_cast<void*>(&value), kGarbage, sizeof value);
  return value;
}

std::string line(const std::string& device, const std::string& address, const std::string& link_address, int state,
                 bool router) {
  return device + " " + address + " " + (link_address.empty() ? "-" : link_address) + " state " +
         std::to_string(state) + (router ? " router" : "");
}

// What the kernel adds by itself up to a second after an address came: its membership reports.
bool comes_by_itself(const IpNeigh& row) { return row.dst == "ff02::16"; }

}  // namespace

MIB_IPNET_ROW2 garbage_row() { return garbage<MIB_IPNET_ROW2>(); }

SOCKADDR_INET socket_address(const std::string& address) {
  auto out = garbage<SOCKADDR_INET>();
  const auto bytes = address_bytes(address);
  if (bytes.size() == 4) {
    out.Ipv4.sin_family = AF_INET;
    std::memcpy(&out.Ipv4.sin_addr, bytes.data(), bytes.size());
  } else {
    out.Ipv6.sin6_family = AF_INET6;
    std::memcpy(&out.Ipv6.sin6_addr, bytes.data(), bytes.size());
  }
  return out;
}

NET_LUID luid_of(const Link& link) {
  NET_LUID luid;
  luid.Value = (static_cast<ULONG64>(link.type) << 48) | (static_cast<ULONG64>(link.index & 0xffffffU) << 24) |
               (link.index >> 24);
  return luid;
}

NET_LUID unknown_luid() { return luid_of({.index = kUnknownIndex}); }

void set_key(MIB_IPNET_ROW2& row, const Link& link, Key key) {
  row.InterfaceIndex = key == Key::kLuid ? 0xa5a5a5a5U : link.index;
  row.InterfaceLuid.Value = key == Key::kIndex ? 0 : luid_of(link).Value;
}

void set_no_key(MIB_IPNET_ROW2& row) {
  row.InterfaceIndex = 0;
  row.InterfaceLuid.Value = 0;
}

MIB_IPNET_ROW2 key_row(const Link& link, const std::string& address, Key key) {
  MIB_IPNET_ROW2 row = garbage_row();
  row.Address = socket_address(address);
  set_key(row, link, key);
  return row;
}

MIB_IPNET_ROW2 entry_row(const Link& link, const std::string& address, const std::string& link_address, Key key) {
  MIB_IPNET_ROW2 row = key_row(link, address, key);
  const auto bytes = link_bytes(link_address);
  std::copy(bytes.begin(), bytes.end(), row.PhysicalAddress);
  row.PhysicalAddressLength = static_cast<ULONG>(bytes.size());
  row.IsRouter = 0;
  return row;
}

bool same_bytes(const MIB_IPNET_ROW2& a, const MIB_IPNET_ROW2& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

std::string text_of(const SOCKADDR_INET& address) {
  std::array<std::uint8_t, 16> bytes{};
  if (address.si_family == AF_INET) {
    std::memcpy(bytes.data(), &address.Ipv4.sin_addr, 4);
    return address_text(std::span(bytes).first(4));
  }
  if (address.si_family != AF_INET6) return "family " + std::to_string(address.si_family);
  std::memcpy(bytes.data(), &address.Ipv6.sin6_addr, 16);
  return address_text(bytes);
}

std::string link_text_of(const MIB_IPNET_ROW2& row) {
  if (row.PhysicalAddressLength > IF_MAX_PHYS_ADDRESS_LENGTH) {
    return "length " + std::to_string(row.PhysicalAddressLength);
  }
  return link_text(std::span(row.PhysicalAddress).first(row.PhysicalAddressLength));
}

NL_NEIGHBOR_STATE state_of(const IpNeigh& row) {
  constexpr std::pair<std::string_view, NL_NEIGHBOR_STATE> kStates[] = {
      {"INCOMPLETE", NlnsIncomplete}, {"PROBE", NlnsProbe},         {"DELAY", NlnsDelay},    {"STALE", NlnsStale},
      {"REACHABLE", NlnsReachable},   {"PERMANENT", NlnsPermanent}, {"NOARP", NlnsPermanent}};
  for (const auto& [name, state] : kStates) {
    if (row.state() == name) return state;
  }
  EXPECT_TRUE(row.states.empty() || row.state() == "NONE" || row.state() == "FAILED") << row;
  return NlnsUnreachable;
}

std::string line_of(const MIB_IPNET_ROW2& row) {
  return line(name_of_link(row.InterfaceIndex), text_of(row.Address), link_text_of(row), row.State, row.IsRouter != 0);
}

std::string line_of(const IpNeigh& row) { return line(row.dev, row.dst, row.lladdr, state_of(row), row.router); }

Table::Table(ADDRESS_FAMILY family) {
  EXPECT_THAT(GetIpNetTable2(family, &table_), Gives(Expected::kSuccess));
  EXPECT_NE(table_, nullptr);
}

std::span<const MIB_IPNET_ROW2> Table::rows() const {
  if (table_ == nullptr) return {};
  return {table_->Table, table_->NumEntries};
}

const MIB_IPNET_ROW2* Table::find(const Link& link, const std::string& address) const {
  for (const MIB_IPNET_ROW2& row : rows()) {
    if (row.InterfaceIndex == link.index && text_of(row.Address) == address) return &row;
  }
  return nullptr;
}

std::vector<std::string> Table::lines() const {
  std::vector<std::string> all;
  for (const MIB_IPNET_ROW2& row : rows()) all.push_back(line_of(row));
  std::sort(all.begin(), all.end());
  return all;
}

PMIB_IPNET_TABLE2 Table::release() { return std::exchange(table_, nullptr); }

std::vector<std::string> ApiTest::content() {
  std::vector<std::string> all;
  for (const IpNeigh& row : home().rows()) {
    if (comes_by_itself(row)) continue;
    std::string text = line_of(row);
    for (const std::string& state : row.states) text += " " + state;
    if (row.extern_learn) text += " extern_learn";
    if (row.managed) text += " managed";
    if (!row.protocol.empty()) text += " proto " + row.protocol;
    all.push_back(text);
  }
  for (const IpNeigh& row : home().proxies()) all.push_back("proxy " + row.dst + " " + row.dev);
  std::sort(all.begin(), all.end());
  return all;
}

void ApiTest::expect_same_tables() {
  const auto home_lines = [&] {
    std::vector<std::string> all;
    for (const IpNeigh& row : home().rows()) all.push_back(line_of(row));
    std::sort(all.begin(), all.end());
    return all;
  };
  std::vector<std::string> theirs;
  std::vector<std::string> ours;
  // Another look at the home behind ours: the kernel changes its table when it likes.
  const bool settled = test::wait_until([&] {
    theirs = home_lines();
    ours = Table(AF_UNSPEC).lines();
    return theirs == home_lines();
  });
  EXPECT_TRUE(settled) << "the table never stood still";
  EXPECT_EQ(ours, theirs);
}

void ApiTest::expect_entry(const Link& link, const std::string& address, const std::string& link_address,
                           NL_NEIGHBOR_STATE state, bool router) {
  MIB_IPNET_ROW2 row = key_row(link, address);
  EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess)) << address;
  EXPECT_EQ(line_of(row), line(link.name, address, link_address, state, router));
}

}  // namespace neigh::conformance
