package gpu

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/test/netns"
)

const (
	// address is the emulated computer's, gateway the one by which it reaches what
	// listens on loopback outside.
	address, gateway = "203.0.113.7", "203.0.113.2"
	renters          = "198.51.100.1"
	nodePort         = "5011"
	// passphrase of all wallets, which is required because the chain is no devnet.
	passphrase = "a-passphrase"
	operator   = "operator"
)

// chain is one of a single validator, on this computer: an emulated one would take
// minutes for what this one does in seconds. It and the wallets are in a network
// namespace, where the emulated computer has its public address.
type chain struct {
	t       *testing.T
	dir     string
	outside *netns.Space
	// addresses of wallets by name.
	addresses map[string]string
}

// changes are what a renter of minutes needs.
var changes = map[string]string{
	`"duration_unit": "\d+s"`: `"duration_unit": "30s"`, `"min_duration": "\d+s"`: `"min_duration": "60s"`, `"trial_cooldown": "\d+s"`: `"trial_cooldown": "0s"`,
}

// startChain starts it, with an account for each of its wallets.
func startChain(t *testing.T) *chain {
	t.Helper()
	c := &chain{t: t, dir: t.TempDir(), outside: netns.New(t), addresses: map[string]string{}}
	for _, a := range []string{address, renters} {
		c.run("ip", "address", "add", a+"/32", "dev", "lo")
	}
	// Else who connects to the computer would come from its own address.
	c.run("ip", "route", "change", "local", address, "dev", "lo", "table", "local", "src", renters)
	c.dbcd("init", "host", "--chain-id", chainID, "--default-denom", "udbc")
	c.dbcd("keys", "add", "validator", "--keyring-backend", "test")
	c.dbcd("genesis", "add-genesis-account", "validator", "1000000000000udbc", "--keyring-backend", "test")
	for _, name := range []string{"owner", operator, "one", "two"} {
		var made struct{ Address string }
		c.ask(&made, "", "wallet", "create", name, "--home", c.home(name), "--chain-id", chainID)
		c.addresses[name] = made.Address
		c.dbcd("genesis", "add-genesis-account", made.Address, "100000000000udbc")
	}
	c.change("genesis.json", changes)
	c.dbcd("genesis", "gentx", "validator", "500000000000udbc", "--keyring-backend", "test", "--chain-id", chainID)
	c.dbcd("genesis", "collect-gentxs")
	c.change("config.toml", map[string]string{`(?m)^timeout_commit = .*$`: `timeout_commit = "1s"`})
	c.start()
	return c
}

func (c *chain) change(file string, changes map[string]string) {
	c.t.Helper()
	path := filepath.Join(c.dir, "chain/config", file)
	text, err := os.ReadFile(path)
	must(c.t, err)
	for from, to := range changes {
		line := regexp.MustCompile(from)
		if n := len(line.FindAll(text, -1)); n != 1 {
			c.t.Fatalf("%s has %d times %s, want one", path, n, from)
		}
		text = line.ReplaceAll(text, []byte(to))
	}
	must(c.t, os.WriteFile(path, text, 0o644))
}

// start runs the daemon until the test ends, and waits for its first block.
func (c *chain) start() {
	c.t.Helper()
	cmd := exec.Command(repository+"/bin/dbcd", "start", "--home", c.home("chain"), "--minimum-gas-prices", "0.01udbc", "--log_no_color")
	said, err := os.Create(filepath.Join(c.dir, "dbcd"))
	must(c.t, err)
	cmd.Stdout, cmd.Stderr = said, said
	must(c.t, c.outside.Do(cmd.Start))
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	c.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if text, _ := os.ReadFile(said.Name()); c.t.Failed() {
			c.t.Logf("dbcd: %s", text[max(0, len(text)-2000):])
		}
	})
	until(c.t, "the chain's first block", func() bool {
		select {
		case <-ended:
			c.t.Fatal("dbcd has ended")
		default:
		}
		_, err := c.try("dbcd", "query", "machine", "params", "--home", c.home("chain"))
		return err == nil
	})
}

// home is the folder of a wallet: only the operator's is the host's, too.
func (c *chain) home(name string) string {
	if name == operator || name == "chain" {
		return filepath.Join(c.dir, name)
	}
	return filepath.Join(c.dir, "wallets")
}

// run runs a program of this computer outside of the emulated one.
func (c *chain) run(name string, args ...string) string {
	c.t.Helper()
	out, err := c.try(name, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func (c *chain) try(name string, args ...string) (string, error) {
	if program := filepath.Join(repository, "bin", name); exists(program) {
		name = program
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DBC_PASSPHRASE="+passphrase, "HOME="+c.dir)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := c.outside.Do(cmd.Start)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s%s", filepath.Base(name), strings.Join(args, " "), err, &out, &said)
	}
	return strings.TrimSpace(out.String()), nil
}

func (c *chain) dbcd(args ...string) string {
	c.t.Helper()
	return c.run("dbcd", append(args, "--home", c.home("chain"))...)
}

// as are the arguments by which dbc acts for a wallet, and reaches the machine
// without anybody between them.
func (c *chain) as(wallet string, args ...string) []string {
	if wallet != "" {
		args = append(args, "--home", c.home(wallet), "--wallet", wallet, "--node", "direct")
	}
	return args
}

func (c *chain) dbc(wallet string, args ...string) string {
	c.t.Helper()
	return c.run("dbc", c.as(wallet, args...)...)
}

// ask runs dbc with --json.
func (c *chain) ask(reply any, wallet string, args ...string) {
	c.t.Helper()
	if out := c.dbc(wallet, append(args, "--json")...); json.Unmarshal([]byte(out), reply) != nil {
		c.t.Fatalf("dbc %q: %s", args, out)
	}
}
