package compute

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/seed"
)

// Split prepares the state of a node of one process for a helper, as root, once: it
// records whose the VMs of the journal are while that is root's alone, and then
// gives the journal to the user that the node is to run as. Neither may run.
func Split(cfg conf.Compute, uid, gid int) error {
	release, err := lockMachine(cfg)
	if err != nil {
		return err
	}
	return errors.Join(split(cfg, uid, gid), release())
}

func split(cfg conf.Compute, uid, gid int) error {
	old, own := cfg.OldJournal(), cfg.Journal()
	info, err := os.Lstat(old)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("look at the journal %s: it is no plain file: %w", old, ErrRoot), err)
	}
	if _, err := os.Lstat(own); err == nil {
		return fmt.Errorf("both %s and %s are there; move the one away that is not in use: %w", old, own, node.ErrBound)
	}
	if err := adoptOnce(cfg, old, info); err != nil {
		return err
	}
	if err := os.Mkdir(cfg.NodeDir(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the node's folder: %w", err)
	}
	if err := errors.Join(os.Lchown(cfg.NodeDir(), uid, gid), os.Lchown(old, uid, gid)); err != nil {
		return fmt.Errorf("give the node its journal: %w", err)
	}
	if err := os.Rename(old, own); err != nil {
		return fmt.Errorf("move the journal: %w", err)
	}
	return nil
}

// adoptOnce leaves out a journal that an earlier split, which was killed, already gave to
// the node's user: he could have written whose disks are whose since.
func adoptOnce(cfg conf.Compute, path string, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) == os.Geteuid() {
		return adopt(cfg, path)
	}
	if known, err := guests.Recorded(cfg.DataDir); err != nil || known {
		return err
	}
	return fmt.Errorf("the journal %s is not root's, and no record says whose the VMs in it are; "+
		"if nobody else could write to it, chown it to root and split again: %w", path, ErrRoot)
}

func adopt(cfg conf.Compute, path string) (err error) {
	binding, known, err := journal.Peek(path)
	if err != nil || !known {
		return err
	}
	j, err := journal.Open(path, binding)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	list, err := keptBy(j)
	if err != nil {
		return err
	}
	return guests.Adopt(cfg.DataDir, binding, list)
}

// keptBy returns the VMs of a journal. Those of tasks that have no disks (any more) lack a
// folder, and are not adopted.
func keptBy(j *journal.Journal) (list []guests.Kept, err error) {
	tasks, err := j.Tasks()
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	for _, t := range tasks {
		if t.Keep.LentTo != "" {
			continue // the other task has the disks, and is here too
		}
		k, err := recorded(t)
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, nil
}

// recorded returns a task's VM as the helper records it.
func recorded(t journal.Task) (guests.Kept, error) {
	key, err := hex.DecodeString(string(t.Identity.HostKey))
	if err != nil || len(key) != ed25519.SeedSize {
		return guests.Kept{}, fmt.Errorf("read the host key of task %s: %d bytes, want %d: %w", t.ID, len(key), ed25519.SeedSize, node.ErrBound)
	}
	mac, err := net.ParseMAC(t.Card().MAC)
	if err != nil {
		return guests.Kept{}, fmt.Errorf("read the card of task %s: %w", t.ID, err)
	}
	k := guests.Kept{
		Folder: t.Disks.Folder, TaskID: t.ID, Earlier: []string{t.Restored.From}, RentID: t.Rental.ID, Wallet: t.Rental.Renter,
		Image: t.Disks.Image.Name, GiB: t.Disks.System.GiB, Firmware: t.Disks.Firmware, UUID: t.Identity.UUID, Tap: t.Card().Tap,
		Seed: seed.Data{
			InstanceID: t.Identity.InstanceID, Hostname: t.Identity.Hostname, User: t.Login.User, AuthorizedKeys: t.Login.AuthorizedKeys,
			PasswordHash: string(t.Login.PasswordHash), HostKey: ed25519.NewKeyFromSeed(key), MAC: mac,
			Addr: netip.PrefixFrom(t.Network.Addr, 32),
		},
	}
	for _, d := range t.Disks.Data {
		k.Disks = append(k.Disks, d.Name)
	}
	return k, nil
}
