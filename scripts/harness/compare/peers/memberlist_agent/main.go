// A node of memberlist as a program, as a service would use the library: each member publishes a small map
// of values, and all hold the maps of all.
//
//	memberlist-agent NAME HOST:PORT KEY-FILE CONTROL-SOCKET SEED...
//	memberlist-agent crowd MEMBERS SECONDS
//
// The first prints each event as one line of JSON in the words that the harness reads, obeys requests on its
// control socket, and leaves on SIGTERM. The second measures many members in one process.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"
)

// How often a member calls the seeds that it does not see. Alertmanager's default.
const reconnectInterval = 10 * time.Second

func main() {
	if len(os.Args) == 4 && os.Args[1] == "crowd" {
		crowd(os.Args[2], os.Args[3])
		return
	}
	if len(os.Args) < 5 {
		fail(fmt.Errorf("usage: memberlist-agent NAME HOST:PORT KEY-FILE CONTROL-SOCKET SEED..."))
	}
	name, address, keyFile, controlPath, seeds := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5:]
	text, err := os.ReadFile(keyFile)
	check(err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	check(err)
	_ = os.Remove(controlPath)
	control, err := net.Listen("unix", controlPath)
	check(err)

	list, held := start(memberlist.DefaultLANConfig(), name, address, key, sayEvent)
	say(map[string]interface{}{"schema": "iridium.ready/1", "node": name, "id": "", "address": address, "pid": 0})
	go keepSeeds(list, address, seeds)
	go obey(control, held)

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	<-ended
	_ = list.Leave(5 * time.Second)
	_ = list.Shutdown()
	_ = os.Remove(controlPath)
}

// start makes a member with the library's own settings, but for name, address and key.
func start(
	config *memberlist.Config, name, address string, key []byte, said func(kind, member string),
) (*memberlist.Memberlist, *board) {
	host, port, err := net.SplitHostPort(address)
	check(err)
	held := newBoard(name, said)
	config.Name, config.BindAddr, config.SecretKey = name, host, key
	config.BindPort, err = strconv.Atoi(port)
	check(err)
	config.AdvertisePort = config.BindPort
	config.Delegate, config.Events, config.LogOutput = held, held, io.Discard
	var list *memberlist.Memberlist
	created := make(chan struct{})
	held.queue.RetransmitMult = config.RetransmitMult
	held.queue.NumNodes = func() int { <-created; return list.NumMembers() }
	held.members = func() []*memberlist.Node { <-created; return list.Members() }
	held.send = func(to *memberlist.Node, message []byte) { _ = list.SendReliable(to, message) }
	list, err = memberlist.Create(config)
	check(err)
	close(created)
	// An empty map that is newer than any of an earlier process.
	held.publish(nil, nil)
	return list, held
}

// keepSeeds joins at the start, and again for each seed that is not a living member.
func keepSeeds(list *memberlist.Memberlist, address string, seeds []string) {
	for len(seeds) > 0 {
		living := map[string]bool{}
		for _, member := range list.Members() {
			living[member.Address()] = true
		}
		pause := reconnectInterval
		for _, seed := range seeds {
			if !living[seed] && seed != address {
				_, _ = list.Join([]string{seed})
			}
		}
		if list.NumMembers() < 2 {
			pause = time.Second
		}
		time.Sleep(pause)
	}
}

// obey answers requests, one line of JSON each.
func obey(control net.Listener, held *board) {
	for {
		connection, err := control.Accept()
		if err != nil {
			return
		}
		go func() {
			defer connection.Close()
			line, err := bufio.NewReader(connection).ReadBytes('\n')
			var request struct {
				Set    map[string]string
				Remove []string
				Get    bool
			}
			if err != nil || json.Unmarshal(line, &request) != nil {
				return
			}
			if !request.Get {
				held.publish(request.Set, request.Remove)
			}
			_ = json.NewEncoder(connection).Encode(map[string]interface{}{"members": held.view()})
		}()
	}
}

func sayEvent(kind, member string) {
	state := map[string]string{"failed": "dead", "left": "left"}[kind]
	if state == "" {
		state = "alive"
	}
	say(map[string]interface{}{
		"schema": "iridium.event/1", "event": kind, "member": member, "state": state, "incarnation": 0,
	})
}

var output sync.Mutex

// say prints one line of JSON.
func say(fields map[string]interface{}) {
	line, _ := json.Marshal(fields)
	output.Lock()
	defer output.Unlock()
	fmt.Printf("%s\n", line)
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "memberlist-agent: %v\n", err)
	os.Exit(1)
}
