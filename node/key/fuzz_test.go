package key_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/key"
)

// FuzzLoad verifies that a key file is either loaded or refused with an error
// that does not quote it.
func FuzzLoad(f *testing.F) {
	path := filepath.Join(f.TempDir(), "good")
	if _, err := key.Create(path); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := key.Load(path)
		if err == nil && len(k.MachineID()) != 64 {
			t.Errorf("machine %q", k.MachineID())
		}
		if err != nil && len(text) > 40 && strings.Contains(err.Error(), base64.StdEncoding.EncodeToString(text)) {
			t.Errorf("%v quotes the key", err)
		}
	})
}
