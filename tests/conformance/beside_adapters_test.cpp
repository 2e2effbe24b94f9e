// SPDX-License-Identifier: Apache-2.0
// GetAdaptersAddresses, against `ip address` and `ip route`. The user flavor alone has it.
#include "conformance/fixture.hpp"

#ifdef NEIGH_TEST_USER
#include <array>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "conformance/text.hpp"
#include "support/ip_json.hpp"

namespace neigh::conformance {
namespace {

std::string narrow(const WCHAR* text) {
  std::string out;
  for (; text != nullptr && *text != 0; ++text) out.push_back(static_cast<char>(*text));
  return out;
}

std::string text_of(const SOCKET_ADDRESS& address) {
  SOCKADDR_INET full{};
  std::memcpy(&full, address.lpSockaddr, static_cast<std::size_t>(address.iSockaddrLength));
  return conformance::text_of(full);
}

class BesideAdapters : public ApiTest {
 protected:
  /// Asks for the size, then for the adapters; what lies behind the block must stay as it was.
  const IP_ADAPTER_ADDRESSES* read(ULONG family, ULONG flags) {
    ULONG size = 0;
    EXPECT_EQ(GetAdaptersAddresses(family, flags, nullptr, nullptr, &size), 111u);
    block_.assign(size / sizeof(ULONG64) + 2, kGuard);
    EXPECT_EQ(size % sizeof(ULONG64), 0u);
    auto* first = static_cast<IP_ADAPTER_ADDRESSES*>(static_cast<void*>(block_.data()));
    ULONG small = size - 1;
    EXPECT_EQ(GetAdaptersAddresses(family, flags, nullptr, first, &small), 111u);
    EXPECT_EQ(small, size);
    EXPECT_EQ(block_.front(), kGuard) << "nothing is written into too little";
    EXPECT_EQ(GetAdaptersAddresses(family, flags, nullptr, first, &size), 0u);
    EXPECT_EQ(block_.back(), kGuard);
    EXPECT_EQ(block_[block_.size() - 2], kGuard);
    return first;
  }
  static constexpr ULONG64 kGuard = 0xa5a5a5a5a5a5a5a5;

 private:
  std::vector<ULONG64> block_;
};

TEST_F(BesideAdapters, AreWhatTheToolSees) {
  (void)home().second_link();
  test::must_run("ip route add default via " + peer().v4);
  test::must_run("ip -6 route add default via " + peer().link_local + " dev " + link().name);
  const auto* adapter = read(AF_UNSPEC, GAA_FLAG_INCLUDE_GATEWAYS | GAA_FLAG_INCLUDE_PREFIX);
  const auto devices = test::ip_json("address show");
  std::size_t count = 0;
  for (; adapter != nullptr; adapter = adapter->Next, ++count) {
    const auto& device = devices.at(count);  // both by index
    const std::string name = device["ifname"].get<std::string>();
    EXPECT_EQ(adapter->Length, sizeof *adapter);
    EXPECT_EQ(adapter->IfIndex, device["ifindex"].get<ULONG>());
    EXPECT_EQ(narrow(adapter->FriendlyName), name);
    EXPECT_EQ(narrow(adapter->Description), name);
    EXPECT_EQ(narrow(adapter->DnsSuffix), "");
    EXPECT_EQ(adapter->Mtu, device["mtu"].get<ULONG>());
    EXPECT_EQ(link_text(std::span(adapter->PhysicalAddress).first(adapter->PhysicalAddressLength)),
              name == "lo" ? "" : device["address"].get<std::string>());
    EXPECT_EQ(adapter->OperStatus, IfOperStatusUp);
    EXPECT_EQ(adapter->Ipv4Enabled, 1u);
    std::set<std::string> seen;
    std::set<std::string> prefixes;
    for (const auto* one = adapter->FirstUnicastAddress; one != nullptr; one = one->Next) {
      seen.insert(text_of(one->Address) + "/" + std::to_string(one->OnLinkPrefixLength));
      EXPECT_EQ(one->DadState, IpDadStatePreferred);
      EXPECT_EQ(one->Length, sizeof *one);
    }
    std::set<std::string> expected;
    for (const auto& one : device["addr_info"]) {
      expected.insert(one["local"].get<std::string>() + "/" + std::to_string(one["prefixlen"].get<int>()));
    }
    EXPECT_EQ(seen, expected);
    for (const auto* one = adapter->FirstPrefix; one != nullptr; one = one->Next) {
      prefixes.insert(text_of(one->Address) + "/" + std::to_string(one->PrefixLength));
    }
    std::set<std::string> gateways;
    for (const auto* one = adapter->FirstGatewayAddress; one != nullptr; one = one->Next) {
      gateways.insert(text_of(one->Address));
    }
    if (name == link().name) {
      EXPECT_EQ(adapter->Luid.Value, luid_of(link()).Value);
      EXPECT_EQ(adapter->IfType, static_cast<IFTYPE>(IF_TYPE_ETHERNET_CSMACD));
      EXPECT_EQ(prefixes, (std::set<std::string>{"192.0.2.0/24", "2001:db8::/64", "fe80::/64"}));
      EXPECT_EQ(gateways, (std::set<std::string>{peer().v4, peer().link_local}));
      std::array<char, 40> guid{};
      std::snprintf(guid.data(), guid.size(), "{%08X-0000-0000-0000-4E6574446576}", link().index);
      EXPECT_STREQ(adapter->AdapterName, guid.data());
    } else {
      EXPECT_TRUE(gateways.empty());
    }
  }
  EXPECT_EQ(count, devices.size());
}

TEST_F(BesideAdapters, FlagsAndFamilies) {
  for (const auto* a = read(AF_INET, GAA_FLAG_SKIP_FRIENDLY_NAME); a != nullptr; a = a->Next) {
    EXPECT_EQ(a->FriendlyName, nullptr);
    EXPECT_EQ(a->FirstPrefix, nullptr);
    EXPECT_EQ(a->FirstGatewayAddress, nullptr);
    for (const auto* one = a->FirstUnicastAddress; one != nullptr; one = one->Next) {
      EXPECT_EQ(one->Address.lpSockaddr->sa_family, AF_INET);
      EXPECT_EQ(one->Address.iSockaddrLength, static_cast<INT>(sizeof(SOCKADDR_IN)));
    }
  }
  for (const auto* a = read(AF_INET6, GAA_FLAG_SKIP_UNICAST); a != nullptr; a = a->Next) {
    EXPECT_EQ(a->FirstUnicastAddress, nullptr);
  }
  home().switch_ipv6_off(link());
  for (const auto* a = read(AF_INET6, 0); a != nullptr; a = a->Next) EXPECT_NE(a->IfIndex, link().index);
  bool found = false;
  for (const auto* a = read(AF_INET6, GAA_FLAG_INCLUDE_ALL_INTERFACES); a != nullptr; a = a->Next) {
    if (a->IfIndex != link().index) continue;
    found = true;
    EXPECT_EQ(a->Ipv6IfIndex, 0u);
    EXPECT_EQ(a->Ipv6Enabled, 0u);
  }
  EXPECT_TRUE(found);
}

TEST_F(BesideAdapters, Errors) {
  ULONG size = 0;
  EXPECT_EQ(GetAdaptersAddresses(AF_INET, 0, nullptr, nullptr, nullptr), 87u);
  EXPECT_EQ(GetAdaptersAddresses(77, 0, nullptr, nullptr, &size), 87u);
  EXPECT_EQ(GetAdaptersAddresses(0x10000 + AF_INET, 0, nullptr, nullptr, &size), 87u);
  EXPECT_EQ(size, 0u);
  home().unprivileged([&] { EXPECT_NE(read(AF_UNSPEC, 0), nullptr); });
}

}  // namespace
}  // namespace neigh::conformance
#endif
