package host

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// Create reserves what o asks for, records the task and returns; the loop makes the
// VM. The same request with the same TaskID returns that task in its current state;
// a different request with it is ErrExists.
func (h *Host) Create(ctx context.Context, o Order) (journal.Task, error) {
	if o.TaskID == "" {
		o.TaskID = newTaskID()
	}
	if taskdir.CheckFolder(o.TaskID) != nil { // its folder has its name
		return journal.Task{}, refuse(ErrInvalid, "task_id", o.TaskID, "20-22 letters and digits", "leave it out for a made one")
	}
	if t, err := h.repeated(o); !errors.Is(err, journal.ErrNotFound) {
		return t, err
	}
	if err := o.check(); err != nil {
		return journal.Task{}, err
	}
	if err := h.checkPorts(o); err != nil {
		return journal.Task{}, err
	}
	if err := h.checkUnused(ctx, o.TaskID); err != nil {
		if t, again := h.repeated(o); !errors.Is(again, journal.ErrNotFound) { // the same request, twice at once
			return t, again
		}
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
		t.Restored.Consent = &proof
	}
	listed, err := h.deps.Rentals.Facts(ctx)
	if err != nil {
		return journal.Task{}, fmt.Errorf("read the machine's listing: %w", err)
	}
	t.Keep.Evictable = listed.KeepDiskPolicy == machine.KEEP_DISK_POLICY_EVICT && (kept == nil || kept.Keep.Evictable)
	slots, err := h.slots(ctx, listed)
	if err != nil {
		return journal.Task{}, err
	}
	ground := ground{capacity: CapacityOf(listed, h.cfg.Here), bad: badSlots(slots), cidr: h.cfg.GuestCIDR, layout: h.cfg.Layout, pages: h.pages(ctx), portFree: h.deps.Computer.PortFree}
	draft := t
	err = h.measured(ctx, func(r room) (err error) {
		t, err = h.deps.Journal.AddChanging(draft.Clone(), func(others []journal.Task, t *journal.Task) ([]journal.Task, error) {
			changed, err := h.takeOver(others, t)
			if err != nil {
				return nil, err
			}
			evicted, err := r.makeRoom(&ground, others, *t)
			if err != nil {
				return nil, err
			}
			changed = append(changed, evicted...)
			if err := ground.plan(o, others, t); err != nil {
				return nil, err
			}
			settleInstance(h.cfg.Binding, kept, t)
			if err := assignCards(o, listed, slots, kept, t); err != nil {
				return nil, err
			}
			return changed, h.checkFirmware(o, t.Disks.Firmware)
		})
		return err
	})
	if errors.Is(err, journal.ErrExists) { // the same request, twice at once
		return h.repeated(o)
	}
	if err != nil {
		return journal.Task{}, err
	}
	h.kick(t.ID)
	return t, nil
}

// repeated returns the task of an earlier request with the same id and content, or
// journal.ErrNotFound where the id is unused.
func (h *Host) repeated(o Order) (journal.Task, error) {
	t, err := h.deps.Journal.Task(o.TaskID)
	if err != nil {
		return journal.Task{}, err
	}
	if o.Asked == "" || t.Asked != o.Asked || t.Rental.Renter != o.Rental.Renter {
		return journal.Task{}, refuse(ErrExists, "task_id", o.TaskID, "an id that is not used, or the same request again", "leave it out for a made one")
	}
	return t, nil
}

// checkUnused refuses an id by which the privileged side knows disks, though the journal
// has no such task any more: it would refuse to make others for it. While it is away, the
// step that makes the disks decides.
func (h *Host) checkUnused(ctx context.Context, id string) error {
	err := h.deps.Files.CheckTask(ctx, id)
	if errors.Is(err, record.ErrShared) {
		return refuse(ErrExists, "task_id", id, "an id of which this machine has no disks, of now or before", "leave it out for a made one")
	}
	if err != nil && !errors.Is(err, vm.ErrUnavailable) {
		return fmt.Errorf("look for disks of task %s: %w", id, err)
	}
	return nil
}

// draft returns the task with everything but its reservation. Its secrets are
// made here, once, so that every later step can be repeated with the same ones.
func (h *Host) draft(ctx context.Context, o Order) (journal.Task, error) {
	img, err := h.findImage(ctx, o.Image)
	if err != nil {
		return journal.Task{}, err
	}
	now := time.Now().UTC()
	t := journal.Task{
		ID: o.TaskID, Asked: o.Asked, Created: now, Desc: o.Desc, Warnings: o.Warnings,
		Rental: journal.Rental{
			ID: o.Rental.ID, Renter: o.Rental.Renter, Start: o.Rental.Start, End: o.Rental.End, ConfirmBy: o.Rental.ConfirmBy(),
		},
		Login: journal.Login{User: names.User, AuthorizedKeys: o.AuthorizedKeys},
		Disks: journal.Disks{
			Image:  journal.Image{Name: img.Name},
			System: journal.NewSystemDisk(max(minSystemGiB, uint64(img.VirtualSize+1<<30-1)>>30)), Firmware: cmp.Or(o.Firmware, vm.BIOS),
		},
		Progress: journal.Progress{State: lifecycle.Creating, Steps: newSteps()},
	}
	if o.DataGiB > 0 {
		t.Disks.Data = []journal.Disk{journal.NewDataDisk(firstDisk, o.DataGiB)}
	}
	t.Progress.Steps[0].State, t.Progress.Steps[0].Started = journal.StepDone, now
	identify(h.cfg.Binding, &t)
	private, public, err := seed.NewHostKey()
	if err != nil {
		return journal.Task{}, fmt.Errorf("make the guest's host key: %w", err)
	}
	t.Identity.HostKey, t.Identity.HostKeyPublic = journal.Secret(hex.EncodeToString(private.Seed())), public
	if len(o.AuthorizedKeys) > 0 {
		return t, nil
	}
	password := rand.Text()[:20] // 100 random bits
	hash, err := seed.HashPassword(password)
	if err != nil {
		return journal.Task{}, fmt.Errorf("hash the password: %w", err)
	}
	t.Login.Password, t.Login.PasswordHash = journal.Secret(password), journal.Secret(hash)
	return t, nil
}

// checkPorts looks for programs of the host on these ports; the plan checks other VMs.
func (h *Host) checkPorts(o Order) error {
	for _, p := range o.Ports {
		if p.Host != 0 && !h.deps.Computer.PortFree(p.Protocol, p.Host) {
			return refuse(ErrPortTaken, portField(p), p.Host, "a port that nothing on the host uses, nor its kernel for outgoing connections",
				"choose another port")
		}
	}
	return nil
}
