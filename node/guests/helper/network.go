package helper

import (
	"context"
	"fmt"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/network"
)

// networkSteps is Network's service.
type networkSteps struct {
	steps.UnsafeNetworkServer // a call that is not written does not compile
	s                         *Server
}

// Ensure makes bridge and rules.
func (n networkSteps) Ensure(ctx context.Context, _ *steps.EnsureRequest) (*steps.Done, error) {
	return n.s.done(ctx, func(l *guests.Local) error { return l.Ensure(ctx) })
}

// Apply makes the rules exactly these connections'.
func (n networkSteps) Apply(ctx context.Context, req *steps.ApplyRequest) (*steps.Done, error) {
	return n.s.done(ctx, func(l *guests.Local) error {
		list, err := readConnections(req)
		if err != nil {
			return fmt.Errorf("%w: %w", network.ErrBadBinding, err)
		}
		return l.Connect(ctx, list)
	})
}
