package named

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/dbc-network/dbc/durable"
)

// gone ends the file of a name that was deleted.
const gone = ".gone"

// maxRecord bounds a record in bytes.
const maxRecord = 1 << 20

var (
	name = regexp.MustCompile(`^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$`)
	// chain matches an id of a chain, which becomes the name of a folder.
	chain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`)
)

// Check returns ErrName for a text that is not a name.
func Check(text string) error {
	if !name.MatchString(text) {
		return fmt.Errorf("%.64q: %w", text, ErrName)
	}
	return nil
}

// VM is the virtual machine that a name stands for.
type VM struct {
	Name      string `json:"name"`
	MachineID string `json:"machine_id"`
	// TaskID is empty while nothing was asked of the machine.
	TaskID string `json:"task_id"`
	// Run is the record of the command that made it, if one is to go on.
	Run json.RawMessage `json:"run,omitempty"`
}

// Book is the folder with the names of one chain.
type Book struct{ dir string }

// Open returns the book of a chain below dbc's home. It creates nothing.
func Open(home, chainID string) (Book, error) {
	if !chain.MatchString(chainID) {
		return Book{}, fmt.Errorf("open names of chain %.64q: not the name of a folder", chainID)
	}
	return Book{filepath.Join(home, "vms", chainID)}, nil
}

// Known reports whether the name is or was in the book of any chain.
func Known(home, text string) bool {
	if Check(text) != nil {
		return false
	}
	entries, err := os.ReadDir(filepath.Join(home, "vms"))
	if err != nil {
		return false
	}
	for _, entry := range entries {
		for _, ending := range []string{".json", gone} {
			if info, err := os.Stat(filepath.Join(home, "vms", entry.Name(), text+ending)); err == nil && info.Mode().IsRegular() {
				return true
			}
		}
	}
	return false
}

func (b Book) file(text string) (string, error) {
	if err := Check(text); err != nil {
		return "", err
	}
	return filepath.Join(b.dir, text+".json"), nil
}

// Get returns what has the name, or ErrNone.
func (b Book) Get(text string) (VM, error) {
	path, err := b.file(text)
	if err != nil {
		return VM{}, err
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return VM{}, fmt.Errorf("%s: %w", text, ErrNone)
	}
	if err != nil {
		return VM{}, fmt.Errorf("read name %s: %w", text, err)
	}
	if info.Size() > maxRecord {
		return VM{}, fmt.Errorf("read name %s: %s has %d bytes, at most %d: delete it", text, path, info.Size(), maxRecord)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return VM{}, fmt.Errorf("read name %s: %w", text, err)
	}
	var v VM
	if err := json.Unmarshal(content, &v); err != nil || v.Name != text {
		return VM{}, fmt.Errorf("read name %s: %s is damaged; dbc rentals and dbc vm list show what there is, then delete the file", text, path)
	}
	return v, nil
}

// Put returns when the record and its folder entry are on disk.
func (b Book) Put(v VM) error {
	path, err := b.file(v.Name)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("encode name %s: %w", v.Name, err)
	}
	if len(text) >= maxRecord {
		return fmt.Errorf("keep name %s: %d bytes, at most %d", v.Name, len(text), maxRecord)
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return fmt.Errorf("keep name %s: %w", v.Name, err)
	}
	if err := durable.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep name %s: %w", v.Name, err)
	}
	return nil
}

// Delete forgets what has a name, but not that it was one: see Gone. One that nothing
// has is no error.
func (b Book) Delete(text string) error {
	path, err := b.file(text)
	if err != nil {
		return err
	}
	was := strings.TrimSuffix(path, ".json") + gone
	if err := os.Rename(path, was); err != nil { // it needs no room on a full disk
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("forget name %s: %w", text, err)
	}
	if err := os.Truncate(was, 0); err != nil {
		return fmt.Errorf("forget name %s: %w", text, err)
	}
	return durable.SyncFolder(b.dir)
}

// Gone reports whether the name was deleted and not given again. Whoever types it still
// means what had it, and not what has an id that begins so.
func (b Book) Gone(text string) bool {
	path, err := b.file(text)
	if err != nil {
		return false
	}
	if _, err := os.Stat(path); err == nil {
		return false
	}
	_, err = os.Stat(strings.TrimSuffix(path, ".json") + gone)
	return err == nil
}

// sync makes renames and removals durable.

// All returns what has a name, in the order of names. A damaged record is skipped:
// it must not hide the others, and whoever names it is told.
func (b Book) All() ([]VM, error) {
	entries, err := os.ReadDir(b.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	var all []VM
	for _, entry := range entries {
		text, ok := strings.CutSuffix(entry.Name(), ".json")
		if !ok || Check(text) != nil {
			continue
		}
		if v, err := b.Get(text); err == nil {
			all = append(all, v)
		}
	}
	return all, nil
}

// Of returns the name of a virtual machine, or "".
func (b Book) Of(taskID string) string {
	all, err := b.All()
	if err != nil {
		return ""
	}
	for _, v := range all {
		if v.TaskID == taskID && taskID != "" {
			return v.Name
		}
	}
	return ""
}

// Lock keeps other programs from working on a name until unlock is called, or this
// one ends. If one does already, it returns ErrBusy at once.
func (b Book) Lock(text string) (unlock func(), err error) {
	path, err := b.file(text)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock name %s: %w", text, err)
	}
	release, err := durable.Lock(strings.TrimSuffix(path, ".json") + ".lock")
	switch {
	case errors.Is(err, durable.ErrLocked):
		return nil, fmt.Errorf("%s: %w", text, ErrBusy)
	case err != nil:
		return nil, fmt.Errorf("lock name %s: %w", text, err)
	}
	return func() { _ = release() }, nil
}
