// Package fake follows the pages that need no virtual machines, as a user who has nothing
// but the programs. It needs those that make build builds, and ssh.
package fake

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/test/page"
)

// TestDevnetPage comes before the others, which are parallel: its page shows the ports that
// the first devnet of a computer has.
func TestDevnetPage(t *testing.T) { follow(t, "docs/devnet.md", "fake") }

func TestDemoPage(t *testing.T) {
	t.Parallel() // each has its own home and ports
	follow(t, "docs/devnet.md", "walking")
}

func TestBackupPage(t *testing.T) {
	t.Parallel()
	follow(t, "docs/backup.md", "backup")
}

// follow types a page's commands in a home of its own.
func follow(t *testing.T, name, scenario string) {
	t.Helper()
	home := t.TempDir()
	key := filepath.Join(home, ".ssh", "id_ed25519")
	if err := os.Mkdir(filepath.Dir(key), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := page.Of("../..", name, scenario)
	if err != nil {
		t.Fatal(err)
	}
	page.NewReader(t, home, []string{
		"HOME=" + home, "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "DBC_HOME=", "DBC_WALLET=", "TZ=UTC",
	}).Follow(blocks)
}
