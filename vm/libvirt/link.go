package libvirt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digitalocean/go-libvirt"
	"github.com/digitalocean/go-libvirt/socket/dialers"

	"github.com/dbc-network/dbc/vm"
)

// link keeps one connection to libvirtd and reconnects after it was lost.
type link struct {
	socket string

	mu     sync.Mutex
	now    *session
	closed bool
	// calls waits for this link's calls in flight, including those whose caller has
	// left; busy counts those of all links of the driver.
	calls sync.WaitGroup
	busy  *atomic.Int64
}

// maxBusy bounds the calls in flight: a caller that leaves again and again would
// otherwise leave one behind each time, until its limit.
const maxBusy = 512

// session is one connection. The library supports neither ctx nor timeouts;
// closing raw makes all its calls return.
type session struct {
	lv  *libvirt.Libvirt
	raw net.Conn
}

func (s *session) disconnect() { _ = s.raw.Close() }

// get returns the connection and connects first if there is none.
func (l *link) get(ctx context.Context) (*session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, fmt.Errorf("%w: driver is closed", vm.ErrUnavailable)
	}
	if l.now != nil && l.now.lv.IsConnected() {
		return l.now, nil
	}
	l.now = nil
	s, err := dial(ctx, l.socket)
	if err != nil {
		return nil, err
	}
	l.now = s
	return s, nil
}

// drop discards a connection that failed, so that the next call reconnects.
func (l *link) drop(s *session) {
	s.disconnect()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == s {
		l.now = nil
	}
}

func (l *link) close() {
	l.mu.Lock()
	l.closed = true
	if l.now != nil {
		l.now.disconnect()
	}
	l.mu.Unlock()
	l.calls.Wait()
}

// enter counts a call until leave, unless the link is closed: then nobody would
// wait for it.
func (l *link) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fmt.Errorf("%w: driver is closed", vm.ErrUnavailable)
	}
	busy := l.counter()
	if busy.Add(1) > maxBusy {
		busy.Add(-1)
		return fmt.Errorf("%w: %d calls are not answered yet", vm.ErrUnavailable, maxBusy)
	}
	l.calls.Add(1)
	return nil
}

// counter returns busy, made at its first use. It needs the lock.
func (l *link) counter() *atomic.Int64 {
	if l.busy == nil {
		l.busy = new(atomic.Int64)
	}
	return l.busy
}

func (l *link) leave() {
	l.busy.Add(-1)
	l.calls.Done()
}

// beside returns another connection, for a call that would keep others waiting.
func (l *link) beside() *link {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &link{socket: l.socket, busy: l.counter()}
}

func dial(ctx context.Context, socket string) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", vm.ErrUnavailable, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	lv := libvirt.NewWithDialer(dialers.NewAlreadyConnected(raw))
	if err := lv.ConnectToURI(libvirt.QEMUSystem); err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("%w: open connection: %w", vm.ErrUnavailable, err)
	}
	return &session{lv: lv, raw: raw}, nil
}

// call runs f on the connection. When ctx is done it returns at once, and f
// continues alone until libvirtd answers or the limit cuts the connection. What
// f requested may still happen, which is why every call must be repeatable.
func call[T any](ctx context.Context, l *link, limit time.Duration, f func(*libvirt.Libvirt) (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if err := l.enter(); err != nil {
		return none, err
	}
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		defer l.leave()
		value, err := attempt(ctx, l, limit, f)
		done <- answer{value, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

func attempt[T any](ctx context.Context, l *link, limit time.Duration, f func(*libvirt.Libvirt) (T, error)) (T, error) {
	var none T
	s, err := l.get(ctx)
	if err != nil {
		return none, err
	}
	timer := time.AfterFunc(limit, s.disconnect)
	defer timer.Stop()
	value, err := f(s.lv)
	if err == nil {
		return value, nil
	}
	var refusal libvirt.Error
	if !errors.As(err, &refusal) {
		// This is not libvirtd's answer: the connection is broken or out of
		// sync.
		l.drop(s)
		return none, fmt.Errorf("%w: %w", vm.ErrUnavailable, err)
	}
	if libvirt.IsNotFound(err) {
		return none, vm.ErrNotFound
	}
	return none, err
}

// run is call for functions that return only an error.
func run(ctx context.Context, l *link, limit time.Duration, f func(*libvirt.Libvirt) error) error {
	_, err := call(ctx, l, limit, func(lv *libvirt.Libvirt) (struct{}, error) { return struct{}{}, f(lv) })
	return err
}

// isCode reports whether err is the libvirt error with the given number.
func isCode(err error, code libvirt.ErrorNumber) bool {
	var refusal libvirt.Error
	return errors.As(err, &refusal) && refusal.Code == uint32(code)
}
