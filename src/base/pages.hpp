// SPDX-License-Identifier: Apache-2.0
// Zeroed memory of a fixed size, straight from the system: costs address space at first, and memory as it is touched.
#pragma once

#include <cstddef>
#include <utility>

#include "neigh/result.hpp"

namespace neigh {

/// Advises huge pages for what lies wholly within; the advice may be ignored. For memory that is about to be filled.
void advise_huge_pages(void* begin, std::size_t size) noexcept;

class Pages {
 public:
  static constexpr std::size_t kHuge = std::size_t{2} << 20U;  ///< Size of a huge page.

  Pages() = default;
  ~Pages() { release(); }
  Pages(Pages&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)),
        mapped_(std::exchange(other.mapped_, 0)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    if (this != &other) {
      release();
      base_ = std::exchange(other.base_, nullptr);
      mapped_ = std::exchange(other.mapped_, 0);
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  /// `size` bytes of zeros. With `huge`, and from 2 MiB on, begun at a 2 MiB boundary and with the advice to use huge
  /// pages where a whole one fits; the advice may be ignored.
  /// @retval Errc::kNoMemory  the system has no such room; field "capacity".
  [[nodiscard]] static Result<Pages> map(std::size_t size, bool huge);

  [[nodiscard]] void* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  void release() noexcept;

  void* base_ = nullptr;
  std::size_t mapped_ = 0;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace neigh
