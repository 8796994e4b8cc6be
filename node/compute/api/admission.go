package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

const (
	// What the bodies of strangers' requests take together in bytes, and those of
	// sources that were authorised before; and what of that is one source's.
	strangersBytes = 8 << 20
	strangerBytes  = 2 << 20
	// strangersPace is what of them is read in a second.
	strangersPace = 4 << 20
	callersBytes  = 32 << 20
	callerBytes   = 8 << 20
	// maxCallers are the sources that are remembered.
	maxCallers = 4096
	// maxTurns are the requests of one wallet that are worked on at once.
	maxTurns = 64
	// maxConns are the connections to the node's own port.
	maxConns = 512
	// detailsLife is how long the machine's details are good for.
	detailsLife = time.Second
	// imagesLimit is how long callers wait for images to be read; what is in those that
	// take longer is shown later.
	imagesLimit = time.Second
)

// ErrTurns means: a wallet has as many requests open as it may have.
var ErrTurns = errors.New("too many requests of this wallet at once")

// admission is what all callers share, and who is known among them.
type admission struct {
	strangers, callers *budget.Bytes
	patience           *budget.Patience

	mu    sync.Mutex
	known map[string]time.Time
	turns map[string]int
	// waits are those of them that wait for a change.
	waits map[string]int
}

func newAdmission() *admission {
	return &admission{
		strangers: budget.NewBytes(strangersBytes, strangerBytes).Paced(strangersPace), callers: budget.NewBytes(callersBytes, callerBytes),
		patience: budget.NewPatience(), known: map[string]time.Time{}, turns: map[string]int{}, waits: map[string]int{},
	}
}

// pool is the memory for a source's bodies.
func (a *admission) pool(source string) *budget.Bytes {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.known[source]; known {
		return a.callers
	}
	return a.strangers
}

// welcome remembers a source as one that was authorised.
func (a *admission) welcome(source string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known[source] = time.Now()
	if len(a.known) <= maxCallers {
		return
	}
	oldest := source
	for other, seen := range a.known {
		if seen.Before(a.known[oldest]) {
			oldest = other
		}
	}
	delete(a.known, oldest)
}

// enter takes a turn of the wallet's.
func (a *admission) enter(wallet string) (leave func(), err error) { return a.take(a.turns, wallet) }

// wait takes one of the wallet's places to wait in, of which there are as many.
func (a *admission) wait(wallet string) (leave func(), err error) { return a.take(a.waits, wallet) }

func (a *admission) take(of map[string]int, wallet string) (leave func(), err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if of[wallet] >= maxTurns {
		return nil, fmt.Errorf("%w: %d, at most %d", ErrTurns, of[wallet], maxTurns)
	}
	of[wallet]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if of[wallet]--; of[wallet] == 0 {
			delete(of, wallet)
		}
	}, nil
}

// admit is for a caller who was authorised.
func (s *Server) admit(c *call) (err error) {
	s.admission.welcome(budget.Source(c.http.RemoteAddr))
	if s.deps.Welcome != nil {
		s.deps.Welcome(c.http.RemoteAddr)
	}
	c.leave, err = s.admission.enter(c.wallet)
	return err
}

// readBody takes the body of a call within the memory for its source.
func (s *Server) readBody(w http.ResponseWriter, c *call) error {
	held, err := httpapi.ReadBody(w, c.http, s.admission.pool(budget.Source(c.http.RemoteAddr)))
	if err != nil {
		return err
	}
	c.body, c.held = held.Bytes, held
	return nil
}

// hold lets an answer that says no, or that anybody may have, wait where there
// are many of them. Nothing else of the call is kept meanwhile.
func (s *Server) hold(ctx context.Context, c *call, err error) {
	if err != nil {
		if code, foreseen := codes.Of(err); !foreseen || api.MeaningOf(code).Status >= http.StatusInternalServerError {
			return
		}
	}
	c.release()
	s.admission.patience.Wait(ctx)
}
