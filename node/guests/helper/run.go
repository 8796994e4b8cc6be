package helper

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/names"
)

// Run is the life of a compute node's privileged process, which serves the node of
// one user; reset is the command line by which this program, of that version, resets a
// card. It returns nil after ctx is done; VMs run on.
func Run(ctx context.Context, cfg conf.Helper, uid, gid int, reset []string, version string) error {
	if uid == 0 {
		return fmt.Errorf("serve the node of user 0: want a user without privileges: %w", ErrRoot)
	}
	if err := checkOwner(cfg.Home, uid); err != nil {
		return err
	}
	conf.StateModes()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	if err := makeFolders(cfg); err != nil {
		return err
	}
	if err := rootsAlone(uid, append(guests.Own(cfg.DataDir), cfg.LockDir(), filepath.Dir(cfg.HelperSocket))...); err != nil {
		return err
	}
	if err := errors.Join(giveFolders(cfg, uid, gid), giveLock(cfg, uid, gid)); err != nil {
		return err
	}
	key, err := guests.CreateKey(cfg.DataDir)
	if err != nil {
		return err
	}
	rules, err := guests.RulesOf(ctx, cfg.Guests)
	if err != nil {
		return fmt.Errorf("read this computer: %w", err)
	}
	listener, err := Listen(ctx, cfg.HelperSocket, uid, gid)
	if err != nil {
		return err
	}
	resets := new(guests.Resets)
	server := NewServer(Config{
		UID: uid, ChainID: cfg.ChainID, Rules: rules,
		Open: func(ctx context.Context, b names.Binding) (guests.Parts, error) {
			return guests.Open(ctx, guests.Config{Guests: cfg.Guests, Reset: reset, Resets: resets, Logger: log}, b)
		},
		Version: version, Resets: resets, Logger: log,
	})
	log.Info("the helper runs", "socket", cfg.HelperSocket, "uid", uid, "key", hex.EncodeToString(key))
	err = server.Serve(ctx, listener)
	log.Info("the helper has ended; VMs run on")
	return err
}

// checkOwner: what bounds the node must not be the node's to change, nor what says whose
// disks are whose.
func checkOwner(home string, uid int) error {
	return rootsAlone(uid, home, filepath.Join(home, filepath.Dir(conf.ConfFile)), filepath.Join(home, conf.ConfFile))
}

// makeFolders makes the helper's own folders, of state, lock and socket: nobody but
// QEMU's user and the helper can look into the VMs'.
func makeFolders(cfg conf.Helper) error {
	for dir, mode := range map[string]os.FileMode{cfg.DataDir: 0o711, cfg.LockDir(): 0o755, filepath.Dir(cfg.HelperSocket): 0o755} {
		if err := os.MkdirAll(dir, mode); err != nil {
			return fmt.Errorf("make the helper's folders: %w", err)
		}
	}
	return nil
}

// giveFolders makes the folder in the data folder that is the node's. The
// VMs of a node that had no helper are in no record yet, so its journal is refused.
func giveFolders(cfg conf.Helper, uid, gid int) error {
	if _, err := os.Lstat(cfg.OldJournal()); err == nil {
		return fmt.Errorf("%s is there: run dbc node split --home %s as root once: %w", cfg.OldJournal(), cfg.Home, ErrSplit)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at the journal: %w", err)
	}
	if err := os.Mkdir(cfg.NodeDir(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the node's folder: %w", err)
	}
	if err := os.Lchown(cfg.NodeDir(), uid, gid); err != nil {
		return fmt.Errorf("give the node its folder: %w", err)
	}
	return nil
}

// giveLock makes the lock for a node that may not make files beside it.
func giveLock(cfg conf.Helper, uid, gid int) error {
	file, err := os.OpenFile(cfg.LockFile(), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("make the lock: %w", err)
	}
	if err := errors.Join(file.Chown(uid, gid), file.Close()); err != nil {
		return fmt.Errorf("give the lock to the node: %w", err)
	}
	return nil
}
