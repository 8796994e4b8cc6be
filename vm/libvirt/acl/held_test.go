package acl

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestAHeldDeviceStopsNobody: whoever may open the device can lock it and keep
// the lock, including each guest's emulator. No other VM must wait for that.
func TestAHeldDeviceStopsNobody(t *testing.T) {
	t.Parallel()
	path := file(t, 0o660)
	guest, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { _ = guest.Close() }() // releases the lock
	require.NoError(t, unix.Flock(int(guest.Fd()), unix.LOCK_EX))
	for _, change := range []func() error{
		func() error { return Grant(path, uid) }, func() error { return Revoke(path, uid) }, func() error { return Supported(path) },
	} {
		done := make(chan error, 1)
		go func() { done <- change() }()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(10 * time.Second):
			t.Fatal("it waits for a guest's emulator")
		}
	}
}
