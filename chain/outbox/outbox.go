// Package outbox keeps what accounts signed until it is known what became of
// it, so that a lost answer is never mistaken for a transaction that failed.
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
	"syscall"
	"time"

	"github.com/google/renameio/v2"
)

// Sent is a transaction whose bytes may have left this computer.
type Sent struct {
	ChainID  string `json:"chain_id"`
	Address  string `json:"address"`
	Sequence uint64 `json:"sequence"`
	// Hash by which the chain knows it, in capital hex digits.
	Hash  string `json:"hash"`
	Bytes []byte `json:"bytes"`
	// Last block that may include it.
	Last uint64 `json:"last_height"`
	// Fee in udbc.
	Fee uint64 `json:"fee_udbc"`
	// Messages are their names, for people.
	Messages []string `json:"messages"`
	// At is when it was signed, by this computer's clock: for people only.
	At time.Time `json:"signed_at"`
	// Height and Block are the newest block's when it was signed. They tell a
	// chain that was made anew from the one that this was signed for.
	Height int64  `json:"signed_after_height"`
	Block  []byte `json:"signed_after_block"`
}

// retry is between two looks at a lock that another program holds.
const retry = 50 * time.Millisecond

// Box is one account's place in an outbox. Whoever has it is the only program
// of this home that signs transactions of the account.
type Box struct {
	path string
	lock *os.File
}

// name of a chain or an account, which becomes one of a file.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`)

// Open waits until no other program has the account's box. busy, which may be
// nil, is called once where it has to wait.
func Open(ctx context.Context, dir, chainID, address string, busy func()) (*Box, error) {
	if !name.MatchString(chainID) || !name.MatchString(address) {
		return nil, fmt.Errorf("open outbox of %.64q on %.64q: not the name of a file", address, chainID)
	}
	dir = filepath.Join(dir, chainID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, address+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	if err := take(ctx, lock, busy); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return &Box{path: filepath.Join(dir, address+".json"), lock: lock}, nil
}

func take(ctx context.Context, lock *os.File, busy func()) error {
	ticker := time.NewTicker(retry)
	defer ticker.Stop()
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("lock outbox: %w", err)
		}
		if busy != nil {
			busy()
			busy = nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for another command of the same wallet; nothing was sent: %w", context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// Load returns what is kept, nil where nothing is.
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

// Store returns when the disk has it, and the folder's entry for it.
func (b *Box) Store(s Sent) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode what is sent: %w", err)
	}
	if err := renameio.WriteFile(b.path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep what is sent; nothing was: %w", err)
	}
	if err := b.syncFolder(); err != nil {
		return fmt.Errorf("keep what is sent; nothing was: %w", err)
	}
	return nil
}

// Clear forgets what is kept.
func (b *Box) Clear() error {
	if err := os.Remove(b.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget what was sent: %w", err)
	}
	return b.syncFolder()
}

// Close lets other programs have the box.
func (b *Box) Close() error { return b.lock.Close() }

func (b *Box) syncFolder() error {
	dir, err := os.Open(filepath.Dir(b.path))
	if err != nil {
		return fmt.Errorf("sync outbox: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
