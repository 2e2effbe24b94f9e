// SPDX-License-Identifier: Apache-2.0
// Kernel names and WCHAR strings: what goes in comes out again.
#include "netioapi/wide.hpp"

#include <gtest/gtest.h>

#include <string>

namespace neigh::netioapi {
namespace {

using Wide = std::basic_string<WCHAR>;

TEST(WideText, Conversions) {
  struct Case {
    std::string bytes;
    Wide wide;
  };
  for (const Case& one : {Case{"", u""}, Case{"eth0", u"eth0"}, Case{"\xC3\xA4", u"\u00e4"},
                          Case{"\xE2\x82\xAC", u"\u20ac"}, Case{"\xF0\x9F\x98\x80", u"\U0001F600"}}) {
    EXPECT_EQ(to_wide(one.bytes), one.wide);
    EXPECT_EQ(from_wide(one.wide.c_str(), 100), one.bytes);
  }
}

TEST(WideText, WhatIsNoUtf8IsKept) {
  for (const std::string bytes :
       {"\xff", "a\x80z", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x9F\x98"}) {
    const Wide wide = to_wide(bytes);
    for (const WCHAR unit : wide) {
      EXPECT_TRUE(unit < 0x80 || (unit >= 0xDC80 && unit <= 0xDCFF)) << std::hex << +unit;
    }
    EXPECT_EQ(from_wide(wide.c_str(), 100), bytes);
  }
  std::string every;
  for (int i = 1; i < 256; ++i) every.push_back(static_cast<char>(i));
  EXPECT_EQ(from_wide(to_wide(every).c_str(), 1000), every);
}

TEST(WideText, NoTerminatorInReach) {
  const Wide text = u"abc";
  EXPECT_EQ(from_wide(text.c_str(), 4), "abc");
  EXPECT_EQ(from_wide(text.c_str(), 3), std::nullopt);
  EXPECT_EQ(from_wide(text.c_str(), 0), std::nullopt);
}

}  // namespace
}  // namespace neigh::netioapi
