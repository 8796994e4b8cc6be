package guests

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

// recordDir in the data folder is root's alone.
const recordDir = "record"

// openRecords opens the record of a node, without the folders whose wipe a kill ended
// after their files were gone.
func openRecords(data string, files *taskdir.Store, b names.Binding) (*record.Store, error) {
	records, err := record.Open(filepath.Join(data, recordDir), named(b))
	if err != nil {
		return nil, err
	}
	for _, folder := range records.Removing() {
		there, err := files.Exists(folder)
		if err == nil && !there {
			err = records.Delete(folder)
		}
		if err != nil {
			return nil, fmt.Errorf("finish the wipe of folder %s: %w", folder, err)
		}
	}
	return records, nil
}

// domain is the hypervisor's name for a folder's VM, which tells its rental.
func (l *Local) domain(h record.Holder) string {
	return l.binding.VM(h.RentID, h.TaskID).Domain
}

// named is the VM of a task that had no disks before it.
func named(b names.Binding) func(rentID uint64, taskID string) record.VM {
	return func(rentID uint64, taskID string) record.VM {
		id := b.VM(rentID, taskID)
		return record.VM{UUID: id.UUID, Instance: string(id.UUID), Hostname: id.Hostname, MAC: id.MAC.String(), Tap: id.Tap}
	}
}

func (l *Local) vm(taskID string, rentID uint64) record.VM { return named(l.binding)(rentID, taskID) }

// claimNew records whose the folder is, before there is one. A folder that is there
// without a record is nobody's to take.
func (l *Local) claimNew(ctx context.Context, folder, img string, claim Claim, gib uint64) error {
	if err := taskdir.CheckFolder(folder); err != nil {
		return err
	}
	if err := auth.CheckWallet(claim.Wallet); err != nil {
		return refuse("wallet", fmt.Sprintf("%.60q", claim.Wallet), "an address of the chain")
	}
	if err := errors.Join(image.CheckName(img), claim.Firmware.Validate()); err != nil {
		return err
	}
	folders, err := l.files.Folders(ctx)
	if err != nil {
		return err
	}
	// A VM of that name is somebody's, whose record is gone or never was.
	if _, err := l.records.Get(folder); errors.Is(err, record.ErrUnknown) {
		if err := l.gone(ctx, l.vm(folder, claim.RentID).UUID); err != nil {
			return err
		}
	}
	want := record.Record{
		Wallet: claim.Wallet, Image: img, GiB: gib, Firmware: claim.Firmware, VM: l.vm(folder, claim.RentID),
		Holder: record.Holder{TaskID: folder, RentID: claim.RentID},
	}
	_, err = l.records.Change(folder, func(r *record.Record, known bool) error {
		switch {
		case !known && slices.Contains(folders, folder):
			return fmt.Errorf("folder %s is there: %w", folder, record.ErrUnknown)
		case !known:
			*r = want
			return nil
		case r.Removing:
			return refuse("folder", folder, "one that is not being deleted")
		case r.Wallet != want.Wallet || r.Image != want.Image || r.GiB != want.GiB || r.Firmware != "" && r.Firmware != want.Firmware ||
			r.Holder.TaskID != want.Holder.TaskID || r.Holder.RentID != want.Holder.RentID:
			return refuse("folder", folder, "the same rental, wallet, image, size and firmware as before")
		}
		return nil
	})
	return err
}

// recorded returns the record of a folder that is not being deleted.
func (l *Local) recorded(folder string) (record.Record, error) {
	if err := taskdir.CheckFolder(folder); err != nil {
		return record.Record{}, err
	}
	r, err := l.records.Get(folder)
	if err == nil && r.Removing {
		return r, refuse("folder", folder, "one that is not being deleted")
	}
	return r, err
}

// gone is ErrRunning while there is such a VM, whatever its state: one that is off
// may be about to start, by a call that nobody waits for any more.
func (l *Local) gone(ctx context.Context, id vm.UUID) error {
	_, err := l.parts.Driver.Get(ctx, id)
	switch {
	case errors.Is(err, vm.ErrNotFound):
		return nil
	case err == nil:
		return fmt.Errorf("VM %s is still defined: %w", id, vm.ErrRunning)
	}
	return err
}

// freeAddr refuses the address of another VM that is defined, whether it runs or
// not: the address is also the user that its emulator runs as. Define decides by it
// for good, in the address's turn.
func (l *Local) freeAddr(ctx context.Context, folder string, addr netip.Addr) error {
	for _, id := range l.records.Others(folder, addr) {
		if err := l.gone(ctx, id); errors.Is(err, vm.ErrRunning) {
			return refuse("addr", addr, "one that no other VM has")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// seedDigest covers all of a seed but the network, which may change.
func seedDigest(d seed.Data) string {
	text, _ := json.Marshal(struct {
		Instance, Host, User string
		Keys                 []string
		Password             string
		HostKey              []byte
	}{
		d.InstanceID, d.Hostname, d.User, slices.Concat([]string{}, d.AuthorizedKeys),
		d.PasswordHash, d.HostKey.Seed(),
	}) // strings and bytes only: can't fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// claimSeed records the seed of a folder's VM: the first one is its only one.
func (l *Local) claimSeed(ctx context.Context, folder string, d seed.Data) error {
	r, err := l.recorded(folder)
	if err != nil {
		return err
	}
	id, digest, addr := r.VM, seedDigest(d), d.Addr.Addr()
	// A guest that is to be set up afresh gets the instance id of its new task.
	afresh := l.vm(r.Holder.TaskID, r.Holder.RentID)
	if r.Holder.Seed == "" && d.Hostname == afresh.Hostname {
		id = afresh // disks that were kept by a node of schema 0 make a new VM
	}
	switch {
	case d.InstanceID != id.Instance && d.InstanceID != afresh.Instance:
		return refuse("instance_id", fmt.Sprintf("%.60q", d.InstanceID), fmt.Sprintf("the VM's, %s, or for a new task %s", id.Instance, afresh.Instance))
	case d.Hostname != id.Hostname:
		return refuse("hostname", fmt.Sprintf("%.60q", d.Hostname), id.Hostname)
	case d.User != names.User:
		return refuse("user", fmt.Sprintf("%.60q", d.User), names.User)
	case d.MAC.String() != id.MAC:
		return refuse("mac", d.MAC, id.MAC)
	case r.Holder.Seed != "" && r.Holder.Seed != digest:
		return refuse("seed", "another", "the login, keys and identity that it was made with")
	case r.Holder.Signed && !slices.Equal(d.AuthorizedKeys, r.Holder.Keys):
		return refuse("authorized_keys", len(d.AuthorizedKeys), "those of the renter's signed request")
	case r.Holder.Signed && len(r.Holder.Keys) > 0 && d.PasswordHash != "":
		return refuse("password_hash", "…", "none beside the keys of the renter's signed request")
	}
	if r.Holder.Addr != addr {
		if err := errors.Join(l.gone(ctx, r.VM.UUID), l.freeAddr(ctx, r.Folder, addr)); err != nil {
			return err
		}
	}
	_, err = l.records.Change(r.Folder, func(r *record.Record, known bool) error {
		if !known || r.Removing || r.Holder.TaskID == "" {
			return fmt.Errorf("folder %s: %w", folder, record.ErrUnknown)
		}
		r.VM, r.Holder.Seed, r.Holder.Addr = id, digest, addr
		r.VM.Instance = d.InstanceID
		return nil
	})
	return err
}
