// SPDX-License-Identifier: Apache-2.0
#include "fake_table.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "neighctl/run.hpp"
#include "neighctl/text.hpp"

namespace neigh::ctl::test {

namespace {

Error error_of(Errc code, std::string_view field = {}) { return {.code = code, .field = field}; }

}  // namespace

// Keeps keys that changed, at most `watch_backlog`; more are a gap, healed by comparing mirror and table.
class FakeTable::FakeWatch final : public Watch {
 public:
  FakeWatch(FakeTable& table, const ListFilter& filter) : table_(table), filter_(filter) {
    fd_ = ::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    table_.watches_.insert(this);
  }
  ~FakeWatch() override {
    table_.watches_.erase(this);
    ::close(fd_);
  }

  void on_change(const NeighborKey& key) {
    if (changed_.size() >= table_.watch_backlog) {
      lost_ = true;
    } else {
      changed_.push_back(key);
    }
    wake();
  }

  [[nodiscard]] int fd() const noexcept override { return fd_; }

  Result<std::size_t> process(Handler handler) override {
    eventfd_t value = 0;
    (void)::eventfd_read(fd_, &value);
    std::size_t told = 0;
    const auto tell = [&](const WatchEvent& event) {
      handler(event);
      ++told;
    };
    if (!synced_) {
      compare(tell);
      synced_ = true;
      changed_.clear();
      tell({.kind = WatchEvent::Kind::kSynced});
      return told;
    }
    if (lost_ || resync_) {
      lost_ = resync_ = false;
      changed_.clear();
      tell({.kind = WatchEvent::Kind::kGapBegan});
      compare(tell);
      tell({.kind = WatchEvent::Kind::kGapHealed});
      return told;
    }
    for (const NeighborKey& key : std::exchange(changed_, {})) update(key, tell);
    return told;
  }

  Result<bool> wait(std::chrono::milliseconds timeout) override {
    pollfd ready{fd_, POLLIN, 0};
    return ::poll(&ready, 1, static_cast<int>(timeout.count())) == 1;
  }
  void request_resync() noexcept override {
    resync_ = true;
    wake();
  }
  void visit_mirror(FunctionRef<void(const Neighbor&)> visitor) const override {
    for (const auto& [key, n] : mirror_) visitor(n);
  }
  Result<std::optional<Neighbor>> look(const NeighborKey& key, Handler handler) override {
    update(key, [&](const WatchEvent& event) { handler(event); });
    const auto known = mirror_.find(key);
    return known == mirror_.end() ? std::nullopt : std::optional(known->second);
  }

 private:
  void wake() { (void)::eventfd_write(fd_, 1); }

  template <class F>
  void update(const NeighborKey& key, F&& tell) {
    const auto now = table_.entries_.find(key);
    const auto before = mirror_.find(key);
    const bool there = now != table_.entries_.end() && filter_.matches(now->second);
    if (there && before == mirror_.end()) {
      mirror_.emplace(key, now->second);
      tell({.kind = WatchEvent::Kind::kAdded, .neighbor = now->second});
    } else if (there && !before->second.same_content(now->second)) {
      const Neighbor previous = std::exchange(before->second, now->second);
      tell({.kind = WatchEvent::Kind::kChanged, .neighbor = now->second, .previous = previous});
    } else if (!there && before != mirror_.end()) {
      const Neighbor gone = before->second;
      mirror_.erase(before);
      tell({.kind = WatchEvent::Kind::kRemoved, .neighbor = gone});
    }
  }

  template <class F>
  void compare(F&& tell) {
    std::set<NeighborKey> keys;
    for (const auto& [key, n] : mirror_) keys.insert(key);
    for (const auto& [key, n] : table_.entries_) keys.insert(key);
    for (const NeighborKey& key : keys) update(key, tell);
  }

  FakeTable& table_;
  ListFilter filter_;
  int fd_ = -1;
  std::map<NeighborKey, Neighbor> mirror_ = {};
  std::deque<NeighborKey> changed_ = {};
  bool lost_ = false;
  bool resync_ = false;
  bool synced_ = false;
};

FakeTable::FakeTable() = default;
FakeTable::~FakeTable() = default;

Interface& FakeTable::add_interface(std::string name, bool up) {
  Interface i;
  i.index = static_cast<InterfaceIndex>(links.size() + 1);
  i.loopback = name == "lo";
  i.type = i.loopback ? InterfaceType::kLoopback : InterfaceType::kEthernet;
  i.name = std::move(name);
  i.link_address_size = 6;
  i.link_address = LinkAddress::ether({2, 0, 0, 0, 1, static_cast<std::uint8_t>(links.size() + 1)});
  if (i.loopback) i.link_address = LinkAddress::ether({});
  i.mtu = 1500;
  i.up = i.running = up;
  i.ipv6 = true;
  links.push_back(std::move(i));
  return links.back();
}

void FakeTable::put(const Neighbor& neighbor) {
  entries_.insert_or_assign(neighbor.key(), neighbor);
  notify(neighbor.key());
}

void FakeTable::notify(const NeighborKey& key) {
  for (FakeWatch* watch : watches_) watch->on_change(key);
}

const Interface* FakeTable::link(InterfaceIndex index) const {
  const auto found = std::find_if(links.begin(), links.end(), [&](const Interface& i) { return i.index == index; });
  return found == links.end() ? nullptr : &*found;
}

Result<void> FakeTable::check_write(const Neighbor& n) const {
  if (auto fine = check_neighbor_address(n.address); !fine) return fine;
  const Interface* on = link(n.interface);
  if (on == nullptr) return error_of(Errc::kNoSuchInterface);
  if (!may_write) return error_of(Errc::kPermissionDenied);
  if (!n.key().proxy && n.state != NudState::kNone && n.link_address.size() < on->link_address_size) {
    return Error{.code = Errc::kInvalidArgument, .field = "link_address", .detail = "too short"};
  }
  if (refused.count(n.key()) != 0) return error_of(Errc::kInvalidArgument, "state");
  return {};
}

Result<void> FakeTable::write(Operation operation, const Neighbor& n) {
  if (operation == Operation::kRemove) return remove(n.key());
  if (auto fine = check_write(n); !fine) return fine;
  const bool exists = entries_.count(n.key()) != 0;
  if (exists && operation == Operation::kCreate) return error_of(Errc::kAlreadyExists);
  if (!exists && operation == Operation::kSet) return error_of(Errc::kNotFound);
  if (!exists && entries_.size() >= most_entries) return error_of(Errc::kTableFull);
  put(n);
  return {};
}

Result<void> FakeTable::create(const Neighbor& n) { return write(Operation::kCreate, n); }
Result<void> FakeTable::set(const Neighbor& n) { return write(Operation::kSet, n); }
Result<void> FakeTable::replace(const Neighbor& n) { return write(Operation::kReplace, n); }

Result<void> FakeTable::remove(const NeighborKey& key) {
  if (link(key.interface) == nullptr) return error_of(Errc::kNoSuchInterface);
  if (!may_write) return error_of(Errc::kPermissionDenied);
  if (entries_.erase(key) == 0) return error_of(Errc::kNotFound);
  notify(key);
  return {};
}

Result<Neighbor> FakeTable::get(const NeighborKey& key) {
  if (link(key.interface) == nullptr) return error_of(Errc::kNoSuchInterface);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return error_of(Errc::kNotFound);
  return found->second;
}

Result<void> FakeTable::visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) {
  for (const auto& [key, n] : entries_) {
    const Interface* on = link(n.interface);
    const bool below = filter.master == InterfaceIndex::kNone || (on != nullptr && on->master == filter.master);
    if (below && filter.matches(n)) visitor(n);
  }
  return {};
}

Result<std::size_t> FakeTable::flush(const ListFilter& filter) {
  if (filter.interface != InterfaceIndex::kNone && link(filter.interface) == nullptr) {
    return error_of(Errc::kNoSuchInterface);
  }
  if (!may_write) return error_of(Errc::kPermissionDenied);
  std::vector<NeighborKey> keys;
  (void)visit(filter, [&](const Neighbor& n) { keys.push_back(n.key()); });
  for (const NeighborKey& key : keys) (void)remove(key);
  return keys.size();
}

Result<Neighbor> FakeTable::resolve(const NeighborKey& key, const ResolveOptions& options) {
  const auto existing = get(key);
  if (existing && kUsableStates.contains(existing->state) && !options.ask_again) return existing;
  if (!existing && existing.error().code == Errc::kNoSuchInterface) return existing;
  const auto answers = wire.find(key);
  if (answers == wire.end()) return error_of(options.timeout ? Errc::kTimedOut : Errc::kUnreachable);
  Neighbor found{.address = key.address, .interface = key.interface, .state = NudState::kReachable};
  found.link_address = answers->second.front().link_address;
  put(found);
  return found;
}

std::vector<Result<Neighbor>> FakeTable::resolve_all(std::span<const NeighborKey> keys, const ResolveOptions& options) {
  std::vector<Result<Neighbor>> results;
  for (const NeighborKey& key : keys) results.push_back(resolve(key, options));
  return results;
}

Result<std::vector<LinkAnswer>> FakeTable::ask(const NeighborKey& key, const AskOptions&) {
  const std::lock_guard held(lock_);  // verify asks from several threads
  if (!may_send) return error_of(Errc::kPermissionDenied);
  const auto found = wire.find(key);
  return found == wire.end() ? std::vector<LinkAnswer>() : found->second;
}

Result<void> FakeTable::announce(InterfaceIndex interface, const IpAddress& address, const AnnounceOptions& options) {
  if (!may_send) return error_of(Errc::kPermissionDenied);
  if (const Interface* on = link(interface); on != nullptr && !on->up) return error_of(Errc::kUnreachable);
  const auto& mine = own[interface];
  if (std::find(mine.begin(), mine.end(), address) == mine.end()) return error_of(Errc::kNoSuchAddress);
  announcements += options.count;
  return {};
}

Result<BatchReport> FakeTable::apply(Operation operation, std::span<const Neighbor> neighbors, OnError on_error) {
  BatchReport report;
  const auto before = entries_;
  for (std::size_t i = 0; i < neighbors.size(); ++i) {
    if (i == breaks_after) return Error{.code = Errc::kSystem, .sys_errno = ENOMEM};
    if (!report.failures.empty() && on_error != OnError::kContinue) {
      report.not_tried.push_back(i);
      continue;
    }
    const auto done = write(operation, neighbors[i]);
    if (done) {
      ++report.applied;
    } else {
      report.failures.push_back({i, done.error()});
    }
  }
  if (!report.failures.empty() && on_error == OnError::kRollBack) {
    entries_ = before;
    for (const NeighborKey& key : collected) entries_.erase(key);
    report.rolled_back = true;
    report.applied = 0;
  }
  return report;
}

Result<std::unique_ptr<Watch>> FakeTable::watch(const ListFilter& filter) {
  if (filter.proxies || filter.master != InterfaceIndex::kNone) return error_of(Errc::kInvalidArgument, "filter");
  if (when_watched) when_watched();
  return std::unique_ptr<Watch>(std::make_unique<FakeWatch>(*this, filter));
}

Result<std::vector<Interface>> FakeTable::interfaces() { return links; }

Result<Interface> FakeTable::find_interface(InterfaceIndex index) {
  const Interface* found = link(index);
  if (found == nullptr) return error_of(Errc::kNoSuchInterface);
  return *found;
}

Result<Interface> FakeTable::find_interface(std::string_view name) {
  for (const Interface& i : links) {
    if (i.name == name) return i;
  }
  return error_of(Errc::kNoSuchInterface);
}

Result<std::vector<IpAddress>> FakeTable::own_addresses(InterfaceIndex interface) {
  if (interface != InterfaceIndex::kNone) return own[interface];
  std::vector<IpAddress> all;
  for (const auto& [index, addresses] : own) all.insert(all.end(), addresses.begin(), addresses.end());
  return all;
}

Result<std::vector<TableLimits>> FakeTable::limits() { return table_limits; }
Result<bool> FakeTable::has_family(Family) { return true; }

Told run_on(std::shared_ptr<FakeTable> table, const std::string& line, std::size_t width) {
  std::vector<std::string> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) words.emplace_back(word);
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  Output out;
  Output err;
  Told run;
  run.code = run_neighctl(views, {.out = out, .err = err, .width = width}, [&](const Args&) {
    return Checked<Home>(Home{table, [table](const IpAddress& address) -> std::optional<Route> {
                                const auto found = table->routes.find(address);
                                return found == table->routes.end() ? std::nullopt : std::optional(found->second);
                              }});
  });
  run.out = out.text();
  run.err = err.text();
  return run;
}

std::shared_ptr<FakeTable> small_host() {
  auto table = std::make_shared<FakeTable>();
  table->add_interface("lo");
  table->add_interface("eth0");
  table->add_interface("eth1");
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    table->table_limits.push_back(
        {.family = family, .entries = 0, .gc_thresh1 = 128, .gc_thresh2 = 512, .gc_thresh3 = 1024});
  }
  return table;
}

Neighbor entry(std::string_view address, std::uint32_t interface, std::string_view link_address, NudState state) {
  Neighbor n;
  n.address = IpAddress::parse(address).value();
  n.interface = static_cast<InterfaceIndex>(interface);
  n.link_address = LinkAddress::parse(link_address).value();
  n.state = state;
  return n;
}

}  // namespace neigh::ctl::test
