package binding

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNobodyElseHoldsTheLock: every user of the computer may open /etc and lock it,
// which must not prevent its host from binding or unbinding.
func TestNobodyElseHoldsTheLock(t *testing.T) {
	t.Parallel()
	root := tree(t, two)
	f := selected(t, root)
	if err := os.Mkdir(filepath.Join(root, "run"), 0o755); err != nil { //nolint:gosec // as of a computer
		t.Fatal(err)
	}
	anybody, err := os.Open(filepath.Join(root, "etc")) // as an unprivileged process can
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = anybody.Close() }()
	if err := syscall.Flock(int(anybody.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	if _, err := Bind(config(root), f); errors.Is(err, ErrBusy) {
		t.Errorf("bind: %v", err)
	}
	if _, err := Unbind(config(root)); errors.Is(err, ErrBusy) {
		t.Errorf("unbind: %v", err)
	}
}
