// SPDX-License-Identifier: Apache-2.0
/// @file
/// The Linux kernel's neighbor table.
#pragma once

#include <cstdint>
#include <memory>

#include "neigh/table.hpp"

#pragma GCC visibility push(default)
namespace neigh {

/// Which network namespace a kernel table belongs to.
enum class NamespaceBinding : std::uint8_t {
  /// The namespace of the thread that opens the table, for the life of the table, whatever thread uses it.
  kOpener,
  /// The namespace that the calling thread is in at the time of each call.
  kCallingThread,
};

struct KernelTableOptions {
  NamespaceBinding binding = NamespaceBinding::kOpener;
};

/// Opens the kernel's neighbor table over rtnetlink. Reading needs no privilege; changes need CAP_NET_ADMIN in
/// the user namespace that owns the network namespace.
///
/// Sockets are close-on-exec, one per thread and table, made at first use, and made anew in a forked child.
/// @retval Errc::kSystem  no netlink socket can be opened.
/// @source rtnetlink(7).
[[nodiscard]] Result<std::unique_ptr<NeighborTable>> open_kernel_table(const KernelTableOptions& options = {});

}  // namespace neigh
#pragma GCC visibility pop
