package testnet_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/test/testnet"
)

// TestFullDiskEndsTheDaemon fills the disk under a running daemon: it ends with
// an error instead of answering queries at a height that never moves, and goes
// on when it is started with room again. It needs root, to mount a small disk.
func TestFullDiskEndsTheDaemon(t *testing.T) {
	disk := t.TempDir()
	require.NoError(t, syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=128m,mode=0755"))
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, syscall.MNT_DETACH)) })
	m := newMarket(t, testnet.Config{Validators: 1, Dir: filepath.Join(disk, "net")})
	id := m.rent(0)
	v := m.Validators[0]
	before := m.moreBlocks(0, 1)

	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	filled := time.Now()
	code, err := v.Ended(m.ctx())
	require.NoError(t, err)
	require.NotZero(t, code, "an error, so that it is started again")
	require.Less(t, time.Since(filled), 30*time.Second)

	require.NoError(t, os.Remove(filler))
	require.NoError(t, v.Start(m.ctx()))
	require.NoError(t, v.WaitHeight(m.ctx(), before+3))
	m.confirm(0, id)
}

// fill leaves no byte free.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }() // the disk is full
	for _, size := range []int{1 << 20, 1 << 12, 1} {
		for err == nil {
			_, err = f.Write(make([]byte, size))
		}
		require.True(t, errors.Is(err, syscall.ENOSPC), "%v", err)
		err = nil
	}
}
