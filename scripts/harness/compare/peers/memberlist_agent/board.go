package main

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// Above this size a publication goes to each member by TCP: it would hardly fit beside other news into a
// datagram of 1,400 bytes. Alertmanager has the same rule.
const mostGossipedBytes = 700

// publication is all that one member publishes, so that a newer one replaces an older one whole.
type publication struct {
	Owner string
	// The owner's clock in nanoseconds: it rises over restarts too.
	Version int64
	Values  map[string]string
}

// board holds what all members publish. memberlist asks it for what to send and gives it what has come.
type board struct {
	name    string
	said    func(kind, member string)
	members func() []*memberlist.Node
	send    func(to *memberlist.Node, message []byte)
	queue   memberlist.TransmitLimitedQueue

	mutex  sync.Mutex
	held   map[string]publication
	living map[string]bool
}

func newBoard(name string, said func(kind, member string)) *board {
	return &board{name: name, said: said, held: map[string]publication{}, living: map[string]bool{}}
}

// publish changes what this member publishes: it sets values and removes keys.
func (b *board) publish(set map[string]string, remove []string) {
	b.mutex.Lock()
	values := map[string]string{}
	for key, value := range b.held[b.name].Values {
		values[key] = value
	}
	for _, key := range remove {
		delete(values, key)
	}
	for key, value := range set {
		values[key] = value
	}
	version := time.Now().UnixNano()
	if last := b.held[b.name].Version; version <= last {
		version = last + 1
	}
	fresh := publication{b.name, version, values}
	b.held[b.name] = fresh
	b.mutex.Unlock()
	b.spread(fresh)
}

// view is what this member holds of the living. The values of a member that counts as dead are kept, and
// hidden until it lives again.
func (b *board) view() map[string]map[string]string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	shown := map[string]map[string]string{}
	for owner, one := range b.held {
		if b.living[owner] && len(one.Values) > 0 {
			shown[owner] = one.Values
		}
	}
	return shown
}

// merge takes a publication that is newer than the one held, and passes it on.
func (b *board) merge(one publication) {
	b.mutex.Lock()
	isNew := one.Owner != b.name && one.Version > b.held[one.Owner].Version
	if isNew {
		b.held[one.Owner] = one
	}
	b.mutex.Unlock()
	if isNew {
		b.said("updated", one.Owner)
		b.spread(one)
	}
}

func (b *board) spread(one publication) {
	message, _ := json.Marshal(one)
	if len(message) <= mostGossipedBytes {
		b.queue.QueueBroadcast(&news{one.Owner, message})
	} else if one.Owner == b.name {
		go func() {
			for _, member := range b.members() {
				if member.Name != b.name {
					b.send(member, message)
				}
			}
		}()
	}
}

// news is a publication that waits to be sent. A newer one of the same owner takes its place.
type news struct {
	owner   string
	message []byte
}

func (n *news) Name() string                                { return n.owner }
func (n *news) Message() []byte                             { return n.message }
func (n *news) Finished()                                   {}
func (n *news) Invalidates(other memberlist.Broadcast) bool { return other.(*news).owner == n.owner }

// What memberlist calls: memberlist.Delegate.

func (b *board) NodeMeta(limit int) []byte { return nil }
func (b *board) GetBroadcasts(overhead, limit int) [][]byte {
	return b.queue.GetBroadcasts(overhead, limit)
}

// NotifyMsg gets a message by gossip, or by TCP.
func (b *board) NotifyMsg(message []byte) {
	var one publication
	if json.Unmarshal(message, &one) == nil {
		b.merge(one)
	}
}

// LocalState is everything, for the exchange of whole states.
func (b *board) LocalState(join bool) []byte {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	all := []publication{}
	for _, one := range b.held {
		all = append(all, one)
	}
	message, _ := json.Marshal(all)
	return message
}

// MergeRemoteState gets everything that another member holds.
func (b *board) MergeRemoteState(message []byte, join bool) {
	var all []publication
	if json.Unmarshal(message, &all) == nil {
		for _, one := range all {
			b.merge(one)
		}
	}
}

// What memberlist calls: memberlist.EventDelegate.

func (b *board) NotifyJoin(node *memberlist.Node) {
	b.mutex.Lock()
	b.living[node.Name] = true
	b.mutex.Unlock()
	b.said("joined", node.Name)
}

func (b *board) NotifyLeave(node *memberlist.Node) {
	b.mutex.Lock()
	delete(b.living, node.Name)
	b.mutex.Unlock()
	if node.State == memberlist.StateLeft {
		b.said("left", node.Name)
	} else {
		b.said("failed", node.Name)
	}
}

func (b *board) NotifyUpdate(node *memberlist.Node) {}
