package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"

	"github.com/dbc-network/dbc/vm"
)

// suffix is on the files of records.
const suffix = ".json"

// Store is all records; safe for many goroutines. What a method returned is on disk.
type Store struct {
	dir string

	mu   sync.Mutex
	all  map[string]Record
	used nonces
}

// Open reads the records in dir, which it makes for its own user alone. One that
// can't be read is an error: without it a folder would look like nobody's.
func Open(dir string) (*Store, error) {
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
		var r Record
		if err := s.read(entry.Name(), &r); err != nil {
			return nil, err
		}
		if r.Folder != folder {
			return nil, fmt.Errorf("read %s: it is the record of %q", entry.Name(), r.Folder)
		}
		s.all[folder] = r
	}
	s.keepSpares()
	if err := s.read(nonceFile, &s.used); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return s, nil
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
		if r.Holder.UUID == id && !r.Removing {
			return r.clone(), nil
		}
	}
	return Record{}, fmt.Errorf("VM %s: %w", id, ErrUnknown)
}

// All returns every record.
func (s *Store) All() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Record, 0, len(s.all))
	for _, r := range s.all {
		list = append(list, r.clone())
	}
	return list
}

// Change writes what do makes of a folder's record; known is false for a new one.
// Where do fails, nothing changes.
func (s *Store) Change(folder string, do func(r *Record, known bool) error) (Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, known := s.all[folder]
	r := old.clone()
	if err := do(&r, known); err != nil {
		return old, err
	}
	if r.Folder = folder; known && reflect.DeepEqual(r, old) {
		return r, nil
	}
	if err := s.write(folder+suffix, r); err != nil {
		return old, err
	}
	s.all[folder] = r
	return r.clone(), nil
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

func (s *Store) read(name string, into any) error {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Join(s.dir, name), err)
	}
	return nil
}

// write replaces a file as a whole, also across a loss of power.
func (s *Store) write(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	if err := s.replace(filepath.Join(s.dir, name), append(text, '\n')); err != nil {
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
