// SPDX-License-Identifier: Apache-2.0
// Operations on one entry that first look at its interface: with one request where the channel knows the interface.
//
// Whoever asks beforehand acts on an answer that was true a moment ago; no request says "only if the device is still
// what it was". What a channel has learned (LinkFacts) is such an answer: true when it was looked at, within the call.
// It never refuses anything and decides nothing that a change without a notification could turn over:
// - An operation that it lets pass and the kernel does is done, as if the interface had been asked for at that moment.
// - Whether IPv6 is switched on is not told. A write is refused by the kernel itself where it is off (RTN-013). An
//   entry that is found proves that it is on: switching it off takes all of them (LNX-056), and none is made meanwhile.
// - What the kernel refuses is judged with the interface asked for anew, unless nothing about it could give another
//   answer. So every error is that of the long way round.
#include <optional>
#include <utility>

#include "base/arguments.hpp"
#include "rtnl/kernel_table.hpp"

namespace neigh::rtnl {
namespace {

/// Nothing about the interface comes before this error, if the channel knew the interface and `check` let it pass.
bool stands(const Error& refusal, const IpAddress& address, std::optional<Operation> written) {
  // The kernel looks at the family and at the link-layer address's length before it looks for the entry to write.
  const bool after_the_family = address.is_v4() || (written && *written != Operation::kRemove);
  return after_the_family && (refusal.code == Errc::kNotFound || refusal.code == Errc::kAlreadyExists);
}

const Interface* known_interface(const ChannelPool::Lease& lease, const NeighborKey& key) {
  // IPv6 proxy entries outlive the switching off.
  return lease.facts() == nullptr || key.proxy ? nullptr : lease.facts()->find(key.interface);
}

Result<Interface> ask_for_interface(const ChannelPool& pool, const ChannelPool::Lease& lease, InterfaceIndex index) {
  LinkFacts* facts = lease.facts();
  if (facts != nullptr) facts->before_question([&pool] { return pool.open_bell(); });
  auto found = get_interface(*lease, index);
  if (found && facts != nullptr) facts->learn(*found);
  return found;
}

}  // namespace

Result<void> KernelTable::write_if(Operation operation, const Neighbor& neighbor, InterfaceCheck check) {
  if (auto ok = check_operation(operation); !ok) return ok;
  return pool_->call_leased<void>([&](ChannelPool::Lease& lease) -> Result<void> {
    std::optional<Error> refusal;
    const Interface* known = known_interface(lease, neighbor.key());
    if (known != nullptr && check(*known) && check_write(operation, neighbor)) {
      auto done = write_neighbor(*lease, operation, neighbor);
      if (done || lease->broken() || stands(done.error(), neighbor.address, operation)) return done;
      refusal = std::move(done).error();
    }
    const auto interface = ask_for_interface(*pool_, lease, neighbor.interface);
    if (!interface) return interface.error();
    if (auto ok = check(*interface); !ok) return ok;
    if (refusal) return *std::move(refusal);
    if (auto ok = check_write(operation, neighbor); !ok) return ok;
    return write_neighbor(*lease, operation, neighbor);
  });
}

Result<Neighbor> KernelTable::get_if(const NeighborKey& key, InterfaceCheck check) {
  return pool_->call_leased<Neighbor>([&](ChannelPool::Lease& lease) -> Result<Neighbor> {
    std::optional<Error> refusal;
    const Interface* known = known_interface(lease, key);
    if (known != nullptr && check(*known) && check_key(key)) {
      auto found = get_neighbor(*lease, key);
      if (found || lease->broken() || stands(found.error(), key.address, {})) return found;
      refusal = std::move(found).error();
    }
    const auto interface = ask_for_interface(*pool_, lease, key.interface);
    if (!interface) return interface.error();
    if (auto ok = check(*interface); !ok) return std::move(ok).error();
    if (refusal) return *std::move(refusal);
    if (auto ok = check_key(key); !ok) return std::move(ok).error();
    return get_neighbor(*lease, key);
  });
}

}  // namespace neigh::rtnl
