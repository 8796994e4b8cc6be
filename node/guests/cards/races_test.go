package cards_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/guests/cards"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
)

// late is a hypervisor like libvirt: it completes calls although the caller gave
// up, possibly much later. It knows who used each device last, and whether it
// has been reset since.
type late struct {
	*fake.Driver
	mu    sync.Mutex
	works sync.WaitGroup
	lives map[vm.UUID]int
	used  map[vm.PCIDevice]string
	wrong []string
}

func (l *late) do(ctx context.Context, what func() error) error {
	done := make(chan error, 1)
	wait := time.Duration(rand.IntN(3)) * time.Millisecond
	l.works.Go(func() {
		<-time.After(wait)
		done <- what()
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *late) Define(ctx context.Context, s vm.Spec) error {
	return l.do(ctx, func() error { return l.Driver.Define(context.Background(), s) })
}

func (l *late) Stop(ctx context.Context, id vm.UUID) error {
	return l.do(ctx, func() error { return l.Driver.Stop(context.Background(), id) })
}

func (l *late) Undefine(ctx context.Context, id vm.UUID) error {
	return l.do(ctx, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, gone := l.Get(context.Background(), id)
		err := l.Driver.Undefine(context.Background(), id)
		if err == nil && gone == nil {
			l.lives[id]++
		}
		return err
	})
}

func (l *late) Start(ctx context.Context, id vm.UUID) error {
	return l.do(ctx, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		was, err := l.Get(context.Background(), id)
		if err != nil {
			return err
		}
		s, _ := l.Spec(id)
		who := fmt.Sprint(id, " ", l.lives[id])
		if was.State != vm.StateRunning {
			all, _ := l.Passings(context.Background())
			for _, p := range all {
				for _, dev := range s.Devices {
					for _, other := range p.Devices {
						if p.Active && p.UUID != id && dev == other {
							return errors.New("the kernel says that the group is open")
						}
					}
				}
			}
			for _, dev := range s.Devices {
				if last := l.used[dev]; last != "" && last != who {
					l.wrong = append(l.wrong, fmt.Sprintf("%s starts with %s as %s left it", who, dev, last))
				}
				l.used[dev] = who
			}
		}
		return l.Driver.Start(context.Background(), id)
	})
}

func (l *late) reset(_ context.Context, steps []vfio.Step) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, _ := l.Passings(context.Background())
	for _, s := range steps {
		for _, at := range s.Functions {
			for _, p := range all {
				for _, dev := range p.Devices {
					if p.Active && dev == vm.PCIDevice(at.String()) {
						l.wrong = append(l.wrong, fmt.Sprintf("%s is reset under %s", dev, p.UUID))
						return vfio.ErrBusy
					}
				}
			}
		}
		for _, at := range s.Functions {
			for fn := range 3 {
				at.Function = uint8(fn)
				delete(l.used, vm.PCIDevice(at.String()))
			}
		}
	}
	return nil
}

// Whether calls come concurrently, are abandoned, find the disk full, or come after a
// restart: no VM starts with a card that another life used and nobody reset.
func TestRaces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must(t, b.driver.Close())
	l := &late{Driver: b.hyper, lives: map[vm.UUID]int{}, used: map[vm.PCIDevice]string{}}
	b.config.Hypervisor, b.config.Reset = l, l.reset
	var started atomic.Int32
	ctx := context.Background() // of nodes that come and go
	for range 2 {
		d, err := cards.Open(ctx, b.config)
		must(t, err)
		var calls sync.WaitGroup
		// Two nodes work on each VM, since one that was killed may still have calls
		// pending.
		for n := range 6 {
			name, slots := string(rune('a'+n/2)), [][]uint32{{0}, {0}, {1, 0}}[n/2]
			calls.Go(func() {
				for range 4 {
					short, leave := context.WithTimeout(ctx, time.Duration(rand.IntN(40))*time.Millisecond)
					_ = d.Define(short, spec(name, slots...))
					leave()
					_ = d.Define(ctx, spec(name, slots...))
					short, leave = context.WithTimeout(ctx, time.Duration(rand.IntN(20))*time.Millisecond)
					_ = d.Start(short, id(name))
					leave()
					if d.Start(ctx, id(name)) == nil {
						started.Add(1)
					}
					_ = d.CheckSlot(ctx, uint32(n%2))
					_ = d.Stop(ctx, id(name))
					short, leave = context.WithTimeout(ctx, time.Duration(rand.IntN(5))*time.Millisecond)
					_ = d.Undefine(short, id(name))
					leave()
				}
			})
		}
		calls.Go(func() { // the disk is full now and then
			for range 12 {
				b.full(true)
				<-time.After(time.Duration(rand.IntN(5)) * time.Millisecond)
				b.full(false)
				<-time.After(time.Duration(rand.IntN(20)) * time.Millisecond)
			}
		})
		calls.Wait()
		must(t, d.Close()) // late calls may still come, as after a kill
	}
	l.works.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.wrong) > 0 || started.Load() == 0 {
		t.Errorf("%d started, %q", started.Load(), l.wrong)
	}
}
