// SPDX-License-Identifier: Apache-2.0
// libmnl, as its examples have it: one request, one answer; notifications one by one, their attributes put in order.
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "work.h"

static char buffer[1 << 15];

static int count_row(const struct nlmsghdr* row, void* data) {
  struct nlattr* attribute;
  uint32_t* count = data;
  mnl_attr_for_each(attribute, row, sizeof(struct ndmsg)) {
    if (mnl_attr_type_valid(attribute, NDA_MAX) < 0) return MNL_CB_OK;
  }
  ++*count;
  return MNL_CB_OK;
}

struct told {
  const struct work* work;
  uint32_t count;
  uint32_t sum;  // of what was read, so that it is
};

static int keep_attribute(const struct nlattr* attribute, void* data) {
  const struct nlattr** attributes = data;
  const int type = mnl_attr_get_type(attribute);
  if (mnl_attr_type_valid(attribute, NDA_MAX) < 0) return MNL_CB_OK;
  if (type == NDA_CACHEINFO && mnl_attr_validate2(attribute, MNL_TYPE_BINARY, sizeof(struct nda_cacheinfo)) < 0) {
    return MNL_CB_ERROR;
  }
  if (type == NDA_PROBES && mnl_attr_validate(attribute, MNL_TYPE_U32) < 0) return MNL_CB_ERROR;
  attributes[type] = attribute;
  return MNL_CB_OK;
}

static int read_notification(const struct nlmsghdr* message, void* data) {
  struct told* told = data;
  const struct ndmsg* body = mnl_nlmsg_get_payload(message);
  const struct nlattr* attributes[NDA_MAX + 1] = {NULL};
  if (message->nlmsg_type != RTM_NEWNEIGH || body->ndm_family != AF_INET) return MNL_CB_OK;
  if (mnl_attr_parse(message, sizeof *body, keep_attribute, attributes) < 0) return MNL_CB_ERROR;
  uint32_t address = 0;
  uint8_t link[32] = {0};
  struct nda_cacheinfo times = {0};
  if (attributes[NDA_DST] && mnl_attr_get_payload_len(attributes[NDA_DST]) == sizeof address) {
    memcpy(&address, mnl_attr_get_payload(attributes[NDA_DST]), sizeof address);
  }
  if (attributes[NDA_LLADDR] && mnl_attr_get_payload_len(attributes[NDA_LLADDR]) <= sizeof link) {
    memcpy(link, mnl_attr_get_payload(attributes[NDA_LLADDR]), mnl_attr_get_payload_len(attributes[NDA_LLADDR]));
  }
  if (attributes[NDA_CACHEINFO]) memcpy(&times, mnl_attr_get_payload(attributes[NDA_CACHEINFO]), sizeof times);
  const uint32_t probes = attributes[NDA_PROBES] ? mnl_attr_get_u32(attributes[NDA_PROBES]) : 0;
  told->sum += address + link[5] + times.ndm_used + probes;
  if (body->ndm_ifindex == told->work->device && (body->ndm_state & NUD_PERMANENT) != 0) ++told->count;
  return MNL_CB_OK;
}

static struct mnl_socket* open_socket(unsigned groups) {
  struct mnl_socket* socket = mnl_socket_open(NETLINK_ROUTE);
  if (!socket || mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) stop("mnl_socket");
  return socket;
}

/// @return Rows of a dump.
static uint32_t ask(struct mnl_socket* socket, const struct work* work, uint32_t i) {
  const int is_dump = is(work, "dump");
  const int is_get = is(work, "get");
  const int is_delete = is(work, "del");
  uint32_t rows = 0;
  struct nlmsghdr* header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = is_dump || is_get ? RTM_GETNEIGH : is_delete ? RTM_DELNEIGH : RTM_NEWNEIGH;
  header->nlmsg_flags = NLM_F_REQUEST | (is_dump ? NLM_F_DUMP : is_get ? 0 : NLM_F_ACK);
  if (is(work, "add") || is(work, "watch")) header->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
  if (is(work, "replace")) header->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
  header->nlmsg_seq = i + 1;
  struct ndmsg* body = mnl_nlmsg_put_extra_header(header, sizeof *body);
  body->ndm_family = AF_INET;
  if (!is_dump) {
    body->ndm_ifindex = work->device;
    mnl_attr_put_u32(header, NDA_DST, address_of(i));
  }
  if (header->nlmsg_type == RTM_NEWNEIGH) {
    uint8_t link[6];
    link_address_of(work, i, link);
    body->ndm_state = NUD_PERMANENT;
    mnl_attr_put(header, NDA_LLADDR, sizeof link, link);
  }
  if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) stop("mnl_socket_sendto");
  int more = MNL_CB_OK;
  while (more > MNL_CB_STOP) {
    const ssize_t got = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
    if (got < 0) stop("mnl_socket_recvfrom");
    more = mnl_cb_run(buffer, (size_t)got, i + 1, mnl_socket_get_portid(socket), count_row, &rows);
    if (more < 0) stop("mnl_cb_run");
    if (is_get) break;
  }
  return rows;
}

/// The reading alone: each chunk is written before the clock runs.
static void watch(struct mnl_socket* socket, const struct work* work) {
  struct mnl_socket* listener = open_socket(RTMGRP_NEIGH);
  enlarge(mnl_socket_get_fd(listener), kWatchBuffer);
  struct told told = {work, 0, 0};
  int64_t total = 0;
  for (uint32_t first = 0; first < work->count;) {
    const uint32_t last = work->count - first < kChunk ? work->count : first + kChunk;
    for (; first < last; ++first) ask(socket, work, first);
    const int64_t begin = now_ns();
    while (told.count < last) {
      const ssize_t got = mnl_socket_recvfrom(listener, buffer, sizeof buffer);
      if (got < 0) stop("mnl_socket_recvfrom");
      if (mnl_cb_run(buffer, (size_t)got, 0, 0, read_notification, &told) < 0) stop("mnl_cb_run");
    }
    total += now_ns() - begin;
  }
  report(work, told.count, total);
  mnl_socket_close(listener);
}

int main(int argc, char** argv) {
  const struct work work = read_work(argc, argv);
  struct mnl_socket* socket = open_socket(0);
  if (is(&work, "watch")) {
    watch(socket, &work);
    return 0;
  }
  const int is_dump = is(&work, "dump");
  uint32_t rows = 0;
  const int64_t begin = now_ns();
  for (uint32_t i = 0; i < (is_dump ? 1 : work.count); ++i) rows += ask(socket, &work, i);
  report(&work, is_dump ? rows : work.count, now_ns() - begin);
  mnl_socket_close(socket);
  return 0;
}
