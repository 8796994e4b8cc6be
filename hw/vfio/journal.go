package vfio

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

const (
	journalSchema = 1
	// maxJournal bounds the file in bytes.
	maxJournal = 4 << 20
)

// Entry is what is known about a slot.
type Entry struct {
	State State     `json:"state"`
	Since time.Time `json:"since"`
	// Holder is the VM that has it; during a reset, the VM that had it.
	Holder string `json:"holder,omitempty"`
	// Fault is why it is quarantined, Kernel what the kernel logged then.
	Fault  *Fault   `json:"fault,omitempty"`
	Kernel []string `json:"kernel,omitempty"`
	// Seen are the values read when it was last found clean, by address.
	Seen map[string]Vitals `json:"seen,omitempty"`
}

type states struct {
	Schema int `json:"schema"`
	// Slots are by key: address and ids of the first function.
	Slots map[string]Entry `json:"slots"`
}

// journal is a file that holds the newest states and is replaced atomically.
type journal struct {
	path string
	all  states
	// before is called ahead of each write; only tests end the program there.
	before func(step string)
}

// load reads the states. A missing file holds none; an unreadable one is an
// error, since it is not known then who has a card.
func load(path string) (*journal, error) {
	j := &journal{path: path, all: states{Schema: journalSchema, Slots: map[string]Entry{}}}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxJournal) {
		err = errors.New("it is no file of that size")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrJournal, path, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	j.all = states{}
	if err := json.Unmarshal(text, &j.all); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrJournal, path, err)
	}
	if j.all.Schema != journalSchema || j.all.Slots == nil {
		return nil, fmt.Errorf("%w: %s: schema %d, want %d", ErrJournal, path, j.all.Schema, journalSchema)
	}
	for key, e := range j.all.Slots {
		_, known := table[e.State]
		if !known || (e.State == InUse) != (e.Holder != "") && e.State != Resetting || e.State == Quarantined && e.Fault == nil {
			return nil, fmt.Errorf("%w: %s: slot %.64q is %.32q of %.64q", ErrJournal, path, key, e.State, e.Holder)
		}
	}
	return j, nil
}

// set writes an entry. In memory it counts only once it is on disk.
func (j *journal) set(key string, e Entry) error {
	changed := states{journalSchema, maps.Clone(j.all.Slots)}
	changed.Slots[key] = e
	text, err := json.MarshalIndent(changed, "", "  ")
	if err != nil {
		return err
	}
	if j.before != nil {
		j.before("write " + string(e.State))
	}
	if err := renameio.WriteFile(j.path, text, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", j.path, err)
	}
	if err := syncFolder(filepath.Dir(j.path)); err != nil {
		return fmt.Errorf("write %s: %w", j.path, err)
	}
	j.all = changed
	if j.before != nil {
		j.before("wrote " + string(e.State))
	}
	return nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
