package host

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

// folder holds all files of a task, and nothing else does.
func (h *Host) folder(t journal.Task) string {
	name := t.ID
	if t.DisksFrom != "" {
		name = t.DisksFrom
	}
	return filepath.Join(TaskDir(h.cfg.DataDir), name)
}

// TaskDir is the folder of all VMs' folders in a node's data_dir.
func TaskDir(dataDir string) string { return filepath.Join(dataDir, "tasks") }

func (h *Host) file(t journal.Task, name string) string { return filepath.Join(h.folder(t), name) }

// The files of a task.
const (
	fileSystem  = "system.qcow2"
	fileSeed    = "seed.iso"
	fileConsole = "console.log"
	// The sockets are in a folder of their own, which the driver makes and gives to
	// QEMU's user.
	fileTTY = "vnc/tty.sock"
	fileVNC = "vnc/vnc.sock"
)

// makeDisks: the folders can be entered by QEMU's user but not listed.
func makeDisks(h *Host, ctx context.Context, t journal.Task) error {
	if t.RestoreFrom != "" {
		return h.checkKept(t)
	}
	img, err := h.deps.Images.Find(ctx, t.Image)
	if err != nil {
		return fmt.Errorf("find image: %w", err)
	}
	for _, dir := range []string{filepath.Dir(h.folder(t)), h.folder(t)} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	if err := h.deps.Images.Overlay(ctx, img, h.file(t, fileSystem), int64(t.SystemGiB)<<30); err != nil {
		return fmt.Errorf("make the system disk: %w", err)
	}
	for _, d := range t.Disks {
		if err := h.makeDisk(t, d); err != nil {
			return err
		}
	}
	return nil
}

func deleteDisks(h *Host, _ context.Context, t journal.Task) error {
	if t.ID == "" {
		return nil
	}
	if t.GiveBack && t.RestoreFrom != "" {
		return h.giveBack(t)
	}
	if err := os.RemoveAll(h.folder(t)); err != nil {
		return fmt.Errorf("delete the VM's folder: %w", err)
	}
	return nil
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
	return seed.Write(ctx, h.file(t, fileSeed), seed.Data{
		InstanceID:     string(t.UUID),
		Hostname:       "dbc-" + strings.SplitN(string(t.UUID), "-", 2)[0],
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

func deleteSeed(h *Host, _ context.Context, t journal.Task) error {
	if err := os.Remove(h.file(t, fileSeed)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete the seed: %w", err)
	}
	return nil
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
	disks := []vm.Disk{{Path: h.file(t, fileSystem), Format: "qcow2", Backing: img.Path, Target: "vda"}}
	disks = append(disks, h.dataDisks(t)...)
	// By virtio too: cloud kernels have no driver for SATA.
	disks = append(disks, vm.Disk{Path: h.file(t, fileSeed), Format: "raw", Target: "vdz", ReadOnly: true})
	return vm.Spec{
		UUID: t.UUID, Name: t.Domain, Title: fmt.Sprintf("rental %d, task %s", t.RentID, t.ID),
		VCPUs: t.CPUs, MemoryMiB: int(t.MemoryMiB), Disks: disks,
		NIC:        vm.NIC{Bridge: h.cfg.Bridge, Tap: t.Tap, MAC: mac, Addr: t.Addr},
		ConsoleLog: h.file(t, fileConsole), ConsoleSocket: h.file(t, fileTTY), VNCSocket: h.file(t, fileVNC),
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
			return fmt.Errorf("the guest went off (%s) before it answered: does the image boot by BIOS, with virtio disks? %w", d.Reason, errNotReady)
		}
		if !time.Now().Before(until) {
			return fmt.Errorf("no answer on port 22 within %s: the image needs an SSH server and cloud-init (NoCloud); "+
				"choose another image or give it more CPUs and memory: %w", h.cfg.ReadyWithin, errNotReady)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(readyEvery):
		}
	}
}
