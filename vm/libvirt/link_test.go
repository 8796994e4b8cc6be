package libvirt

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digitalocean/go-libvirt"
	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/vm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSilentDaemon uses a listener that accepts connections and never answers,
// like a hung libvirtd.
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

// TestCallersThatLeave: a call goes on though its caller left, so one that leaves again
// and again is refused once too many go on, on all connections together.
func TestCallersThatLeave(t *testing.T) {
	t.Parallel()
	lk := &link{socket: filepath.Join(t.TempDir(), "sock")}
	defer lk.close()
	leave := make(chan struct{})
	hang := func(on *link) error { // as attempt does, whose caller has left
		if err := on.enter(); err != nil {
			return err
		}
		go func() {
			defer on.leave()
			<-leave
		}()
		return nil
	}
	other := lk.beside()
	defer other.close()
	for n := range maxBusy {
		if err := hang([]*link{lk, other}[n%2]); err != nil {
			t.Fatal(err)
		}
	}
	version := func(lv *libvirt.Libvirt) (uint64, error) { return lv.ConnectGetLibVersion() }
	for _, on := range []*link{lk, other} {
		if _, err := call(t.Context(), on, callLimit, version); !errors.Is(err, vm.ErrUnavailable) || !strings.Contains(err.Error(), "not answered") {
			t.Errorf("one more: %v", err)
		}
	}
	close(leave)
	lk.calls.Wait()
	other.calls.Wait()
	if n := lk.busy.Load(); n != 0 {
		t.Errorf("%d calls are counted after the last one", n)
	}
}
