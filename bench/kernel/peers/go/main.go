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
	"golang.org/x/sys/unix"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// NeighSubscribe cannot be given a larger receive buffer: what the host gives by itself holds these.
const perRound = 64

func entryOf(link int, first byte, i int) *netlink.Neigh {
	number := uint32(10<<24+1<<16) + uint32(i)
	return &netlink.Neigh{
		LinkIndex:    link,
		State:        netlink.NUD_PERMANENT,
		IP:           net.IPv4(byte(number>>24), byte(number>>16), byte(number>>8), byte(number)),
		HardwareAddr: net.HardwareAddr{first, 0, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)},
	}
}

// The reading alone: each round is written before the clock runs. The channel has no room, so its writer reads one
// message and waits.
func watch(link int, count int) time.Duration {
	updates := make(chan netlink.NeighUpdate)
	check(netlink.NeighSubscribeWithOptions(updates, nil, netlink.NeighSubscribeOptions{ErrorCallback: check}))
	total := time.Duration(0)
	for first := 0; first < count; {
		last := first + perRound
		if last > count {
			last = count
		}
		told := first
		for ; first < last; first++ {
			check(netlink.NeighAdd(entryOf(link, 2, first)))
		}
		begin := time.Now()
		for told < last {
			update, open := <-updates
			if !open {
				fmt.Fprintln(os.Stderr, "the subscription ended")
				os.Exit(1)
			}
			if update.Type == unix.RTM_NEWNEIGH && update.LinkIndex == link && update.State == netlink.NUD_PERMANENT {
				told++
			}
		}
		total += time.Since(begin)
	}
	return total
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
	took := func() time.Duration { return time.Since(begin) }
	switch op {
	case "watch":
		reading := watch(link.Attrs().Index, count)
		took = func() time.Duration { return reading }
	case "dump":
		rows, err := netlink.NeighList(link.Attrs().Index, netlink.FAMILY_V4)
		check(err)
		count = len(rows)
	case "add", "replace", "del":
		for i := 0; i < count; i++ {
			entry := entryOf(link.Attrs().Index, first, i)
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
	fmt.Printf("{\"op\": \"%s\", \"n\": %d, \"ns\": %d}\n", op, count, took().Nanoseconds())
}
