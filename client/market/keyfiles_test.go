package market

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	files "github.com/99designs/keyring"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/keys/keystest"
)

func testRing(t *testing.T, home string, left int) *Keyring {
	t.Helper()
	k, err := OpenKeyring(home, keyring.BackendTest, nil)
	if err != nil {
		t.Fatal(err)
	}
	if left >= 0 {
		k.files = &keystest.Dying{Keyring: k.files, Left: left}
		k.ring = keyring.NewInMemoryWithKeyring(k.files, k.cdc)
	}
	return k
}

// TestRenameLosesNoWallet: whatever step is the last, the key can be found by its
// address and by a name, and renaming again completes it.
func TestRenameLosesNoWallet(t *testing.T) {
	t.Parallel()
	for left := 0; ; left++ {
		home := t.TempDir()
		made, _, err := testRing(t, home, -1).Create("before")
		if err != nil {
			t.Fatal(err)
		}
		failed := testRing(t, home, left).Rename("before", "after")
		if failed != nil && !errors.Is(failed, keystest.ErrKilled) {
			t.Fatal(failed)
		}
		after := testRing(t, home, -1)
		found, err := after.Wallet(made.Address())
		if err != nil {
			t.Fatalf("after %d steps: %v", left, err)
		}
		sign, err := found.Sign(t.Context(), "text")
		if err != nil {
			t.Fatalf("after %d steps: %v", left, err)
		}
		if address, err := auth.VerifySign("text", sign); err != nil || address != made.Address() {
			t.Fatalf("after %d steps: %s %v", left, address, err)
		}
		if _, err := after.Wallet(found.Name); err != nil {
			t.Errorf("after %d steps, %s: %v", left, found.Name, err)
		}
		if failed == nil {
			if left < 3 {
				t.Errorf("%d steps are too few to rename safely", left)
			}
			break
		}
		if err := after.Rename("before", "after"); err != nil {
			t.Errorf("after %d steps, again: %v", left, err)
		}
		if names, err := Names(home, keyring.BackendTest); err != nil || fmt.Sprint(names) != "[after]" {
			t.Errorf("after %d steps: %v %v", left, names, err)
		}
	}
}

// TestCreateKilled: a wallet without its index is found by its address all the same.
func TestCreateKilled(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if _, _, err := testRing(t, home, 1).Create("half"); !errors.Is(err, keystest.ErrKilled) {
		t.Fatal(err)
	}
	k := testRing(t, home, -1)
	half, err := k.Wallet("half")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := k.Wallet(half.Address()); err != nil || found.Name != "half" {
		t.Errorf("%v", err)
	}
}

// TestKeyFilesAreReplaced: what is being written is never seen in parts, and
// nothing else stays behind.
func TestKeyFilesAreReplaced(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	dir := folder(home, keyring.BackendTest)
	k := testRing(t, home, -1)
	for name, age := range map[string]time.Duration{"old": 2 * stageLife, "running": 0} {
		stage := filepath.Join(filepath.Dir(dir), stagePrefix+name)
		if err := os.MkdirAll(stage, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(stage, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	for _, data := range []string{"old", "new"} {
		if err := k.files.Set(files.Item{Key: "one.info", Data: []byte(data)}); err != nil {
			t.Fatal(err)
		}
		if data == "old" {
			if err := os.Link(filepath.Join(dir, "one.info"), filepath.Join(dir, "before.info")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), stagePrefix+"old")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a killed command left is there: %v", err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(dir), stagePrefix+"running")); err != nil {
		t.Errorf("another command's stage: %v", err)
	}
	for key, want := range map[string]string{"one.info": "new", "before.info": "old"} {
		if item, err := k.files.Get(key); err != nil || string(item.Data) != want {
			t.Errorf("%s: %q %v", key, item.Data, err)
		}
	}
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		entries, err := os.ReadDir(folder)
		if want := map[string]int{dir: 2, filepath.Dir(dir): 1}[folder]; err != nil || len(entries) != want {
			t.Errorf("%v %v, want %d", entries, err, want)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "one.info"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// TestDamagedKeyFile: the user is told which file it is, and what to do.
func TestDamagedKeyFile(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	k := testRing(t, home, -1)
	if _, _, err := k.Create("torn"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder(home, keyring.BackendTest), "torn.info")
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	_, one := k.Wallet("torn")
	_, all := k.Wallets()
	_, _, again := k.Create("torn")
	for _, err := range []error{one, all, again} {
		if err == nil || !strings.Contains(err.Error(), file+" is damaged; move it away and restore") {
			t.Errorf("%v", err)
		}
	}
}

// TestLeftStage: a wallet whose key is in place was made, whatever became of the folder
// in which it was encrypted: an error would hide its words from everybody.
func TestLeftStage(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	k := testRing(t, home, -1)
	stuck := errors.New("stuck")
	k.files.(*keyFiles).remove = func(string) error { return stuck }
	made, words, err := k.Create("alice")
	if err != nil || words == "" {
		t.Fatalf("%q %v", words, err)
	}
	if found, err := testRing(t, home, -1).Wallet("alice"); err != nil || found.Address() != made.Address() {
		t.Fatal(err)
	}
	// What could not be encrypted is an error, with what was left.
	refuse := errors.New("no passphrase")
	locked, err := openKeyFiles(filepath.Join(t.TempDir(), "keyring"), func(string) (string, error) { return "", refuse })
	if err != nil {
		t.Fatal(err)
	}
	locked.remove = func(string) error { return stuck }
	if err := locked.Set(files.Item{Key: "bob.info", Data: []byte("x")}); !errors.Is(err, refuse) || !errors.Is(err, stuck) {
		t.Error(err)
	}
}
