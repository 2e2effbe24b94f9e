// SPDX-License-Identifier: Apache-2.0
// Go: vishvananda/netlink, one call for each entry, as its users write it.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/vishvananda/netlink"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	op := os.Args[1]
	link, err := netlink.LinkByName(os.Args[2])
	check(err)
	count, err := strconv.Atoi(os.Args[3])
	check(err)
	first := byte(2)
	if op == "replace" {
		first = 6
	}
	begin := time.Now()
	switch op {
	case "dump":
		rows, err := netlink.NeighList(link.Attrs().Index, netlink.FAMILY_V4)
		check(err)
		count = len(rows)
	case "add", "replace", "del":
		for i := 0; i < count; i++ {
			number := uint32(10<<24+1<<16) + uint32(i)
			entry := &netlink.Neigh{
				LinkIndex:    link.Attrs().Index,
				State:        netlink.NUD_PERMANENT,
				IP:           net.IPv4(byte(number>>24), byte(number>>16), byte(number>>8), byte(number)),
				HardwareAddr: net.HardwareAddr{first, 0, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)},
			}
			switch op {
			case "add":
				check(netlink.NeighAdd(entry))
			case "replace":
				check(netlink.NeighSet(entry))
			default:
				check(netlink.NeighDel(entry))
			}
		}
	default:
		fmt.Fprintln(os.Stderr, "no such operation:", op)
		os.Exit(2)
	}
	fmt.Printf("{\"op\": \"%s\", \"n\": %d, \"ns\": %d}\n", op, count, time.Since(begin).Nanoseconds())
}
