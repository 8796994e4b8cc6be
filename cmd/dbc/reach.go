package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// probeLimit is how long a client node of this computer may take to accept a
// connection.
const probeLimit = time.Second

// machine returns one machine's API, through the client node that --node or the
// defaults name; if none runs, directly from this process.
func (s *settings) machine(ctx context.Context, w *market.Wallet, machineID string) (*client.Node, error) {
	via, err := s.via(ctx, machineID)
	if err != nil {
		return nil, err
	}
	via.DryRun, via.ChainID, via.MachineID, via.Signer = s.dryRun, s.chainID, machineID, w
	n, err := client.NewNode(via)
	if err != nil {
		return nil, &usageError{err}
	}
	return n, nil
}

// anonymous returns a machine's API for calls with an authority of their own:
// requests are signed with nobody's key.
func (s *settings) anonymous(cmd *cobra.Command, machineID string) (*client.Node, error) {
	via, err := s.via(cmd.Context(), machineID)
	if err != nil {
		return nil, err
	}
	key, _, err := client.NewSessionKey()
	if err != nil {
		return nil, err
	}
	via.DryRun, via.ChainID, via.MachineID, via.Signer = s.dryRun, s.chainID, machineID, auth.NewSigner(key)
	n, err := client.NewNode(via)
	if err != nil {
		return nil, &usageError{err}
	}
	return n, nil
}

// via is the route to a machine: URL and HTTP client.
func (s *settings) via(ctx context.Context, machineID string) (client.NodeConfig, error) {
	switch {
	case s.node == direct, s.peers != nil:
	case s.node != "":
		return client.NodeConfig{URL: s.node}, nil
	case listens(ctx, s.nodeDefault):
		return client.NodeConfig{URL: s.nodeDefault}, nil
	}
	if err := openPeers(ctx, s); err != nil {
		return client.NodeConfig{}, err
	}
	return client.NodeConfig{
		URL:  "http://" + machineID,
		HTTP: client.NewHTTP(s.peers.Transport()), Streams: client.NewHTTP(s.peers.Streams()),
	}, nil
}

// openPeers makes this process a client of nodes for as long as it runs.
func openPeers(ctx context.Context, s *settings) error {
	if s.peers != nil {
		return nil
	}
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	home, err := s.homeDir()
	if err != nil {
		return err
	}
	peers, err := conf.LoadPeers(filepath.Join(home, "peer.conf"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.peers, err = node.Dialer(s.chainID, peers, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	s.onClose(func() { _ = s.peers.Close() })
	return nil
}

// listens reports whether somebody accepts connections at a URL.
func listens(ctx context.Context, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	dialer := net.Dialer{Timeout: probeLimit}
	conn, err := dialer.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
