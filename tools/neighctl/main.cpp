// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "run.hpp"
#include "stack.hpp"
#include "text.hpp"

namespace {

// A reader that went away ends the program as it ends others; work in progress has been finished.
int finish(neigh::ctl::Output& out, neigh::ctl::Output& err, int code) {
  out.flush();
  if (out.error() == EPIPE) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  if (out.error() == 0) return code;
  err.line("neighctl: the output cannot be written: " + neigh::ctl::errno_text(out.error()));
  err.flush();
  return code == 0 ? static_cast<int>(neigh::ctl::kRefused) : code;
}

int run(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  neigh::ctl::Output out(STDOUT_FILENO);
  neigh::ctl::Output err(STDERR_FILENO);
  const neigh::ctl::Streams streams{out, err, STDOUT_FILENO, STDERR_FILENO};
  const int code = neigh::ctl::run_neighctl(words, streams, neigh::ctl::open_table);
  return finish(out, err, code);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    constexpr std::string_view kWords = "neighctl: out of memory; what was done by then stays done\n";
    (void)!::write(STDERR_FILENO, kWords.data(), kWords.size());
    return neigh::ctl::kPartial;
  }
}
