// SPDX-License-Identifier: Apache-2.0
// Texts of codes, WSAStartup, prints: what asks for no home at all.
#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "conformance/codes.hpp"
//
#include <mstcpip.h>

namespace neigh::conformance {
namespace {

IN_ADDR four(UCHAR a, UCHAR b, UCHAR c, UCHAR d) {
  IN_ADDR out{};
  out.S_un.S_un_b = {a, b, c, d};
  return out;
}
SOCKADDR_IN6 six(UCHAR first, UCHAR second, UCHAR last, ULONG scope = 0) {
  SOCKADDR_IN6 out{};
  out.sin6_family = AF_INET6;
  out.sin6_addr.u.Byte[0] = first;
  out.sin6_addr.u.Byte[1] = second;
  out.sin6_addr.u.Byte[15] = last;
  out.sin6_scope_id = scope;
  return out;
}
const SOCKADDR* generic(const void* address) { return static_cast<const SOCKADDR*>(address); }

TEST(BesideTexts, ClassesOfAddresses) {
  const IN_ADDR any = four(0, 0, 0, 0);
  const IN_ADDR loopback = four(127, 1, 2, 3);
  const IN_ADDR link_local = four(169, 254, 1, 1);
  const IN_ADDR multicast = four(224, 0, 0, 251);
  EXPECT_TRUE(IN4_IS_ADDR_UNSPECIFIED(&any));
  EXPECT_FALSE(IN4_IS_ADDR_UNSPECIFIED(&loopback));
  EXPECT_TRUE(IN4_IS_ADDR_LOOPBACK(&loopback));
  EXPECT_FALSE(IN4_IS_ADDR_LOOPBACK(&any));
  EXPECT_TRUE(IN4_IS_ADDR_LINKLOCAL(&link_local));
  EXPECT_FALSE(IN4_IS_ADDR_LINKLOCAL(&loopback));
  EXPECT_TRUE(IN4_IS_ADDR_MULTICAST(&multicast));
  EXPECT_TRUE(IN4_IS_ADDR_MC_LINKLOCAL(&multicast));
  EXPECT_FALSE(IN4_IS_ADDR_MULTICAST(&link_local));
  EXPECT_TRUE(IN4_IS_ADDR_BROADCAST(&in4addr_broadcast));
  EXPECT_FALSE(IN4_IS_ADDR_BROADCAST(&in4addr_any));
  for (const IN_ADDR& own : {four(10, 1, 1, 1), four(172, 16, 0, 1), four(172, 31, 0, 1), four(192, 168, 9, 9)}) {
    EXPECT_TRUE(IN4_IS_ADDR_RFC1918(&own));
  }
  for (const IN_ADDR& other : {four(11, 1, 1, 1), four(172, 32, 0, 1), four(192, 169, 9, 9)}) {
    EXPECT_FALSE(IN4_IS_ADDR_RFC1918(&other));
  }
  EXPECT_TRUE(IN4_ADDR_EQUAL(&in4addr_any, &any));
  EXPECT_FALSE(IN4_ADDR_EQUAL(&in4addr_loopback, &loopback));

  const SOCKADDR_IN6 global = six(0x20, 0x01, 1);
  EXPECT_TRUE(IN6_IS_ADDR_GLOBAL(&global.sin6_addr));
  for (const SOCKADDR_IN6& other : {six(0, 0, 0), six(0, 0, 1), six(0xfe, 0x80, 1), six(0xff, 2, 1)}) {
    EXPECT_FALSE(IN6_IS_ADDR_GLOBAL(&other.sin6_addr));
  }
  const SOCKADDR_IN6 here = six(0xfe, 0x80, 1, 3);
  const SOCKADDR_IN6 there = six(0xfe, 0x80, 1, 4);
  EXPECT_TRUE(IN6ADDR_ISEQUAL(&here, &here));
  EXPECT_FALSE(IN6ADDR_ISEQUAL(&here, &there)) << "the scope counts";
  EXPECT_FALSE(INETADDR_ISEQUAL(generic(&here), generic(&there)));
  SOCKADDR_IN v4{};
  v4.sin_family = AF_INET;
  EXPECT_TRUE(INETADDR_ISANY(generic(&v4)));
  EXPECT_FALSE(INETADDR_ISEQUAL(generic(&here), generic(&v4)));
  v4.sin_addr = loopback;
  EXPECT_FALSE(INETADDR_ISANY(generic(&v4)));
  EXPECT_TRUE(INETADDR_ISLOOPBACK(generic(&v4)));
  SOCKADDR_INET either{};
  either.Ipv6 = six(0, 0, 1);
  auto* const address = static_cast<SOCKADDR*>(static_cast<void*>(&either));
  EXPECT_TRUE(INETADDR_ISLOOPBACK(address));
  INETADDR_SETANY(address);
  EXPECT_TRUE(INETADDR_ISANY(address));
  EXPECT_TRUE(INETADDR_ISUNSPECIFIED(address));
  EXPECT_EQ(either.si_family, AF_INET6);
  const SCOPE_ID none = SCOPEID_UNSPECIFIED_INIT;
  EXPECT_EQ(none.Value, 0u);
  EXPECT_EQ(NET_IFLUID_UNSPECIFIED, 0);
}

#ifdef NEIGH_TEST_USER

TEST(BesideTexts, EveryCodeOfTheFamilyHasOne) {
  std::array<char, 256> text{};
  for (const CodePair& pair : kCodes) {
    text.fill('x');
    const DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, pair.user,
                                        MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), text.data(), text.size(), nullptr);
    ASSERT_GT(length, 4u) << pair.name;
    EXPECT_EQ(length, std::strlen(text.data()));
    EXPECT_STREQ(text.data() + length - 2, "\r\n");
    std::array<char, 256> line{};
    const DWORD one_line = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, nullptr,
                                          pair.user, 0, line.data(), line.size(), nullptr);
    EXPECT_EQ(std::string(line.data()) + "\r\n", text.data());
    // Room is counted with the terminator.
    text.fill('x');
    EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, nullptr, pair.user, 0,
                             text.data(), one_line, nullptr),
              0u);
    EXPECT_EQ(text[0], 'x');
    EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, nullptr, pair.user, 0,
                             text.data(), one_line + 1, nullptr),
              one_line);
    EXPECT_EQ(text[one_line + 1], 'x');
  }
}

TEST(BesideTexts, WordsAreThoseOfWindows) {
  struct Case {
    DWORD code;
    const char* text;
  };
  for (const Case& one :
       {Case{0, "The operation completed successfully.\r\n"},
        Case{ERROR_FILE_NOT_FOUND, "The system cannot find the file specified.\r\n"},
        Case{ERROR_ACCESS_DENIED, "Access is denied.\r\n"},
        Case{ERROR_INVALID_PARAMETER, "The parameter is incorrect.\r\n"},
        Case{ERROR_NOT_FOUND, "Element not found.\r\n"},
        Case{ERROR_OBJECT_ALREADY_EXISTS, "The object already exists.\r\n"}, Case{0x80070490, "Element not found.\r\n"},
        Case{0x80070057, "The parameter is incorrect.\r\n"}, Case{0x80004005, "Unspecified error\r\n"}}) {
    std::array<char, 256> text{};
    EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, nullptr, one.code, 0, text.data(), text.size(), nullptr),
              std::strlen(one.text));
    EXPECT_STREQ(text.data(), one.text);
  }
  std::array<char, 256> text{};
  EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, nullptr, 0x80060490, 0, text.data(), text.size(), nullptr), 0u);
}

TEST(BesideTexts, AllocatedOrRefused) {
  char* text = nullptr;
  const DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, nullptr,
                                      ERROR_NOT_FOUND, 0, static_cast<LPSTR>(static_cast<void*>(&text)), 0, nullptr);
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(length, std::strlen(text));
  EXPECT_EQ(LocalFree(text), nullptr);
  EXPECT_EQ(LocalFree(nullptr), nullptr);
  std::array<char, 16> room{};
  EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, nullptr, 424242, 0, room.data(), room.size(), nullptr), 0u);
  EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, room.data(), room.size(), nullptr), 0u);
  EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, nullptr, 0, 0, nullptr, 0, nullptr), 0u);
}

TEST(BesideTexts, Startup) {
  WSADATA data;
  std::memset(&data, 0xa5, sizeof data);
  EXPECT_EQ(WSACleanup(), -1) << "not started";
  EXPECT_EQ(WSAStartup(MAKEWORD(2, 2), nullptr), WSAEFAULT);
  EXPECT_EQ(WSAStartup(MAKEWORD(0, 2), &data), WSAVERNOTSUPPORTED);
  EXPECT_EQ(WSACleanup(), -1) << "a failed start is none";
  struct Case {
    WORD asked, got;
  };
  for (const Case& one : {Case{0x0202, 0x0202}, Case{0x0002, 0x0002}, Case{0x0101, 0x0101}, Case{0x0903, 0x0202}}) {
    EXPECT_EQ(WSAStartup(one.asked, &data), 0);
    EXPECT_EQ(data.wVersion, one.got);
    EXPECT_EQ(data.wHighVersion, 0x0202);
    EXPECT_STREQ(data.szSystemStatus, "Running");
  }
  for (int i = 0; i < 4; ++i) EXPECT_EQ(WSACleanup(), 0);
  EXPECT_EQ(WSACleanup(), -1);
}

TEST(BesideTexts, InetNamesAreTheCLibrarys) {
  IN6_ADDR address{};
  EXPECT_EQ(InetPtonA(AF_INET6, "2001:db8::7", &address), 1);
  std::array<char, INET6_ADDRSTRLEN> text{};
  EXPECT_STREQ(InetNtopA(AF_INET6, &address, text.data(), text.size()), "2001:db8::7");
}

#else

TEST(BesideTexts, DebugPrintsGoToStandardError) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(DbgPrint("index %d of %s\n", 7, "eth0"), 0u);
  KdPrint(("%s", "more\n"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "index 7 of eth0\nmore\n");
}

#endif

}  // namespace
}  // namespace neigh::conformance
