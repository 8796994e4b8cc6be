package host

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

// folder returns the name of the folder that holds all files of a task and nothing else.
func folder(t journal.Task) string { return t.Disks.Folder }

func makeDisks(h *Host, ctx context.Context, t journal.Task) error {
	claim := guests.Claim{TaskID: t.ID, RentID: t.Rental.ID, Wallet: t.Rental.Renter, Firmware: t.Disks.Firmware, Proof: t.Restored.Consent}
	if t.Restored.From != "" {
		return h.deps.Files.TakeOver(ctx, folder(t), claim)
	}
	if err := h.deps.Files.MakeSystem(ctx, folder(t), claim, t.Disks.Image.Name, t.Disks.System.GiB); err != nil {
		return err
	}
	for _, d := range t.Disks.Data {
		if err := h.makeDisk(ctx, t, d); err != nil {
			return err
		}
	}
	digest, err := h.deps.Images.Digest(ctx, t.Disks.Image.Name)
	if err != nil {
		return fmt.Errorf("digest image: %w", err)
	}
	return h.making(t.ID, func(t *journal.Task) { t.Disks.Image.Digest = digest })
}

func deleteDisks(h *Host, ctx context.Context, t journal.Task) error {
	if t.ID == "" {
		return nil
	}
	if t.Restored.GiveBack && t.Restored.From != "" {
		return h.giveBack(t)
	}
	wiped, err := h.deps.Files.Wipe(ctx, folder(t))
	if err != nil {
		return err
	}
	h.deps.Log.Info("a VM's files are wiped", "task_id", t.ID, "rent_id", t.Rental.ID, "method", string(wiped.Method), "bytes", wiped.Bytes)
	return nil
}

func writeSeed(h *Host, ctx context.Context, t journal.Task) error {
	mac, err := net.ParseMAC(t.Card().MAC)
	if err != nil {
		return fmt.Errorf("read the card's address: %w", err)
	}
	secret, err := hex.DecodeString(string(t.Identity.HostKey))
	if err != nil || len(secret) != ed25519.SeedSize {
		return fmt.Errorf("read the guest's host key: %w", ErrInvalid)
	}
	return h.deps.Files.WriteSeed(ctx, folder(t), seed.Data{
		InstanceID:     t.Identity.InstanceID,
		Hostname:       t.Identity.Hostname,
		User:           t.Login.User,
		AuthorizedKeys: t.Login.AuthorizedKeys,
		PasswordHash:   string(t.Login.PasswordHash),
		HostKey:        ed25519.NewKeyFromSeed(secret),
		MAC:            mac,
		Addr:           netip.PrefixFrom(t.Network.Addr, h.cfg.GuestCIDR.Bits()),
		Gateway:        h.cfg.GuestCIDR.Addr().Next(),
		Resolvers:      h.cfg.GuestDNS,
	})
}

func deleteSeed(h *Host, ctx context.Context, t journal.Task) error {
	return h.deps.Files.RemoveSeed(ctx, folder(t))
}

// definition returns what the VM is started with. The privileged side knows by its
// folder which VM it is and where its disks are.
func (h *Host) definition(ctx context.Context, t journal.Task) guests.VM {
	return guests.VM{
		Folder: folder(t), VCPUs: t.Wanted.CPUs, MemoryMiB: t.Wanted.MemoryMiB, Disks: dataDisks(t),
		Firmware: t.Disks.Firmware, Placement: h.placement(ctx, t), Slots: t.Reserved.Cards,
	}
}

func define(h *Host, ctx context.Context, t journal.Task) error {
	if err := errors.Join(h.sameImage(ctx, t), h.sameCards(ctx, t)); err != nil {
		return err
	}
	return h.deps.Driver.Define(ctx, h.definition(ctx, t))
}

// sameImage refuses a VM whose image is another file than its system disk was made
// from: the disk holds only what its guest wrote over that image, and the first write
// over any other ruins it.
func (h *Host) sameImage(ctx context.Context, t journal.Task) error {
	made := t.Disks.Image
	if made.Digest == "" {
		return nil
	}
	now, err := h.deps.Images.Digest(ctx, made.Name)
	if err != nil {
		return fmt.Errorf("read image %s, which the system disk is based on: %w", made.Name, err)
	}
	if now != made.Digest {
		return fmt.Errorf("%w: %s has SHA-256 %s, the disk was made on %s; its host has to put that file back", errImageReplaced, made.Name, now, made.Digest)
	}
	return nil
}

func undefine(h *Host, ctx context.Context, t journal.Task) error {
	return h.deps.Driver.Undefine(ctx, t.Identity.UUID)
}

func start(h *Host, ctx context.Context, t journal.Task) error {
	return h.deps.Driver.Start(ctx, t.Identity.UUID)
}

func stop(h *Host, ctx context.Context, t journal.Task) error {
	return h.deps.Driver.Stop(ctx, t.Identity.UUID)
}

// awaitReady returns when the guest answers on SSH: a renter who sees "running"
// can log in.
func awaitReady(h *Host, ctx context.Context, t journal.Task) error {
	until := time.Now().Add(h.cfg.ReadyWithin)
	for {
		err := h.deps.Computer.Ready(ctx, t.Network.Addr)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d, getErr := h.deps.Driver.Get(ctx, t.Identity.UUID)
		if getErr == nil && (d.State == vm.StateOff || d.State == vm.StateCrashed) {
			return &failure{
				notice.GuestDied, []string{notice.BiosMode, string(BiosMode(t.Disks.Firmware))}, fmt.Errorf("the guest went off (%s): %w", d.Reason, errNotReady),
			}
		}
		if !time.Now().Before(until) {
			return &failure{
				notice.GuestSilent,
				[]string{notice.Seconds, strconv.Itoa(int(h.cfg.ReadyWithin.Seconds())), notice.BiosMode, string(BiosMode(t.Disks.Firmware))},
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
