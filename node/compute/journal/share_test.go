package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests/names"
)

var testBinding = names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"}

func openFor(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := Open(path, testBinding)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// TestAWalletHasItsShareOfTheReplayMemory: a wallet that used up its share, or
// filled all of it, does not deprive another of its own.
func TestAWalletHasItsShareOfTheReplayMemory(t *testing.T) {
	t.Parallel()
	j := openFor(t, filepath.Join(t.TempDir(), "journal.db"))
	now := time.Unix(1_800_000_000, 0)
	until := now.Add(auth.MaxSkew)
	use := func(wallet, nonce string) error { return j.Use(t.Context(), wallet, nonce, until, now) }
	if err := use("greedy", "first"); err != nil {
		t.Fatal(err)
	}
	who := newNonceKey("greedy", "").tag()
	j.uses.counts[who] = maxOfWallet
	if err := use("greedy", "n"); !errors.Is(err, ErrNonces) {
		t.Errorf("beyond its share: %v", err)
	}
	j.uses.total = maxNonces
	for i := range fairNonces {
		if err := use("modest", fmt.Sprint(i)); err != nil {
			t.Fatalf("nonce %d of another wallet: %v", i, err)
		}
	}
	if err := use("modest", "n"); !errors.Is(err, ErrNonces) {
		t.Errorf("beyond a fair share of what is full: %v", err)
	}
	j.uses.counts[who], j.uses.total = 1, 1+fairNonces
	if err := j.Use(t.Context(), "other", "n", until.Add(time.Hour), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n, err := j.Nonces(); n != 2+fairNonces-purgeBatch || err != nil {
		t.Errorf("%d nonces after some were over, %v", n, err)
	}
}

// TestARevokedSessionStaysRevokedWhenClocksJump: its grant, which is no secret,
// does not create it again after the server's clock was ahead and was set back.
func TestARevokedSessionStaysRevokedWhenClocksJump(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	j := openFor(t, path)
	now := time.Unix(1_800_000_000, 0)
	revoked := Grant{ID: "revoked", Wallet: "w", RentID: 1, Created: now, Expires: now.Add(time.Minute)}
	if _, err := j.KeepGrant(revoked, now); err != nil {
		t.Fatal(err)
	}
	if err := j.RevokeGrant("w", "revoked"); err != nil {
		t.Fatal(err)
	}
	later := Grant{ID: "later", Wallet: "w", RentID: 1, Created: now, Expires: now.Add(time.Hour)}
	for range 2 { // the second time it is already known
		if _, err := j.KeepGrant(later, now.Add(2*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	_ = j.Close()
	j = openFor(t, path)
	if _, err := j.KeepGrant(revoked, now); !errors.Is(err, auth.ErrForgotten) {
		t.Errorf("got %v", err)
	}
	if _, err := j.KeepGrant(later, now); err != nil {
		t.Errorf("what is kept: %v", err)
	}
}
