// SPDX-License-Identifier: Apache-2.0
#include "base/pages.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <memory>

namespace neigh {

void advise_huge_pages(void* begin, std::size_t size) noexcept {
  void* first = begin;
  if (std::align(Pages::kHuge, Pages::kHuge, first, size) == nullptr) return;
  (void)::madvise(first, size / Pages::kHuge * Pages::kHuge, MADV_HUGEPAGE);
}

Result<Pages> Pages::map(std::size_t size, bool huge) {
  const bool aligned = huge && size >= Pages::kHuge;
  const std::size_t slack = aligned ? Pages::kHuge : 0;
  if (size == 0 || size > SIZE_MAX / 2) {
    return Error{.code = Errc::kNoMemory, .field = "capacity", .detail = "more than there are addresses"};
  }
  Pages pages;
  pages.mapped_ = size + slack;
  pages.base_ =
      ::mmap(nullptr, pages.mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages.base_ == MAP_FAILED) {
    pages.base_ = nullptr;
    return Error{.code = Errc::kNoMemory, .sys_errno = errno, .field = "capacity"};
  }
  pages.data_ = pages.base_;
  pages.size_ = size;
  if (aligned) {
    std::size_t room = pages.mapped_;
    pages.data_ = std::align(Pages::kHuge, size, pages.data_, room);
    (void)::madvise(pages.data_, size, MADV_HUGEPAGE);
  }
  return pages;
}

void Pages::release() noexcept {
  if (base_ != nullptr) (void)::munmap(base_, mapped_);
}

}  // namespace neigh
