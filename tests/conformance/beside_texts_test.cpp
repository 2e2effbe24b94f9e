// SPDX-License-Identifier: Apache-2.0
// Texts of codes, WSAStartup, prints: what asks for no home at all.
#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "conformance/codes.hpp"

namespace neigh::conformance {
namespace {

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
