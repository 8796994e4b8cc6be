package guests

import (
	"context"
	"sync/atomic"

	"github.com/dbc-network/dbc/hw/vfio"
)

// Resets counts the resets of cards. The zero value is ready, nil counts nothing.
type Resets struct{ done, failed atomic.Uint64 }

// Counts returns how many were done and how many failed.
func (r *Resets) Counts() (done, failed uint64) {
	if r == nil {
		return 0, 0
	}
	return r.done.Load(), r.failed.Load()
}

// count returns reset with each counted.
func (r *Resets) count(reset func(context.Context, []vfio.Step) error) func(context.Context, []vfio.Step) error {
	if r == nil {
		return reset
	}
	return func(ctx context.Context, list []vfio.Step) error {
		err := reset(ctx, list)
		if err != nil {
			r.failed.Add(1)
		} else {
			r.done.Add(1)
		}
		return err
	}
}
