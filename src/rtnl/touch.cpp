// SPDX-License-Identifier: Apache-2.0
// Using neighbors on behalf of packets that the kernel does not see.
#include <algorithm>

#include "rtnl/kernel_table.hpp"
#include "rtnl/many.hpp"
#include "rtnl/nudge.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

/// NTF_USE would take PERMANENT from an entry (LNX-070), and others have no need of it.
bool wants_use(NudState state) {
  return state == NudState::kStale || state == NudState::kFailed || state == NudState::kNone;
}

class Toucher {
 public:
  explicit Toucher(ChannelPool& pool) : pool_(pool), datagrams_(pool) {}

  /// @return For how many of `keys` the kernel was made to act.
  Result<std::size_t> touch(std::span<const NeighborKey> keys) {
    auto rows = get_neighbors(pool_, keys);
    if (!rows) return std::move(rows).error();
    std::vector<NeighborKey> absent;
    std::vector<NeighborKey> idle;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto& row = (*rows)[i];
      if (row ? wants_use(row->state) : row.error().code == Errc::kNotFound) (row ? idle : absent).push_back(keys[i]);
    }
    std::size_t done = 0;
    // Exclusive, since what has come meanwhile may be permanent; what goes meanwhile is asked for again by who wants
    // it.
    for (const auto& [wanted, exclusive] : {std::pair{&absent, true}, std::pair{&idle, false}}) {
      auto made = use(*wanted, exclusive);
      if (!made) return made;
      done += *made;
    }
    return done;
  }

 private:
  Result<std::size_t> use(std::span<const NeighborKey> keys, bool exclusive) {
    const auto count = [](const auto& outcomes) {
      return static_cast<std::size_t>(
          std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) { return outcome.has_value(); }));
    };
    std::vector<Result<void>> outcomes;
    if (may_request_) {
      auto nudged = nudge_neighbors(pool_, keys, exclusive);
      if (!nudged) return std::move(nudged).error();
      outcomes = std::move(*nudged);
      may_request_ = std::none_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
        return !outcome && outcome.error().code == Errc::kPermissionDenied;
      });
    }
    if (may_request_) return count(outcomes);
    outcomes.clear();
    for (const NeighborKey& key : keys) outcomes.push_back(datagrams_.send(key, std::nullopt));
    return count(outcomes);
  }

  ChannelPool& pool_;
  DatagramNudge datagrams_;
  bool may_request_ = true;  // until the kernel says EPERM
};

bool is_fit(const NeighborKey& key) {
  return check_key(key) && !key.proxy && !key.address.is_multicast() && check_neighbor_address(key.address);
}

}  // namespace

Result<std::size_t> KernelTable::touch(std::span<const NeighborKey> keys) {
  std::vector<NeighborKey> fit;
  fit.reserve(keys.size());
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(fit), is_fit);
  Toucher toucher(*pool_);
  std::size_t done = 0;
  for (std::span<const NeighborKey> left(fit); !left.empty();) {
    const auto part = left.first(std::min(left.size(), kMaxOutstanding));
    auto touched = toucher.touch(part);
    if (!touched) return touched;
    done += *touched;
    left = left.subspan(part.size());
  }
  return done;
}

}  // namespace neigh::rtnl
