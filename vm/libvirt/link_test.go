package libvirt

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/digitalocean/go-libvirt"
	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/vm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSilentDaemon has something listen that takes connections and never
// answers, as a hung libvirtd does.
func TestSilentDaemon(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lk := &link{socket: socket}
	defer lk.close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	version := func(lv *libvirt.Libvirt) (uint64, error) { return lv.ConnectGetLibVersion() }
	if _, err := call(ctx, lk, callLimit, version); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, vm.ErrUnavailable) {
		t.Errorf("call: %v, want it to end with ctx", err)
	}
}

func TestNoDaemon(t *testing.T) {
	t.Parallel()
	lk := &link{socket: filepath.Join(t.TempDir(), "sock")}
	version := func(lv *libvirt.Libvirt) (uint64, error) { return lv.ConnectGetLibVersion() }
	if _, err := call(t.Context(), lk, callLimit, version); !errors.Is(err, vm.ErrUnavailable) {
		t.Errorf("call: %v, want ErrUnavailable", err)
	}
	lk.close()
	if _, err := call(t.Context(), lk, callLimit, version); !errors.Is(err, vm.ErrUnavailable) {
		t.Errorf("call after close: %v, want ErrUnavailable", err)
	}
}
