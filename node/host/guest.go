package host

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/notice"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

// folder is the name of the folder that holds all files of a task, and nothing else.
func folder(t journal.Task) string { return cmp.Or(t.DisksFrom, t.ID) }

func (h *Host) path(t journal.Task, name string) string {
	return filepath.Join(taskdir.Dir(h.cfg.DataDir), folder(t), name)
}

func makeDisks(h *Host, ctx context.Context, t journal.Task) error {
	claim := taskdir.Claim{TaskID: t.ID, RentID: t.RentID, Wallet: t.Renter, Proof: t.Consent}
	if t.RestoreFrom != "" {
		return h.deps.Files.TakeOver(ctx, folder(t), claim)
	}
	img, err := h.deps.Images.Find(ctx, t.Image)
	if err != nil {
		return fmt.Errorf("find image: %w", err)
	}
	if err := h.deps.Files.MakeSystem(ctx, folder(t), claim, img, t.SystemGiB); err != nil {
		return err
	}
	for _, d := range t.Disks {
		if err := h.makeDisk(ctx, t, d); err != nil {
			return err
		}
	}
	return nil
}

func deleteDisks(h *Host, ctx context.Context, t journal.Task) error {
	if t.ID == "" {
		return nil
	}
	if t.GiveBack && t.RestoreFrom != "" {
		return h.giveBack(t)
	}
	return h.deps.Files.Remove(ctx, folder(t))
}

// writtenGiB is what a task's disks take already. Where that can't be told now
// it is nothing, and all that was promised counts as still to come.
func (h *Host) writtenGiB(t journal.Task) uint64 {
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	gib, err := h.deps.Files.WrittenGiB(ctx, folder(t))
	if err != nil {
		return 0
	}
	return gib
}

func writeSeed(h *Host, ctx context.Context, t journal.Task) error {
	mac, err := net.ParseMAC(t.MAC)
	if err != nil {
		return fmt.Errorf("read the card's address: %w", err)
	}
	secret, err := hex.DecodeString(string(t.HostKey))
	if err != nil || len(secret) != ed25519.SeedSize {
		return fmt.Errorf("read the guest's host key: %w", ErrInvalid)
	}
	return h.deps.Files.WriteSeed(ctx, folder(t), seed.Data{
		InstanceID:     string(t.UUID),
		Hostname:       Identify(h.cfg.Binding, t.RentID, t.ID).Hostname,
		User:           t.User,
		AuthorizedKeys: t.AuthorizedKeys,
		PasswordHash:   string(t.PasswordHash),
		HostKey:        ed25519.NewKeyFromSeed(secret),
		MAC:            mac,
		Addr:           netip.PrefixFrom(t.Addr, h.cfg.GuestCIDR.Bits()),
		Gateway:        h.cfg.GuestCIDR.Addr().Next(),
		Resolvers:      h.cfg.GuestDNS,
	})
}

func deleteSeed(h *Host, ctx context.Context, t journal.Task) error {
	return h.deps.Files.RemoveSeed(ctx, folder(t))
}

func (h *Host) spec(ctx context.Context, t journal.Task) (vm.Spec, error) {
	img, err := h.deps.Images.Find(ctx, t.Image)
	if err != nil {
		return vm.Spec{}, fmt.Errorf("find image: %w", err)
	}
	mac, err := net.ParseMAC(t.MAC)
	if err != nil {
		return vm.Spec{}, fmt.Errorf("read the card's address: %w", err)
	}
	disks := []vm.Disk{{Path: h.path(t, taskdir.System), Format: "qcow2", Backing: img.Path, Target: "vda"}}
	disks = append(disks, h.dataDisks(t)...)
	// By virtio too: cloud kernels have no driver for SATA.
	disks = append(disks, vm.Disk{Path: h.path(t, taskdir.Seed), Format: "raw", Target: "vdz", ReadOnly: true})
	nvram := ""
	if t.UEFI {
		nvram = h.path(t, taskdir.NVRAM)
	}
	return vm.Spec{
		UUID: t.UUID, Name: t.Domain, Title: fmt.Sprintf("rental %d, task %s", t.RentID, t.ID),
		VCPUs: t.CPUs, MemoryMiB: int(t.MemoryMiB), Disks: disks,
		NIC:        vm.NIC{Bridge: h.cfg.Bridge, Tap: t.Tap, MAC: mac, Addr: t.Addr},
		ConsoleLog: h.path(t, taskdir.Console), ConsoleSocket: h.path(t, taskdir.TTY), VNCSocket: h.path(t, taskdir.VNC),
		NVRAM: nvram, Placement: h.placement(ctx, t),
	}, nil
}

func define(h *Host, ctx context.Context, t journal.Task) error {
	spec, err := h.spec(ctx, t)
	if err != nil {
		return err
	}
	return h.deps.Driver.Define(ctx, spec)
}

func undefine(h *Host, ctx context.Context, t journal.Task) error {
	return h.deps.Driver.Undefine(ctx, t.UUID)
}

func start(h *Host, ctx context.Context, t journal.Task) error {
	return h.deps.Driver.Start(ctx, t.UUID)
}

func stop(h *Host, ctx context.Context, t journal.Task) error {
	return h.deps.Driver.Stop(ctx, t.UUID)
}

// awaitReady returns when the guest answers on SSH: a renter who is told
// "running" can log in.
func awaitReady(h *Host, ctx context.Context, t journal.Task) error {
	until := time.Now().Add(h.cfg.ReadyWithin)
	for {
		err := h.deps.Computer.Ready(ctx, t.Addr)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d, getErr := h.deps.Driver.Get(ctx, t.UUID)
		if getErr == nil && (d.State == vm.StateOff || d.State == vm.StateCrashed) {
			return &failure{
				notice.GuestDied, []string{notice.BiosMode, BootOf(t)}, fmt.Errorf("the guest went off (%s): %w", d.Reason, errNotReady),
			}
		}
		if !time.Now().Before(until) {
			return &failure{
				notice.GuestSilent,
				[]string{notice.Seconds, strconv.Itoa(int(h.cfg.ReadyWithin.Seconds())), notice.BiosMode, BootOf(t)},
				fmt.Errorf("port 22: %w", err),
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(readyEvery):
		}
	}
}
