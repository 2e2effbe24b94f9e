// SPDX-License-Identifier: Apache-2.0
/// @file
/// Private network namespaces for tests against the real kernel. A program that links `neigh_netns_main` (CMake:
/// neigh_netns_test) runs in its own user, network and mount namespaces; each test makes further network namespaces.
///
/// Where that is not permitted the program says so and its tests are skipped; with NEIGH_REQUIRE_NETNS=1 it fails.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "support/fd.hpp"

namespace neigh::test {

/// A network namespace. It lives as long as an object, a thread or a socket in it.
/// @throws std::system_error  (GoogleTest reports it as the test's failure).
class Namespace {
 public:
  /// Makes a fresh one, with its loopback device up; the calling thread stays where it is.
  Namespace();

  /// Puts the calling thread into a namespace until the object dies. Scopes nest.
  class [[nodiscard]] Scope {
   public:
    explicit Scope(int namespace_fd);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Fd before_;
  };

  [[nodiscard]] Scope enter() const { return Scope(fd_.get()); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// A name for tools that want one: `ip link set x netns <path>`.
  [[nodiscard]] std::string path() const;
  /// The kernel's number of the namespace that the calling thread is in.
  [[nodiscard]] static std::uint64_t current_inode();

 private:
  Fd fd_;
};

/// One end of a veth pair.
struct Host {
  Namespace space = {};
  std::string device = {};
  std::uint32_t index = 0;
  std::string link_address = {};  ///< "02:00:00:00:00:01"
  std::string v4 = {};            ///< without prefix length
  std::string v6 = {};
  std::string link_local = {};  ///< made of link_address, fe80::
};

struct VethOptions {
  bool v4 = true;
  bool v6 = true;  ///< false: IPv6 is disabled on both devices.
};

/// Two hosts joined by a veth pair, both real kernels, each in a namespace of its own:
/// here:  veth-here,  02:00:00:00:00:01, 192.0.2.1/24, 2001:db8::1/64, fe80::ff:fe00:1
/// there: veth-there, 02:00:00:00:00:02, 192.0.2.2/24, 2001:db8::2/64, fe80::ff:fe00:2
/// No duplicate address detection, no router solicitations; all addresses are usable when the constructor returns.
/// Interface indexes differ on both sides. @throws std::system_error, std::runtime_error.
class VethPair {
 public:
  explicit VethPair(const VethOptions& options = {});
  Host here;
  Host there;
};

/// A test between two hosts. The test's thread is in here().space.
class TwoHosts : public ::testing::Test {
 protected:
  explicit TwoHosts(const VethOptions& options = {}) : pair_(options), inside_(pair_.here.space.enter()) {}

  [[nodiscard]] const Host& here() const { return pair_.here; }
  [[nodiscard]] const Host& there() const { return pair_.there; }

 private:
  VethPair pair_;
  Namespace::Scope inside_;
};

/// A test alone in a fresh namespace that has a loopback device only.
class FreshNamespace : public ::testing::Test {
 protected:
  FreshNamespace() : inside_(space_.enter()) {}
  [[nodiscard]] const Namespace& space() const { return space_; }

 private:
  Namespace space_;
  Namespace::Scope inside_;
};

/// Writes a kernel setting of the calling thread's network namespace: "net/ipv4/conf/veth-here/arp_ignore", "1".
/// @throws std::system_error.
void write_sysctl(std::string_view path, std::string_view value);
/// Reads one, without the line's end. @throws std::system_error.
[[nodiscard]] std::string read_sysctl(std::string_view path);

/// Index of a device in the calling thread's network namespace; 0: there is none.
[[nodiscard]] std::uint32_t index_of(const std::string& device);

/// Makes the tap or tun device `device`, which must be down, one of another type (ARPHRD_*). @return false: this
/// kernel's devices keep theirs. @throws std::system_error.
[[nodiscard]] bool change_type_of_tap(const std::string& device, int type);

/// Whether `address` (IPv6, canonical text) is on `device` and usable (neither tentative nor failed).
[[nodiscard]] bool has_usable_v6(const std::string& device, std::string_view address);

/// Whose rights a program has in its namespaces.
enum class Rights {
  kOfNamespace,  ///< Those of a new user namespace, or, for root without the permission for one, its own.
  kOfMachine,    ///< Root's: no user namespace. For what the kernel keeps from user namespaces, such as BPF.
};

/// Re-executes the program in new user (as `rights` says), network and mount namespaces.
/// @return nothing: the program is in them, go on. Else the reason why that is not possible.
/// Call it first in main, before any thread.
[[nodiscard]] std::optional<std::string> enter_private_namespaces(char** argv, Rights rights = Rights::kOfNamespace);

/// What `main` of neigh_netns_main does. `missing` is asked inside: a reason why the tests cannot run there.
int run_in_private_namespaces(int argc, char** argv, Rights rights = Rights::kOfNamespace,
                              const std::function<std::optional<std::string>()>& missing = {});

/// Exit code of a program whose tests were all skipped (ctest: SKIP_RETURN_CODE).
inline constexpr int kSkipped = 77;

}  // namespace neigh::test
