package journal

import (
	"os"
	"sync"
)

const (
	// roomFirst is how much disk space the file allocates when it is opened, in
	// bytes, and roomSpare how much it keeps beyond what it uses: a disk that fills
	// up afterwards does not prevent stopping and deleting a VM, which writes tasks
	// and nonces. It is more than all nonces together take.
	roomFirst = 16 << 20
	roomSpare = 8 << 20
)

// room is the disk space of the journal's file.
type room struct {
	mu   sync.Mutex
	file *os.File
	// taken is the size up to which the file surely has blocks on disk.
	taken int64
}

// open opens the file for bbolt.
func (r *room) open(path string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag, mode) //nolint:gosec // the journal's own path
	r.file = f
	return f, err
}

// ensure allocates space beyond used bytes. Where the disk is already full, what was
// allocated before has to do; bbolt fails when that is used up, and changes nothing.
func (r *room) ensure(used int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken == 0 {
		r.taken = r.had()
	}
	if used+roomSpare <= r.taken {
		return
	}
	want := max(roomFirst, used+2*roomSpare)
	if allocate(r.file, want) == nil {
		r.taken = want
	}
}

// had returns the space that an earlier process allocated and the file still
// has: a node that starts on a full disk allocates neither what it already has
// nor what a renter frees there.
func (r *room) had() int64 {
	info, err := r.file.Stat()
	if err != nil || info.Size() == 0 || allocate(r.file, info.Size()) != nil {
		return 0
	}
	return info.Size()
}
