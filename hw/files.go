package hw

import (
	"io"
	"os"
	"slices"
	"strings"
)

// maxText bounds in bytes what is read of one file.
const maxText = 4 << 20

// Files reads small kernel files below a root: what can't be read counts as
// empty, because a kernel may lack any of them.
type Files struct{ Root *os.Root }

// Text returns a file without surrounding space, at most 4 MiB of it.
func (f Files) Text(name string) string {
	file, err := f.Root.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	b, err := io.ReadAll(io.LimitReader(file, maxText))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// Names returns the names in a folder, sorted.
func (f Files) Names(dir string) []string {
	d, err := f.Root.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = d.Close() }()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil
	}
	slices.Sort(names)
	return names
}

// Has reports whether something with that name is visible.
func (f Files) Has(name string) bool {
	_, err := f.Root.Stat(name)
	return err == nil
}
