// Package key is the identity of a compute node: an ed25519 key in dat/node.key
// whose public half is the machine_id.
package key

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbc-network/dbc/durable"
)

const blockType = "PRIVATE KEY"

// Key signs for one machine. It prints as its machine_id, never as the secret.
type Key struct {
	private ed25519.PrivateKey
}

// Create generates a key in path with mode 0600. An existing key is kept and
// returned: a machine_id is bonded with a stake and must never be lost.
func Create(path string) (Key, error) {
	if k, err := Load(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, fmt.Errorf("make the key's folder: %w", err)
	}
	k, err := New()
	if err != nil {
		return Key{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return Key{}, fmt.Errorf("encode the key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der})
	// Written to a temporary file, synced and renamed, so that a kill leaves no
	// partial key.
	if err := durable.WriteFile(path, text, 0o600); err != nil {
		return Key{}, fmt.Errorf("write %s: %w", path, err)
	}
	return k, nil
}

// New generates a key without storing it.
func New() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	return Key{private}, nil
}

// Load reads the key from path. It refuses a file that users other than its
// owner may read or write.
func Load(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("read the node's key (dbc node init makes one): %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return Key{}, fmt.Errorf("%s has mode %04o, at most 0600 is allowed (chmod 600 it): %w", path, mode, ErrMode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("read the node's key: %w", err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != blockType || len(rest) != 0 {
		return Key{}, fmt.Errorf("%s is not one PEM private key: %w", path, ErrFormat)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		// The parser's own error could quote the key.
		return Key{}, fmt.Errorf("%s is not PKCS #8: %w", path, ErrFormat)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Key{}, fmt.Errorf("%s is not an ed25519 key: %w", path, ErrFormat)
	}
	return Key{private}, nil
}

// MachineID returns the public key in 64 lower-case hex digits.
func (k Key) MachineID() string {
	return hex.EncodeToString(k.private.Public().(ed25519.PublicKey))
}

// Sign returns the ed25519 signature of message, 64 bytes.
func (k Key) Sign(message []byte) []byte { return ed25519.Sign(k.private, message) }

// Private returns the private key, for signing replies.
func (k Key) Private() ed25519.PrivateKey { return k.private }

// String returns the machine_id, so that a key that is logged by mistake
// reveals nothing.
func (k Key) String() string { return k.MachineID() }

// GoString returns String, for %#v.
func (k Key) GoString() string { return k.MachineID() }

// Format prevents every other verb (%x, %+v) from printing the secret.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.MachineID())) }
