package libvirt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/digitalocean/go-libvirt"
	"github.com/digitalocean/go-libvirt/socket/dialers"

	"github.com/dbc-network/dbc/vm"
)

// link keeps one connection to libvirtd, made anew when it was lost.
type link struct {
	socket string

	mu     sync.Mutex
	now    *session
	closed bool
	// calls waits for every call in flight, also those whose caller left.
	calls sync.WaitGroup
}

// session is one connection. The library knows neither ctx nor time limits;
// cutting raw makes all its calls return.
type session struct {
	lv  *libvirt.Libvirt
	raw net.Conn
}

func (s *session) cut() { _ = s.raw.Close() }

// get is the connection, made first if there is none.
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

// drop forgets a connection that failed, so that the next call makes another.
func (l *link) drop(s *session) {
	s.cut()
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
		l.now.cut()
	}
	l.mu.Unlock()
	l.calls.Wait()
}

// enter counts a call in, unless the link is closed: then nobody waits for it.
func (l *link) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.calls.Add(1)
	return true
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
// goes on alone until libvirtd answers or the limit cuts the connection: what
// f asked for may still happen, which is why every call may be repeated.
func call[T any](ctx context.Context, l *link, limit time.Duration, f func(*libvirt.Libvirt) (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if !l.enter() {
		return none, fmt.Errorf("%w: driver is closed", vm.ErrUnavailable)
	}
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		defer l.calls.Done()
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
	timer := time.AfterFunc(limit, s.cut)
	defer timer.Stop()
	value, err := f(s.lv)
	if err == nil {
		return value, nil
	}
	var refusal libvirt.Error
	if !errors.As(err, &refusal) {
		// Not libvirtd's answer: the connection is gone or out of step.
		l.drop(s)
		return none, fmt.Errorf("%w: %w", vm.ErrUnavailable, err)
	}
	if libvirt.IsNotFound(err) {
		return none, vm.ErrNotFound
	}
	return none, err
}

// run is call for what returns nothing but an error.
func run(ctx context.Context, l *link, limit time.Duration, f func(*libvirt.Libvirt) error) error {
	_, err := call(ctx, l, limit, func(lv *libvirt.Libvirt) (struct{}, error) { return struct{}{}, f(lv) })
	return err
}

// isCode tells one of libvirt's errors by its number.
func isCode(err error, code libvirt.ErrorNumber) bool {
	var refusal libvirt.Error
	return errors.As(err, &refusal) && refusal.Code == uint32(code)
}
