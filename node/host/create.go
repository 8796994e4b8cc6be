package host

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/x/machine"
)

// The original's task ids; also what a file name may be made of.
var taskID = regexp.MustCompile(`^[0-9A-Za-z]{20,22}$`)

// Create reserves what o asks for, writes the task down and returns; the loop
// makes the VM. Asking again with the same TaskID is ErrExists.
func (h *Host) Create(ctx context.Context, o Order) (journal.Task, error) {
	if o.TaskID == "" {
		o.TaskID = newTaskID()
	}
	if !taskID.MatchString(o.TaskID) {
		return journal.Task{}, refuse(ErrInvalid, "task_id", o.TaskID, "20-22 letters and digits", "leave it out for a made one")
	}
	if err := o.check(); err != nil {
		return journal.Task{}, err
	}
	if err := h.checkPorts(o); err != nil {
		return journal.Task{}, err
	}
	kept, err := h.keptFor(&o)
	if err != nil {
		return journal.Task{}, err
	}
	t, err := h.draft(ctx, o)
	if err != nil {
		return journal.Task{}, err
	}
	inherit(kept, &t)
	if proof, ok := auth.ProofFrom(ctx); ok && kept != nil {
		t.Consent = &proof
	}
	listed, err := h.deps.Rentals.Facts(ctx)
	if err != nil {
		return journal.Task{}, fmt.Errorf("read the machine's listing: %w", err)
	}
	t.Evictable = listed.KeepDiskPolicy == machine.KEEP_DISK_POLICY_EVICT && (kept == nil || kept.Evictable)
	ground := ground{capacity: CapacityOf(listed, h.cfg.Here), cidr: h.cfg.GuestCIDR, layout: h.cfg.Layout, pages: h.pages(ctx)}
	t, err = h.deps.Journal.AddChanging(t, func(others []journal.Task, t *journal.Task) ([]journal.Task, error) {
		changed, err := h.takeOver(others, t)
		if err != nil {
			return nil, err
		}
		evicted, err := h.makeRoom(&ground, others, *t)
		if err != nil {
			return nil, err
		}
		changed = append(changed, evicted...)
		if err := ground.plan(o, others, t); err != nil {
			return nil, err
		}
		return changed, checkDevices(listed, t.Reserved.Slots)
	})
	if errors.Is(err, journal.ErrExists) {
		return journal.Task{}, refuse(ErrExists, "task_id", o.TaskID, "an id that is not used", "leave it out for a made one")
	}
	if err != nil {
		return journal.Task{}, err
	}
	h.kick(t.ID)
	return t, nil
}

// draft is the task with everything but its reservation. Its secrets are made
// here, once, so that every later step can be repeated with the same.
func (h *Host) draft(ctx context.Context, o Order) (journal.Task, error) {
	img, err := h.findImage(ctx, o.Image)
	if err != nil {
		return journal.Task{}, err
	}
	now := time.Now().UTC()
	t := journal.Task{
		ID: o.TaskID, RentID: o.Rental.ID, Renter: o.Rental.Renter, Created: now, Desc: o.Desc,
		Status: lifecycle.Creating, Image: img.Name, Warnings: o.Warnings,
		SystemGiB: max(minSystemGiB, uint64(img.VirtualSize+1<<30-1)>>30),
		UEFI:      o.Boot == BootUEFI, User: User, AuthorizedKeys: o.AuthorizedKeys, Steps: newSteps(),
		RentStart: o.Rental.Start, RentEnd: o.Rental.End, ConfirmBy: o.Rental.ConfirmBy(),
	}
	if o.DataGiB > 0 {
		t.Disks = []journal.Disk{{Name: firstDisk, GiB: o.DataGiB}}
	}
	t.Steps[0].State, t.Steps[0].Started = journal.StepDone, now
	identify(h.cfg.Binding, &t)
	private, public, err := seed.NewHostKey()
	if err != nil {
		return journal.Task{}, fmt.Errorf("make the guest's host key: %w", err)
	}
	t.HostKey, t.HostKeyPublic = journal.Secret(hex.EncodeToString(private.Seed())), public
	if len(o.AuthorizedKeys) > 0 {
		return t, nil
	}
	password := rand.Text()[:20] // 100 random bits
	hash, err := seed.HashPassword(password)
	if err != nil {
		return journal.Task{}, fmt.Errorf("hash the password: %w", err)
	}
	t.Password, t.PasswordHash = journal.Secret(password), journal.Secret(hash)
	return t, nil
}

// checkDevices: real GPUs are not passed through yet, and a renter must not be
// given a VM without what was paid for.
func checkDevices(listed machine.Facts, slots []uint32) error {
	for _, s := range slots {
		if slot := listed.Slots[s]; slot.Kind != machine.SLOT_KIND_TEST {
			return refuse(ErrNotSupported, "gpu_count", slot.GpuType, "0 on this machine", "its node can't pass GPUs through yet")
		}
	}
	return nil
}

// checkPorts looks for programs of the host; other VMs are seen by the plan.
func (h *Host) checkPorts(o Order) error {
	for i, p := range o.Ports {
		if !h.deps.Computer.PortFree(p.Protocol, p.Host) {
			return refuse(ErrPortTaken, portField(i), p.Host, "a port that nothing on the host uses, nor its kernel for outgoing connections",
				"choose another port")
		}
	}
	return nil
}

// freeGiB is what the disk can still promise: its room, less what other tasks
// were promised and have not written yet. Of leaving ones, all comes free.
func (h *Host) freeGiB(others, leaving []journal.Task) (uint64, error) {
	free, err := h.deps.Computer.FreeGiB(h.cfg.DataDir)
	if err != nil {
		return 0, fmt.Errorf("read the room on the disk: %w", err)
	}
	var promised uint64
	for _, t := range others {
		written := h.writtenGiB(t)
		if slices.ContainsFunc(leaving, func(l journal.Task) bool { return l.ID == t.ID }) {
			free += written
			continue
		}
		promised += t.Reserved.DiskGiB - min(t.Reserved.DiskGiB, written)
	}
	return free - min(free, promised), nil
}
