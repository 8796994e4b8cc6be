package fake

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	vmfake "github.com/dbc-network/dbc/vm/fake"
)

// Side is what libvirt, disks and network are to a real node: it outlives the node. Use
// New to create one.
type Side struct {
	driver *vmfake.Driver
	log    *slog.Logger
	model  string

	mu sync.Mutex
	// seeds are what guests booted with, by folder; sizes those of system disks in bytes,
	// by path.
	seeds  map[string]seed.Data
	sizes  map[string]int64
	doors  map[door]*listener
	boots  map[vm.UUID]boot
	faults Faults
}

// New returns a side without guests.
func New(ctx context.Context, log io.Writer) (*Side, error) {
	inventory, err := hw.Read(ctx, hw.Config{})
	if err != nil {
		return nil, fmt.Errorf("read this computer: %w", err)
	}
	return &Side{
		driver: vmfake.New(), log: slog.New(slog.NewTextHandler(log, nil)), model: inventory.CPUModel,
		seeds: map[string]seed.Data{}, sizes: map[string]int64{}, doors: map[door]*listener{}, boots: map[vm.UUID]boot{},
	}, nil
}

// Close ends the guests.
func (s *Side) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, l := range s.doors {
		l.close()
		delete(s.doors, at)
	}
	return nil
}

// privileged is the real privileged side on made-up parts.
type privileged struct {
	*guests.Local
	side *Side
}

var _ compute.Privileged = privileged{}

// Open is a Simulation's Privileged.
func (s *Side) Open(ctx context.Context, cfg conf.Guests, b names.Binding) (compute.Privileged, error) {
	rules, err := guests.RulesOf(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("read this computer: %w", err)
	}
	rules.Overlay = s.overlay
	parts := guests.Parts{Driver: s.driver, Net: wires{s}, Close: func() error { return nil }}
	local, err := guests.New(ctx, rules, b, func(context.Context, names.Binding) (guests.Parts, error) { return parts, nil })
	if err != nil {
		return nil, err
	}
	return privileged{Local: local, side: s}, nil
}

// WriteSeed remembers what the guest boots with.
func (p privileged) WriteSeed(ctx context.Context, folder string, d seed.Data) error {
	if err := p.Local.WriteSeed(ctx, folder, d); err != nil {
		return err
	}
	p.side.mu.Lock()
	defer p.side.mu.Unlock()
	p.side.seeds[folder] = d
	return nil
}

// overlay makes a system disk that takes up no room.
func (s *Side) overlay(_ context.Context, base image.Image, path string, size int64) error {
	if size < base.VirtualSize {
		return fmt.Errorf("%w: size %d bytes, image %s needs %d", image.ErrTooSmall, size, base.Name, base.VirtualSize)
	}
	disk, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make the system disk: %w", err)
	}
	s.mu.Lock()
	s.sizes[path] = size
	s.mu.Unlock()
	return disk.Close()
}

// wires is the guests' network: published ports on loopback.
type wires struct{ side *Side }

// Ensure implements guests.Net: there is nothing to make.
func (wires) Ensure(context.Context) error { return nil }

// Apply implements guests.Net: it listens on the published ports that lead to a guest's
// SSH, and on no other.
func (w wires) Apply(ctx context.Context, bindings []network.Binding) error {
	s := w.side
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := map[door]bool{}
	for _, b := range bindings {
		for _, p := range b.Ports {
			if p.Protocol == "tcp" && p.Guest == sshPort {
				wanted[door{b.Owner, p.Host}] = true
			}
		}
	}
	for at, l := range maps.All(s.doors) {
		if !wanted[at] {
			l.close()
			delete(s.doors, at)
		}
	}
	for at := range wanted {
		if s.doors[at] != nil {
			continue
		}
		l, err := s.listen(ctx, at)
		if err != nil {
			return err
		}
		s.doors[at] = l
	}
	return nil
}

// guestOf returns the VM whose disks are in the folder, if it runs.
func (s *Side) guestOf(ctx context.Context, folder string) (vm.Spec, bool) {
	list, err := s.driver.List(ctx)
	if err != nil {
		return vm.Spec{}, false
	}
	for _, d := range list {
		spec, ok := s.driver.Spec(d.UUID)
		if ok && d.State == vm.StateRunning && len(spec.Disks) > 0 && filepath.Base(filepath.Dir(spec.Disks[0].Path)) == folder {
			return spec, true
		}
	}
	return vm.Spec{}, false
}
