// SPDX-License-Identifier: Apache-2.0
#include "support/netns.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh::test {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

// The thread's own file: /proc/self is the first thread's.
constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";

Fd open_own_namespace() {
  Fd fd(open(kOwnNamespace, O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) fail(kOwnNamespace);
  return fd;
}

void bring_loopback_up() {
  const Fd socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_fd.valid()) fail("socket");
  ifreq request = {};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(socket_fd.get(), SIOCSIFFLAGS, &request) != 0) fail("bringing lo up");
}

bool has_carrier(const std::string& device) {
  const Fd socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_fd.valid()) fail("socket");
  ifreq request = {};
  if (device.size() >= sizeof request.ifr_name) throw std::invalid_argument("device name too long: " + device);
  std::memcpy(request.ifr_name, device.c_str(), device.size() + 1);
  if (ioctl(socket_fd.get(), SIOCGIFFLAGS, &request) != 0) fail(device);
  return (static_cast<unsigned>(request.ifr_flags) & IFF_RUNNING) != 0;
}

void ip_batch(const Host& host, const std::string& commands) {
  const auto inside = host.space.enter();
  const CommandResult result = run("ip -batch -", {.input = commands});
  if (!result.ok()) {
    throw std::runtime_error("ip -batch: " + result.err + result.out + "\nthe commands were:\n" + commands);
  }
}

// No tentative addresses, no traffic that no test asked for.
void quiet(const Host& host, bool v6) {
  const auto inside = host.space.enter();
  const std::string conf = "net/ipv6/conf/" + host.device + "/";
  write_sysctl(conf + "disable_ipv6", v6 ? "0" : "1");
  write_sysctl(conf + "accept_dad", "0");
  write_sysctl(conf + "dad_transmits", "0");
  write_sysctl(conf + "router_solicitations", "0");
  write_sysctl(conf + "accept_ra", "0");
}

std::string bring_up_commands(const Host& host, const VethOptions& options) {
  std::string commands = "link set " + host.device + " up\n";
  if (options.v4) commands += "addr add " + host.v4 + "/24 dev " + host.device + "\n";
  if (options.v6) commands += "addr add " + host.v6 + "/64 dev " + host.device + " nodad\n";
  return commands;
}

}  // namespace

Namespace::Namespace() {
  const Fd before = open_own_namespace();
  if (unshare(CLONE_NEWNET) != 0) fail("unshare(CLONE_NEWNET)");
  std::exception_ptr error;
  try {
    fd_ = open_own_namespace();
    bring_loopback_up();
  } catch (...) {
    error = std::current_exception();
  }
  if (setns(before.get(), CLONE_NEWNET) != 0) {
    std::perror("setns back to the thread's network namespace");
    std::abort();  // Going on would run the next test in the wrong namespace.
  }
  if (error) std::rethrow_exception(error);
}

Namespace::Scope::Scope(int namespace_fd) : before_(open_own_namespace()) {
  if (setns(namespace_fd, CLONE_NEWNET) != 0) fail("setns");
}

Namespace::Scope::~Scope() {
  if (setns(before_.get(), CLONE_NEWNET) != 0) {
    std::perror("setns back to the thread's network namespace");
    std::abort();
  }
}

std::string Namespace::path() const {
  // By process number: the descriptor is close-on-exec, so the tool's own /proc/self/fd does not have it.
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd_.get());
}

std::uint64_t Namespace::current_inode() {
  struct stat info = {};
  if (stat(kOwnNamespace, &info) != 0) fail(kOwnNamespace);
  return info.st_ino;
}

VethPair::VethPair(const VethOptions& options) {
  here.device = "veth-here";
  here.link_address = "02:00:00:00:00:01";
  here.v4 = "192.0.2.1";
  here.v6 = "2001:db8::1";
  here.link_local = "fe80::ff:fe00:1";
  there.device = "veth-there";
  there.link_address = "02:00:00:00:00:02";
  there.v4 = "192.0.2.2";
  there.v6 = "2001:db8::2";
  there.link_local = "fe80::ff:fe00:2";

  ip_batch(here, "link add " + here.device + " index 20 address " + here.link_address + " type veth peer name " +
                     there.device + " index 30 address " + there.link_address + " netns " + there.space.path() + "\n");
  for (Host* host : {&here, &there}) {
    quiet(*host, options.v6);
    const auto inside = host->space.enter();
    host->index = index_of(host->device);
  }
  ip_batch(there, bring_up_commands(there, options));
  ip_batch(here, bring_up_commands(here, options));
  for (const Host* host : {&here, &there}) {
    const auto inside = host->space.enter();
    const bool ready = wait_until([&] {
      return has_carrier(host->device) &&
             (!options.v6 || (has_usable_v6(host->device, host->v6) && has_usable_v6(host->device, host->link_local)));
    });
    if (!ready) throw std::runtime_error("carrier or addresses of " + host->device + " did not come up");
  }
}

void write_sysctl(std::string_view path, std::string_view value) {
  const std::string file = "/proc/sys/" + std::string(path);
  const Fd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) fail(file);
  if (write(fd.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) fail(file);
}

std::string read_sysctl(std::string_view path) {
  const std::string file = "/proc/sys/" + std::string(path);
  const Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) fail(file);
  std::array<char, 4096> text{};
  const ssize_t n = read(fd.get(), text.data(), text.size());
  if (n < 0) fail(file);
  std::string value(text.data(), static_cast<std::size_t>(n));
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

bool change_type_of_tap(const std::string& device, int type) {
  const Fd fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (!fd.valid()) fail("/dev/net/tun");
  ifreq request = {};
  if (device.size() >= sizeof request.ifr_name) throw std::invalid_argument("device name too long: " + device);
  std::memcpy(request.ifr_name, device.c_str(), device.size() + 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) fail("TUNSETIFF " + device);
  return ioctl(fd.get(), TUNSETLINK, type) == 0;
}

std::uint32_t index_of(const std::string& device) { return if_nametoindex(device.c_str()); }

bool has_usable_v6(const std::string& device, std::string_view address) {
  in6_addr wanted = {};
  if (inet_pton(AF_INET6, std::string(address).c_str(), &wanted) != 1) {
    throw std::invalid_argument("no IPv6 address: " + std::string(address));
  }
  std::string digits;
  for (const std::uint8_t byte : wanted.s6_addr) {
    constexpr std::string_view kHex = "0123456789abcdef";
    digits += kHex[byte >> 4];
    digits += kHex[byte & 15];
  }
  // Columns: address, index, prefix length, scope, flags (all hexadecimal), device.
  std::ifstream table("/proc/thread-self/net/if_inet6");
  std::string found, index, prefix, scope, flags, name;
  while (table >> found >> index >> prefix >> scope >> flags >> name) {
    if (found == digits && name == device) {
      return (std::stoul(flags, nullptr, 16) & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
    }
  }
  return false;
}

}  // namespace neigh::test
