// SPDX-License-Identifier: Apache-2.0
// Asking the wire directly and announcing, past the kernel's table.
#include "rtnl/kernel_table.hpp"

namespace neigh::rtnl {

Result<std::vector<LinkAnswer>> KernelTable::ask(const NeighborKey& /*key*/, const AskOptions& /*options*/) {
  return Error{.code = Errc::kNotSupported};
}

Result<void> KernelTable::announce(InterfaceIndex /*interface*/, const IpAddress& /*own*/,
                                   const AnnounceOptions& /*options*/) {
  return Error{.code = Errc::kNotSupported};
}

}  // namespace neigh::rtnl
