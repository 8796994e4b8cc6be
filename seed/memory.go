package seed

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/diskfs/go-diskfs/backend"
)

// maxImage bounds the memory used; a seed takes a few hundred kilobytes.
const maxImage = 16 << 20

// memory is an in-memory file with what laying out an image needs.
type memory struct{ data []byte }

var _ backend.WritableFile = (*memory)(nil)

// WriteAt grows the file as needed.
func (m *memory) WriteAt(p []byte, at int64) (int, error) {
	end := at + int64(len(p))
	if at < 0 || end > maxImage {
		return 0, fmt.Errorf("write beyond %d bytes", maxImage)
	}
	if grow := int(end) - len(m.data); grow > 0 {
		m.data = append(m.data, make([]byte, grow)...)
	}
	return copy(m.data[at:], p), nil
}

// ReadAt reads what was written.
func (m *memory) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 || at >= int64(len(m.data)) {
		return 0, io.EOF
	}
	n := copy(p, m.data[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Read is not needed to lay out an image, and neither are Seek and Stat.
func (m *memory) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Seek is not needed.
func (m *memory) Seek(int64, int) (int64, error) { return 0, errors.ErrUnsupported }

// Stat is not needed.
func (m *memory) Stat() (fs.FileInfo, error) { return nil, errors.ErrUnsupported }

// Close has nothing to close.
func (m *memory) Close() error { return nil }
