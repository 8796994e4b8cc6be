package binding

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/pelletier/go-toml/v2"

	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

// Path is the file that lists a host's cards, below its root.
const Path = "etc/dbc/gpus.toml"

const (
	schema = 1
	// maxFile bounds in bytes what is read, maxSlots and maxFunctions what it lists,
	// maxNumber how often cards can be changed.
	maxFile, maxSlots, maxFunctions, maxNumber = 1 << 20, 64, 256, 1 << 16
)

// File lists the cards that are kept for VMs.
type File struct {
	Schema int `toml:"schema"`
	// Next is the number of the next new slot: above all numbers that were ever
	// used in this file.
	Next int `toml:"next"`
	// Slots are ordered by address; do not rely on the order: a slot is identified
	// by its number.
	Slots []Slot `toml:"slot"`
}

// Slot is what one VM is given: the endpoints of whole IOMMU groups.
type Slot struct {
	// Number identifies the slot as long as its cards are in the file, wherever it
	// is in the file, and no other slot afterwards.
	Number    int        `toml:"number"`
	Functions []Function `toml:"function"`
}

// Slot returns the slot with the given number.
func (f File) Slot(number int) (Slot, bool) {
	for _, s := range f.Slots {
		if s.Number == number {
			return s, true
		}
	}
	return Slot{}, false
}

// GPUs returns the functions that compute, in order.
func (s Slot) GPUs() []Function {
	var list []Function
	for _, fn := range s.Functions {
		if fn.IsGPU() {
			list = append(list, fn)
		}
	}
	return list
}

// Function is the record of one function: what must be at its address.
type Function struct {
	Address   pci.Address `toml:"address"`
	IDs       pci.ID      `toml:"pci_ids"`
	Subsystem pci.ID      `toml:"subsystem"`
	Revision  uint8       `toml:"revision"`
	Class     string      `toml:"class"`
	BARs      []Region    `toml:"bars,inline"`
	// Serial is the card's PCI serial number, "" if it has none or the kernel does
	// not show it.
	Serial string `toml:"serial,omitempty"`
	// Measured is what a GPU's driver reported before it was bound; nil if it was
	// not asked.
	Measured *measure.Facts `toml:"measured,omitempty"`
}

// Region is a BAR. The size of a resizable one depends on firmware and driver, so
// it does not identify a card.
type Region struct {
	Index     int    `toml:"index"`
	Bytes     uint64 `toml:"bytes"`
	Resizable bool   `toml:"resizable,omitempty"`
}

const head = "# Written by dbc host gpu bind; dbc host gpu unbind removes it. The boot unit and\n" +
	"# the node's helper go by it and refuse a card that is another one: bind again\n" +
	"# after cards were changed, rather than editing it.\n"

// Marshal returns the file's text.
func (f File) Marshal() ([]byte, error) {
	f.Schema = schema
	if err := f.check(); err != nil {
		return nil, err
	}
	text, err := toml.Marshal(f)
	return append([]byte(head), text...), err
}

// Parse reads the file's text. The error wraps ErrFile.
func Parse(text []byte) (File, error) {
	var f File
	if err := decode(text, &f); err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return f, f.check()
}

// decode calls the library, which panics on some texts that are not TOML.
func decode(text []byte, f *File) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("it cannot be read: %v", fault)
		}
	}()
	return toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(f)
}

func (f File) check() error {
	if f.Schema != schema {
		return fmt.Errorf("%w: schema %d, want %d", ErrFile, f.Schema, schema)
	}
	if len(f.Slots) == 0 || len(f.Slots) > maxSlots {
		return fmt.Errorf("%w: %d slots, want 1 to %d", ErrFile, len(f.Slots), maxSlots)
	}
	seen, numbers := map[pci.Address]bool{}, map[int]bool{}
	for i, s := range f.Slots {
		if s.Number < 0 || s.Number >= f.Next || f.Next > maxNumber || numbers[s.Number] {
			return fmt.Errorf("%w: slot %d has number %d, want one below next = %d, once", ErrFile, i, s.Number, f.Next)
		}
		numbers[s.Number] = true
		if len(s.Functions) == 0 || len(s.Functions) > maxFunctions {
			return fmt.Errorf("%w: slot %d has %d functions, want 1 to %d", ErrFile, i, len(s.Functions), maxFunctions)
		}
		for _, fn := range s.Functions {
			if seen[fn.Address] {
				return fmt.Errorf("%w: %s twice", ErrFile, fn.Address)
			}
			seen[fn.Address] = true
			if fn.IDs == (pci.ID{}) || fn.IDs.Vendor == 0xffff {
				return fmt.Errorf("%w: %s has no pci_ids", ErrFile, fn.Address)
			}
			if !class.MatchString(fn.Class) || fn.Serial != "" && !serial.MatchString(fn.Serial) {
				return fmt.Errorf("%w: %s has another class or serial than there can be", ErrFile, fn.Address)
			}
			if fn.Measured != nil && !fn.Measured.Valid() {
				return fmt.Errorf("%w: %s has measured values of no known form", ErrFile, fn.Address)
			}
		}
	}
	return nil
}

// Load reads the file below root. It must belong to root, or to whoever runs
// this, and nobody else may have write access.
func Load(root *os.Root) (File, error) {
	text, err := read(root, Path)
	if err != nil {
		return File{}, fmt.Errorf("read the cards of this host: %w", err)
	}
	return Parse(text)
}

// read returns a file that only root, or whoever runs this, can write.
func read(root *os.Root, name string) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%w: %s is no file of at most %d bytes", ErrFile, name, maxFile)
	}
	if err := owned(info); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFile, name, err)
	}
	return io.ReadAll(io.LimitReader(f, maxFile))
}

// owned refuses a file that an unprivileged user could have written.
func owned(info os.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("its owner is unknown")
	}
	if stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to user %d, want root", stat.Uid)
	}
	if kept := info.IsDir() && info.Mode()&os.ModeSticky != 0; info.Mode().Perm()&0o022 != 0 && !kept {
		return fmt.Errorf("others may write it (mode %o)", info.Mode().Perm())
	}
	return nil
}
