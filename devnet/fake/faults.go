package fake

import (
	"context"
	"fmt"

	"github.com/dbc-network/dbc/vm"
)

// Faults are what is wrong with the guests now.
type Faults struct {
	// CreateFails lets no VM start.
	CreateFails bool
	// SlowBoot lets guests take eight seconds to their SSH banner, SSHNever for ever.
	SlowBoot, SSHNever bool
	// DiskFull leaves no room: running guests are paused, and new ones are refused.
	DiskFull bool
}

// Order replaces the faults.
func (s *Side) Order(ctx context.Context, f Faults) error {
	s.mu.Lock()
	s.faults = f
	s.mu.Unlock()
	var refusal error
	if f.CreateFails {
		refusal = fmt.Errorf("start the virtual machine: %w", ErrOrdered)
	}
	s.driver.Fail("Start", refusal)
	return s.each(ctx, func(d vm.Domain) { s.driver.Starve(d.UUID, f.DiskFull) })
}

// Lose makes every running guest vanish, as the end of its process does.
func (s *Side) Lose(ctx context.Context) error {
	return s.each(ctx, func(d vm.Domain) { s.driver.End(d.UUID, vm.ReasonLost) })
}

func (s *Side) each(ctx context.Context, do func(vm.Domain)) error {
	list, err := s.driver.List(ctx)
	for _, d := range list {
		do(d)
	}
	return err
}
