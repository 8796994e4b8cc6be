package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/test/computer"
	"github.com/dbc-network/dbc/vm/libvirt"
	"github.com/dbc-network/dbc/vm/libvirt/daemon"
	"github.com/dbc-network/dbc/x/machine"
)

// stepNames are the steps of a create whose times are reported.
var stepNames = []string{"disk", "seed", "network", "define", "start", "ready"}

const (
	// guestMiB is enough for the tiny guest, and for ten on a small computer.
	guestMiB      = 256
	togetherLimit = 20 * time.Minute
)

var (
	binding  = names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "be", MachineID: "benchvm"}
	guestNet = netip.MustParsePrefix("10.98.0.0/24")
)

// whole is a chain with one rental of a whole machine, which has enough CPUs
// for everybody: a devnet's machine is this computer, which may have only two
// cores.
type whole struct{ facts machine.Facts }

var _ host.Rentals = whole{}

func (whole) Word() trust.Word {
	now := time.Now()
	return trust.Word{Height: 1, Time: now, Open: map[uint64]trust.Rental{1: {
		ID: 1, Renter: renter, Slots: []uint32{0}, State: rental.StateActive,
		Start: now.Add(-time.Hour), End: now.Add(48 * time.Hour), Deadline: now.Add(-time.Minute),
	}}}
}

func (w whole) Refresh(context.Context) trust.Word { return w.Word() }

func (whole) Over(context.Context, uint64) (journal.Over, error) {
	return journal.Over{}, trust.ErrOpen
}

func (w whole) Facts(context.Context) (machine.Facts, error) { return w.facts, nil }

// together makes a host create one VM, and then n at once, on a private
// libvirtd.
func together(ctx context.Context, cfg config, t computer.Table) (err error) {
	dir, err := os.MkdirTemp("", "dbc-benchvm-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // QEMU's user passes it
		return err
	}
	quiet := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	config := daemon.Config{Dir: filepath.Join(dir, "libvirt"), Logger: quiet}
	d, err := daemon.Start(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, daemon.Stop(context.WithoutCancel(ctx), config)) }()
	if err := addImage(ctx, cfg, filepath.Join(dir, "data", "images", "tiny.qcow2")); err != nil {
		return err
	}
	driver, err := libvirt.Open(ctx, libvirt.Config{
		Socket: d.Socket(), Owner: binding.MachineID, Emulation: true, Cache: dir, Logger: quiet,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	n, err := network.Open(network.Config{
		Bridge: binding.Bridge(), CIDR: guestNet, Published: netip.MustParseAddr("127.0.0.1"), Logger: quiet,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Remove(context.WithoutCancel(ctx))) }()
	return onHost(ctx, cfg, t, dir, hosting{driver, n, quiet})
}

// hosting has the dependencies of a host.
type hosting struct {
	driver *libvirt.Driver
	net    *network.Network
	log    *slog.Logger
}

func onHost(ctx context.Context, cfg config, t computer.Table, dir string, with hosting) (err error) {
	j, err := journal.Open(filepath.Join(dir, "journal.db"), binding)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	room := uint64(cfg.together) //nolint:gosec // a count
	facts := machine.Facts{
		Slots: []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}, CpuCores: uint32(2 * room), MemoryMib: 2 * room * guestMiB, DataDiskGib: 100 * room, //nolint:gosec // a count
	}
	data := filepath.Join(dir, "data")
	rules := guests.Rules{
		Data: data, CIDR: guestNet, Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")}, PortFirst: 1024, PortLast: 65535, Overlay: image.Overlay,
	}
	own, err := guests.New(ctx, rules, binding, func(context.Context, names.Binding) (guests.Parts, error) {
		return guests.Parts{Driver: with.driver, Net: with.net, Close: func() error { return nil }}, nil
	})
	if err != nil {
		return err
	}
	h := host.New(host.Config{
		Binding: binding, DataDir: data, PublicIP: netip.MustParseAddr("127.0.0.1"),
		GuestCIDR: guestNet, GuestDNS: []netip.Addr{netip.MustParseAddr("9.9.9.9")}, Period: 2 * time.Second,
		ReadyWithin: togetherLimit, Here: facts,
	}, host.Deps{
		Journal: j, Driver: own, Images: image.Open(filepath.Join(data, "images")), Files: own,
		Net: own, Rentals: whole{facts}, Computer: roomy{}, Log: with.log,
	})
	ctx, cancel := context.WithTimeout(ctx, togetherLimit)
	defer cancel()
	ended := make(chan error, 1)
	living, end := context.WithCancel(ctx)
	go func() { ended <- h.Run(living) }()
	defer func() { end(); err = errors.Join(err, <-ended) }()
	for _, count := range []int{1, cfg.together} {
		if err := creates(ctx, h, count, t); err != nil {
			return fmt.Errorf("%d creates at once: %w", count, err)
		}
	}
	return nil
}

// roomy is a computer whose disk can hold all overlays however full they get;
// the guests write next to nothing.
type roomy struct{ host.Local }

// FreeGiB implements host.Computer.
func (roomy) FreeGiB(string) (uint64, error) { return 1 << 20, nil }

const renter = "dbc1txp6u7n76427wpjgevrl3jpeeqrt9a4f6hx5s2"

// creates requests the given number of VMs without waiting, reports their
// times, and deletes them.
func creates(ctx context.Context, h *host.Host, count int, t computer.Table) error {
	var asked []time.Time
	for i := range count {
		_, err := h.Create(ctx, host.Order{
			Rental: whole{}.Word().Open[1], Image: "tiny.qcow2", GPUs: 0, CPUs: 2, MemoryMiB: guestMiB,
			Ports: []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: uint16(15400 + i), Guest: 22}}, //nolint:gosec // a count
		})
		if err != nil {
			return err
		}
		asked = append(asked, time.Now())
	}
	tasks, err := awaitTasks(ctx, h, func(list []journal.Task) (bool, error) {
		for _, task := range list {
			if task.Progress.State == lifecycle.CreateError {
				return false, errors.New(task.Progress.Reason.String())
			}
			if task.Progress.State != lifecycle.Running {
				return false, nil
			}
		}
		return len(list) == count, nil
	})
	if err != nil {
		return err
	}
	report(asked[0], tasks, t)
	for _, task := range tasks {
		if err := h.Delete(whole{}.Word().Caller(renter), task.ID); err != nil {
			return err
		}
	}
	_, err = awaitTasks(ctx, h, func(list []journal.Task) (bool, error) { return len(list) == 0, nil })
	return err
}

// report prints the steps of all of them, and when the last one was ready.
func report(first time.Time, tasks []journal.Task, t computer.Table) {
	steps := map[string]times{}
	var running, ready times
	for _, task := range tasks {
		for _, s := range task.Progress.Steps {
			steps[s.Name] = append(steps[s.Name], s.Took)
			switch s.Name {
			case "start":
				running = append(running, s.Started.Add(s.Took).Sub(first))
			case "ready":
				ready = append(ready, s.Started.Add(s.Took).Sub(first))
			}
		}
	}
	what := fmt.Sprintf("%d created at once: ", len(tasks))
	for _, name := range stepNames {
		t.Row(what+"step "+name, "%s", steps[name])
	}
	t.Row(what+"first accepted → domain running", "%s", running)
	t.Row(what+"first accepted → answers on SSH", "%s", ready)
}

func awaitTasks(ctx context.Context, h *host.Host, so func([]journal.Task) (bool, error)) ([]journal.Task, error) {
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		list, err := h.Tasks(renter)
		if err != nil {
			return nil, err
		}
		if done, err := so(list); done || err != nil {
			return list, err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("tasks %+v: %w", list, ctx.Err())
		}
	}
}

func addImage(ctx context.Context, cfg config, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // QEMU's user reads it
		return err
	}
	from := filepath.Join(cfg.programs.Images, "tiny.qcow2")
	//nolint:gosec // no shell, paths of the caller
	if out, err := exec.CommandContext(ctx, "qemu-img", "convert", "-O", "qcow2", "--", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("needs make tiny: %w: %s", err, out)
	}
	return os.Chmod(to, 0o444) //nolint:gosec // bases are read only
}
