package outbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/dbc-network/dbc/chain/outbox"
)

const (
	chainID = "dbc-devnet-1"
	address = "dbc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqu0yj4v"
)

func open(t *testing.T, dir string) *outbox.Box {
	t.Helper()
	box, err := outbox.Open(t.Context(), dir, chainID, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestKeptUntilCleared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	box := open(t, dir)
	want := outbox.Sent{
		ChainID: chainID, Address: address, Sequence: 7, Hash: "AB", Bytes: []byte{0, 1}, Last: 9, Fee: 3,
		Messages: []string{"MsgSend"}, At: time.Unix(1, 2).UTC(), Height: 4, Block: []byte{5},
	}
	if err := box.Store(want); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, chainID, address+".json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	box = open(t, dir) // another program
	got, err := box.Load()
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Fatalf("%+v %v", got, err)
	}
	for range 2 {
		if err := box.Clear(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := box.Load(); got != nil || err != nil {
		t.Fatalf("%+v %v", got, err)
	}
}

// TestDamagedIsNotNothing verifies that an unreadable file is not taken for an
// empty box: it may be a payment.
func TestDamagedIsNotNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	box := open(t, dir)
	for _, text := range []string{"", "{", "{}", `{"hash":"AB"}`, "null"} {
		if err := os.WriteFile(filepath.Join(dir, chainID, address+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := box.Load(); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	if _, err := outbox.Open(ctx, dir, chainID, address, stop); !errors.Is(err, context.Canceled) {
		t.Fatalf("the box was given twice: %v", err)
	}
	second := make(chan error, 1)
	waits := make(chan struct{})
	go func() {
		box, err := outbox.Open(context.Background(), dir, chainID, address, func() { close(waits) })
		if err == nil {
			err = box.Close()
		}
		second <- err
	}()
	<-waits
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Fatal(err)
	}
}

func TestNamesAreNoPaths(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "..", "a/b", "../x", ".x", "a\x00"} {
		if _, err := outbox.Open(t.Context(), t.TempDir(), bad, address, nil); err == nil {
			t.Errorf("chain %q passed", bad)
		}
		if _, err := outbox.Open(t.Context(), t.TempDir(), chainID, bad, nil); err == nil {
			t.Errorf("address %q passed", bad)
		}
	}
}
