// SPDX-License-Identifier: Apache-2.0
#include "load_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "text.hpp"

namespace neigh::ctl {

std::optional<Failure> open_file(const std::string& path, std::ifstream& file) {
  errno = 0;
  file.open(path, std::ios::binary);
  int error = file ? 0 : errno;
  struct stat status {};
  if (error == 0 && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
  if (error == 0 && file) return std::nullopt;
  const std::string message = fmt::format("'{}' cannot be read: {}", quotable(path), errno_text(error));
  if (error == EACCES || error == EPERM) {
    return Failure{kNoPermission, "permission_denied", message, "run it with sudo", {}};
  }
  return Failure{kRefused, error == ENOENT ? "no_such_file" : "system", message, {}, {}};
}

}  // namespace neigh::ctl
