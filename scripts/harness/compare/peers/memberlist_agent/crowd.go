package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"
)

const longestForming = 120 * time.Second

// crowd runs so many members in this process, on loopback, and prints what each of them costs while nothing
// happens: memory at the end, and processor time a minute.
func crowd(membersText, secondsText string) {
	members, err := strconv.Atoi(membersText)
	check(err)
	seconds, err := strconv.Atoi(secondsText)
	check(err)
	if members < 2 || members > 1000 || seconds < 1 || seconds > 3600 {
		fail(fmt.Errorf("crowd takes 2 to 1000 members and 1 to 3600 seconds"))
	}
	key := make([]byte, 32)
	_, err = rand.Read(key)
	check(err)
	before := residentBytes()
	var lists []*memberlist.Memberlist
	for number := 0; number < members; number++ {
		list, _ := start(
			memberlist.DefaultLANConfig(), fmt.Sprintf("n%d", number), "127.0.0.1:0", key,
			func(kind, member string) {})
		lists = append(lists, list)
		if number > 0 {
			first := lists[0].LocalNode()
			_, err = list.Join([]string{first.Address()})
			check(err)
		}
	}
	formed := time.Now()
	for !allSee(lists, members) {
		if time.Since(formed) > longestForming {
			fail(fmt.Errorf("not all of %d members see each other after %v", members, longestForming))
		}
		time.Sleep(100 * time.Millisecond)
	}
	// The news of the last joins is still on its way.
	time.Sleep(10 * time.Second)
	used, began := processorSeconds(), time.Now()
	time.Sleep(time.Duration(seconds) * time.Second)
	minutes := time.Since(began).Minutes()
	used = processorSeconds() - used
	resident := residentBytes()
	count := float64(members)
	fmt.Printf(
		"memberlist: %d members, %d s: RSS %.1f MiB (%.1f before the first), %.3f MiB a member; CPU %.4f s a member and minute; all see each other: %v\n",
		members, seconds, mebibytes(resident), mebibytes(before), mebibytes(resident-before)/count,
		used/minutes/count, allSee(lists, members))
}

func allSee(lists []*memberlist.Memberlist, count int) bool {
	for _, list := range lists {
		if list.NumMembers() != count {
			return false
		}
	}
	return true
}

func processorSeconds() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	micro := func(value syscall.Timeval) float64 { return float64(value.Sec) + float64(value.Usec)/1e6 }
	return micro(usage.Utime) + micro(usage.Stime)
}

func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	check(err)
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	check(err)
	return pages * int64(os.Getpagesize())
}

func mebibytes(count int64) float64 { return float64(count) / (1 << 20) }
