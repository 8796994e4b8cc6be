package devnet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/google/renameio/v2"

	"github.com/dbc-network/dbc/chain"
)

// ChainID is the same for every devnet, so that wallets and tools know it.
const ChainID = "dbc-devnet-1"

// genesisMaker creates the home of a chain with one validator.
type genesisMaker struct {
	dbcd, home, keys string
	accounts         map[string]string
	fast             bool
	// pause is that between two blocks.
	pause time.Duration
}

// ensure creates the chain's home unless it exists. It is created in a
// temporary folder and renamed, so that a kill leaves either none or a complete
// one.
func (g genesisMaker) ensure(ctx context.Context) error {
	final := g.home
	if _, err := os.Stat(final); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	g.home = final + ".new"
	if err := os.RemoveAll(g.home); err != nil {
		return fmt.Errorf("clear %s: %w", g.home, err)
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return fmt.Errorf("make the chain's folder: %w", err)
	}
	if err := g.make(ctx); err != nil {
		return fmt.Errorf("make the genesis: %w", err)
	}
	return os.Rename(g.home, final)
}

func (g genesisMaker) make(ctx context.Context) error {
	if err := g.run(ctx, "init", "val0", "--chain-id", ChainID, "--default-denom", chain.Denom); err != nil {
		return err
	}
	if err := g.edit(); err != nil {
		return err
	}
	for _, name := range []string{Validator, Owner, Operator, Faucet} {
		if err := g.run(ctx, "genesis", "add-genesis-account", g.accounts[name], coin(allotment[name])); err != nil {
			return err
		}
	}
	if err := g.run(ctx, "genesis", "gentx", Validator, coin(validatorStake), "--chain-id", ChainID,
		"--keyring-backend", "test", "--keyring-dir", g.keys); err != nil {
		return err
	}
	if err := g.run(ctx, "genesis", "collect-gentxs"); err != nil {
		return err
	}
	if err := g.run(ctx, "genesis", "validate"); err != nil {
		return err
	}
	return g.editConfig()
}

// run shows the program's output only if it fails.
func (g genesisMaker) run(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, g.dbcd, append(args, "--home", g.home)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("dbcd %s %s: %w: %s", args[0], args[1], err, lastLines(said.Bytes()))
	}
	return nil
}

func coin(udbc uint64) string { return strconv.FormatUint(udbc, 10) + chain.Denom }

// edits are the differences of a devnet from a main network's genesis;
// fastEdits are added with --fast.
var edits = map[string]map[string]any{
	"rental": {"duration_unit": "30s", "min_duration": "60s"},
}

var fastEdits = map[string]map[string]any{
	"rental":  {"trial_window": "60s", "trial_cooldown": "60s", "max_outage": "60s"},
	"machine": {"answer_window": "30s", "drain_notice": "60s", "unbonding_time": "60s", "gpu_cooldown": "60s"},
}

func (g genesisMaker) edit() error {
	path := filepath.Join(g.home, "config", "genesis.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read genesis: %w", err)
	}
	all := []map[string]map[string]any{edits}
	if g.fast {
		all = append(all, fastEdits)
	}
	for _, modules := range all {
		for module, params := range modules {
			if text, err = setParams(text, module, params); err != nil {
				return err
			}
		}
	}
	if err := renameio.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write genesis: %w", err)
	}
	return nil
}

// setParams changes parameters of a module. An unknown parameter is an error:
// otherwise a renamed one would silently keep its default.
func setParams(genesis []byte, module string, params map[string]any) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(genesis))
	decoder.UseNumber()
	var doc map[string]any
	if err := decoder.Decode(&doc); err != nil {
		return nil, fmt.Errorf("parse genesis: %w", err)
	}
	at := doc
	for _, key := range []string{"app_state", module, "params"} {
		next, ok := at[key].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("genesis of module %s has no %s", module, key)
		}
		at = next
	}
	for key, value := range params {
		if _, ok := at[key]; !ok {
			return nil, fmt.Errorf("genesis of module %s has no parameter %s", module, key)
		}
		at[key] = value
	}
	return json.MarshalIndent(doc, "", "  ")
}

var timeoutCommit = regexp.MustCompile(`(?m)^timeout_commit = .*$`)

// editConfig sets what dbcd start has no flag for.
func (g genesisMaker) editConfig() error {
	path := filepath.Join(g.home, "config", "config.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read config.toml: %w", err)
	}
	if len(timeoutCommit.FindAll(text, -1)) != 1 {
		return errors.New("config.toml has no timeout_commit")
	}
	text = timeoutCommit.ReplaceAll(text, []byte(`timeout_commit = "`+g.pause.String()+`"`))
	if err := renameio.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write config.toml: %w", err)
	}
	return nil
}
