package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"

	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/vm"
)

const (
	// suffix is on the files of records.
	suffix = ".json"
	// maxRecords bounds the folders, since what is recorded is held in memory and read
	// again at each start: with spareSize for each it is 128 MiB of the unit's 512.
	maxRecords = 2048
)

// Store is all records; safe for many goroutines. What a method returned is on disk.
type Store struct {
	dir string

	mu   sync.Mutex
	all  map[string]Record
	used nonces
}

// Open reads the records in dir, which it makes for its own user alone. One that
// can't be read is an error: without it a folder would look like nobody's. name tells
// the identity of a task's VM, for records of schema 0.
func Open(dir string, name func(rentID uint64, taskID string) VM) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the record's folder: %w", err)
	}
	s := &Store{dir: dir, all: map[string]Record{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the records: %w", err)
	}
	for _, entry := range entries {
		folder, ok := strings.CutSuffix(entry.Name(), suffix)
		if !ok || strings.HasPrefix(folder, ".") || entry.Name() == nonceFile {
			continue
		}
		r, err := s.readRecord(entry.Name(), name)
		if err != nil {
			return nil, err
		}
		if r.Folder != folder {
			return nil, fmt.Errorf("%w: read %s: it is the record of %q", ErrDamaged, entry.Name(), r.Folder)
		}
		if err := s.distinct(r); err != nil {
			return nil, damaged(filepath.Join(dir, entry.Name()), err)
		}
		s.all[folder] = r
	}
	s.keepSpares()
	return s, s.readNonces()
}

// Get returns the record of a folder, or ErrUnknown.
func (s *Store) Get(folder string) (Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.all[folder]
	if !ok {
		return r, fmt.Errorf("folder %s: %w", folder, ErrUnknown)
	}
	return r.clone(), nil
}

// Of returns the record whose disks the VM has now, or ErrUnknown.
func (s *Store) Of(id vm.UUID) (Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		if r.VM.UUID == id && !r.Removing {
			return r.clone(), nil
		}
	}
	return Record{}, fmt.Errorf("VM %s: %w", id, ErrUnknown)
}

// Others returns the VMs of other folders whose holders have an address.
func (s *Store) Others(folder string, addr netip.Addr) (list []vm.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		if r.Folder != folder && r.Holder.Addr == addr {
			list = append(list, r.VM.UUID)
		}
	}
	return list
}

// FolderOf returns the folder whose disks a task has or had.
func (s *Store) FolderOf(taskID string) (folder string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for folder, r := range s.all {
		if folder == taskID || r.HeldBy(taskID) {
			return folder, true
		}
	}
	return "", false
}

// Removing returns the folders that are being deleted.
func (s *Store) Removing() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for folder, r := range s.all {
		if r.Removing {
			list = append(list, folder)
		}
	}
	return list
}

// Change writes what do makes of a folder's record; known is false for a new one.
// Where do fails, nothing changes.
func (s *Store) Change(folder string, do func(r *Record, known bool) error) (Record, error) {
	if taskdir.CheckFolder(folder) != nil { // or its file could be anywhere
		return Record{}, fmt.Errorf("folder %.60q: %w", folder, ErrUnknown)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, known := s.all[folder]
	r := old.clone()
	if err := do(&r, known); err != nil {
		return old, err
	}
	if err := named(r); err != nil {
		return old, fmt.Errorf("folder %.60q: %w", folder, err)
	}
	r.Folder, r.Schema = folder, schema
	if known && reflect.DeepEqual(r, old) {
		return r, nil
	}
	if err := s.distinct(r); err != nil {
		return old, err
	}
	if !known && len(s.all) >= maxRecords {
		return old, fmt.Errorf("folder %s: %w: there are %d folders, at most as many are taken; delete one first", folder, ErrFull, len(s.all))
	}
	if err := s.write(folder+suffix, r); err != nil {
		return old, err
	}
	s.all[folder] = r
	return r.clone(), nil
}

// distinct refuses a record that shares a task or any part of a VM's identity with
// another folder's: what is done to a VM, and whose word counts for it, is looked up
// by these, and would then be whichever is found first. It needs the lock.
func (s *Store) distinct(r Record) error {
	for _, other := range s.all {
		if other.Folder == r.Folder {
			continue
		}
		for _, same := range []struct {
			what string
			is   bool
		}{
			{"task", other.HeldBy(r.Holder.TaskID) || r.HeldBy(other.Holder.TaskID)},
			{"uuid", other.VM.UUID == r.VM.UUID},
			{"mac", r.VM.MAC != "" && other.VM.MAC == r.VM.MAC},
			{"tap", r.VM.Tap != "" && other.VM.Tap == r.VM.Tap},
		} {
			if same.is {
				return fmt.Errorf("folder %s: %w: its %s", r.Folder, ErrShared, same.what)
			}
		}
	}
	return nil
}

// Delete forgets a folder. It is no error where there is none.
func (s *Store) Delete(folder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Remove(filepath.Join(s.dir, folder+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget folder %s: %w", folder, err)
	}
	delete(s.all, folder)
	s.keepSpares() // what was deleted with it gave room
	return s.sync()
}

// write replaces a file as a whole, also across a loss of power.
func (s *Store) write(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	text = append(text, '\n')
	if name != nonceFile && len(text) > spareSize {
		return fmt.Errorf("%s: %w: %d bytes, at most %d are taken", name, ErrFull, len(text), spareSize)
	}
	if err := s.replace(filepath.Join(s.dir, name), text); err != nil {
		return fmt.Errorf("write the record: %w", err)
	}
	return s.sync()
}

// sync makes the folder's own entries outlive a loss of power.
func (s *Store) sync() error {
	dir, err := os.Open(s.dir)
	if err != nil {
		return fmt.Errorf("open the record's folder: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync the record's folder: %w", err)
	}
	return nil
}
