package crash

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
)

// side is the side of a node that has the privileges.
type side interface {
	host.Machines
	host.Files
	host.Net
}

// open returns a node's own privileged side, or its helper's.
func open(ctx context.Context, s settings, log *slog.Logger) (side, func() error, error) {
	if s.Helper == "" {
		own, err := guests.New(ctx, rules(s), binding, func(ctx context.Context, _ names.Binding) (guests.Parts, error) {
			return openOwn(ctx, s, log)
		})
		if err != nil {
			return nil, nil, err
		}
		return own, own.Close, nil
	}
	c, err := helper.Dial(helper.ClientConfig{Socket: s.Helper, Logger: log})
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(c.Await(ctx), c.Bind(ctx, binding)); err != nil {
		return nil, nil, errors.Join(err, c.Close())
	}
	return c, c.Close, nil
}

func rules(s settings) guests.Rules {
	return guests.Rules{
		Data: s.Data, CIDR: guestNet, Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")}, PortFirst: 5200, PortLast: 32767,
		Overlay: overlays{killer{s.Kill}}.Overlay,
	}
}

func openOwn(ctx context.Context, s settings, log *slog.Logger) (guests.Parts, error) {
	driver, err := libvirt.Open(ctx, libvirt.Config{
		Socket: s.Socket, Owner: owner, Emulation: true, Cache: filepath.Dir(s.Ledger), Logger: log, User: userOf,
	})
	if err != nil {
		return guests.Parts{}, err
	}
	n, err := network.Open(netConfig())
	if err != nil {
		return guests.Parts{}, errors.Join(err, driver.Close())
	}
	return guests.Parts{Driver: dying{driver, killer{s.Kill}}, Net: n, Close: driver.Close}, nil
}

// userOf gives each guest its own user, like a node.
func userOf(spec vm.Spec) (int, error) {
	a := spec.NIC.Addr.As4()
	return 0x70000000 + int(a[2])<<8 + int(a[3]), nil
}

// serve runs a helper.
func serve(ctx context.Context, s settings, log *slog.Logger) error {
	listener, err := helper.Listen(ctx, s.Helper, s.UID, s.UID)
	if err != nil {
		return err
	}
	return helper.NewServer(helper.Config{
		UID: s.UID, ChainID: binding.ChainID, Rules: rules(s), Logger: log,
		Open: func(ctx context.Context, _ names.Binding) (guests.Parts, error) { return openOwn(ctx, s, log) },
	}).Serve(ctx, listener)
}

// reached returns the files and sockets of a helper and of renters that this
// process can access although it should have no privileges.
func reached(s settings, tasks []journal.Task) (list []string) {
	if s.Helper == "" {
		return nil
	}
	for what, try := range map[string]func() error{
		"libvirt": func() error {
			conn, err := new(net.Dialer).DialContext(context.Background(), "unix", s.Socket)
			if err == nil {
				_ = conn.Close()
			}
			return err
		},
		"list of VMs":   func() error { _, err := os.ReadDir(filepath.Join(s.Data, "tasks")); return err },
		"data folder":   func() error { return os.WriteFile(filepath.Join(s.Data, "planted"), nil, 0o600) },
		"record":        func() error { _, err := os.ReadDir(filepath.Join(s.Data, "record")); return err },
		"binding":       func() error { return os.WriteFile(filepath.Join(s.Data, "binding.json"), nil, 0o600) },
		"ip forwarding": func() error { return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600) },
		"root again":    func() error { return os.Chown(s.Journal, 0, 0) },
	} {
		if try() == nil {
			list = append(list, what)
		}
	}
	list = append(list, askedFor(s, tasks)...)
	for _, t := range tasks {
		for _, name := range []string{taskdir.System, taskdir.Seed, taskdir.Console} {
			if file, err := os.Open(filepath.Join(s.Data, "tasks", t.ID, name)); err == nil {
				_ = file.Close()
				list = append(list, name)
			}
		}
	}
	return list
}

// askedFor returns what the helper gives of a renter's data to a process that
// speaks its protocol but has nobody's signature.
func askedFor(s settings, tasks []journal.Task) (list []string) {
	ctx := context.Background()
	c, err := helper.Dial(helper.ClientConfig{Socket: s.Helper})
	if err != nil {
		return []string{err.Error()}
	}
	defer func() { _ = c.Close() }()
	for _, t := range tasks {
		if t.Progress.State != lifecycle.Running {
			continue // until it is recorded, the node decides
		}
		mac, _ := net.ParseMAC(t.Card().MAC)
		seed := seed.Data{
			InstanceID: "another-instance", Hostname: "dbc-another", User: t.Login.User, MAC: mac, Addr: netip.PrefixFrom(t.Network.Addr, guestNet.Bits()),
			HostKey:        ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
			AuthorizedKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHM0iyFlX5UCiAIvXXvDr6WqLA4KOdNbtUSTgm4T8iHV"},
		}
		kept := seed
		kept.InstanceID, kept.Hostname = string(t.Identity.UUID), "dbc-"+string(t.Identity.UUID[:8])
		for what, try := range map[string]func() error{
			"seed of another instance": func() error { return c.WriteSeed(ctx, t.ID, seed) },
			"seed with another key":    func() error { return c.WriteSeed(ctx, t.ID, kept) },
			"password":                 func() error { return c.SetPassword(ctx, t.Identity.UUID, "root", "longenough") },
			"console":                  func() error { _, err := c.Console(ctx, t.Identity.UUID); return err },
			"screen":                   func() error { _, err := c.VNC(ctx, t.Identity.UUID); return err },
			"kept disks": func() error {
				return c.TakeOver(ctx, t.ID, guests.Claim{TaskID: "aaaaaaaaaaaaaaaaaaaaaa", RentID: t.Rental.ID, Wallet: t.Rental.Renter})
			},
			"folder for another": func() error {
				return c.MakeSystem(ctx, t.ID, guests.Claim{TaskID: t.ID, RentID: t.Rental.ID + 1, Wallet: t.Rental.Renter}, t.Disks.Image.Name, t.Disks.System.GiB)
			},
		} {
			if try() == nil {
				list = append(list, what)
			}
		}
	}
	return list
}
