// SPDX-License-Identifier: Apache-2.0
#include "robustness/c_calls.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "neigh/address.hpp"

namespace neigh::test {

MIB_IPNET_ROW2 CCalls::row(std::uint8_t last) const {
  MIB_IPNET_ROW2 row;
  std::memset(&row, 0xa5, sizeof row);
  row.Address.si_family = AF_INET;
  const std::array<std::uint8_t, 4> address = {192, 0, 2, last};
  std::memcpy(&row.Address.Ipv4.sin_addr, address.data(), address.size());
  row.InterfaceLuid.Value = 0;
  row.InterfaceIndex = index_;
  const std::array<std::uint8_t, 6> link = {2, 0, 0, 0, 0, last};
  std::memcpy(row.PhysicalAddress, link.data(), link.size());
  row.PhysicalAddressLength = 6;
  row.IsRouter = 0;
  return row;
}

void CCalls::check_untouched(DWORD code) const {
  EXPECT_TRUE(code == NO_ERROR || std::memcmp(&row_, &given_, sizeof row_) == 0) << "LIB-32: a row half written";
}

CCalls::CCalls(NET_IFINDEX index, const std::string& peer)
    : index_(index), peer_(IpAddress::parse(peer).value().bytes()[3]) {
  const auto absent = [this](std::uint8_t last) {
    return [this, last] {
      MIB_IPNET_ROW2 gone = row(last);
      (void)DeleteIpNetEntry2(&gone);
      row_ = given_ = row(last);
    };
  };
  const auto present = [this](std::uint8_t last) {
    return [this, last] {
      MIB_IPNET_ROW2 there = row(last);
      (void)CreateIpNetEntry2(&there);
      row_ = given_ = row(last);
    };
  };
  const auto untouched = [this](DWORD code) { check_untouched(code); };
  all_ = {
      {"CreateIpNetEntry2", NO_ERROR, absent(50), [this] { return CreateIpNetEntry2(&row_); },
       [this](DWORD) { EXPECT_EQ(std::memcmp(&row_, &given_, sizeof row_), 0); }},
      {"CreateIpNetEntry2, twice", ERROR_OBJECT_ALREADY_EXISTS, present(51),
       [this] { return CreateIpNetEntry2(&row_); }},
      {"SetIpNetEntry2", NO_ERROR, present(52), [this] { return SetIpNetEntry2(&row_); }},
      {"SetIpNetEntry2, absent", ERROR_NOT_FOUND, absent(53), [this] { return SetIpNetEntry2(&row_); }},
      {"GetIpNetEntry2", NO_ERROR, present(54), [this] { return GetIpNetEntry2(&row_); }, untouched},
      {"DeleteIpNetEntry2", NO_ERROR, present(55), [this] { return DeleteIpNetEntry2(&row_); }},
      {"ResolveIpNetEntry2", NO_ERROR, absent(peer_), [this] { return ResolveIpNetEntry2(&row_, nullptr); }, untouched},
      {"GetIpNetTable2", NO_ERROR, present(56), [this] { return GetIpNetTable2(AF_INET, &table_); },
       [this](DWORD code) {
         EXPECT_EQ(table_ != nullptr, code == NO_ERROR) << "LIB-16";
         FreeMibTable(table_);
         table_ = nullptr;
       }},
      {"FlushIpNetTable2", NO_ERROR, present(57), [this] { return FlushIpNetTable2(AF_INET, index_); }},
      {"ConvertInterfaceIndexToLuid", NO_ERROR, [] {},
       [this] {
         NET_LUID luid{};
         return ConvertInterfaceIndexToLuid(index_, &luid);
       }},
      {"SendARP", NO_ERROR, absent(peer_),
       [this] {
         const std::array<std::uint8_t, 4> bytes = {192, 0, 2, peer_};
         IPAddr address = 0;
         std::memcpy(&address, bytes.data(), sizeof address);
         std::array<std::uint8_t, 8> link{};
         ULONG length = 6;
         return SendARP(address, 0, link.data(), &length);
       }},
      {"GetIpNetTable", NO_ERROR, present(58),
       [] {
         std::array<std::uint8_t, 65'536> room{};
         ULONG size = room.size();
         return GetIpNetTable(static_cast<PMIB_IPNETTABLE>(static_cast<void*>(room.data())), &size, TRUE);
       }},
  };
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace neigh::test
