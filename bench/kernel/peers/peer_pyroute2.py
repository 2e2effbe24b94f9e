#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pyroute2, one call for each entry. usage: peer_pyroute2.py OP DEV N"""
import json
import sys
import time

from pyroute2 import IPRoute

op, device, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with IPRoute() as ip:
    index = ip.link_lookup(ifname=device)[0]
    first = 6 if op == "replace" else 2
    begin = time.monotonic_ns()
    if op == "dump":
        count = sum(1 for _ in ip.get_neighbours(family=2, ifindex=index))
    else:
        for i in range(count):
            number = (10 << 24) + (1 << 16) + i
            address = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
            link = ":".join(f"{byte:02x}" for byte in (first, 0, i >> 24 & 255, i >> 16 & 255, i >> 8 & 255, i & 255))
            ip.neigh(op, dst=address, ifindex=index, **({} if op == "del" else {"lladdr": link, "state": "permanent"}))
    print(json.dumps({"op": op, "n": count, "ns": time.monotonic_ns() - begin}))
