// Package vmtest is the suite that every vm.Driver passes.
package vmtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dbc-network/dbc/vm"
)

// Bench is a driver to test, and what it can run.
type Bench struct {
	Driver vm.Driver
	// Spec returns the specification of a guest that runs until it is stopped.
	// The same name results in the same guest.
	Spec func(t *testing.T, name string) vm.Spec
	// Greeting is what such a guest writes to its console when it starts.
	Greeting string
	// Greeted returns when the guest has started that often since it was
	// defined. It is nil for a guest that writes its greeting before Start and
	// Reset return.
	Greeted func(t *testing.T, spec vm.Spec, times int)
	// Disk creates a data disk that the guest does not have yet.
	Disk func(t *testing.T, spec vm.Spec, target string) vm.Disk
	// Agent reports whether such a guest has an agent.
	Agent bool
	// Limit bounds every wait for the driver.
	Limit time.Duration
}

// Run tests the driver that open returns. Guests left after a failure are
// stopped and undefined.
func Run(t *testing.T, open func(t *testing.T) Bench) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Bench){
		"define":             testDefine,
		"life":               testLife,
		"pause":              testPause,
		"reset":              testReset,
		"shutdown":           testShutdown,
		"console":            testConsole,
		"VNC":                testVNC,
		"disks":              testDisks,
		"UEFI":               testUEFI,
		"placement":          testPlacement,
		"password":           testPassword,
		"several":            testSeveral,
		"unknown":            testUnknown,
		"refusals":           testRefusals,
		"watch":              testWatch,
		"context that ended": testContext,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// context ends with the test or after the bench's limit.
func (b Bench) context(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), b.Limit)
	t.Cleanup(cancel)
	return ctx
}

// define defines a guest and registers its cleanup.
func (b Bench) define(t *testing.T, name string) vm.Spec {
	t.Helper()
	spec := b.Spec(t, name)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), b.Limit)
		defer cancel()
		if err := errors.Join(b.Driver.Stop(ctx, spec.UUID), b.Driver.Undefine(ctx, spec.UUID)); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	must(t, "define", b.Driver.Define(b.context(t), spec))
	return spec
}

// greeted waits until a guest has started that often.
func (b Bench) greeted(t *testing.T, spec vm.Spec, times int) {
	t.Helper()
	if b.Greeted != nil {
		b.Greeted(t, spec, times)
	}
}

func (b Bench) expect(t *testing.T, id vm.UUID, state vm.State, reason vm.Reason) {
	t.Helper()
	got, err := b.Driver.Get(b.context(t), id)
	must(t, "get", err)
	if got.UUID != id || got.State != state || got.Reason != reason {
		t.Fatalf("domain is %+v, want %s %q", got, state, reason)
	}
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
