// Package outbox stores signed transactions until their outcome is known, so
// that a lost answer is never mistaken for a failed transaction.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/dbc-network/dbc/durable"
)

// Sent is a transaction whose bytes may have left this computer.
type Sent struct {
	ChainID  string `json:"chain_id"`
	Address  string `json:"address"`
	Sequence uint64 `json:"sequence"`
	// Hash identifies the transaction on the chain, in upper-case hex digits.
	Hash  string `json:"hash"`
	Bytes []byte `json:"bytes"`
	// Last block that may include it.
	Last uint64 `json:"last_height"`
	// Fee in udbc.
	Fee uint64 `json:"fee_udbc"`
	// Messages are the names of its messages, for display.
	Messages []string `json:"messages"`
	// At is when it was signed by this computer's clock. It is for display
	// only.
	At time.Time `json:"signed_at"`
	// Height and Block are those of the newest block at the time of signing.
	// They distinguish the chain that it was signed for from one that was
	// created anew with the same id.
	Height int64  `json:"signed_after_height"`
	Block  []byte `json:"signed_after_block"`
}

// Box is one account's file in an outbox. Whoever holds it is the only program
// of this home that signs transactions of the account.
type Box struct {
	path   string
	unlock func() error
}

// name matches a chain id or an account, either of which becomes part of a file
// name.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`)

// Open waits until no other program holds the account's box. It calls busy,
// which may be nil, once if it has to wait.
func Open(ctx context.Context, dir, chainID, address string, busy func()) (*Box, error) {
	if !name.MatchString(chainID) || !name.MatchString(address) {
		return nil, fmt.Errorf("open outbox of %.64q on %.64q: not the name of a file", address, chainID)
	}
	dir = filepath.Join(dir, chainID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	unlock, err := durable.AwaitLock(ctx, filepath.Join(dir, address+".lock"), busy)
	switch {
	case errors.Is(err, durable.ErrLocked):
		return nil, fmt.Errorf("wait for another command of the same wallet; nothing was sent: %w", context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	return &Box{path: filepath.Join(dir, address+".json"), unlock: unlock}, nil
}

// Load returns the stored transaction, or nil if there is none.
func (b *Box) Load() (*Sent, error) {
	text, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // nothing is kept
	}
	if err != nil {
		return nil, fmt.Errorf("read what was sent: %w", err)
	}
	var s Sent
	if err := json.Unmarshal(text, &s); err != nil || s.Hash == "" || len(s.Bytes) == 0 {
		return nil, fmt.Errorf("%s is damaged: look at the wallet's history for what was sent last, then delete the file", b.path)
	}
	return &s, nil
}

// Store returns when the file and its folder entry are on disk.
func (b *Box) Store(s Sent) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode what is sent: %w", err)
	}
	if err := durable.WriteFile(b.path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep what is sent; nothing was: %w", err)
	}
	return nil
}

// Clear removes the stored transaction.
func (b *Box) Clear() error {
	if err := os.Remove(b.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget what was sent: %w", err)
	}
	return durable.SyncFolder(filepath.Dir(b.path))
}

// Close releases the box to other programs.
func (b *Box) Close() error { return b.unlock() }
