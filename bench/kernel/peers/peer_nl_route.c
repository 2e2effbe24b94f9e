// SPDX-License-Identifier: Apache-2.0
// libnl-route-3, as its documentation has it.
#include <netlink/route/neighbour.h>
#include <netlink/route/rtnl.h>

#include "work.h"

static void check(int code, const char* what) {
  if (code >= 0) return;
  fprintf(stderr, "%s: %s\n", what, nl_geterror(code));
  exit(1);
}

static void delete_one(struct nl_object* object, void* socket) {
  check(rtnl_neigh_delete(socket, (struct rtnl_neigh*)object, 0), "rtnl_neigh_delete");
}

struct told {
  const struct work* work;
  uint32_t count;
};

static void read_object(struct nl_object* object, void* data) {
  struct rtnl_neigh* neighbor = (struct rtnl_neigh*)object;
  struct told* told = data;
  const int ours = rtnl_neigh_get_ifindex(neighbor) == told->work->device &&
                   rtnl_neigh_get_family(neighbor) == AF_INET && rtnl_neigh_get_dst(neighbor) &&
                   rtnl_neigh_get_lladdr(neighbor);
  if (ours && rtnl_neigh_get_state(neighbor) == NUD_PERMANENT) ++told->count;
}

/// Each message into a neighbor of the library's.
static int read_notification(struct nl_msg* message, void* data) {
  if (nlmsg_hdr(message)->nlmsg_type == RTM_NEWNEIGH) check(nl_msg_parse(message, read_object, data), "nl_msg_parse");
  return NL_OK;
}

static void write_one(struct nl_sock* socket, const struct work* work, uint32_t i) {
  const uint32_t address = address_of(i);
  uint8_t link[6];
  link_address_of(work, i, link);
  struct nl_addr* destination = nl_addr_build(AF_INET, &address, sizeof address);
  struct nl_addr* link_address = nl_addr_build(AF_LLC, link, sizeof link);
  struct rtnl_neigh* neighbor = rtnl_neigh_alloc();
  rtnl_neigh_set_ifindex(neighbor, work->device);
  rtnl_neigh_set_dst(neighbor, destination);
  if (is(work, "del")) {
    check(rtnl_neigh_delete(socket, neighbor, 0), "rtnl_neigh_delete");
  } else {
    rtnl_neigh_set_lladdr(neighbor, link_address);
    rtnl_neigh_set_state(neighbor, NUD_PERMANENT);
    check(rtnl_neigh_add(socket, neighbor, NLM_F_CREATE | (is(work, "replace") ? NLM_F_REPLACE : NLM_F_EXCL)),
          "rtnl_neigh_add");
  }
  rtnl_neigh_put(neighbor);
  nl_addr_put(link_address);
  nl_addr_put(destination);
}

/// The reading alone: each chunk is written before the clock runs.
static void watch(struct nl_sock* socket, const struct work* work) {
  struct told told = {work, 0};
  struct nl_sock* listener = nl_socket_alloc();
  nl_socket_disable_seq_check(listener);
  check(nl_socket_modify_cb(listener, NL_CB_VALID, NL_CB_CUSTOM, read_notification, &told), "nl_socket_modify_cb");
  check(nl_connect(listener, NETLINK_ROUTE), "nl_connect");
  check(nl_socket_add_membership(listener, RTNLGRP_NEIGH), "nl_socket_add_membership");
  check(nl_socket_set_msg_buf_size(listener, 8192), "nl_socket_set_msg_buf_size");  // so it need not look first
  enlarge(nl_socket_get_fd(listener), kWatchBuffer);
  int64_t total = 0;
  for (uint32_t first = 0; first < work->count;) {
    const uint32_t last = work->count - first < kChunk ? work->count : first + kChunk;
    for (; first < last; ++first) write_one(socket, work, first);
    const int64_t begin = now_ns();
    while (told.count < last) check(nl_recvmsgs_default(listener), "nl_recvmsgs_default");
    total += now_ns() - begin;
  }
  report(work, told.count, total);
  nl_socket_free(listener);
}

int main(int argc, char** argv) {
  const struct work work = read_work(argc, argv);
  struct nl_sock* socket = nl_socket_alloc();
  check(nl_connect(socket, NETLINK_ROUTE), "nl_connect");
  if (is(&work, "watch")) {
    watch(socket, &work);
    return 0;
  }
  uint32_t done = work.count;
  const int64_t begin = now_ns();
  if (is(&work, "dump") || is(&work, "flush")) {
    struct nl_cache* cache = NULL;
    check(rtnl_neigh_alloc_cache(socket, &cache), "rtnl_neigh_alloc_cache");
    done = (uint32_t)nl_cache_nitems(cache);
    if (is(&work, "flush")) {
      struct rtnl_neigh* filter = rtnl_neigh_alloc();
      rtnl_neigh_set_ifindex(filter, work.device);
      rtnl_neigh_set_family(filter, AF_INET);
      nl_cache_foreach_filter(cache, (struct nl_object*)filter, delete_one, socket);
      rtnl_neigh_put(filter);
    }
    report(&work, done, now_ns() - begin);
    return 0;
  }
  for (uint32_t i = 0; i < work.count; ++i) write_one(socket, &work, i);
  report(&work, done, now_ns() - begin);
  nl_socket_free(socket);
  return 0;
}
