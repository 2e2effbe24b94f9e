// SPDX-License-Identifier: Apache-2.0
// To be told of changes: what each kind of registration listens to, and the rows that it tells.
#include <cstring>
#include <memory>
#include <utility>

#include "neigh/current_stack.hpp"
#include "netioapi/calls_beside.hpp"
#include "netioapi/dispatcher.hpp"
#include "netioapi/host_guard.hpp"
#include "netioapi/link_rows.hpp"
#include "netioapi/row.hpp"

namespace neigh::netioapi {
namespace {

/// Readings of the table within a registration, while notifications are lost.
constexpr int kCallsToSync = 4;

MIB_NOTIFICATION_TYPE type_of(HostEvent::Kind kind) {
  switch (kind) {
    case HostEvent::Kind::kAdded:
      return MibAddInstance;
    case HostEvent::Kind::kRemoved:
      return MibDeleteInstance;
    case HostEvent::Kind::kChanged:
      break;
  }
  return MibParameterNotification;
}

bool wants(Family filter, Family family) { return filter == Family::kUnspecified || filter == family; }

template <class Callback>
struct Target {
  Callback callback = nullptr;
  void* context = nullptr;
  Family family = Family::kUnspecified;
};

/// Listens to the host: links, addresses or routes, by `tell`.
template <class Callback>
class HostListener : public Listener {
 public:
  HostListener(std::unique_ptr<HostWatch> watch, const Target<Callback>& target)
      : watch_(std::move(watch)), target_(target) {}

  [[nodiscard]] std::array<int, 2> descriptors() const override { return {watch_->fd(), -1}; }
  Result<void> process(Deliver deliver) override {
    auto done = watch_->process([&](const HostEvent& event) { tell(event, target_, deliver); });
    if (!done) return std::move(done).error();
    return {};
  }
  void tell_initial() override { target_.callback(target_.context, nullptr, MibInitialNotification); }

 protected:
  static void tell(const HostEvent& event, const Target<Callback>& target, Deliver deliver);

 private:
  std::unique_ptr<HostWatch> watch_;
  Target<Callback> target_;
};

MIB_IPINTERFACE_ROW interface_key(const Interface& device, ADDRESS_FAMILY family) {
  MIB_IPINTERFACE_ROW row;
  std::memset(&row, 0, sizeof row);
  row.Family = family;
  row.InterfaceLuid.Value = device.luid().value();
  row.InterfaceIndex = to_number(device.index);
  return row;
}

template <>
void HostListener<PIPINTERFACE_CHANGE_CALLBACK>::tell(const HostEvent& event,
                                                      const Target<PIPINTERFACE_CHANGE_CALLBACK>& target,
                                                      Deliver deliver) {
  const auto tell_family = [&](ADDRESS_FAMILY number, MIB_NOTIFICATION_TYPE type) {
    MIB_IPINTERFACE_ROW row = interface_key(event.interface, number);
    deliver([&] { target.callback(target.context, &row, type); });
  };
  if (event.interface.ipv4 && wants(target.family, Family::kIpv4)) tell_family(AF_INET, type_of(event.kind));
  if (!wants(target.family, Family::kIpv6)) return;
  // IPv6 comes and goes on a link that stays.
  const bool was =
      event.previous ? event.previous->ipv6 : event.kind != HostEvent::Kind::kAdded && event.interface.ipv6;
  const bool is = event.kind != HostEvent::Kind::kRemoved && event.interface.ipv6;
  if (was && is) tell_family(AF_INET6, MibParameterNotification);
  if (!was && is) tell_family(AF_INET6, MibAddInstance);
  if (was && !is) tell_family(AF_INET6, MibDeleteInstance);
}

template <>
void HostListener<PUNICAST_IPADDRESS_CHANGE_CALLBACK>::tell(const HostEvent& event,
                                                            const Target<PUNICAST_IPADDRESS_CHANGE_CALLBACK>& target,
                                                            Deliver deliver) {
  if (!wants(target.family, event.address.address.family())) return;
  MIB_UNICASTIPADDRESS_ROW row = key_row_of(event.address, event.interface.luid());
  deliver([&] { target.callback(target.context, &row, type_of(event.kind)); });
}

template <>
void HostListener<PIPFORWARD_CHANGE_CALLBACK>::tell(const HostEvent& event,
                                                    const Target<PIPFORWARD_CHANGE_CALLBACK>& target, Deliver deliver) {
  if (!wants(target.family, event.route.destination.family())) return;
  MIB_IPFORWARD_ROW2 row = key_row_of(event.route, event.interface.luid());
  deliver([&] { target.callback(target.context, &row, type_of(event.kind)); });
}

/// Listens to a neighbor table. LUIDs come from the links: a watch of the same namespace, where the home has one.
class NeighborListener final : public Listener {
 public:
  NeighborListener(std::shared_ptr<NeighborTable> stack, std::unique_ptr<Watch> watch, std::unique_ptr<HostWatch> links,
                   const Target<PIPNET_CHANGE_CALLBACK>& target)
      : stack_(std::move(stack)), watch_(std::move(watch)), links_(std::move(links)), target_(target) {}

  [[nodiscard]] std::array<int, 2> descriptors() const override { return {watch_->fd(), links_ ? links_->fd() : -1}; }
  Result<void> process(Deliver deliver) override {
    if (links_) {
      if (auto done = links_->process([](const HostEvent&) {}); !done) return std::move(done).error();
    }
    auto done = watch_->process([&](const WatchEvent& event) { tell(event, deliver); });
    if (!done) return std::move(done).error();
    return {};
  }
  void tell_initial() override { target_.callback(target_.context, nullptr, MibInitialNotification); }

 private:
  void tell(const WatchEvent& event, Deliver deliver) {
    MIB_NOTIFICATION_TYPE type = MibParameterNotification;
    switch (event.kind) {
      case WatchEvent::Kind::kAdded:
        type = MibAddInstance;
        break;
      case WatchEvent::Kind::kChanged:
        break;
      case WatchEvent::Kind::kRemoved:
        type = MibDeleteInstance;
        break;
      case WatchEvent::Kind::kSynced:
      case WatchEvent::Kind::kGapBegan:
      case WatchEvent::Kind::kGapHealed:
        return;
    }
    MIB_IPNET_ROW2 row;
    fill_row(row, event.neighbor, luid_of(event.neighbor.interface));
    deliver([&] { target_.callback(target_.context, &row, type); });
  }
  /// 0 for a link that was never seen: the index is told nevertheless.
  InterfaceLuid luid_of(InterfaceIndex index) {
    if (links_) {
      const auto link = links_->find_link(index);
      return link ? link->luid() : InterfaceLuid{};
    }
    const auto link = stack_->find_interface(index);
    return link ? link->luid() : InterfaceLuid{};
  }

  std::shared_ptr<NeighborTable> stack_;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<HostWatch> links_;
  Target<PIPNET_CHANGE_CALLBACK> target_;
};

template <class Callback>
Result<Target<Callback>> check_target(ADDRESS_FAMILY family, Callback callback, void* context, HANDLE* handle) {
  const auto wanted = family_of(family);
  if (!wanted) return wanted.error();
  if (callback == nullptr) return invalid("Callback");
  if (handle == nullptr) return invalid("NotificationHandle");
  return Target<Callback>{.callback = callback, .context = context, .family = *wanted};
}

NTSTATUS hand_over(std::unique_ptr<Listener> listener, bool initial, HANDLE* handle) {
  return status_of_done(add_listener(std::move(listener), initial, [&](std::uintptr_t number) {
    static_assert(sizeof number == sizeof *handle);
    std::memcpy(handle, &number, sizeof number);
  }));
}

template <class Callback>
NTSTATUS notify_host(ADDRESS_FAMILY family, Callback callback, void* context, bool initial, HANDLE* handle,
                     const HostWatchOptions& options) noexcept {
  const auto check = [&] { return check_target(family, callback, context, handle); };
  return guarded_host(check, [&](NeighborTable& /*stack*/, HostNetwork& host) -> NTSTATUS {
    const auto target = check();
    if (!target) return status_of(target.error());
    auto watch = host.watch(options);
    if (!watch) return status_of(watch.error());
    return hand_over(std::make_unique<HostListener<Callback>>(std::move(*watch), *target), initial, handle);
  });
}

}  // namespace

NTSTATUS notify_interfaces(ADDRESS_FAMILY family, PIPINTERFACE_CHANGE_CALLBACK callback, void* context, bool initial,
                           HANDLE* handle) noexcept {
  return notify_host(family, callback, context, initial, handle, {.links = true});
}

NTSTATUS notify_addresses(ADDRESS_FAMILY family, PUNICAST_IPADDRESS_CHANGE_CALLBACK callback, void* context,
                          bool initial, HANDLE* handle) noexcept {
  return notify_host(family, callback, context, initial, handle, {.addresses = true});
}

NTSTATUS notify_routes(ADDRESS_FAMILY family, PIPFORWARD_CHANGE_CALLBACK callback, void* context, bool initial,
                       HANDLE* handle) noexcept {
  return notify_host(family, callback, context, initial, handle, {.routes = true});
}

NTSTATUS notify_neighbors(ADDRESS_FAMILY family, PIPNET_CHANGE_CALLBACK callback, void* context, bool initial,
                          HANDLE* handle) noexcept {
  const auto check = [&] { return check_target(family, callback, context, handle); };
  return guarded(check, [&](NeighborTable& /*table*/) -> NTSTATUS {
    const auto target = check();
    if (!target) return status_of(target.error());
    auto stack = current_stack();  // kept alive by the registration
    if (!stack) return status_of(stack.error());
    std::unique_ptr<HostWatch> links;
    if (HostNetwork* host = (*stack)->host(); host != nullptr) {
      auto opened = host->watch({.links = true});
      if (!opened) return status_of(opened.error());
      links = std::move(*opened);
    }
    auto watch = (*stack)->watch({.family = target->family});
    if (!watch) return status_of(watch.error());
    // What is there already is not told; what comes from here on is. Under a flood the first calls may not get there.
    bool synced = false;
    for (int call = 0; call < kCallsToSync && !synced; ++call) {
      auto learned = (*watch)->process(
          [&](const WatchEvent& event) { synced = synced || event.kind == WatchEvent::Kind::kSynced; });
      if (!learned) return status_of(learned.error());
    }
    auto listener = std::make_unique<NeighborListener>(std::move(*stack), std::move(*watch), std::move(links), *target);
    return hand_over(std::move(listener), initial, handle);
  });
}

NTSTATUS cancel_notify(HANDLE handle) noexcept {
  if (handle == nullptr) return STATUS_INVALID_PARAMETER;
  const KeepErrno keep_errno;
  std::uintptr_t number = 0;
  std::memcpy(&number, &handle, sizeof number);
  try {
    return remove_listener(number) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
  } catch (...) {
    return STATUS_NO_MEMORY;
  }
}

}  // namespace neigh::netioapi
