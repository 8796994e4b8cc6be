package devnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// startClient starts the client node and returns when the mining node is among
// its peers. It needs no privileges.
func (d *devnet) startClient(ctx context.Context) error {
	if err := d.configureClient(); err != nil {
		return err
	}
	//nolint:noctx // outlives the start; stop ends it in its turn
	cmd := exec.Command(d.cfg.Programs.Dbc, "node", "start", "--home", d.paths.client)
	var err error
	if d.client, err = start("client node", d.logFile("client0"), cmd, true); err != nil {
		return err
	}
	d.info.Processes["client0"] = d.client.Process
	return until(ctx, "the client node's API", d.client, func() bool {
		return answers(ctx, d.info.Client, func(s api.ClientRoot) bool { return s.Doubt == "" && s.Peers > 0 })
	})
}

// configureClient rewrites the configuration, as for the mining node.
func (d *devnet) configureClient() error {
	peers := filepath.Join(d.paths.client, conf.PeerFile)
	for _, file := range []string{filepath.Join(d.paths.client, conf.ConfFile), peers} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("replace the client node's configuration: %w", err)
		}
	}
	port := func(p uint16) string { return strconv.Itoa(int(p)) }
	if _, err := node.Init(d.paths.client, conf.RoleClient, map[string]string{
		"chain_id": ChainID, "chain_grpc": d.info.GRPC, "chain_rpc": d.info.RPC, "chain_rest": d.info.REST,
		"net_listen_ip": "127.0.0.1", "net_listen_port": port(d.ports.ClientP2P), "http_port": port(d.ports.Client),
		"faucet_key": Faucet, "keyring_dir": d.keys(),
	}); err != nil {
		return fmt.Errorf("configure the client node: %w", err)
	}
	if err := os.WriteFile(peers, []byte("peer="+local(d.ports.NodeP2P)+"\n"), 0o644); err != nil {
		return fmt.Errorf("configure the client node: %w", err)
	}
	return nil
}

// answers reports whether a node returns a status that satisfies ok.
func answers[Status any](ctx context.Context, url string, ok func(Status) bool) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+api.PathRoot, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	var reply struct {
		Message Status `json:"message"`
	}
	if json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&reply) != nil {
		return false
	}
	return res.StatusCode == http.StatusOK && ok(reply.Message)
}
