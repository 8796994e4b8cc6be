package key_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/key"
)

func TestCreateThenLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dat", "node.key")
	made, err := key.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	again, err := key.Create(path)
	if err != nil || again.MachineID() != made.MachineID() {
		t.Fatalf("a second Create made another key: %v", err)
	}
	public, err := hex.DecodeString(again.MachineID())
	if err != nil || len(public) != ed25519.PublicKeySize {
		t.Fatalf("machine_id %q", again.MachineID())
	}
	if !ed25519.Verify(public, []byte("x"), again.Sign([]byte("x"))) {
		t.Error("the signature does not verify under the machine_id")
	}
	secret := hex.EncodeToString(made.Private().Seed())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if strings.Contains(fmt.Sprintf(verb, made), secret) {
			t.Errorf("%s prints the secret", verb)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if _, err := key.Create(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want error
	}{
		"readable by the group": {string(text), 0o640, key.ErrMode},
		"readable by all":       {string(text), 0o604, key.ErrMode},
		"empty":                 {"", 0o600, key.ErrFormat},
		"two keys":              {string(text) + string(text), 0o600, key.ErrFormat},
		"garbage":               {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0o600, key.ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := key.Load(path); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}
