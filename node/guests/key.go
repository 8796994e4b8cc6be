package guests

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// The files of the helper's key, in the data folder: one is root's alone, the other
// is for all to read.
const (
	keyName    = "helper.key"
	publicName = "helper.pub"
)

// ErrKey means: the helper's key can't be read, and is left as it is.
var ErrKey = errors.New("not a key of the helper")

// CreateKey makes the helper's own key below a data folder where there is none, and
// writes its public half beside it. The process that faces the network never sees it.
func CreateKey(data string) (ed25519.PublicKey, error) {
	path := filepath.Join(data, keyName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		seed := make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // never fails: crypto/rand ends the process instead
		text = []byte(hex.EncodeToString(seed) + "\n")
		err = renameio.WriteFile(path, text, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("make the helper's key: %w", err)
	}
	seed, err := parseHex(path, text, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	public := ed25519.PublicKey(ed25519.NewKeyFromSeed(seed)[ed25519.SeedSize:]) // RFC 8032: its second half
	if have, err := PublicKey(data); err == nil && public.Equal(have) {
		return public, nil
	}
	if err := renameio.WriteFile(filepath.Join(data, publicName), []byte(hex.EncodeToString(public)+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("write the helper's public key: %w", err)
	}
	return public, nil
}

// PublicKey returns the public half of the helper's key, or nil where no helper has
// run yet.
func PublicKey(data string) (ed25519.PublicKey, error) {
	path := filepath.Join(data, publicName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the helper's public key: %w", err)
	}
	return parseHex(path, text, ed25519.PublicKeySize)
}

func parseHex(path string, text []byte, size int) ([]byte, error) {
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != size {
		return nil, fmt.Errorf("%w: %s: want %d hex digits", ErrKey, path, 2*size)
	}
	return raw, nil
}
