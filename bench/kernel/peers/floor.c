// SPDX-License-Identifier: Apache-2.0
// The floor: what the kernel itself takes, driven by as little code as can be. Requests lie ready before the clock
// starts, 192 to a send (some 11 KiB), answers are looked at no further than needed to know that they are all there.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "work.h"

enum { kPerSend = 192, kBuffer = 1 << 16 };

struct request {
  struct nlmsghdr header;
  struct ndmsg body;
  struct nlattr address_head;
  uint32_t address;
  struct nlattr link_head;
  uint8_t link[8];
};

static uint8_t buffer[kBuffer] __attribute__((aligned(8)));

static int open_socket(uint32_t groups, int size) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl local = {.nl_family = AF_NETLINK, .nl_groups = groups};
  if (fd < 0 || bind(fd, (struct sockaddr*)&local, sizeof local) != 0) stop("socket");
  if (size > 0) enlarge(fd, size);
  const int on = 1;
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  return fd;
}

/// @return Bytes of the request: without link-layer address unless it is wanted.
static uint32_t fill(struct request* out, const struct work* work, uint16_t type, uint16_t flags, uint32_t i,
                     int with_link) {
  const uint32_t size = with_link ? (uint32_t)sizeof *out : (uint32_t)offsetof(struct request, link_head);
  *out = (struct request){
      .header = {.nlmsg_len = size, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = i + 1},
      .body = {.ndm_family = AF_INET, .ndm_ifindex = work->device, .ndm_state = with_link ? NUD_PERMANENT : NUD_NONE},
      .address_head = {.nla_len = 8, .nla_type = NDA_DST},
      .address = address_of(i),
      .link_head = {.nla_len = 10, .nla_type = NDA_LLADDR},
  };
  link_address_of(work, i, out->link);
  return size;
}

/// Reads until the answer to `last` has come. An answer that is an error ends the program.
static void await_answer(int fd, uint32_t last) {
  for (;;) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0) stop("recv");
    int left = (int)got;
    for (struct nlmsghdr* at = (struct nlmsghdr*)buffer; NLMSG_OK(at, (unsigned)left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_type == NLMSG_ERROR) {
        errno = -((struct nlmsgerr*)NLMSG_DATA(at))->error;
        if (errno != 0) stop("answer");
      }
      if (at->nlmsg_seq == last) return;
    }
  }
}

struct queue {
  uint8_t* bytes;
  uint32_t* ends;  // of each send
  uint32_t sends;
  uint32_t count;
};

static struct queue prepare(const struct work* work, uint16_t type, uint16_t flags, int with_link, uint32_t first,
                            uint32_t count, uint8_t ndm_flags, uint32_t per_send) {
  struct queue queue = {malloc((size_t)count * sizeof(struct request)), malloc((count + 1) * sizeof(uint32_t)), 0,
                        count};
  uint32_t size = 0;
  for (uint32_t i = 0; i < count; ++i) {
    struct request* request = (struct request*)(void*)(queue.bytes + size);
    const int last = (i + 1) % per_send == 0 || i + 1 == count;
    size += fill(request, work, type, flags | (last ? NLM_F_ACK : 0), first + i, with_link);
    request->body.ndm_flags = ndm_flags;
    if (last) queue.ends[queue.sends++] = size;
  }
  return queue;
}

static void run(int fd, const struct queue* queue, uint32_t first, uint32_t per_send) {
  uint32_t begin = 0;
  for (uint32_t i = 0; i < queue->sends; ++i) {
    if (send(fd, queue->bytes + begin, queue->ends[i] - begin, 0) < 0) stop("send");
    const uint32_t done = (i + 1) * per_send < queue->count ? (i + 1) * per_send : queue->count;
    await_answer(fd, first + done);
    begin = queue->ends[i];
  }
}

static void write_all(const struct work* work, uint16_t type, uint16_t flags, int with_link, uint32_t per_send) {
  const int fd = open_socket(0, 0);
  const struct queue queue = prepare(work, type, flags, with_link, 0, work->count, 0, per_send);
  const int64_t begin = now_ns();
  run(fd, &queue, 0, per_send);
  report(work, work->count, now_ns() - begin);
}

static void get(const struct work* work) {
  const int fd = open_socket(0, 0);
  struct request request;
  const int64_t begin = now_ns();
  for (uint32_t i = 0; i < work->count; ++i) {
    const uint32_t size = fill(&request, work, RTM_GETNEIGH, 0, i, 0);
    if (send(fd, &request, size, 0) < 0) stop("send");
    await_answer(fd, i + 1);
  }
  report(work, work->count, now_ns() - begin);
}

/// Calls `visit`, if there is one, for each entry of the device.
static uint32_t dump(int fd, const struct work* work, void (*visit)(const struct nlmsghdr*, void*), void* context) {
  const int on = 1;
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  struct {
    struct nlmsghdr header;
    struct ndmsg body;
    struct nlattr index_head;
    int32_t index;
  } request = {
      .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETNEIGH, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
      .body = {.ndm_family = AF_INET},
      .index_head = {.nla_len = 8, .nla_type = NDA_IFINDEX},
      .index = work->device};
  if (send(fd, &request, sizeof request, 0) < 0) stop("send");
  uint32_t count = 0;
  for (;;) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0) stop("recv");
    int left = (int)got;
    for (struct nlmsghdr* at = (struct nlmsghdr*)buffer; NLMSG_OK(at, (unsigned)left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR) return count;
      ++count;
      if (visit) visit(at, context);
    }
  }
}

struct doomed {
  struct request* all;
  uint32_t count;
};

static void keep(const struct nlmsghdr* row, void* context) {
  struct doomed* doomed = context;
  int left = (int)(row->nlmsg_len - NLMSG_SPACE(sizeof(struct ndmsg)));
  const struct rtattr* at =
      (const struct rtattr*)(const void*)((const char*)NLMSG_DATA(row) + NLMSG_ALIGN(sizeof(struct ndmsg)));
  for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
    if (at->rta_type == NDA_DST) memcpy(&doomed->all[doomed->count++].address, RTA_DATA(at), 4);
  }
}

static void flush(const struct work* work) {
  const int fd = open_socket(0, 0);
  struct doomed doomed = {malloc(((size_t)work->count + 1024) * sizeof(struct request)), 0};
  const size_t size = offsetof(struct request, link_head);
  uint8_t* out = malloc(kPerSend * sizeof(struct request));
  const int64_t begin = now_ns();
  dump(fd, work, keep, &doomed);
  for (uint32_t i = 0; i < doomed.count;) {
    uint32_t n = 0;
    for (; n < kPerSend && i < doomed.count; ++n, ++i) {
      struct request* request = (struct request*)(void*)(out + n * size);
      const uint32_t address = doomed.all[i].address;
      memset(request, 0, size);
      request->header = (struct nlmsghdr){
          .nlmsg_len = (uint32_t)size, .nlmsg_type = RTM_DELNEIGH, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = i + 1};
      request->body = (struct ndmsg){.ndm_family = AF_INET, .ndm_ifindex = work->device};
      request->address_head = (struct nlattr){.nla_len = 8, .nla_type = NDA_DST};
      request->address = address;
      if (n + 1 == kPerSend || i + 1 == doomed.count) request->header.nlmsg_flags |= NLM_F_ACK;
    }
    if (send(fd, out, n * size, 0) < 0) stop("send");
    await_answer(fd, i);
  }
  report(work, doomed.count, now_ns() - begin);
}

enum { kMessages = 64, kMessageSize = 512 };

/// Reads notifications until `wanted` of them tell `state`.
static void listen_for(int fd, uint32_t wanted, uint16_t states) {
  static uint8_t space[kMessages][kMessageSize] __attribute__((aligned(8)));
  static struct iovec parts[kMessages];
  static struct mmsghdr messages[kMessages];
  for (int i = 0; i < kMessages; ++i) {
    parts[i] = (struct iovec){space[i], kMessageSize};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  for (uint32_t seen = 0; seen < wanted;) {
    const int got = recvmmsg(fd, messages, kMessages, MSG_WAITFORONE, NULL);
    if (got < 0) stop("recvmmsg");
    for (int i = 0; i < got; ++i) {
      const struct nlmsghdr* header = (const struct nlmsghdr*)(const void*)space[i];
      const struct ndmsg* body = NLMSG_DATA(header);
      if (header->nlmsg_type == RTM_NEWNEIGH && (body->ndm_state & states) != 0) ++seen;
    }
  }
}

static void resolve(const struct work* work) {
  const int listener = open_socket(RTMGRP_NEIGH, kWatchBuffer);
  const int fd = open_socket(0, 0);
  const struct queue queue =
      prepare(work, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, 0, 0, work->count, NTF_USE, kPerSend);
  const int64_t begin = now_ns();
  run(fd, &queue, 0, kPerSend);
  listen_for(listener, work->count, NUD_REACHABLE);
  report(work, work->count, now_ns() - begin);
}

/// The reading alone: each chunk is written before the clock runs.
static void watch(const struct work* work) {
  const int listener = open_socket(RTMGRP_NEIGH, kWatchBuffer);
  const int fd = open_socket(0, 0);
  int64_t total = 0;
  for (uint32_t first = 0; first < work->count; first += kChunk) {
    const uint32_t count = work->count - first < kChunk ? work->count - first : kChunk;
    const struct queue queue = prepare(work, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, 1, first, count, 0, kPerSend);
    run(fd, &queue, first, kPerSend);
    const int64_t begin = now_ns();
    listen_for(listener, count, NUD_PERMANENT);
    total += now_ns() - begin;
    free(queue.bytes);
    free(queue.ends);
  }
  report(work, work->count, total);
}

int main(int argc, char** argv) {
  const struct work work = read_work(argc, argv);
  const uint16_t create = NLM_F_CREATE | NLM_F_EXCL;
  if (is(&work, "add")) write_all(&work, RTM_NEWNEIGH, create, 1, kPerSend);
  uint32_t part = 0;
  if (sscanf(work.op, "add:%u", &part) == 1 && part > 0 && part <= kPerSend) {
    write_all(&work, RTM_NEWNEIGH, create, 1, part);
  }
  if (is(&work, "add1")) write_all(&work, RTM_NEWNEIGH, create, 1, 1);
  if (is(&work, "replace")) write_all(&work, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, 1, kPerSend);
  if (is(&work, "del")) write_all(&work, RTM_DELNEIGH, 0, 0, kPerSend);
  if (is(&work, "get")) get(&work);
  if (is(&work, "flush")) flush(&work);
  if (is(&work, "resolve")) resolve(&work);
  if (is(&work, "watch")) watch(&work);
  if (is(&work, "dump")) {
    const int fd = open_socket(0, 0);
    const int64_t begin = now_ns();
    const uint32_t count = dump(fd, &work, NULL, NULL);
    report(&work, count, now_ns() - begin);
  }
  return 0;
}
