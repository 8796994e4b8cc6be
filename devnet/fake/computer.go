package fake

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/vm"
)

const (
	// ReadyWithin is how long a guest may take to answer on SSH.
	ReadyWithin = 20 * time.Second
	// slowBoot is how long a slow one takes.
	slowBoot = 8 * time.Second
)

// boot is a guest's first start: when it was first asked, and whether it answered.
type boot struct {
	began    time.Time
	answered bool
}

// Computer is the computer of the guests.
func (s *Side) Computer() host.Computer { return computer{side: s} }

type computer struct {
	host.Local
	side *Side
}

// Ready reports whether the running guest with that address has booted.
func (c computer) Ready(ctx context.Context, addr netip.Addr) error {
	s := c.side
	list, err := s.driver.List(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		if spec, ok := s.driver.Spec(d.UUID); ok && spec.NIC.Addr == addr && d.State == vm.StateRunning {
			return s.answer(d.UUID)
		}
	}
	return fmt.Errorf("%w: none runs at %s", errSilent, addr)
}

func (s *Side) answer(id vm.UUID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, known := s.boots[id]
	if !known {
		b.began = time.Now()
	}
	switch {
	case s.faults.SSHNever:
	case s.faults.SlowBoot && !b.answered && time.Since(b.began) < slowBoot:
	default:
		b.answered = true
	}
	s.boots[id] = b
	if s.faults.SSHNever || !b.answered {
		return errSilent
	}
	return nil
}

// FreeGiB is what the disk has, and nothing while it is full.
func (c computer) FreeGiB(path string) (uint64, error) {
	c.side.mu.Lock()
	full := c.side.faults.DiskFull
	c.side.mu.Unlock()
	if full {
		return 0, nil
	}
	return c.Local.FreeGiB(path)
}

// HugePages are none.
func (computer) HugePages(context.Context) ([]hw.Pages, error) { return nil, nil }
