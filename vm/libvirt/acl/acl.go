// Package acl lets individual users read and write a file through its POSIX
// access control list, as setfacl does.
package acl

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

var (
	// ErrFormat means that the kernel's list does not have the only known
	// version.
	ErrFormat = errors.New("unknown format of an access control list")
	// ErrUser means that a uid cannot get an entry: it is root's, or not a user
	// id.
	ErrUser = errors.New("no user for an access control list")
)

const (
	attribute = "system.posix_acl_access"
	version   = 2
	// readWrite is r and w of an entry's permissions.
	readWrite = 0o6
	// noID marks entries that name nobody.
	noID = 0xffffffff
	// maxList bounds the bytes read. A file system attribute is at most that
	// large.
	maxList = 64 << 10
)

// The tags, in the order that the kernel requires.
const (
	owner = 1 << iota
	namedUser
	group
	namedGroup
	mask
	other
)

// entry is the kernel's struct posix_acl_xattr_entry.
type entry struct {
	tag, perm uint16
	id        uint32
}

type list []entry

// Grant lets a user read and write the file, and changes nothing for others.
func Grant(path string, uid int) error { return change(path, uid, list.grant) }

// Revoke removes the user's entry.
func Revoke(path string, uid int) error { return change(path, uid, list.revoke) }

// Supported rewrites the file's list unchanged, which shows whether it can have
// one.
func Supported(path string) error {
	return change(path, 1, func(l list, _ uint32) list { return l })
}

// change locks the file, because other processes of this program may change it
// too.
func change(path string, uid int, with func(list, uint32) list) (err error) {
	if uid <= 0 || uid >= noID {
		return fmt.Errorf("%w: %d", ErrUser, uid)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("open for its access control list: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	fd := int(f.Fd())
	changes.Lock()
	defer changes.Unlock()
	if err := lock(fd); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	before, err := read(f)
	if err != nil {
		return fmt.Errorf("read the access control list of %s: %w", path, err)
	}
	if err := unix.Fsetxattr(fd, attribute, with(before, uint32(uid)).encode(), 0); err != nil {
		return fmt.Errorf("write the access control list of %s: %w", path, err)
	}
	return nil
}

// changes serializes changes within this process.
var changes sync.Mutex

// lockLimit and lockPause bound the wait for another process of this program,
// which takes milliseconds. Whoever holds a lock longer is a stranger:
// everybody who may open the device can lock it.
const lockLimit, lockPause = time.Second, 5 * time.Millisecond

// lock waits for a while, and continues without the lock if it does not get it.
func lock(fd int) error {
	ticker := time.NewTicker(lockPause)
	defer ticker.Stop()
	for end := time.Now().Add(lockLimit); ; <-ticker.C {
		err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		if time.Now().After(end) {
			return nil
		}
	}
}

// read returns a file's list or, without one, the list equivalent to its mode.
func read(f *os.File) (list, error) {
	buffer := make([]byte, maxList)
	n, err := unix.Fgetxattr(int(f.Fd()), attribute, buffer)
	if err == nil {
		return decode(buffer[:n])
	}
	if !errors.Is(err, unix.ENODATA) {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	mode := uint16(info.Mode().Perm())
	return list{{owner, mode >> 6 & 7, noID}, {group, mode >> 3 & 7, noID}, {other, mode & 7, noID}}, nil
}

func decode(data []byte) (list, error) {
	if len(data) < 4 || len(data)%8 != 4 || binary.LittleEndian.Uint32(data) != version {
		return nil, ErrFormat
	}
	var l list
	for data = data[4:]; len(data) > 0; data = data[8:] {
		l = append(l, entry{binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:]), binary.LittleEndian.Uint32(data[4:])})
	}
	return l, nil
}

func (l list) encode() []byte {
	data := binary.LittleEndian.AppendUint32(nil, version)
	for _, e := range l {
		data = binary.LittleEndian.AppendUint16(data, e.tag)
		data = binary.LittleEndian.AppendUint16(data, e.perm)
		data = binary.LittleEndian.AppendUint32(data, e.id)
	}
	return data
}

func (l list) grant(uid uint32) list {
	// Rights that a mask withheld from others stay withheld when the mask gets
	// wider.
	l = append(l.masked().without(uid), entry{namedUser, readWrite, uid})
	return l.sealed()
}

func (l list) revoke(uid uint32) list { return l.masked().without(uid).sealed() }

// masked applies the mask to the entries that it bounds and removes it.
func (l list) masked() list {
	at := slices.IndexFunc(l, func(e entry) bool { return e.tag == mask })
	if at < 0 {
		return slices.Clone(l)
	}
	bound := l[at].perm
	l = slices.Delete(slices.Clone(l), at, at+1)
	for i, e := range l {
		if e.tag == namedUser || e.tag == group || e.tag == namedGroup {
			l[i].perm &= bound
		}
	}
	return l
}

func (l list) without(uid uint32) list {
	return slices.DeleteFunc(l, func(e entry) bool { return e.tag == namedUser && e.id == uid })
}

// sealed adds the mask that a list with named entries must have, and sorts the
// list.
func (l list) sealed() list {
	var most uint16
	named := false
	for _, e := range l {
		switch e.tag {
		case namedUser, namedGroup:
			named = true
			most |= e.perm
		case group:
			most |= e.perm
		}
	}
	if named {
		l = append(l, entry{mask, most, noID})
	}
	slices.SortFunc(l, func(a, b entry) int { return cmp.Or(cmp.Compare(a.tag, b.tag), cmp.Compare(a.id, b.id)) })
	return l
}
