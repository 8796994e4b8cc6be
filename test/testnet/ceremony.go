package testnet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/dbc-network/dbc/networks"
)

// Found makes homes of validators as the founders of a network in dir do: each signs
// its transaction, dbcd genesis ceremony makes the genesis of them, and each takes its
// genesis and its peers from the network by dbcd init --network. It starts nothing.
// Of cfg, only Dir, Dbcd and Validators count.
func Found(ctx context.Context, cfg Config, dir string) (*Net, error) {
	n := &Net{}
	if err := describe(dir, nil); err != nil {
		return nil, err
	}
	for i := range cfg.Validators {
		v, err := newValidator(ctx, cfg, i)
		if err != nil {
			return nil, err
		}
		n.Validators = append(n.Validators, v)
		if err := v.offer(ctx, dir); err != nil {
			return nil, err
		}
	}
	if err := n.Validators[0].run(ctx, "genesis", "ceremony", dir); err != nil {
		return nil, err
	}
	var peers []map[string]string
	for _, v := range n.Validators {
		at, err := v.PeerID()
		if err != nil {
			return nil, err
		}
		id, address, _ := bytes.Cut([]byte(at), []byte("@"))
		peers = append(peers, map[string]string{"id": string(id), "address": string(address)})
	}
	if err := describe(dir, peers); err != nil {
		return nil, err
	}
	for _, v := range n.Validators {
		if err := v.run(ctx, "init", filepath.Base(v.Home), "--network", dir, "--overwrite"); err != nil {
			return nil, err
		}
		v.fromFile = true
		if err := v.configure(false); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// offer makes a validator's keys and its transaction.
func (v *Validator) offer(ctx context.Context, dir string) error {
	if err := v.run(ctx, "init", filepath.Base(v.Home), "--chain-id", ChainID); err != nil {
		return err
	}
	if err := v.makeKey(); err != nil {
		return err
	}
	if err := v.enrich(ctx, []string{v.Address}); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(v.p2p)
	if err != nil {
		return fmt.Errorf("split p2p address: %w", err)
	}
	return v.run(ctx, "genesis", "gentx", keyName, selfStake, "--chain-id", ChainID, "--keyring-backend", "test",
		"--moniker", filepath.Base(v.Home), "--ip", host, "--p2p-port", port,
		"--output-document", filepath.Join(dir, networks.GentxFolder, filepath.Base(v.Home)+".json"))
}

// describe writes a network's description, made from that of the public test network.
func describe(dir string, peers []map[string]string) error {
	from, err := packaged()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, networks.GentxFolder), 0o755); err != nil {
		return fmt.Errorf("make network's folder: %w", err)
	}
	if err := copyFile(filepath.Join(from, networks.AssetsFile), filepath.Join(dir, networks.AssetsFile)); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(from, networks.ChainFile))
	if err != nil {
		return fmt.Errorf("read %s: %w", networks.ChainFile, err)
	}
	var chain map[string]any
	if err := json.Unmarshal(text, &chain); err != nil {
		return fmt.Errorf("parse %s: %w", networks.ChainFile, err)
	}
	chain["peers"] = map[string]any{"seeds": []string{}, "persistent_peers": peers}
	if text, err = json.Marshal(chain); err != nil {
		return fmt.Errorf("write %s: %w", networks.ChainFile, err)
	}
	if err := os.WriteFile(filepath.Join(dir, networks.ChainFile), text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", networks.ChainFile, err)
	}
	terms := filepath.Join(dir, networks.TermsFile)
	if _, err := os.Stat(terms); err == nil {
		return nil // its time is part of the genesis that was made by it
	}
	if text, err = os.ReadFile(filepath.Join(from, networks.TermsFile)); err != nil {
		return fmt.Errorf("read %s: %w", networks.TermsFile, err)
	}
	past := time.Now().UTC().Add(-time.Minute).Format("2006-01-02T15:04:05Z")
	return os.WriteFile(terms, bytes.Replace(text, []byte("2027-02-01T12:00:00Z"), []byte(past), 1), 0o644)
}
