package testnet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dbc-network/dbc/chain"
)

const (
	millionDBC = "1000000000000" + chain.Denom
	selfStake  = "500000000000" + chain.Denom
	// keyName is the validator's key in its home's keyring.
	keyName = "validator"
)

// makeGenesis makes it as a network's founders do: each validator signs its
// own transaction, and the first collects them.
func (n *Net) makeGenesis(ctx context.Context, cfg Config) error {
	first := n.Validators[0]
	for _, v := range n.Validators {
		if err := v.run(ctx, "init", filepath.Base(v.Home), "--chain-id", ChainID, "--default-denom", chain.Denom); err != nil {
			return err
		}
		if err := v.makeKey(); err != nil {
			return err
		}
	}
	if err := first.setParams(cfg.Params); err != nil {
		return err
	}
	rich := append([]string(nil), cfg.Rich...)
	for _, v := range n.Validators {
		rich = append(rich, v.Address)
	}
	if err := first.enrich(ctx, rich); err != nil {
		return err
	}
	for _, v := range n.Validators {
		if err := copyFile(first.Genesis(), v.Genesis()); err != nil {
			return err
		}
		gentx := filepath.Join(first.Home, "config", "gentx", filepath.Base(v.Home)+".json")
		if err := os.MkdirAll(filepath.Dir(gentx), 0o755); err != nil {
			return fmt.Errorf("make folder of genesis transactions: %w", err)
		}
		if err := v.run(ctx, "genesis", "gentx", keyName, selfStake, "--chain-id", ChainID,
			"--keyring-backend", "test", "--output-document", gentx); err != nil {
			return err
		}
	}
	if err := first.run(ctx, "genesis", "collect-gentxs"); err != nil {
		return err
	}
	for _, v := range n.Validators[1:] {
		if err := copyFile(first.Genesis(), v.Genesis()); err != nil {
			return err
		}
	}
	return first.run(ctx, "genesis", "validate")
}

// Genesis is the file that its chain begins with.
func (v *Validator) Genesis() string { return filepath.Join(v.Home, "config", "genesis.json") }

// enrich gives each address a million DBC.
func (v *Validator) enrich(ctx context.Context, addresses []string) error {
	type account struct {
		Address string              `json:"address"`
		Coins   []map[string]string `json:"coins"`
	}
	var accounts []account
	for _, address := range addresses {
		amount := strings.TrimSuffix(millionDBC, chain.Denom)
		accounts = append(accounts, account{address, []map[string]string{{"denom": chain.Denom, "amount": amount}}})
	}
	text, err := json.Marshal(accounts)
	if err != nil {
		return fmt.Errorf("list accounts: %w", err)
	}
	list := filepath.Join(v.Home, "accounts.json")
	if err := os.WriteFile(list, text, 0o644); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	return v.run(ctx, "genesis", "bulk-add-genesis-account", list)
}

// setParams changes parameters of modules. One that is not there is an error:
// a renamed parameter would else silently keep its default.
func (v *Validator) setParams(modules map[string]map[string]any) error {
	text, err := os.ReadFile(v.Genesis())
	if err != nil {
		return fmt.Errorf("read genesis: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var doc map[string]any
	if err := decoder.Decode(&doc); err != nil {
		return fmt.Errorf("parse genesis: %w", err)
	}
	for name, params := range modules {
		at := doc
		for _, key := range []string{"app_state", name, "params"} {
			next, ok := at[key].(map[string]any)
			if !ok {
				return fmt.Errorf("genesis of module %s has no %s", name, key)
			}
			at = next
		}
		for key, value := range params {
			if _, ok := at[key]; !ok {
				return fmt.Errorf("genesis of module %s has no parameter %s", name, key)
			}
			at[key] = value
		}
	}
	if text, err = json.MarshalIndent(doc, "", "  "); err != nil {
		return fmt.Errorf("write genesis: %w", err)
	}
	return os.WriteFile(v.Genesis(), text, 0o644)
}

// run runs a command of the daemon on a validator's home. Its words are shown only when it fails.
func (v *Validator) run(ctx context.Context, args ...string) error {
	_, err := v.Query(ctx, args...)
	return err
}

// Query is what a command of the daemon prints.
func (v *Validator) Query(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, v.dbcd, append(args, "--home", v.Home)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("dbcd %s: %w: %s", strings.Join(args[:min(2, len(args))], " "), err, bytes.TrimSpace(said.Bytes()))
	}
	return out.Bytes(), nil
}

func copyFile(from, to string) error {
	if from == to {
		return nil
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return os.WriteFile(to, text, 0o644)
}
