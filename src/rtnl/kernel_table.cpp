// SPDX-License-Identifier: Apache-2.0
#include "rtnl/kernel_table.hpp"

#include <cerrno>
#include <optional>
#include <utility>

#include "base/arguments.hpp"
#include "base/pages.hpp"
#include "base/rollback.hpp"
#include "neigh/kernel.hpp"
#include "rtnl/errors.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

Error link_address_too_short(const Neighbor& neighbor, const Interface& device) {
  return invalid("link_address", std::to_string(neighbor.link_address.size()) + " bytes; " + device.name +
                                     " has addresses of " + std::to_string(device.link_address_size));
}

Neighbor only_key(const NeighborKey& key) {
  Neighbor neighbor{.address = key.address, .interface = key.interface};
  neighbor.flags.set(NeighborFlag::kProxy, key.proxy);
  return neighbor;
}

Result<void> send_one(Channel& channel, std::uint16_t type, std::uint16_t flags, const Neighbor& neighbor) {
  alignas(4) std::array<std::uint8_t, kMaxRequest> request;
  const std::uint32_t sequence = channel.reserve_sequences(1);
  const std::size_t size =
      write_neighbor_request(request.data(), type, static_cast<std::uint16_t>(flags | NLM_F_ACK), sequence, neighbor);
  std::optional<Error> refusal;
  auto sent = channel.transmit(std::span(request).first(size), sequence, 1, [&](const Channel::Answer& answer) {
    refusal = refused(answer.verdict.number, answer.verdict.text);
  });
  if (!sent) return sent;
  if (refusal) return std::move(*refusal);
  return {};
}

/// The kernel ignores NLM_F_EXCL and friends for proxy entries (RTN-020); the check is ours, and a race between two
/// writers of the same proxy entry ends with one entry.
Result<void> write_proxy(Channel& channel, Operation operation, const Neighbor& neighbor) {
  if (operation != Operation::kReplace) {
    auto there = get_neighbor(channel, neighbor.key());
    if (!there && there.error().code != Errc::kNotFound) return std::move(there).error();
    if (there && operation == Operation::kCreate) {
      return Error{.code = Errc::kAlreadyExists, .sys_errno = EEXIST, .detail = "a proxy entry"};
    }
    if (!there && operation == Operation::kSet) return std::move(there).error();
  }
  return send_one(channel, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, neighbor);
}

/// From so many rows on a list is worth a question about its length.
constexpr std::size_t kManyRows = 4'096;

/// A dump leaves out entries while others change the table (RTN-088): a few of some hundred thousand, so that already
/// the second pass nearly always leaves nothing. Where others keep adding what is meant, no pass would be the last.
constexpr int kFlushPasses = 4;

bool is_dying_entry(const Error& error) {
  // The kernel refuses to touch an entry that it is just deleting with EPERM and this text (RTN-016).
  return error.code == Errc::kPermissionDenied && error.detail.find("dead") != std::string::npos;
}

}  // namespace

Result<void> check_key(const NeighborKey& key) {
  if (key.address.family() == Family::kUnspecified) return invalid("address", "no address given");
  // Proxy entries can be of no device; ours are not, but they can be read and removed.
  if (key.interface == InterfaceIndex::kNone && !key.proxy) return invalid("interface", "none given");
  if (to_number(key.interface) > INT32_MAX) {
    return Error{.code = Errc::kNoSuchInterface, .sys_errno = ENODEV, .field = "interface"};
  }
  return {};
}

Result<void> check_write(Operation operation, const Neighbor& neighbor) {
  if (operation == Operation::kRemove) return check_key(neighbor.key());
  if (auto ok = check_neighbor_address(neighbor.address); !ok) return ok;
  if (auto ok = check_key(neighbor.key()); !ok) return ok;
  if (neighbor.interface == InterfaceIndex::kNone) return invalid("interface", "none given");
  if (static_cast<std::size_t>(neighbor.state) >= kNudStateCount || neighbor.state == NudState::kUnreachable) {
    return invalid("state", "the kernel has no state " + std::string(to_string(neighbor.state)));
  }
  if (neighbor.state == NudState::kPermanent && neighbor.flags.has(NeighborFlag::kManaged)) {
    return invalid("flags", "a permanent entry cannot be managed");
  }
  return {};
}

bool lacks_link_address(Operation operation, const Neighbor& neighbor) {
  return operation != Operation::kRemove && neighbor.link_address.empty() && kUsableStates.contains(neighbor.state) &&
         !neighbor.flags.has(NeighborFlag::kProxy);
}

Result<void> read_neighbor_answer(const nlmsghdr& message, Neighbor& out) {
  if (message.nlmsg_type == NLMSG_ERROR) {
    auto verdict = parse_verdict(message);
    if (!verdict) return std::move(verdict).error();
    if (verdict->number != 0) return refused(verdict->number, std::move(verdict->text));
  } else if (message.nlmsg_type == RTM_NEWNEIGH) {
    auto parsed = parse_neighbor(message, out);
    if (!parsed) return std::move(parsed).error();
    return *parsed ? Result<void>{} : Error{.code = Errc::kMalformed, .field = "ndm_family"};
  }
  return Error{.code = Errc::kMalformed, .field = "nlmsg_type"};
}

Result<Neighbor> get_neighbor(Channel& channel, const NeighborKey& key) {
  alignas(4) std::array<std::uint8_t, kMaxRequest> question;
  const std::uint32_t sequence = channel.reserve_sequences(1);
  const std::size_t size = write_neighbor_question(question.data(), sequence, key);
  Neighbor found;
  Result<void> read;
  auto done = channel.ask(std::span(question).first(size), sequence, 1,
                          [&](std::size_t, const nlmsghdr& message) -> Result<void> {
                            read = read_neighbor_answer(message, found);
                            return {};
                          });
  if (!done) return std::move(done).error();
  if (!read) return std::move(read).error();
  return found;
}

Result<void> dump_neighbors(Channel& channel, const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor,
                            FunctionRef<void()> restart) {
  if (auto ok = check_filter(filter); !ok) return ok;
  // Beyond the kernel's numbers, where -1 as master would mean "none" (RTN-086).
  if (to_number(filter.interface) > INT32_MAX || to_number(filter.master) > INT32_MAX) return {};
  Request request(RTM_GETNEIGH, 0);
  auto& body = request.put_header<ndmsg>();
  body.ndm_family = to_system(filter.family);
  if (filter.proxies) body.ndm_flags = NTF_PROXY;
  if (filter.interface != InterfaceIndex::kNone) request.put_u32(NDA_IFINDEX, to_number(filter.interface));
  if (filter.master != InterfaceIndex::kNone) request.put_u32(NDA_MASTER, to_number(filter.master));
  Neighbor row;
  return channel.dump(
      request,
      [&](const nlmsghdr& message) -> Result<void> {
        if (message.nlmsg_type != RTM_NEWNEIGH) return {};
        auto parsed = parse_neighbor(message, row);
        if (!parsed) return std::move(parsed).error();
        // Filtered again: kernels before 4.4 do not know the attributes (RTN-085).
        if (*parsed && filter.matches(row)) visitor(row);
        return {};
      },
      restart);
}

Error explain_refusal(Channel& channel, Operation operation, const Neighbor& neighbor, Error refusal) {
  if (refusal.code != Errc::kInvalidArgument || operation == Operation::kRemove) return refusal;
  if (operation != Operation::kSet) {
    // The kernel makes the entry before it looks at the link-layer address and leaves it in NONE (RTN-010).
    const auto left = get_neighbor(channel, neighbor.key());
    if (left && left->state == NudState::kNone) (void)send_one(channel, RTM_DELNEIGH, 0, only_key(neighbor.key()));
  }
  const auto device = get_interface(channel, neighbor.interface);
  if (!device) return refusal;
  if (neighbor.address.is_v6() && !device->ipv6) {
    refusal.code = Errc::kNotSupported;
    refusal.field = "address";
    if (refusal.detail.empty()) refusal.detail = "IPv6 is switched off on " + device->name;
  } else if (neighbor.link_address.size() < device->link_address_size) {
    const int number = refusal.sys_errno;
    refusal = link_address_too_short(neighbor, *device);
    refusal.sys_errno = number;
  } else {
    refusal.field = "flags";
  }
  return refusal;
}

Result<void> write_neighbor(Channel& channel, Operation operation, const Neighbor& neighbor) {
  if (operation == Operation::kRemove) {
    auto done = send_one(channel, RTM_DELNEIGH, 0, neighbor);
    // An entry that another is just deleting is gone.
    if (!done && is_dying_entry(done.error())) return Error{.code = Errc::kNotFound, .sys_errno = ENOENT};
    return done;
  }
  if (lacks_link_address(operation, neighbor)) {
    // Without one the kernel would keep the address of an entry that is there, or make one in NONE (RTN-010).
    const auto device = get_interface(channel, neighbor.interface);
    if (!device) return device.error();
    if (device->link_address_size > 0) return link_address_too_short(neighbor, *device);
  }
  const bool proxy = neighbor.flags.has(NeighborFlag::kProxy);
  for (int attempt = 0;; ++attempt) {
    auto done = proxy ? write_proxy(channel, operation, neighbor)
                      : send_one(channel, RTM_NEWNEIGH, flags_of(operation), neighbor);
    if (done || channel.broken()) return done;
    if (is_dying_entry(done.error()) && attempt < 3) continue;
    return explain_refusal(channel, operation, neighbor, std::move(done).error());
  }
}

Result<void> KernelTable::write(Operation operation, const Neighbor& neighbor) {
  if (auto ok = check_write(operation, neighbor); !ok) return ok;
  return pool_->call<void>([&](Channel& channel) { return write_neighbor(channel, operation, neighbor); });
}

Result<void> KernelTable::remove(const NeighborKey& key) { return write(Operation::kRemove, only_key(key)); }

Result<Neighbor> KernelTable::get(const NeighborKey& key) {
  if (auto ok = check_key(key); !ok) return std::move(ok).error();
  return pool_->call<Neighbor>([&](Channel& channel) { return get_neighbor(channel, key); });
}

Result<void> KernelTable::visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  return dump_neighbors(**channel, filter, visitor, [] {});
}

Result<void> KernelTable::list_into(const ListFilter& filter, std::vector<Neighbor>& out) {
  out.clear();
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  const auto take = [&](const Neighbor& neighbor) {
    if (out.size() == out.capacity() && out.size() >= kManyRows) make_room(filter, out);
    out.push_back(neighbor);
  };
  return dump_neighbors(**channel, filter, take, [&out] { out.clear(); });
}

/// For as many rows as the kernel has, so that a long list is neither copied as it grows nor held twice. Rows that are
/// not written take no memory.
void KernelTable::make_room(const ListFilter& filter, std::vector<Neighbor>& rows) {
  const auto tables = limits();
  std::size_t most = 0;
  for (const TableLimits& one : tables ? *tables : std::vector<TableLimits>{}) {
    if (filter.family == Family::kUnspecified || filter.family == one.family) most += one.entries;
  }
  most += most / 64;  // for those that come meanwhile
  try {
    if (most <= rows.size()) return;
    rows.reserve(most);
    advise_huge_pages(rows.data(),
                      most * sizeof(Neighbor));  // a fifth of a long list's time is the coming of its pages
  } catch (const std::bad_alloc&) {  // where memory that is not used counts, too; the list grows as it goes, then
  }
}

/// A delete of nothing in particular is refused with EPERM before it is looked at, so that a caller without the
/// privilege learns it also from an empty table.
Result<void> check_privilege(Channel& channel) {
  Request probe(RTM_DELNEIGH, 0);
  probe.put_header<ndmsg>();
  auto allowed = channel.change(probe);
  if (!allowed && (channel.broken() || allowed.error().code == Errc::kPermissionDenied)) return allowed;
  return {};
}

Result<std::size_t> KernelTable::flush(const ListFilter& filter) {
  if (filter.interface != InterfaceIndex::kNone) {
    if (auto device = find_interface(filter.interface); !device) return std::move(device).error();
  }
  std::vector<Neighbor> doomed;
  std::size_t removed = 0;
  for (int pass = 0; pass < kFlushPasses; ++pass) {
    if (auto listed = list_into(filter, doomed); !listed) return std::move(listed).error();
    if (pass == 0) {
      auto channel = pool_->take();
      if (!channel) return std::move(channel).error();
      if (auto allowed = check_privilege(**channel); !allowed) return std::move(allowed).error();
    }
    if (doomed.empty()) break;
    auto report = apply_batch(*pool_, Operation::kRemove, doomed, OnError::kContinue);
    if (!report) return std::move(report).error();
    for (auto& failure : report->failures) {
      const bool gone = failure.error.code == Errc::kNotFound || failure.error.code == Errc::kNoSuchInterface;
      if (!gone && !is_dying_entry(failure.error)) return std::move(failure.error);
    }
    removed += report->applied;
  }
  return removed;
}

Result<BatchReport> KernelTable::apply(Operation operation, std::span<const Neighbor> neighbors, OnError on_error) {
  if (auto ok = check_batch(operation, on_error); !ok) return std::move(ok).error();
  if (on_error == OnError::kRollBack) return apply_all_or_nothing(*this, operation, neighbors);
  return apply_batch(*pool_, operation, neighbors, on_error);
}

Result<Neighbor> KernelTable::resolve(const NeighborKey& key, const ResolveOptions& options) {
  return std::move(resolve_all(std::span(&key, 1), options).front());
}

std::vector<Result<Neighbor>> KernelTable::resolve_all(std::span<const NeighborKey> keys,
                                                       const ResolveOptions& options) {
  return resolve_neighbors(*this, *pool_, keys, options);
}

Result<std::unique_ptr<Watch>> KernelTable::watch(const ListFilter& filter) { return open_watch(pool_, filter); }

}  // namespace neigh::rtnl

namespace neigh {

Result<std::unique_ptr<NeighborTable>> open_kernel_table(const KernelTableOptions& options) {
  auto pool = rtnl::ChannelPool::create(options.binding);
  if (!pool) return std::move(pool).error();
  return std::unique_ptr<NeighborTable>(std::make_unique<rtnl::KernelTable>(std::move(*pool)));
}

}  // namespace neigh
