package helper

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/helper/record"
	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// recordDir in the data folder is root's alone.
const recordDir = "record"

func (b *bound) identity(h record.Holder) host.Identity {
	return host.Identify(b.binding, h.RentID, h.TaskID)
}

func (b *bound) holder(taskID string, rentID uint64) record.Holder {
	return record.Holder{TaskID: taskID, RentID: rentID, UUID: host.Identify(b.binding, rentID, taskID).UUID}
}

// claimNew records whose the folder is, before there is one. A folder that is there
// without a record is nobody's to take.
func (b *bound) claimNew(ctx context.Context, req *steps.MakeSystemRequest) error {
	if err := auth.CheckWallet(req.GetWallet()); err != nil {
		return refuse("wallet", fmt.Sprintf("%.60q", req.GetWallet()), "an address of the chain")
	}
	if err := image.CheckName(req.GetImage()); err != nil {
		return err
	}
	folders, err := b.files.Folders(ctx)
	if err != nil {
		return err
	}
	// A VM of that name is somebody's, whose record is gone or never was.
	if _, err := b.records.Get(req.GetFolder()); errors.Is(err, record.ErrUnknown) {
		if err := b.gone(ctx, b.holder(req.GetFolder(), req.GetRentId()).UUID); err != nil {
			return err
		}
	}
	want := record.Record{
		Wallet: req.GetWallet(), Image: req.GetImage(), GiB: req.GetGib(), Holder: b.holder(req.GetFolder(), req.GetRentId()),
	}
	_, err = b.records.Change(req.GetFolder(), func(r *record.Record, known bool) error {
		switch {
		case !known && slices.Contains(folders, req.GetFolder()):
			return fmt.Errorf("folder %s is there: %w", req.GetFolder(), record.ErrUnknown)
		case !known:
			*r = want
			return nil
		case r.Removing:
			return refuse("folder", req.GetFolder(), "one that is not being deleted")
		case r.Wallet != want.Wallet || r.Image != want.Image || r.GiB != want.GiB ||
			r.Holder.TaskID != want.Holder.TaskID || r.Holder.RentID != want.Holder.RentID:
			return refuse("folder", req.GetFolder(), "the same rental, wallet, image and size as before")
		}
		return nil
	})
	return err
}

// recorded returns the record of a folder that is not being deleted.
func (b *bound) recorded(folder string) (record.Record, error) {
	if err := taskdir.CheckFolder(folder); err != nil {
		return record.Record{}, err
	}
	r, err := b.records.Get(folder)
	if err == nil && r.Removing {
		return r, refuse("folder", folder, "one that is not being deleted")
	}
	return r, err
}

// gone is ErrRunning while there is such a VM, whatever its state: one that is off
// may be about to start, by a call that nobody waits for any more.
func (b *bound) gone(ctx context.Context, id vm.UUID) error {
	_, err := b.Driver.Get(ctx, id)
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
func (b *bound) freeAddr(ctx context.Context, folder string, addr netip.Addr) error {
	for _, r := range b.records.All() {
		if r.Folder == folder || r.Holder.Addr != addr {
			continue
		}
		if err := b.gone(ctx, r.Holder.UUID); errors.Is(err, vm.ErrRunning) {
			return refuse("addr", addr, "one that no other VM has")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// seedDigest covers all of a seed but the network, which may change.
func seedDigest(req *steps.WriteSeedRequest) string {
	text, _ := json.Marshal(struct {
		Instance, Host, User string
		Keys                 []string
		Password             string
		HostKey              []byte
	}{
		req.GetInstanceId(), req.GetHostname(), req.GetUser(), slices.Concat([]string{}, req.GetAuthorizedKeys()),
		req.GetPasswordHash(), req.GetHostKey(),
	}) // strings and bytes only: can't fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// claimSeed records the seed of a folder's VM: the first one is its only one.
func (b *bound) claimSeed(ctx context.Context, req *steps.WriteSeedRequest, addr netip.Addr) error {
	r, err := b.recorded(req.GetFolder())
	if err != nil {
		return err
	}
	id, digest := b.identity(r.Holder), seedDigest(req)
	switch {
	case req.GetInstanceId() != string(id.UUID):
		return refuse("instance_id", fmt.Sprintf("%.60q", req.GetInstanceId()), "the folder's VM, "+string(id.UUID))
	case req.GetHostname() != id.Hostname:
		return refuse("hostname", fmt.Sprintf("%.60q", req.GetHostname()), id.Hostname)
	case req.GetUser() != host.User:
		return refuse("user", fmt.Sprintf("%.60q", req.GetUser()), host.User)
	case string(req.GetMac()) != string(id.MAC):
		return refuse("mac", fmt.Sprintf("%.20x", req.GetMac()), id.MAC.String())
	case r.Holder.Seed != "" && r.Holder.Seed != digest:
		return refuse("seed", "another", "the login, keys and identity that it was made with")
	case r.Holder.Signed && !slices.Equal(req.GetAuthorizedKeys(), r.Holder.Keys):
		return refuse("authorized_keys", len(req.GetAuthorizedKeys()), "those of the renter's signed request")
	case r.Holder.Signed && len(r.Holder.Keys) > 0 && req.GetPasswordHash() != "":
		return refuse("password_hash", "…", "none beside the keys of the renter's signed request")
	}
	if r.Holder.Addr != addr {
		if err := errors.Join(b.gone(ctx, r.Holder.UUID), b.freeAddr(ctx, r.Folder, addr)); err != nil {
			return err
		}
	}
	_, err = b.records.Change(r.Folder, func(r *record.Record, known bool) error {
		if !known || r.Removing || r.Holder.TaskID == "" {
			return fmt.Errorf("folder %s: %w", req.GetFolder(), record.ErrUnknown)
		}
		r.Holder.Seed, r.Holder.Addr = digest, addr
		return nil
	})
	return err
}
