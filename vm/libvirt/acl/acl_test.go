package acl

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const uid, second = 0x7000_0007, 0x7000_0008

func file(t *testing.T, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kvm")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

func listOf(t *testing.T, path string) list {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }() // it was only read
	got, err := read(f)
	require.NoError(t, err)
	return got
}

// TestGrant grants access to users one by one and verifies that no trace is
// left after it is revoked.
func TestGrant(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o660, 0o600, 0o640} {
		path := file(t, mode)
		before := listOf(t, path)
		require.NoError(t, Supported(path))
		require.Equal(t, before, listOf(t, path))
		require.NoError(t, Grant(path, uid))
		require.NoError(t, Grant(path, uid), "again")
		require.NoError(t, Grant(path, second))
		own := uint16(mode >> 3 & 7)
		require.Equal(t, list{
			{owner, 6, noID}, {namedUser, 6, uid}, {namedUser, 6, second}, {group, own, noID}, {mask, 6, noID}, {other, 0, noID},
		}, listOf(t, path), "the group has what it had, mode %o", mode)
		require.NoError(t, Revoke(path, uid))
		require.NoError(t, Revoke(path, second))
		require.NoError(t, Revoke(path, second), "again")
		require.Equal(t, before, listOf(t, path))
		_, err := unix.Getxattr(path, attribute, nil)
		require.ErrorIs(t, err, unix.ENODATA)
	}
}

// TestGrantKeepsOthers verifies that entries made by others stay, and that
// rights which a mask withheld from them stay withheld.
func TestGrantKeepsOthers(t *testing.T) {
	t.Parallel()
	path := file(t, 0o660)
	before := list{{owner, 6, noID}, {namedUser, 6, 1000}, {group, 6, noID}, {namedGroup, 6, 77}, {mask, 4, noID}, {other, 0, noID}}
	require.NoError(t, unix.Setxattr(path, attribute, before.encode(), 0))
	require.NoError(t, Grant(path, uid))
	require.Equal(t, list{{owner, 6, noID}, {namedUser, 4, 1000}, {namedUser, 6, uid}, {group, 4, noID}, {namedGroup, 4, 77}, {mask, 6, noID}, {other, 0, noID}}, listOf(t, path))
}

func TestGrantAtOnce(t *testing.T) {
	t.Parallel()
	path := file(t, 0o660)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := Grant(path, uid+i); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range 20 {
		require.NoError(t, Revoke(path, uid+i))
	}
	_, err := unix.Getxattr(path, attribute, nil)
	require.ErrorIs(t, err, unix.ENODATA)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, uid := range []int{0, -1, noID, noID + 1} {
		require.ErrorIs(t, Grant("/dev/null", uid), ErrUser, strconv.Itoa(uid))
	}
	require.ErrorIs(t, Grant(filepath.Join(t.TempDir(), "none"), uid), os.ErrNotExist)
	require.Error(t, Supported("/proc/self/status"), "a file system without lists")
}

func FuzzDecode(f *testing.F) {
	f.Add(list{{owner, 6, noID}, {namedUser, 6, 1000}, {group, 6, noID}, {mask, 4, noID}, {other, 0, noID}}.encode())
	f.Add([]byte{2, 0, 0, 0})
	f.Add([]byte("no list"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := decode(data)
		if err != nil {
			return
		}
		require.Equal(t, data, l.encode())
		granted := l.grant(uid)
		require.True(t, slices.Contains(granted, entry{namedUser, readWrite, uid}))
		require.True(t, slices.IsSortedFunc(granted, func(a, b entry) int { return int(a.tag) - int(b.tag) }))
		require.False(t, slices.ContainsFunc(granted.revoke(uid), func(e entry) bool { return e.tag == namedUser && e.id == uid }))
	})
}
