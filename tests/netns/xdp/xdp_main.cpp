// SPDX-License-Identifier: Apache-2.0
#include <linux/bpf.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "support/netns.hpp"

namespace {

// Not through the port: what is missing is to be the kernel's word, not that of the code under test.
std::optional<std::string> missing() {
  const int socket_fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return "no AF_XDP socket: " + std::string(std::strerror(errno));
  close(socket_fd);
  bpf_insn code[2] = {};
  code[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  code[0].imm = XDP_PASS;
  code[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_XDP;
  attributes.insn_cnt = 2;
  attributes.insns = reinterpret_cast<std::uintptr_t>(static_cast<void*>(code));
  attributes.license = reinterpret_cast<std::uintptr_t>("Apache-2.0");
  const long program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
  if (program < 0) return "no XDP program can be loaded: " + std::string(std::strerror(errno));
  close(static_cast<int>(program));
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  return neigh::test::run_in_private_namespaces(argc, argv, neigh::test::Rights::kOfMachine, missing);
}
