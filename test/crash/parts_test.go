package crash

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/dbc-network/dbc/node/helper"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/node/taskdir"
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
		Socket: s.Socket, Owner: owner, Emulation: true, Cache: filepath.Dir(s.Ledger), Logger: log,
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
		"binding":       func() error { return os.WriteFile(filepath.Join(s.Data, "binding.json"), nil, 0o600) },
		"ip forwarding": func() error { return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600) },
		"root again":    func() error { return os.Chown(s.Journal, 0, 0) },
	} {
		if try() == nil {
			list = append(list, what)
		}
	}
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
