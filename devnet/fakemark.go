package devnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/google/renameio/v2"
)

// fakeMark records that a home's devnet is a fake one, and its data folder, so that the
// next start deletes what a kill left.
type fakeMark struct {
	Data string `json:"data"`
}

// fakeData begins the name of a data folder. It is in the system's temporary folder, since
// a node's data folder has a short path that is not root's.
const fakeData = "dbc-fake-"

// readFakeMark returns the mark of a home; found is false for a home without one.
func readFakeMark(p paths) (m fakeMark, found bool, err error) {
	text, err := os.ReadFile(p.fakeMark)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, false, fmt.Errorf("read %s: %w", p.fakeMark, err)
	}
	return m, true, nil
}

// newFakeMark makes a data folder and records it. What an earlier fake devnet left is
// deleted; a home with a real one is refused.
func newFakeMark(p paths) (m fakeMark, err error) {
	old, found, err := readFakeMark(p)
	if err != nil {
		return m, err
	}
	if found {
		if err := old.remove(p); err != nil {
			return m, err
		}
	} else if _, err := os.Stat(filepath.Dir(p.chain)); !errors.Is(err, fs.ErrNotExist) {
		return m, errors.Join(err, fmt.Errorf("%s %w: name another folder with --home, or delete that devnet with dbc devnet reset", p.dir, ErrReal))
	}
	if m.Data, err = os.MkdirTemp("", fakeData); err != nil {
		return m, fmt.Errorf("make the data folder: %w", err)
	}
	text, err := json.Marshal(m)
	if err == nil {
		err = renameio.WriteFile(p.fakeMark, text, 0o600)
	}
	if err != nil {
		return m, errors.Join(fmt.Errorf("record the data folder: %w", err), os.Remove(m.Data))
	}
	return m, nil
}

// remove deletes what a fake devnet made but wallets, logs, and what the user left.
func (m fakeMark) remove(p paths) error {
	if err := m.removeData(); err != nil {
		return err
	}
	for _, path := range []string{p.mining, p.client, filepath.Dir(p.chain), p.fakeMark} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("delete the fake devnet: %w", err)
		}
	}
	return nil
}

// removeData deletes the data folder, and nothing that merely has its name.
func (m fakeMark) removeData() error {
	info, err := os.Lstat(m.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the data folder: %w", err)
	}
	owner, _ := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || owner == nil || int(owner.Uid) != os.Geteuid() || !strings.HasPrefix(filepath.Base(m.Data), fakeData) {
		return fmt.Errorf("%s: %w", m.Data, ErrNotOurs)
	}
	if err := os.RemoveAll(m.Data); err != nil {
		return fmt.Errorf("delete the data folder: %w", err)
	}
	return nil
}
