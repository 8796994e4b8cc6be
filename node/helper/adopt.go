package helper

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/dbc-network/dbc/node/helper/record"
	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
)

// Adopt records the VMs of a journal that a node without a helper kept, as root,
// before that journal becomes the node's: their disks are whose it says.
func Adopt(data string, b journal.Binding, tasks []journal.Task) error {
	records, err := record.Open(filepath.Join(data, recordDir))
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.RestoredBy != "" {
			continue // the other task has the disks, and is here too
		}
		want, err := adopted(b, t)
		if err != nil {
			return err
		}
		_, err = records.Change(cmp.Or(t.DisksFrom, t.ID), func(r *record.Record, known bool) error {
			if !known {
				*r = want
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func adopted(b journal.Binding, t journal.Task) (record.Record, error) {
	key, err := hex.DecodeString(string(t.HostKey))
	if err != nil {
		return record.Record{}, fmt.Errorf("read the host key of task %s: %w", t.ID, err)
	}
	id := host.Identify(b, t.RentID, t.ID)
	r := record.Record{
		Wallet: t.Renter, Image: t.Image, GiB: t.SystemGiB,
		Holder: record.Holder{TaskID: t.ID, RentID: t.RentID, UUID: id.UUID, Addr: t.Addr, Seed: seedDigest(&steps.WriteSeedRequest{
			InstanceId: string(id.UUID), Hostname: id.Hostname, User: t.User, AuthorizedKeys: t.AuthorizedKeys,
			PasswordHash: string(t.PasswordHash), HostKey: key,
		})},
	}
	for _, d := range t.Disks {
		r.Disks = append(r.Disks, d.Name)
	}
	for _, earlier := range []string{t.DisksFrom, t.RestoreFrom} {
		if earlier != "" && !r.HeldBy(earlier) {
			r.Earlier = append(r.Earlier, earlier)
		}
	}
	return r, nil
}
