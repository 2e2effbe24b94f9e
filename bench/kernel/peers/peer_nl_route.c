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

int main(int argc, char** argv) {
  const struct work work = read_work(argc, argv);
  struct nl_sock* socket = nl_socket_alloc();
  check(nl_connect(socket, NETLINK_ROUTE), "nl_connect");
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
  for (uint32_t i = 0; i < work.count; ++i) {
    const uint32_t address = address_of(i);
    uint8_t link[6];
    link_address_of(&work, i, link);
    struct nl_addr* destination = nl_addr_build(AF_INET, &address, sizeof address);
    struct nl_addr* link_address = nl_addr_build(AF_LLC, link, sizeof link);
    struct rtnl_neigh* neighbor = rtnl_neigh_alloc();
    rtnl_neigh_set_ifindex(neighbor, work.device);
    rtnl_neigh_set_dst(neighbor, destination);
    if (is(&work, "del")) {
      check(rtnl_neigh_delete(socket, neighbor, 0), "rtnl_neigh_delete");
    } else {
      rtnl_neigh_set_lladdr(neighbor, link_address);
      rtnl_neigh_set_state(neighbor, NUD_PERMANENT);
      check(rtnl_neigh_add(socket, neighbor, NLM_F_CREATE | (is(&work, "add") ? NLM_F_EXCL : NLM_F_REPLACE)),
            "rtnl_neigh_add");
    }
    rtnl_neigh_put(neighbor);
    nl_addr_put(link_address);
    nl_addr_put(destination);
  }
  report(&work, done, now_ns() - begin);
  nl_socket_free(socket);
  return 0;
}
