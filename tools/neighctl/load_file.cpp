// SPDX-License-Identifier: Apache-2.0
#include "load_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "signals.hpp"
#include "text.hpp"

namespace neigh::ctl {

InputFile::~InputFile() {
  if (owned_) ::close(fd_);
}

std::optional<Failure> InputFile::open(const std::string& path) {
  const bool standard = path == "-";
  fd_ = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  owned_ = !standard && fd_ >= 0;
  int error = fd_ >= 0 ? 0 : errno;
  struct stat status {};
  if (error == 0 && ::fstat(fd_, &status) != 0) error = errno;
  if (error == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
  if (error == 0) {
    size_ = S_ISREG(status.st_mode) && owned_ ? static_cast<std::size_t>(status.st_size) : 0;
    block_.resize(kBlock);
    return std::nullopt;
  }
  const std::string name = standard ? "the standard input" : fmt::format("'{}'", quotable(path));
  const std::string message = fmt::format("{} cannot be read: {}", name, errno_text(error));
  if (error == EACCES || error == EPERM) {
    return Failure{kNoPermission, "permission_denied", message, "run it with sudo", {}};
  }
  const std::string hint = standard ? "" : "'-' reads the standard input";
  return Failure{kRefused, error == ENOENT ? "no_such_file" : "system", message, hint, {}};
}

InputFile::int_type InputFile::underflow() {
  if (error_ != 0) return traits_type::eof();
  ssize_t got = 0;
  do {
    // A terminal or pipe may keep us waiting, also for who asks to stop.
    std::array<pollfd, 2> ready{pollfd{fd_, POLLIN, 0}, pollfd{signal_descriptor(), POLLIN, 0}};
    if (signal_descriptor() >= 0) (void)::poll(ready.data(), ready.size(), -1);
    if (stop_requested()) {
      error_ = EINTR;
      return traits_type::eof();
    }
    got = ::read(fd_, block_.data(), block_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) error_ = errno;
  if (got <= 0) return traits_type::eof();
  setg(block_.data(), block_.data(), block_.data() + got);
  return traits_type::to_int_type(*gptr());
}

}  // namespace neigh::ctl
