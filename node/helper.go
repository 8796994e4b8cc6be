package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/helper"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/vm/libvirt"
)

// openHelper waits for the process with privileges, where core.conf names one;
// this one then has none.
func (p *parts) openHelper(ctx context.Context) (err error) {
	if p.cfg.HelperSocket == "" {
		return nil
	}
	if os.Geteuid() == 0 && !p.cfg.AllowRoot {
		return fmt.Errorf("helper_socket is set, so the node needs no privileges, but it runs as root; "+
			"run it as the user that the helper serves, or with --allow-root: %w", ErrRoot)
	}
	p.helper, err = helper.Dial(helper.ClientConfig{Socket: p.cfg.HelperSocket, Data: p.cfg.DataDir, Logger: p.log})
	if err != nil {
		return err
	}
	p.onClose(p.helper.Close)
	return p.helper.Await(ctx)
}

// openPrivileged opens what needs libvirt's socket and the kernel's rules.
func openPrivileged(ctx context.Context, cfg Config, b journal.Binding, log *slog.Logger) (helper.Parts, error) {
	driver, err := libvirt.Open(ctx, libvirt.Config{
		Socket: cfg.LibvirtSocket, Emulation: cfg.TestEmulation, Cache: cfg.runDir(), Logger: log,
		Owner: b.MachineID + "." + b.GenesisHash, User: guestUser, Limits: cfg.VM.disk(),
	})
	if err != nil {
		return helper.Parts{}, fmt.Errorf("open libvirt at %s: %w", cfg.LibvirtSocket, err)
	}
	net, err := network.Open(network.Config{Bridge: host.Bridge(b), CIDR: cfg.GuestCIDR, Published: cfg.PublicIP, Limits: cfg.VM.networkHere(), Logger: log})
	if err != nil {
		return helper.Parts{}, errors.Join(fmt.Errorf("open the guests' network: %w", err), driver.Close())
	}
	return helper.Parts{Driver: driver, Net: net, Confined: driver.Confined(), Close: driver.Close}, nil
}

// RunHelper is the life of a compute node's privileged process, which serves the
// node of one user. It returns nil after ctx is done; VMs run on.
func RunHelper(ctx context.Context, cfg Config, uid, gid int) error {
	if cfg.Role != RoleMining || cfg.HelperSocket == "" {
		return fmt.Errorf("core.conf has role %q and helper_socket %q: want %s and a path, or the node would not use this helper: %w",
			cfg.Role, cfg.HelperSocket, RoleMining, ErrConfig)
	}
	if uid == 0 {
		return fmt.Errorf("serve the node of user 0: want a user without privileges: %w", ErrRoot)
	}
	if err := checkOwner(cfg.Home, uid); err != nil {
		return err
	}
	StateModes()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	if err := errors.Join(giveFolders(cfg, uid, gid), giveLock(cfg, uid, gid)); err != nil {
		return err
	}
	inventory, err := hw.Read(ctx, hw.Config{})
	if err != nil {
		return fmt.Errorf("read this computer: %w", err)
	}
	listener, err := helper.Listen(ctx, cfg.HelperSocket, uid, gid)
	if err != nil {
		return err
	}
	server := helper.NewServer(helper.Config{
		UID: uid, ChainID: cfg.ChainID, Data: cfg.DataDir, CIDR: cfg.GuestCIDR, Resolvers: cfg.GuestDNS,
		PortFirst: cfg.PortFirst, PortLast: cfg.PortLast, CPUs: inventory.Cores, MemoryMiB: inventory.MemoryMiB,
		Open: func(ctx context.Context, b journal.Binding) (helper.Parts, error) {
			return openPrivileged(ctx, cfg, b, log)
		},
		Overlay: image.Overlay, Logger: log,
	})
	log.Info("the helper runs", "socket", cfg.HelperSocket, "uid", uid)
	err = server.Serve(ctx, listener)
	log.Info("the helper has ended; VMs run on")
	return err
}

// checkOwner: what bounds the node must not be the node's to change.
func checkOwner(home string, uid int) error {
	for _, name := range []string{"", filepath.Dir(ConfFile), ConfFile} {
		path := filepath.Join(home, name)
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at the configuration: %w", err)
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) == uid || info.Mode().Perm()&0o022 != 0 {
			return fmt.Errorf("the helper trusts %s, which user %d or others can change; "+
				"chown it to root and chmod go-w: %w", path, uid, ErrRoot)
		}
	}
	return nil
}

// giveFolders makes the data folder, which is the helper's, and in it the one that
// is the node's: nobody but QEMU's user and the helper can look into the VMs'.
// The journal of a node that had no helper moves there.
func giveFolders(cfg Config, uid, gid int) error {
	if err := os.MkdirAll(cfg.DataDir, 0o711); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.Mkdir(cfg.NodeDir(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the node's folder: %w", err)
	}
	if err := os.Lchown(cfg.NodeDir(), uid, gid); err != nil {
		return fmt.Errorf("give the node its folder: %w", err)
	}
	old, own := filepath.Join(cfg.DataDir, journalName), filepath.Join(cfg.NodeDir(), journalName)
	if info, err := os.Lstat(old); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil || !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("look at the journal %s: it is no plain file: %w", old, ErrRoot), err)
	}
	if _, err := os.Lstat(own); err == nil {
		return fmt.Errorf("both %s and %s are there; move the one away that is not in use: %w", old, own, ErrBound)
	}
	if err := adopt(cfg, old); err != nil {
		return err
	}
	if err := os.Lchown(old, uid, gid); err != nil {
		return fmt.Errorf("give the node its journal: %w", err)
	}
	if err := os.Rename(old, own); err != nil {
		return fmt.Errorf("move the journal: %w", err)
	}
	return nil
}

// adopt records whose the VMs of a journal are, while it is still root's alone.
func adopt(cfg Config, path string) (err error) {
	binding, known, err := journal.Peek(path)
	if err != nil || !known {
		return err
	}
	j, err := journal.Open(path, binding)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	tasks, err := j.Tasks()
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	return helper.Adopt(cfg.DataDir, binding, tasks)
}
