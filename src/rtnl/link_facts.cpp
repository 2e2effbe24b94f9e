// SPDX-License-Identifier: Apache-2.0
#include "rtnl/link_facts.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "rtnl/socket.hpp"

namespace neigh::rtnl {
namespace {

/// Types whose devices change to or from another, or to or from point-to-point, with a notification only.
bool can_be_remembered(const Interface& interface) {
  switch (interface.type) {
    case InterfaceType::kEthernet:
    case InterfaceType::kWireless:
    case InterfaceType::kInfiniband:
      return !interface.loopback && !interface.point_to_point;
    default:
      return false;
  }
}

}  // namespace

Result<UniqueFd> open_link_bell() {
  auto fd = open_netlink_socket(RTMGRP_LINK);
  if (!fd) return fd;
  const int least = 1;  // the kernel makes it the smallest that there is
  (void)::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
  return fd;
}

bool LinkFacts::intact() const noexcept {
  const std::uint64_t cookie = cookie_.load();
  return cookie != 0 && socket_cookie(bell_.load()) == cookie;
}

bool LinkFacts::silent() noexcept {
  const std::int64_t tick = coarse_tick();
  if (tick != checked_ && !intact()) return false;
  checked_ = tick;
  // Looked at, never taken out: should the number be somebody else's by now, nothing of theirs is lost. A lost
  // notification is told as an error.
  return ::recv(bell_.load(), nullptr, 0, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

const Interface* LinkFacts::find(InterfaceIndex index) {
  if (known_ == nullptr) return nullptr;
  const auto found =
      std::find_if(known_->begin(), known_->end(), [index](const Interface& one) { return one.index == index; });
  if (found == known_->end()) return nullptr;
  if (silent()) return &*found;
  forget();
  return nullptr;
}

void LinkFacts::before_question(FunctionRef<Result<UniqueFd>()> open_bell) {
  if (bell_.load() >= 0 || ++asked_ <= kAskedBefore) return;
  asked_ = 0;
  auto known = std::make_unique<std::vector<Interface>>();
  known->reserve(kMost);
  auto bell = open_bell();
  if (!bell) return;  // then every call asks
  cookie_.store(socket_cookie(bell->get()));
  bell_.store(bell->release());
  checked_ = 0;
  known_ = std::move(known);
}

void LinkFacts::learn(const Interface& interface) {
  if (known_ == nullptr || !can_be_remembered(interface)) return;
  std::erase_if(*known_, [&](const Interface& one) { return one.index == interface.index; });
  if (known_->size() == kMost) known_->erase(known_->begin());
  known_->push_back(interface);
}

void LinkFacts::forget() noexcept {
  const bool ours = intact();
  const int fd = bell_.exchange(-1);
  if (ours) ::close(fd);
  cookie_.store(0);
  known_.reset();
  asked_ = 0;
}

void LinkFacts::forget_after_fork(bool in_use) noexcept {
  if (in_use) (void)known_.release();
  forget();
}

}  // namespace neigh::rtnl
