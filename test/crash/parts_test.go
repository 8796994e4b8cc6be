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

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/helper"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
)

// parts are what a node of this test works with, its own or its helper's.
type parts struct {
	helper.Parts
	files host.Files
}

func open(ctx context.Context, s settings, log *slog.Logger) (parts, error) {
	if s.Helper == "" {
		own, err := openOwn(ctx, s, log)
		return parts{own, taskdir.Open(s.Data, overlays{killer{s.Kill}}.Overlay)}, err
	}
	c, err := helper.Dial(helper.ClientConfig{Socket: s.Helper, Data: s.Data, Logger: log})
	if err != nil {
		return parts{}, err
	}
	if err := errors.Join(c.Await(ctx), c.Bind(ctx, binding)); err != nil {
		return parts{}, errors.Join(err, c.Close())
	}
	return parts{helper.Parts{Driver: c, Net: c, Close: c.Close}, c}, nil
}

func openOwn(ctx context.Context, s settings, log *slog.Logger) (helper.Parts, error) {
	driver, err := libvirt.Open(ctx, libvirt.Config{
		Socket: s.Socket, Owner: owner, Emulation: true, Cache: filepath.Dir(s.Ledger), Logger: log, User: userOf,
	})
	if err != nil {
		return helper.Parts{}, err
	}
	n, err := network.Open(netConfig())
	if err != nil {
		return helper.Parts{}, errors.Join(err, driver.Close())
	}
	return helper.Parts{Driver: dying{driver, killer{s.Kill}}, Net: n, Close: driver.Close}, nil
}

// userOf gives each guest a user of its own, as a node does.
func userOf(spec vm.Spec) (int, error) {
	a := spec.NIC.Addr.As4()
	return 0x70000000 + int(a[2])<<8 + int(a[3]), nil
}

// serve is the life of a helper.
func serve(ctx context.Context, s settings, log *slog.Logger) error {
	listener, err := helper.Listen(ctx, s.Helper, s.UID, s.UID)
	if err != nil {
		return err
	}
	return helper.NewServer(helper.Config{
		UID: s.UID, ChainID: binding.ChainID, Data: s.Data, CIDR: guestNet, Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
		PortFirst: 5200, PortLast: 32767,
		Open:    func(ctx context.Context, _ journal.Binding) (helper.Parts, error) { return openOwn(ctx, s, log) },
		Overlay: overlays{killer{s.Kill}}.Overlay, Logger: log,
	}).Serve(ctx, listener)
}

// reached are the things of a helper and of tenants that this process gets at
// though it is to have no privileges.
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

// askedFor are the things of a tenant that the helper gives to a process that speaks
// its protocol and has nobody's signature.
func askedFor(s settings, tasks []journal.Task) (list []string) {
	ctx := context.Background()
	c, err := helper.Dial(helper.ClientConfig{Socket: s.Helper, Data: s.Data})
	if err != nil {
		return []string{err.Error()}
	}
	defer func() { _ = c.Close() }()
	for _, t := range tasks {
		if t.Status != lifecycle.Running {
			continue // what is not recorded yet is the node's to say
		}
		mac, _ := net.ParseMAC(t.MAC)
		seed := seed.Data{
			InstanceID: "another-instance", Hostname: "dbc-another", User: t.User, MAC: mac, Addr: netip.PrefixFrom(t.Addr, guestNet.Bits()),
			HostKey:        ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
			AuthorizedKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHM0iyFlX5UCiAIvXXvDr6WqLA4KOdNbtUSTgm4T8iHV"},
		}
		kept := seed
		kept.InstanceID, kept.Hostname = string(t.UUID), "dbc-"+string(t.UUID[:8])
		for what, try := range map[string]func() error{
			"seed of another instance": func() error { return c.WriteSeed(ctx, t.ID, seed) },
			"seed with another key":    func() error { return c.WriteSeed(ctx, t.ID, kept) },
			"password":                 func() error { return c.SetPassword(ctx, t.UUID, "root", "longenough") },
			"console":                  func() error { _, err := c.Console(ctx, t.UUID); return err },
			"screen":                   func() error { _, err := c.VNC(ctx, t.UUID); return err },
			"kept disks": func() error {
				return c.TakeOver(ctx, t.ID, taskdir.Claim{TaskID: "aaaaaaaaaaaaaaaaaaaaaa", RentID: t.RentID, Wallet: t.Renter})
			},
			"folder for another": func() error {
				return c.MakeSystem(ctx, t.ID, taskdir.Claim{TaskID: t.ID, RentID: t.RentID + 1, Wallet: t.Renter}, image.Image{Name: t.Image}, t.SystemGiB)
			},
		} {
			if try() == nil {
				list = append(list, what)
			}
		}
	}
	return list
}
