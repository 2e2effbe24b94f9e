// SPDX-License-Identifier: Apache-2.0
// A file with entries, or why it cannot be read.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "failure.hpp"
#include "load_input.hpp"

namespace neigh::ctl {

/// A file or the standard input. What cannot be read ends it, as does the wish to stop (EINTR); `error` says so.
class InputFile : public LoadBuffer {
 public:
  InputFile() = default;
  ~InputFile() override;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// "-": the standard input. A file that is not there is refused as an interface is that is not there; one that may
  /// not be read is a matter of permission.
  [[nodiscard]] std::optional<Failure> open(const std::string& path);
  /// In bytes; 0: not known beforehand.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] int error() const noexcept override { return error_; }

 protected:
  int_type underflow() override;

 private:
  static constexpr std::size_t kBlock = std::size_t{64} << 10U;
  int fd_ = -1;
  bool owned_ = false;
  int error_ = 0;
  std::size_t size_ = 0;
  std::vector<char> block_ = {};
};

}  // namespace neigh::ctl
