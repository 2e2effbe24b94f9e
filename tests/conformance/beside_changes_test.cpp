// SPDX-License-Identifier: Apache-2.0
// Changes of interfaces, addresses and routes, made by the kernel's own tool; namespaces and forks.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "conformance/changes.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"

namespace neigh::conformance {
namespace {

VOID NETIOAPI_API_ on_interface(PVOID context, PMIB_IPINTERFACE_ROW row, MIB_NOTIFICATION_TYPE type) {
  static_cast<Told*>(context)->add(row == nullptr ? name_of(type)
                                                  : name_of(type) + " " + std::to_string(row->InterfaceIndex) +
                                                        (row->Family == AF_INET ? " v4" : " v6") +
                                                        (row->InterfaceLuid.Value != 0 ? "" : " without LUID"));
}
VOID NETIOAPI_API_ on_address(PVOID context, PMIB_UNICASTIPADDRESS_ROW row, MIB_NOTIFICATION_TYPE type) {
  static_cast<Told*>(context)->add(row == nullptr ? name_of(type)
                                                  : name_of(type) + " " + text_of(row->Address) + " " +
                                                        std::to_string(row->InterfaceLuid.Info.NetLuidIndex));
}
VOID NETIOAPI_API_ on_route(PVOID context, PMIB_IPFORWARD_ROW2 row, MIB_NOTIFICATION_TYPE type) {
  static_cast<Told*>(context)->add(row == nullptr
                                       ? name_of(type)
                                       : name_of(type) + " " + text_of(row->DestinationPrefix.Prefix) + "/" +
                                             std::to_string(row->DestinationPrefix.PrefixLength) + " " +
                                             text_of(row->NextHop) + " " + std::to_string(row->InterfaceIndex));
}

/// A registration that ends with the object.
class Registration {
 public:
  template <class Notify, class Callback>
  Registration(Notify notify, Callback callback, Told& told, ADDRESS_FAMILY family = AF_UNSPEC, bool initial = false) {
    EXPECT_THAT(notify(family, callback, &told, initial ? TRUE : FALSE, &handle_), Gives(Expected::kSuccess));
  }
  ~Registration() { EXPECT_THAT(CancelMibChangeNotify2(handle_), Gives(Expected::kSuccess)); }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  [[nodiscard]] HANDLE handle() const { return handle_; }

 private:
  HANDLE handle_ = nullptr;
};

class BesideChanges : public ApiTest {
 protected:
  static bool has(Told& told, const std::string& line) {
    const auto lines = told.lines();
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }
  Told told_;
};

TEST_F(BesideChanges, Interfaces) {
  const Registration registration(NotifyIpInterfaceChange, on_interface, told_, AF_UNSPEC, true);
  EXPECT_TRUE(told_.wait_for("initial"));
  const Link made = home().add_link("made", 0);
  const std::string index = std::to_string(made.index);
  EXPECT_TRUE(told_.wait_for("added " + index + " v4"));
  EXPECT_TRUE(told_.wait_for("added " + index + " v6"));
  told_.clear();
  test::must_run("ip link set made mtu 1400");
  EXPECT_TRUE(told_.wait_for("changed " + index + " v4"));
  EXPECT_TRUE(told_.wait_for("changed " + index + " v6"));
  told_.clear();
  home().remove_link("made");
  EXPECT_TRUE(told_.wait_for("removed " + index + " v4"));
  EXPECT_TRUE(told_.wait_for("removed " + index + " v6"));
}

TEST_F(BesideChanges, InterfacesOfOneFamily) {
  {
    const Registration registration(NotifyIpInterfaceChange, on_interface, told_, AF_INET);
    const Link made = home().add_link("made", 0);
    EXPECT_TRUE(told_.wait_for("added " + std::to_string(made.index) + " v4"));
    home().remove_link("made");
    EXPECT_TRUE(told_.wait_for("removed " + std::to_string(made.index) + " v4"));
  }
  for (const std::string& line : told_.lines()) EXPECT_EQ(line.find("v6"), std::string::npos) << line;
}

TEST_F(BesideChanges, Addresses) {
  const std::string index = std::to_string(link().index);
  const Registration registration(NotifyUnicastIpAddressChange, on_address, told_);
  for (const std::string address : {"192.0.2.44", "2001:db8::44"}) {
    const std::string full = address + (address.find(':') == std::string::npos ? "/24" : "/64 nodad");
    test::must_run("ip address add " + full + " dev " + link().name + " valid_lft 5000 preferred_lft 4000");
    EXPECT_TRUE(told_.wait_for("added " + address + " " + index));
    test::must_run("ip address change " + full + " dev " + link().name + " valid_lft 5000 preferred_lft 0");
    EXPECT_TRUE(told_.wait_for("changed " + address + " " + index)) << "deprecated now";
    test::must_run("ip address del " + full.substr(0, full.find(' ')) + " dev " + link().name);
    EXPECT_TRUE(told_.wait_for("removed " + address + " " + index));
  }
  for (const std::string& line : told_.lines()) EXPECT_EQ(line.find(link().v4 + " "), std::string::npos) << line;
}

TEST_F(BesideChanges, ProgramsWaitForTheirOwnAddress) {
  // The example of the reference page: register, create, be told.
  const Registration registration(NotifyUnicastIpAddressChange, on_address, told_, AF_INET);
  MIB_UNICASTIPADDRESS_ROW row;
  InitializeUnicastIpAddressEntry(&row);
  row.Address = socket_address("192.0.2.45");
  row.InterfaceLuid = luid_of(link());
  ASSERT_THAT(CreateUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
  EXPECT_TRUE(told_.wait_for("added 192.0.2.45 " + std::to_string(link().index)));
}

TEST_F(BesideChanges, Routes) {
  const std::string index = std::to_string(link().index);
  const Registration registration(NotifyRouteChange2, on_route, told_);
  test::must_run("ip route add 203.0.113.0/24 via " + peer().v4);
  EXPECT_TRUE(told_.wait_for("added 203.0.113.0/24 192.0.2.2 " + index));
  // A replaced route goes without a message of its own.
  test::must_run("ip route replace 203.0.113.0/24 dev " + link().name);
  EXPECT_TRUE(told_.wait_for("added 203.0.113.0/24 0.0.0.0 " + index));
  EXPECT_TRUE(told_.wait_for("removed 203.0.113.0/24 192.0.2.2 " + index));
  test::must_run("ip route del 203.0.113.0/24");
  EXPECT_TRUE(told_.wait_for("removed 203.0.113.0/24 0.0.0.0 " + index));
  test::must_run("ip -6 route add 2001:db8:9::/48 via " + peer().v6);
  EXPECT_TRUE(told_.wait_for("added 2001:db8:9::/48 2001:db8::2 " + index));
  test::must_run("ip route add 203.0.112.0/24 via " + peer().v4 + " table 77");
  // With the link go the routes, IPv4's without a word.
  told_.clear();
  home().take_down(link());
  EXPECT_TRUE(told_.wait_for("removed 192.0.2.0/24 0.0.0.0 " + index));
  EXPECT_TRUE(told_.wait_for("removed 2001:db8:9::/48 2001:db8::2 " + index));
  EXPECT_FALSE(has(told_, "added 203.0.112.0/24 192.0.2.2 " + index)) << "another table";
}

TEST_F(BesideChanges, LostNotificationsAreMadeUpFor) {
  // A callback that blocks lets the kernel's queue run over.
  struct Slow {
    Told told;
    std::atomic<bool> entered{false};
    std::atomic<bool> go_on{false};
    static VOID NETIOAPI_API_ call(PVOID context, PMIB_UNICASTIPADDRESS_ROW row, MIB_NOTIFICATION_TYPE type) {
      auto& self = *static_cast<Slow*>(context);
      self.entered = true;
      EXPECT_TRUE(test::wait_until([&] { return self.go_on.load(); }));
      on_address(&self.told, row, type);
    }
  } slow;
  const std::string index = std::to_string(link().index);
  HANDLE handle = nullptr;
  ASSERT_THAT(NotifyUnicastIpAddressChange(AF_INET, Slow::call, &slow, TRUE, &handle), Gives(Expected::kSuccess));
  ASSERT_TRUE(test::wait_until([&] { return slow.entered.load(); }));
  test::must_run("ip address add 192.0.2.46/24 dev " + link().name);
  // Some ten thousand changes of one address: far more than any receive buffer takes.
  std::string flood;
  for (int i = 0; i < 6000; ++i) {
    flood +=
        "address add 198.51.100.7/24 dev " + link().name + "\naddress del 198.51.100.7/24 dev " + link().name + "\n";
  }
  flood +=
      "address add 192.0.2.47/24 dev " + link().name + "\naddress del " + link().v4 + "/24 dev " + link().name + "\n";
  test::must_run("ip -batch -", {.input = flood});
  slow.go_on = true;
  EXPECT_TRUE(slow.told.wait_for("removed " + link().v4 + " " + index));
  EXPECT_THAT(CancelMibChangeNotify2(handle), Gives(Expected::kSuccess));
}

TEST_F(BesideChanges, EachNamespaceItsOwn) {
  const Registration here(NotifyUnicastIpAddressChange, on_address, told_);
  Told other_told;
  const test::Namespace other;
  // A visitor's registration stays where it was made.
  HANDLE visited = nullptr;
  std::thread([&] {
    const auto inside = other.enter();
    EXPECT_THAT(NotifyUnicastIpAddressChange(AF_INET, on_address, &other_told, FALSE, &visited),
                Gives(Expected::kSuccess));
  }).join();
  {
    const auto inside = other.enter();
    test::must_run("ip address add 10.0.0.1/8 dev lo");
  }
  EXPECT_TRUE(other_told.wait_for("added 10.0.0.1 1"));
  test::must_run("ip address add 192.0.2.48/24 dev " + link().name);
  EXPECT_TRUE(told_.wait_for("added 192.0.2.48 " + std::to_string(link().index)));
  EXPECT_FALSE(has(told_, "added 10.0.0.1 1"));
  EXPECT_FALSE(has(other_told, "added 192.0.2.48 " + std::to_string(link().index)));
  EXPECT_THAT(CancelMibChangeNotify2(visited), Gives(Expected::kSuccess));
}

TEST_F(BesideChanges, ForkedChildBeginsAnew) {
  const std::string index = std::to_string(link().index);
  const Registration registration(NotifyUnicastIpAddressChange, on_address, told_);
  home().forked([&] {
    EXPECT_THAT(CancelMibChangeNotify2(registration.handle()), Gives(Expected::kInvalidHandle)) << "the parent's";
    Told child_told;
    const Registration own(NotifyUnicastIpAddressChange, on_address, child_told);
    test::must_run("ip address add 192.0.2.49/24 dev " + link().name);
    EXPECT_TRUE(child_told.wait_for("added 192.0.2.49 " + index));
  });
  EXPECT_TRUE(told_.wait_for("added 192.0.2.49 " + index)) << "the parent's goes on";
}

TEST_F(BesideChanges, NoPrivilegeIsNeeded) {
  home().unprivileged([&] {
    Told told;
    HANDLE handle = nullptr;
    EXPECT_THAT(NotifyIpInterfaceChange(AF_INET, on_interface, &told, TRUE, &handle), Gives(Expected::kSuccess));
    EXPECT_TRUE(told.wait_for("initial"));
    EXPECT_THAT(CancelMibChangeNotify2(handle), Gives(Expected::kSuccess));
    EXPECT_THAT(NotifyIpNetChange(AF_INET, on_neighbor, &told, FALSE, &handle), Gives(Expected::kSuccess));
    EXPECT_THAT(CancelMibChangeNotify2(handle), Gives(Expected::kSuccess));
  });
}

TEST_F(BesideChanges, RegistrationsAreBounded) {
  std::vector<HANDLE> handles;
  for (int i = 0; i < 2000; ++i) {
    HANDLE handle = nullptr;
    const auto done = NotifyIpInterfaceChange(AF_INET, on_interface, &told_, FALSE, &handle);
    if (done != code(Expected::kSuccess)) {
      EXPECT_THAT(done, Gives(Expected::kNoMemory));
      EXPECT_EQ(handle, nullptr);
      break;
    }
    handles.push_back(handle);
  }
  EXPECT_LE(handles.size(), 1024u);
  EXPECT_GE(handles.size(), 100u);
  for (const HANDLE handle : handles) EXPECT_THAT(CancelMibChangeNotify2(handle), Gives(Expected::kSuccess));
}

}  // namespace
}  // namespace neigh::conformance
