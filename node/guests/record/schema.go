package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbc-network/dbc/vm"
)

// schema is the form of the files that this build writes. Each file is migrated by
// itself, in memory, and written in the new form with its next change: that works on
// a full disk, and a kill leaves each file wholly old or wholly new.
const schema = 1

// record0 is what only a record of schema 0 has: its VM was the holder's.
type record0 struct {
	Holder struct {
		UUID vm.UUID `json:"uuid"`
	} `json:"holder"`
}

func (s *Store) readRecord(file string, name func(rentID uint64, taskID string) VM) (r Record, err error) {
	text, err := s.read(file, &r)
	if err != nil {
		return r, err
	}
	if r.Schema == 0 {
		var old record0
		if err := json.Unmarshal(text, &old); err != nil {
			return r, damaged(filepath.Join(s.dir, file), err)
		}
		r.Schema, r.VM = schema, name(r.Holder.RentID, r.Holder.TaskID)
		if r.VM.UUID != old.Holder.UUID {
			return r, damaged(filepath.Join(s.dir, file), fmt.Errorf("its VM is %.40q, its task's would be %s", old.Holder.UUID, r.VM.UUID))
		}
	}
	if err := s.known(file, r.Schema); err != nil {
		return r, err
	}
	if err := named(r); err != nil {
		return r, damaged(filepath.Join(s.dir, file), err)
	}
	return r, nil
}

// named refuses a record that is nobody's.
func named(r Record) error {
	if r.VM.UUID == "" || r.Holder.TaskID == "" {
		return fmt.Errorf("it names no VM: %w", ErrUnknown)
	}
	return nil
}

func (s *Store) readNonces() error {
	_, err := s.read(nonceFile, &s.used)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = s.known(nonceFile, max(s.used.Schema, schema))
	}
	return err
}

// known is ErrNewer for a file that this build would misunderstand.
func (s *Store) known(file string, version int) error {
	if version == schema {
		return nil
	}
	return fmt.Errorf("%w: %s has schema %d, this program knows up to %d; nothing was changed, run the version of dbc that wrote it or a newer one",
		ErrNewer, filepath.Join(s.dir, file), version, schema)
}

func (s *Store) read(file string, into any) (text []byte, err error) {
	path := filepath.Join(s.dir, file)
	text, err = os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return nil, damaged(path, err)
	}
	return text, nil
}

func damaged(path string, why error) error {
	return fmt.Errorf("%w: %s: %w; it is left as it is: put a copy of it back, or delete it with its VM's folder", ErrDamaged, path, why)
}
