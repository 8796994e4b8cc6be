// Package acl lets single users read and write a file by its POSIX access
// control list, as setfacl does.
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
	// ErrFormat means: the kernel's list is not of the one version there is.
	ErrFormat = errors.New("unknown format of an access control list")
	// ErrUser means: root, and what is no user id, get no entry.
	ErrUser = errors.New("no user for an access control list")
)

const (
	attribute = "system.posix_acl_access"
	version   = 2
	// readWrite is r and w of an entry's permissions.
	readWrite = 0o6
	// noID is of entries that name nobody.
	noID = 0xffffffff
	// maxList bounds in bytes what is read; a file system's attribute has at most that.
	maxList = 64 << 10
)

// The tags, in the order in which the kernel wants them.
const (
	owner = 1 << iota
	namedUser
	group
	namedGroup
	mask
	other
)

// entry is as the kernel's struct posix_acl_xattr_entry.
type entry struct {
	tag, perm uint16
	id        uint32
}

type list []entry

// Grant lets a user read and write the file, and takes nothing from others.
func Grant(path string, uid int) error { return change(path, uid, list.grant) }

// Revoke takes the user's entry out.
func Revoke(path string, uid int) error { return change(path, uid, list.revoke) }

// Supported writes the list that the file has, and so says whether it can have one.
func Supported(path string) error {
	return change(path, 1, func(l list, _ uint32) list { return l })
}

// change locks the file, since others of this program may be at it.
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

// changes are one after the other in this process.
var changes sync.Mutex

// lockLimit and lockPause bound the wait for another process of this program, which
// is done within milliseconds. Whoever keeps a lock for longer is a stranger: all who
// may open the device can take one.
const lockLimit, lockPause = time.Second, 5 * time.Millisecond

// lock waits for a while, and goes on without where it does not get it.
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

// read returns a file's list, and without one what its mode says.
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
	// What a mask kept from others stays with them when it gets wider.
	l = append(l.masked().without(uid), entry{namedUser, readWrite, uid})
	return l.sealed()
}

func (l list) revoke(uid uint32) list { return l.masked().without(uid).sealed() }

// masked applies the mask to those that it bounds and takes it out.
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

// sealed adds the mask, which a list with names has to have, and sorts.
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
