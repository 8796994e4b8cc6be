package client

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/durable"
)

// SessionKey is a session with its private key, stored in a file of mode 0600.
// Whoever has the file may act in the session.
type SessionKey struct {
	ChainID   string `json:"chain_id"`
	MachineID string `json:"machine_id"`
	Wallet    string `json:"wallet"`
	SessionID string `json:"session_id"`
	// PrivateKey is 32 bytes in hex.
	PrivateKey string `json:"private_key"`
}

// NewSessionKey generates a key. The public half, in hex, goes into a grant.
func NewSessionKey() (private *secp256k1.PrivateKey, public string, err error) {
	if private, err = secp256k1.GeneratePrivateKey(); err != nil {
		return nil, "", fmt.Errorf("make a session's key: %w", err)
	}
	return private, hex.EncodeToString(private.PubKey().SerializeCompressed()), nil
}

// WriteSessionKey writes a new file, which is on disk when it returns. It does not
// overwrite an existing one.
func WriteSessionKey(path string, k SessionKey) error {
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the session's key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the sessions' folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("keep the session's key: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close(), durable.SyncFolder(filepath.Dir(path))); err != nil {
		return fmt.Errorf("keep the session's key: %w", err)
	}
	return nil
}

// ReadSessionKey reads a file that WriteSessionKey wrote.
func ReadSessionKey(path string) (k SessionKey, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return k, fmt.Errorf("read the session's key: %w", err)
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return k, fmt.Errorf("read the session's key %s: not a session's file", path)
	}
	return k, nil
}

// Node talks to the session's machine through the node of via, from which it
// uses only URL, HTTP and Now.
func (k SessionKey) Node(via NodeConfig) (*Node, error) {
	raw, err := hex.DecodeString(k.PrivateKey)
	if err != nil || len(raw) != secp256k1.PrivKeyBytesLen {
		return nil, fmt.Errorf("the session's private key is not %d bytes in hex", secp256k1.PrivKeyBytesLen)
	}
	via.ChainID, via.MachineID, via.Signer = k.ChainID, k.MachineID, auth.NewSigner(secp256k1.PrivKeyFromBytes(raw))
	via.Wallet, via.Session = k.Wallet, k.SessionID
	return NewNode(via)
}
