// SPDX-License-Identifier: Apache-2.0
// libmnl, as its examples have it: one request, one answer.
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "work.h"

static int count_row(const struct nlmsghdr* row, void* data) {
  struct nlattr* attribute;
  uint32_t* count = data;
  mnl_attr_for_each(attribute, row, sizeof(struct ndmsg)) {
    if (mnl_attr_type_valid(attribute, NDA_MAX) < 0) return MNL_CB_OK;
  }
  ++*count;
  return MNL_CB_OK;
}

int main(int argc, char** argv) {
  const struct work work = read_work(argc, argv);
  char buffer[1 << 15];
  struct mnl_socket* socket = mnl_socket_open(NETLINK_ROUTE);
  if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) stop("mnl_socket");
  const unsigned port = mnl_socket_get_portid(socket);
  const int is_dump = is(&work, "dump");
  const int is_get = is(&work, "get");
  const int is_delete = is(&work, "del");
  uint32_t rows = 0;
  const int64_t begin = now_ns();
  for (uint32_t i = 0; i < (is_dump ? 1 : work.count); ++i) {
    struct nlmsghdr* header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = is_dump || is_get ? RTM_GETNEIGH : is_delete ? RTM_DELNEIGH : RTM_NEWNEIGH;
    header->nlmsg_flags = NLM_F_REQUEST | (is_dump ? NLM_F_DUMP : is_get ? 0 : NLM_F_ACK);
    if (is(&work, "add")) header->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
    if (is(&work, "replace")) header->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
    header->nlmsg_seq = i + 1;
    struct ndmsg* body = mnl_nlmsg_put_extra_header(header, sizeof *body);
    body->ndm_family = AF_INET;
    if (!is_dump) {
      body->ndm_ifindex = work.device;
      mnl_attr_put_u32(header, NDA_DST, address_of(i));
    }
    if (header->nlmsg_type == RTM_NEWNEIGH) {
      uint8_t link[6];
      link_address_of(&work, i, link);
      body->ndm_state = NUD_PERMANENT;
      mnl_attr_put(header, NDA_LLADDR, sizeof link, link);
    }
    if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) stop("mnl_socket_sendto");
    int more = MNL_CB_OK;
    while (more > MNL_CB_STOP) {
      const ssize_t got = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
      if (got < 0) stop("mnl_socket_recvfrom");
      more = mnl_cb_run(buffer, (size_t)got, i + 1, port, count_row, &rows);
      if (more < 0) stop("mnl_cb_run");
      if (is_get) break;
    }
  }
  report(&work, is_dump ? rows : work.count, now_ns() - begin);
  mnl_socket_close(socket);
  return 0;
}
