package journal

import (
	"os"
	"sync"
)

const (
	// roomFirst is what the file takes from the disk when it is opened, in bytes,
	// and roomSpare what it keeps beyond what it uses: a disk that is filled
	// afterwards keeps nobody from stopping and deleting a VM, which writes tasks
	// and nonces. It is more than all nonces together take.
	roomFirst = 16 << 20
	roomSpare = 8 << 20
)

// room is the disk space of the journal's file.
type room struct {
	mu   sync.Mutex
	file *os.File
	// taken is up to where the file surely has blocks of the disk.
	taken int64
}

// open is bbolt's way to its file.
func (r *room) open(path string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag, mode) //nolint:gosec // the journal's own path
	r.file = f
	return f, err
}

// ensure takes room beyond used bytes. Where the disk is full already, what was
// taken before has to do; bbolt then fails where that ends, and changes nothing.
func (r *room) ensure(used int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if used+roomSpare <= r.taken {
		return
	}
	want := max(roomFirst, used+2*roomSpare)
	if allocate(r.file, want) == nil {
		r.taken = want
	}
}
