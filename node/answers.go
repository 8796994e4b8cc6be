package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dbc-network/dbc/node/challenge"
	"github.com/dbc-network/dbc/node/operator"
)

// openAnswers prepares the loop that answers challenges. Its wakes are its
// own: a slow answer must not hold up the VMs.
func (p *parts) openAnswers(ctx context.Context) error {
	cfg := challenge.Config{Key: p.key, ChainID: p.binding.ChainID}
	if p.cfg.OperatorKey != "" {
		dir, err := p.cfg.keyringDir()
		if err != nil {
			return err
		}
		k, err := operator.Open(operator.Config{
			Name: p.cfg.OperatorKey, Dir: dir, Test: devNetwork(p.cfg.ChainID),
			PassphraseFile: p.cfg.KeyringPassphraseFile,
		})
		if err != nil {
			return fmt.Errorf("open operator_key=%s: %w", p.cfg.OperatorKey, err)
		}
		cfg.Operator = k
	}
	wakes, err := p.chain.Watch(ctx)
	if err != nil {
		return err
	}
	p.answers = challenge.New(cfg, challenge.Deps{Chain: p.chain, Log: p.log, Wakes: wakes})
	return nil
}

// keyringDir is keyring_dir, or the wallets of dbc and dbcd.
func (c Config) keyringDir() (string, error) {
	if c.KeyringDir != "" {
		return c.KeyringDir, nil
	}
	home := os.Getenv("DBC_HOME")
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the keyring (or set keyring_dir): %w", err)
		}
		home = filepath.Join(user, ".dbc")
	}
	return filepath.Join(home, "keys"), nil
}
