package guests

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestKey: the key is made once, is root's alone, and its public half is what others
// read; one that is damaged is left as it is.
func TestKey(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if none, err := PublicKey(data); none != nil || err != nil {
		t.Errorf("before there is one: %x, %v", none, err)
	}
	first, err := CreateKey(data)
	if err != nil {
		t.Fatal(err)
	}
	secret, public := filepath.Join(data, keyName), filepath.Join(data, publicName)
	for path, mode := range map[string]os.FileMode{secret: 0o600, public: 0o644} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want %v", path, info, err, mode)
		}
	}
	for _, before := range []string{"as it is", "killed before the public half", "another public half"} {
		switch before {
		case "killed before the public half":
			err = os.Remove(public)
		case "another public half":
			err = os.WriteFile(public, bytes.Repeat([]byte("a"), 64), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := CreateKey(data)
		if err != nil || !again.Equal(first) {
			t.Errorf("%s: %x, %v, want %x", before, again, err, first)
		}
		if told, err := PublicKey(data); err != nil || !first.Equal(told) {
			t.Errorf("%s: told are %x, %v", before, told, err)
		}
	}
	if err := os.WriteFile(secret, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateKey(data); !errors.Is(err, ErrKey) {
		t.Errorf("a damaged one: %v", err)
	}
	if text, err := os.ReadFile(secret); string(text) != "a" {
		t.Errorf("it is %q now, %v", text, err)
	}
}
