package commands

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/test/page"
)

const repository = "../.."

// TestDemo follows the README, but builds nothing again.
func TestDemo(t *testing.T) {
	bin := toolsOf(t)
	built := "BASH_FUNC_make%%=() { command make -o setup -o build -o tiny \"$@\"; }"
	env := []string{"DBC_HOME=" + t.TempDir(), "DBC_WALLET=", "TZ=UTC", built}
	resetAfter(t, bin, env)
	page.NewReader(t, repository, env).Follow(blocksOf(t, "README.md", "demo"))
}

// TestGuide follows the guide, which starts a devnet of its own.
func TestGuide(t *testing.T) {
	bin := toolsOf(t)
	home := homeOf(t)
	env := environment(bin, home)
	resetAfter(t, bin, env)
	page.NewReader(t, home, env).Follow(blocksOf(t, "docs/guide.md", "guide"))
}

// resetAfter deletes what a devnet leaves.
func resetAfter(t *testing.T, bin string, env []string) {
	t.Helper()
	t.Cleanup(func() {
		reset := exec.Command(filepath.Join(bin, "dbc"), "devnet", "reset")
		reset.Env = append(os.Environ(), env...)
		if said, err := reset.CombinedOutput(); err != nil {
			t.Errorf("reset: %v: %s", err, said)
		}
	})
}

// teamRents rents a slot for a wallet that two of three members move.
const teamRents = `set -e
export DBC_WALLET=
for member in ann ben cleo; do dbc wallet create $member; done
dbc wallet faucet ann
keys="--keyring-backend test --keyring-dir $DBC_HOME/keys"
dbcd keys add team --multisig ann,ben,cleo --multisig-threshold 2 $keys
dbc wallet send --yes $(dbcd keys show team -a $keys) 100 --wallet ann
dbc cancel 3 --cause changed-mind --wallet olga
chain="--chain-id dbc-devnet-1 --node $RPC $keys"
dbcd tx rental rent-machine $MACHINE 1h --slots 1 --from team --generate-only --gas 500000 --fees 5000udbc $chain > rent.json
for member in ann ben; do dbcd tx sign rent.json --from $member --multisig $(dbcd keys show team -a $keys) --output-document rent.$member $chain; done
dbcd tx multi-sign rent.json team rent.ann rent.ben --output-document rent.signed $chain
dbcd tx broadcast rent.signed $chain
until dbc rentals --wallet team | grep trial; do sleep 0.3; done
set +e`

// TestClientPage follows the page for renters on a devnet on which nothing was
// rented yet.
func TestClientPage(t *testing.T) {
	bin := toolsOf(t)
	home := homeOf(t)
	info := startAt(t, bin, filepath.Join(home, ".dbc"))
	r := page.NewReader(t, home, append(environment(bin, home), "MACHINE="+info.MachineID, "RPC="+info.RPC, "DBC_HOME="+info.Home))
	r.Follow(blocksOf(t, "docs/client.md", "client"))
	r.Prepare(teamRents)
	r.Follow(blocksOf(t, "docs/client.md", "team"))
}

func environment(bin, home string) []string {
	return []string{"HOME=" + home, "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "DBC_HOME=", "DBC_WALLET=", "TZ=UTC"}
}

func blocksOf(t *testing.T, name, scenario string) []page.Block {
	t.Helper()
	blocks, err := page.Of(repository, name, scenario)
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

// homeOf returns a home folder with an SSH key.
func homeOf(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	key := filepath.Join(home, ".ssh", "id_ed25519")
	if err := os.Mkdir(filepath.Dir(key), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	return home
}

// toolsOf returns the folder of the programs.
func toolsOf(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("needs root: run scripts/test.sh")
	}
	bin, err := filepath.Abs(programs)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}
