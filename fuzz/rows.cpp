// SPDX-License-Identifier: Apache-2.0
// Any 88 bytes as a row, and any other arguments, into the functions of the C API on an embedded stack in virtual time.
#include <iphlpapi.h>

#include "fuzz.hpp"
#include "neigh/current_stack.hpp"
#include "neigh/embedded.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 2048;

namespace {

static_assert(sizeof(MIB_IPNET_ROW2) == 88);

struct World {
  std::unique_ptr<EmbeddedNetwork> network = EmbeddedNetwork::make(1);
  std::shared_ptr<EmbeddedStack> stack;
  std::shared_ptr<EmbeddedStack> peer;
  Neighbor kept{.address = IpAddress::v4(192, 0, 2, 200), .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9})};

  World() {
    stack = add(1, 1);
    peer = add(2, 2);
    kept.interface = InterfaceIndex{2};
    require(stack->create(kept).has_value(), "the entry of the test");
  }

  std::shared_ptr<EmbeddedStack> add(std::uint8_t last, std::uint8_t mac) {
    EmbeddedInterface lo{.index = InterfaceIndex{1}, .link = EmbeddedLink::kLoopback};
    EmbeddedInterface eth{
        .index = InterfaceIndex{2},
        .link_address = LinkAddress::ether({2, 0, 0, 0, 0, mac}),
        .addresses = {{.address = IpAddress::v4(192, 0, 2, last), .prefix_length = 24}},
        .prefixes = {{.prefix = IpAddress::parse("2001:db8::").value(), .length = 64}},
    };
    EmbeddedInterface tun{.index = InterfaceIndex{3}, .link = EmbeddedLink::kTunnel};
    auto made = network->add_stack({.max_neighbors = 64, .interfaces = {lo, eth, tun}});
    require(made.has_value(), "a stack");
    return *made;
  }
};

/// Codes that the calls on rows may return (decisions LIB-01 to LIB-35, Win32).
void check_code(DWORD code) {
  constexpr std::array<DWORD, 16> kCodes = {NO_ERROR,
                                            ERROR_FILE_NOT_FOUND,
                                            ERROR_ACCESS_DENIED,
                                            ERROR_NOT_ENOUGH_MEMORY,
                                            ERROR_NOT_SUPPORTED,
                                            ERROR_BAD_NET_NAME,
                                            ERROR_INVALID_PARAMETER,
                                            ERROR_BUFFER_OVERFLOW,
                                            ERROR_INSUFFICIENT_BUFFER,
                                            ERROR_GEN_FAILURE,
                                            ERROR_INVALID_NAME,
                                            ERROR_NO_DATA,
                                            ERROR_NOT_FOUND,
                                            ERROR_NETWORK_UNREACHABLE,
                                            ERROR_NO_SYSTEM_RESOURCES,
                                            ERROR_OBJECT_ALREADY_EXISTS};
  require(std::ranges::find(kCodes, code) != kCodes.end(), "a documented code:", std::to_string(code));
}

bool same(const MIB_IPNET_ROW2& a, const MIB_IPNET_ROW2& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

/// A row of the input's bytes; a choice puts what is usual into some of its members.
MIB_IPNET_ROW2 row_of(Input& in) {
  auto row = in.value<MIB_IPNET_ROW2>();
  const unsigned usual = in.byte();
  if ((usual & 1U) != 0) row.Address.si_family = (usual & 2U) != 0 ? AF_INET : AF_INET6;
  if ((usual & 4U) != 0) {
    row.InterfaceLuid.Value = 0;
    row.InterfaceIndex = 2;
  }
  if ((usual & 8U) != 0) row.PhysicalAddressLength = 6;
  if ((usual & 0x30U) == 0x30U && row.Address.si_family == AF_INET) {
    const std::array<std::uint8_t, 4> near = {192, 0, 2, in.byte()};
    std::memcpy(&row.Address.Ipv4.sin_addr, near.data(), near.size());
  }
  return row;
}

bool is_kept(const MIB_IPNET_ROW2& row) {
  const std::array<std::uint8_t, 4> kept = {192, 0, 2, 200};
  return row.Address.si_family == AF_INET && std::memcmp(&row.Address.Ipv4.sin_addr, kept.data(), 4) == 0;
}

/// @return Whether the call may have touched the entry that is to be kept.
bool entry_call(Input& in) {
  MIB_IPNET_ROW2 row = row_of(in);
  const MIB_IPNET_ROW2 before = row;
  switch (in.below(6)) {
    case 0: {
      const DWORD code = CreateIpNetEntry2(&row);
      check_code(code);
      require(same(row, before), "Create leaves the row");
      if (code != NO_ERROR) return false;
      MIB_IPNET_ROW2 back = row;
      require(GetIpNetEntry2(&back) == NO_ERROR, "what was created is there");
      require(back.State == NlnsPermanent, "LIB-08: permanent");
      require((back.Flags & 1U) == (row.Flags & 1U), "LIB-09: IsRouter");
      require(back.PhysicalAddressLength <= 32, "a length that fits");
      require(std::memcmp(back.PhysicalAddress, row.PhysicalAddress, back.PhysicalAddressLength) == 0, "LIB-11");
      require(CreateIpNetEntry2(&row) == ERROR_OBJECT_ALREADY_EXISTS, "LIB-01: not twice");
      return false;
    }
    case 1:
      check_code(SetIpNetEntry2(&row));
      require(same(row, before), "Set leaves the row");
      return is_kept(row);
    case 2:
      check_code(DeleteIpNetEntry2(&row));
      require(same(row, before), "Delete leaves the row");
      return is_kept(row);
    case 3: {
      const DWORD code = GetIpNetEntry2(&row);
      check_code(code);
      require(code == NO_ERROR || same(row, before), "LIB-14: untouched on failure");
      return false;
    }
    case 4: {
      const auto source = in.value<SOCKADDR_INET>();
      const DWORD code = ResolveIpNetEntry2(&row, in.flag() ? &source : nullptr);
      check_code(code);
      require(code == NO_ERROR || same(row, before), "LIB-32: untouched on failure");
      if (code == NO_ERROR) require(row.State == NlnsReachable || row.State == NlnsPermanent, "LIB-18, LIB-35");
      return is_kept(row);
    }
    default: {
      const auto family = static_cast<ADDRESS_FAMILY>(in.flag() ? AF_UNSPEC : in.u16());
      const auto index = static_cast<NET_IFINDEX>(in.below(5));
      const DWORD code = FlushIpNetTable2(family, index);
      check_code(code);
      return code == NO_ERROR;
    }
  }
}

void table_call(Input& in) {
  PMIB_IPNET_TABLE2 table = nullptr;
  const auto family = static_cast<ADDRESS_FAMILY>(in.flag() ? AF_UNSPEC : in.u16());
  const DWORD code = GetIpNetTable2(family, &table);
  check_code(code);
  require((code == NO_ERROR) == (table != nullptr), "LIB-16");
  if (table != nullptr) {
    require(table->NumEntries >= 1 && table->NumEntries <= 4096, "the table has rows");
    for (ULONG i = 0; i < table->NumEntries; ++i) {
      require(table->Table[i].PhysicalAddressLength <= 32 && table->Table[i].State <= NlnsPermanent,
              "every row is one");
    }
  }
  FreeMibTable(table);
}

/// The older calls on IPv4 rows of 24 bytes.
bool legacy_call(Input& in) {
  auto row = in.value<MIB_IPNETROW>();
  if (in.flag()) row.dwIndex = 2;
  if (in.flag()) row.dwPhysAddrLen = 6;
  switch (in.below(6)) {
    case 0:
      check_code(CreateIpNetEntry(&row));
      return true;
    case 1:
      check_code(SetIpNetEntry(&row));
      return true;
    case 2:
      check_code(DeleteIpNetEntry(&row));
      return true;
    case 3: {
      ULONG size = in.u16();
      Bytes room(size);  // exact: one byte more is seen
      const ULONG given = size;
      const ULONG code = GetIpNetTable(
          room.empty() ? nullptr : static_cast<PMIB_IPNETTABLE>(static_cast<void*>(room.data())), &size, TRUE);
      check_code(code);
      require(code != NO_ERROR || size <= given, "what was written fits");
      return false;
    }
    case 4: {
      ULONG length = static_cast<ULONG>(in.below(9));
      Bytes mac(length + 1, 0xa5);
      const DWORD code = SendARP(in.value<IPAddr>(), in.flag() ? in.value<IPAddr>() : 0, mac.data(), &length);
      check_code(code);
      require(mac.back() == 0xa5, "no byte behind the room");
      return true;
    }
    default:
      check_code(FlushIpNetTable(static_cast<DWORD>(in.below(5))));
      return true;
  }
}

void name_call(Input& in) {
  NET_LUID luid{};
  luid.Value = in.value<ULONG64>();
  NET_IFINDEX index = 0;
  std::array<char, 64> name{};
  name.fill('\x5a');
  const std::size_t room = in.below(64);
  check_code(ConvertInterfaceLuidToIndex(&luid, &index));
  const DWORD code = ConvertInterfaceLuidToNameA(&luid, name.data(), room);
  check_code(code);
  require(std::all_of(name.begin() + static_cast<std::ptrdiff_t>(room), name.end(), [](char c) { return c == '\x5a'; }),
          "no byte behind the room");
  const std::string text = in.text(40);
  check_code(ConvertInterfaceNameToLuidA(text.c_str(), &luid));
  check_code(ConvertInterfaceIndexToLuid(in.value<NET_IFINDEX>(), &luid));
  auto interface_row = in.value<MIB_IPINTERFACE_ROW>();
  check_code(GetIpInterfaceEntry(&interface_row));
}

}  // namespace

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  World world;
  const StackScope scope(world.stack);
  bool touched = false;
  for (int calls = 0; calls < 12 && !in.empty(); ++calls) {
    switch (in.below(8)) {
      case 5:
        table_call(in);
        break;
      case 6:
        touched = legacy_call(in) || touched;
        break;
      case 7:
        name_call(in);
        break;
      default:
        touched = entry_call(in) || touched;
        break;
    }
    world.network->advance(std::chrono::milliseconds{in.byte()});
    if (touched) continue;
    const auto kept = world.stack->get(world.kept.key());
    require(kept && kept->state == NudState::kPermanent && kept->link_address == world.kept.link_address,
            "an entry that no call named stays");
  }
}

}  // namespace neigh::fuzz
