// SPDX-License-Identifier: Apache-2.0
// Names, aliases and GUIDs of interfaces, on either home.
#include <array>
#include <string>

#include "conformance/fixture.hpp"

namespace neigh::conformance {
namespace {

using Wide = std::basic_string<WCHAR>;

Wide wide(const std::string& ascii) { return {ascii.begin(), ascii.end()}; }

class BesideNames : public ApiTest {
 protected:
  std::array<WCHAR, IF_MAX_STRING_SIZE + 1> wide_room_{};
  std::array<char, IF_MAX_STRING_SIZE + 1> room_{};
};

TEST_F(BesideNames, LuidToNameAndBack) {
  for (const Link& one : {link(), home().loopback(), home().second_link()}) {
    const NET_LUID luid = luid_of(one);
    room_.fill('x');
    ASSERT_THAT(ConvertInterfaceLuidToNameA(&luid, room_.data(), room_.size()), Gives(Expected::kSuccess));
    EXPECT_EQ(std::string(room_.data()), one.name);
    wide_room_.fill(u'x');
    ASSERT_THAT(ConvertInterfaceLuidToNameW(&luid, wide_room_.data(), wide_room_.size()), Gives(Expected::kSuccess));
    EXPECT_EQ(Wide(wide_room_.data()), wide(one.name));
    wide_room_.fill(u'x');
    ASSERT_THAT(ConvertInterfaceLuidToAlias(&luid, wide_room_.data(), wide_room_.size()), Gives(Expected::kSuccess));
    EXPECT_EQ(Wide(wide_room_.data()), wide(one.name));

    NET_LUID back{};
    EXPECT_THAT(ConvertInterfaceNameToLuidA(one.name.c_str(), &back), Gives(Expected::kSuccess));
    EXPECT_EQ(back.Value, luid.Value);
    back.Value = 1;
    EXPECT_THAT(ConvertInterfaceNameToLuidW(wide(one.name).c_str(), &back), Gives(Expected::kSuccess));
    EXPECT_EQ(back.Value, luid.Value);
    back.Value = 1;
    EXPECT_THAT(ConvertInterfaceAliasToLuid(wide(one.name).c_str(), &back), Gives(Expected::kSuccess));
    EXPECT_EQ(back.Value, luid.Value);
  }
}

TEST_F(BesideNames, RoomForTheNameIsChecked) {
  const NET_LUID luid = luid_of(link());
  const SIZE_T enough = link().name.size() + 1;
  for (SIZE_T room = 0; room < enough; ++room) {
    room_.fill('x');
    wide_room_.fill(u'x');
    EXPECT_THAT(ConvertInterfaceLuidToNameA(&luid, room_.data(), room), Gives(Expected::kNoMemory)) << room;
    EXPECT_THAT(ConvertInterfaceLuidToNameW(&luid, wide_room_.data(), room), Gives(Expected::kNoMemory)) << room;
    EXPECT_THAT(ConvertInterfaceLuidToAlias(&luid, wide_room_.data(), room), Gives(Expected::kNoMemory)) << room;
    EXPECT_EQ(room_[0], 'x') << "untouched on failure";
    EXPECT_EQ(wide_room_[0], u'x');
  }
  EXPECT_THAT(ConvertInterfaceLuidToNameA(&luid, room_.data(), enough), Gives(Expected::kSuccess));
  EXPECT_EQ(room_[enough], 'x') << "nothing behind the terminator";
  EXPECT_THAT(ConvertInterfaceLuidToNameW(&luid, wide_room_.data(), enough), Gives(Expected::kSuccess));
  EXPECT_EQ(wide_room_[enough], u'x');
}

TEST_F(BesideNames, NullAndUnknown) {
  const NET_LUID luid = luid_of(link());
  const NET_LUID unknown = unknown_luid();
  NET_LUID out{};
  // What tests on Windows show: netioapi.md section 6.
  EXPECT_THAT(ConvertInterfaceLuidToNameA(nullptr, room_.data(), 10), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceLuidToNameA(&luid, nullptr, 10), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceLuidToNameA(&luid, nullptr, 0), Gives(Expected::kNoMemory));
  EXPECT_THAT(ConvertInterfaceLuidToNameW(&luid, nullptr, 0), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceLuidToNameW(nullptr, wide_room_.data(), 10), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceLuidToNameW(&unknown, wide_room_.data(), 10), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceLuidToAlias(&unknown, wide_room_.data(), 10), Gives(Expected::kInvalidParameter));

  out.Value = 7;
  EXPECT_THAT(ConvertInterfaceNameToLuidW(nullptr, &out), Gives(Expected::kInvalidName));
  EXPECT_EQ(out.Value, 0u);
  EXPECT_THAT(ConvertInterfaceNameToLuidW(wide(link().name).c_str(), nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceNameToLuidW(nullptr, nullptr), Gives(Expected::kInvalidParameter));
  out.Value = 7;
  EXPECT_THAT(ConvertInterfaceNameToLuidA(nullptr, &out), Gives(Expected::kInvalidName));
  EXPECT_EQ(out.Value, 7u) << "the A form leaves it alone";
  EXPECT_THAT(ConvertInterfaceNameToLuidA(nullptr, nullptr), Gives(Expected::kInvalidName));
  EXPECT_THAT(ConvertInterfaceNameToLuidA(link().name.c_str(), nullptr), Gives(Expected::kInvalidParameter));
  for (const std::string& name : {std::string("no-such-link"), std::string(), std::string(5000, 'a')}) {
    out.Value = 7;
    EXPECT_THAT(ConvertInterfaceNameToLuidA(name.c_str(), &out), Gives(Expected::kInvalidName));
    EXPECT_EQ(out.Value, 0u);
    out.Value = 7;
    EXPECT_THAT(ConvertInterfaceNameToLuidW(wide(name).c_str(), &out), Gives(Expected::kInvalidName));
    EXPECT_EQ(out.Value, 0u);
    out.Value = 7;
    EXPECT_THAT(ConvertInterfaceAliasToLuid(wide(name).c_str(), &out), Gives(Expected::kInvalidParameter));
    EXPECT_EQ(out.Value, 0u);
  }
  EXPECT_THAT(ConvertInterfaceAliasToLuid(nullptr, &out), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceAliasToLuid(wide("x").c_str(), nullptr), Gives(Expected::kInvalidParameter));
}

TEST_F(BesideNames, Guids) {
  const NET_LUID luid = luid_of(link());
  GUID guid{};
  ASSERT_THAT(ConvertInterfaceLuidToGuid(&luid, &guid), Gives(Expected::kSuccess));
  EXPECT_EQ(guid.Data1, link().index);
  GUID other{};
  const NET_LUID loopback = luid_of(home().loopback());
  ASSERT_THAT(ConvertInterfaceLuidToGuid(&loopback, &other), Gives(Expected::kSuccess));
  EXPECT_FALSE(guid == other);
  NET_LUID back{};
  EXPECT_THAT(ConvertInterfaceGuidToLuid(&guid, &back), Gives(Expected::kSuccess));
  EXPECT_EQ(back.Value, luid.Value);

  const NET_LUID unknown = unknown_luid();
  EXPECT_THAT(ConvertInterfaceLuidToGuid(&unknown, &other), Gives(Expected::kNameNotFound));
  EXPECT_TRUE(other == GUID{}) << "zeroed";
  EXPECT_THAT(ConvertInterfaceLuidToGuid(nullptr, &other), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceLuidToGuid(&luid, nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceGuidToLuid(nullptr, &back), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceGuidToLuid(&guid, nullptr), Gives(Expected::kInvalidParameter));
  GUID absent = guid;
  absent.Data1 = kUnknownIndex;
  back.Value = 7;
  EXPECT_THAT(ConvertInterfaceGuidToLuid(&absent, &back), Gives(Expected::kNameNotFound));
  EXPECT_EQ(back.Value, 0u);
  GUID foreign = guid;
  foreign.Data3 = 1;
  EXPECT_THAT(ConvertInterfaceGuidToLuid(&foreign, &back), Gives(Expected::kNameNotFound));
}

TEST_F(BesideNames, StringsOfDrivers) {
  UNICODE_STRING string{};
  const Wide text = wide("text");
  RtlInitUnicodeString(&string, text.c_str());
  EXPECT_EQ(string.Length, 8);
  EXPECT_EQ(string.MaximumLength, 10);
  EXPECT_EQ(string.Buffer, text.c_str());
  RtlInitUnicodeString(&string, nullptr);
  EXPECT_EQ(string.Length, 0);
  EXPECT_EQ(string.MaximumLength, 0);
  EXPECT_EQ(string.Buffer, nullptr);
  const Wide long_text(40000, u'a');
  RtlInitUnicodeString(&string, long_text.c_str());
  EXPECT_EQ(string.Length, 65532);
  EXPECT_EQ(string.MaximumLength, 65534);
}

}  // namespace
}  // namespace neigh::conformance
