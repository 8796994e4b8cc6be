package devnet

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/devnet/fake"
)

// Fault is something that goes wrong on a fake devnet when it is ordered.
type Fault string

// The faults. All but VMLost last until they are cleared.
const (
	// CreateFails: no VM starts; a create fails with the reason CREATE_FAILED.
	CreateFails Fault = "create-fails"
	// SlowBoot: a guest takes eight seconds until it answers on SSH.
	SlowBoot Fault = "slow-boot"
	// SSHNever: no guest answers on SSH; a create fails after twenty seconds.
	SSHNever Fault = "ssh-never"
	// VMLost: every running guest vanishes once, as when its process is killed; the node
	// starts it again.
	VMLost Fault = "vm-lost"
	// DiskFull: the host's disk is full; running guests are paused, new ones refused.
	DiskFull Fault = "disk-full"
	// NodeDown: the compute node does not run.
	NodeDown Fault = "node-down"
	// ChainStalled: the validator is frozen; the chain makes no block and answers nobody.
	ChainStalled Fault = "chain-stalled"
	// ReplyLost: requests that change something on the machine are done, and the
	// connection breaks before the reply.
	ReplyLost Fault = "reply-lost"
)

// Faults are all of them.
var Faults = []Fault{CreateFails, SlowBoot, SSHNever, VMLost, DiskFull, NodeDown, ChainStalled, ReplyLost}

// About says in one line what a fault does.
func (f Fault) About() string { return about[f] }

var about = map[Fault]string{
	CreateFails:  "no VM starts: a create fails with CREATE_FAILED",
	SlowBoot:     "a guest takes eight seconds until it answers on SSH",
	SSHNever:     "no guest answers on SSH: a create fails after twenty seconds",
	VMLost:       "every running guest vanishes once, and the node starts it again",
	DiskFull:     "the host's disk is full: running guests are paused, new ones are refused",
	NodeDown:     "the compute node does not run",
	ChainStalled: "the validator is frozen: no block, no answer",
	ReplyLost:    "what changes something on the machine is done, and its reply is lost",
}

// ParseFault returns the fault of that name, or ErrNoFault.
func ParseFault(name string) (Fault, error) {
	if f := Fault(name); slices.Contains(Faults, f) {
		return f, nil
	}
	var names []string
	for _, f := range Faults {
		names = append(names, string(f))
	}
	return "", fmt.Errorf("%.40q: %w: one of %s", name, ErrNoFault, strings.Join(names, ", "))
}

// Order lets something go wrong from now on. It returns when that is so.
func (n *Network) Order(ctx context.Context, f Fault) error { return n.set(ctx, f, true) }

// Clear ends a fault; of one that is not in force it does nothing.
func (n *Network) Clear(ctx context.Context, f Fault) error { return n.set(ctx, f, false) }

// Ordered returns the faults in force.
func (n *Network) Ordered() (list []Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range Faults {
		if n.faults[f] {
			list = append(list, f)
		}
	}
	return list
}

func (n *Network) set(ctx context.Context, f Fault, on bool) error {
	if _, err := ParseFault(string(f)); err != nil {
		return err
	}
	n.ordering.Lock()
	defer n.ordering.Unlock()
	select {
	case <-n.ended:
		return ErrNotRunning
	default:
	}
	if n.isOrdered(f) == on && f != VMLost {
		return nil
	}
	if err := n.apply(ctx, f, on); err != nil {
		return fmt.Errorf("fault %s: %w", f, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults[f] = on && f != VMLost
	return nil
}

func (n *Network) apply(ctx context.Context, f Fault, on bool) error {
	switch f {
	case VMLost:
		if !on {
			return nil
		}
		return n.side.Lose(ctx)
	case NodeDown:
		if !on {
			return n.raise(ctx)
		}
		return n.compute.stop()
	case ChainStalled:
		if !on {
			return n.dbcd.thaw()
		}
		return n.dbcd.freeze()
	case ReplyLost:
		return nil // loseReplies asks
	}
	is := func(one Fault) bool { return one == f && on || one != f && n.isOrdered(one) }
	return n.side.Order(ctx, fake.Faults{
		CreateFails: is(CreateFails), SlowBoot: is(SlowBoot), SSHNever: is(SSHNever), DiskFull: is(DiskFull),
	})
}

// raise starts the compute node again and returns when renters reach it.
func (n *Network) raise(ctx context.Context) error {
	if err := n.runCompute(); err != nil {
		return err
	}
	return n.awaitFake(ctx, "the compute node's API", n.compute, "node", func() bool {
		return answers(ctx, n.info.Node, func(api.Root) bool { return true }) &&
			answers(ctx, n.info.Client, func(s api.ClientRoot) bool { return s.Peers > 0 })
	})
}

func (n *Network) isOrdered(f Fault) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.faults[f]
}

// loseReplies is put around the client node's API.
func (n *Network) loseReplies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && changes(r.URL.Path) && n.isOrdered(ReplyLost) {
			next.ServeHTTP(nowhere{http.Header{}}, r)
			panic(http.ErrAbortHandler) // the connection breaks
		}
		next.ServeHTTP(w, r)
	})
}

// nowhere is a reply that nobody gets.
type nowhere struct{ header http.Header }

// Header implements http.ResponseWriter, as the other two do.
func (n nowhere) Header() http.Header { return n.header }

// Write takes everything.
func (nowhere) Write(text []byte) (int, error) { return len(text), nil }

// WriteHeader does nothing.
func (nowhere) WriteHeader(int) {}

// changes reports whether a path is of a route that changes something on the machine.
func changes(path string) bool {
	route, known := api.RouteOf(path)
	return known && route.By == api.ByMachine && route.Changes()
}
