// Package vitals answers whether a node can be relied on now: by typed reasons, without
// secrets, in bounded time and work whoever asks and however often.
package vitals

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/durable"
)

const (
	// life is how long an answer is good for, and limit bounds one look.
	life  = time.Second
	limit = 2 * time.Second
	// leastFree is the room in bytes below which a file system counts as full: journals
	// and indexes are written before anything else is done.
	leastFree = 256 << 20
)

// Look returns what is wrong with one part of a node. It has to end with ctx; one that
// does not makes the answer HealthUnknown, and is not begun again meanwhile.
type Look func(ctx context.Context) []api.HealthReason

// Vitals looks when it is asked. Use New.
type Vitals struct {
	looks []Look

	mu      sync.Mutex
	looked  time.Time
	reasons []api.HealthReason
	// running is closed when the look under way has ended, nil without one.
	running chan struct{}
}

// New returns vitals of these parts.
func New(looks ...Look) *Vitals { return &Vitals{looks: looks} }

// Reasons returns why the node should not be relied on, none for a healthy one. Those who
// ask meanwhile share one look.
func (v *Vitals) Reasons(ctx context.Context) []api.HealthReason {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	v.mu.Lock()
	if !v.looked.IsZero() && v.running == nil && time.Since(v.looked) < life {
		defer v.mu.Unlock()
		return v.reasons
	}
	if v.running == nil {
		v.running = make(chan struct{})
		go v.look(context.WithoutCancel(ctx))
	}
	running := v.running
	v.mu.Unlock()
	select {
	case <-running:
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.reasons
	case <-timer.C:
	case <-ctx.Done():
	}
	return []api.HealthReason{{Code: api.HealthUnknown}}
}

func (v *Vitals) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reasons := []api.HealthReason{}
	for _, look := range v.looks {
		reasons = append(reasons, look(ctx)...)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reasons, v.looked = reasons, time.Now()
	close(v.running)
	v.running = nil
}

// Chain looks at what is known of the chain.
func Chain(problem func() *api.Problem) Look {
	return func(context.Context) []api.HealthReason {
		p := problem()
		if p == nil {
			return nil
		}
		return []api.HealthReason{{Code: api.HealthCode(p.Code), Params: map[string]string{
			"height": strconv.FormatInt(p.Height, 10), "age_s": strconv.FormatInt(p.AgeSeconds, 10),
		}}}
	}
}

// Written looks whether a folder that the node writes to, which is called name, can be
// written to at all: a file system with a fault is remounted read-only.
func Written(name, folder string) Look { return written(name, folder, durable.ReadOnly) }

func written(name, folder string, readOnly func(string) bool) Look {
	return func(context.Context) []api.HealthReason {
		if !readOnly(folder) {
			return nil
		}
		return []api.HealthReason{{Code: api.HealthReadOnly, Params: map[string]string{"disk": name}}}
	}
}

// Disk looks at the room on the file system of a folder, which is called name.
func Disk(name, folder string) Look {
	return func(context.Context) []api.HealthReason {
		free, err := durable.Free(folder)
		if err != nil {
			free = 0
		}
		if free >= leastFree {
			return nil
		}
		return []api.HealthReason{{Code: api.HealthDisk, Params: map[string]string{
			"disk": name, "free_mib": strconv.FormatUint(free>>20, 10), "wanted_mib": strconv.Itoa(leastFree >> 20),
		}}}
	}
}
