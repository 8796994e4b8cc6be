package keys_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	files "github.com/99designs/keyring"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/keys"
	"github.com/dbc-network/dbc/keys/keystest"
)

// testRing makes a keyring over a store.
func testRing(t *testing.T, store files.Keyring) keys.Ring {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	return keys.Ring{Keyring: keyring.NewInMemoryWithKeyring(store, cdc), Store: store, Codec: cdc, Sync: keys.SyncIn(t.TempDir())}
}

// TestRenameLosesNoKey: whatever step is the last, the key can be found by one
// of both names, and renaming again completes it.
func TestRenameLosesNoKey(t *testing.T) {
	t.Parallel()
	for left := 0; ; left++ {
		store := files.NewArrayKeyring(nil)
		made, _, err := testRing(t, store).NewMnemonic("before", keyring.English, "", "", hd.Secp256k1)
		if err != nil {
			t.Fatal(err)
		}
		address, err := made.GetAddress()
		if err != nil {
			t.Fatal(err)
		}
		killed := testRing(t, &keystest.Dying{Keyring: store, Left: left}).Rename("before", "after")
		if killed != nil && !errors.Is(killed, keystest.ErrKilled) {
			t.Fatal(killed)
		}
		ring := testRing(t, store)
		_, oldErr := ring.Key("before")
		_, newErr := ring.Key("after")
		if oldErr != nil && newErr != nil {
			t.Fatalf("killed after %d steps: the key is lost: %v, %v", left, oldErr, newErr)
		}
		if oldErr == nil {
			if err := ring.Rename("before", "after"); err != nil {
				t.Fatalf("killed after %d steps: again: %v", left, err)
			}
		}
		found, err := ring.KeyByAddress(address)
		if err != nil || found.Name != "after" {
			t.Fatalf("killed after %d steps, then again: %v, %v", left, found, err)
		}
		if killed == nil {
			return
		}
	}
}

// TestRenameOverwritesNoKey: the name of another key is refused, and both stay.
func TestRenameOverwritesNoKey(t *testing.T) {
	t.Parallel()
	ring := testRing(t, files.NewArrayKeyring(nil))
	for _, name := range []string{"one", "other"} {
		if _, _, err := ring.NewMnemonic(name, keyring.English, "", "", hd.Secp256k1); err != nil {
			t.Fatal(err)
		}
	}
	if err := ring.Rename("one", "other"); !errors.Is(err, keys.ErrTaken) {
		t.Errorf("rename to a taken name: %v", err)
	}
	if err := ring.Rename("one", "one"); !errors.Is(err, keys.ErrSame) {
		t.Errorf("rename to itself: %v", err)
	}
	for _, name := range []string{"one", "other"} {
		if _, err := ring.Key(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRenameOverwritesNothingUnreadable: what can't be read may be a key all the same.
func TestRenameOverwritesNothingUnreadable(t *testing.T) {
	t.Parallel()
	store := files.NewArrayKeyring(nil)
	ring := testRing(t, store)
	if _, _, err := ring.NewMnemonic("one", keyring.English, "", "", hd.Secp256k1); err != nil {
		t.Fatal(err)
	}
	if err := store.Set(files.Item{Key: "odd" + keys.InfoSuffix, Data: []byte("odd")}); err != nil {
		t.Fatal(err)
	}
	if err := ring.Rename("one", "odd"); !errors.Is(err, keys.ErrUnreadable) {
		t.Errorf("%v", err)
	}
	if item, err := store.Get("odd" + keys.InfoSuffix); err != nil || string(item.Data) != "odd" {
		t.Errorf("overwritten with %q, %v", item.Data, err)
	}
	if _, err := ring.Key("one"); err != nil {
		t.Error(err)
	}
}

// fullDisk refuses the index of addresses.
type fullDisk struct{ files.Keyring }

var errFull = errors.New("no space left")

func (f fullDisk) Set(item files.Item) error {
	if strings.HasSuffix(item.Key, ".address") {
		return errFull
	}
	return f.Keyring.Set(item)
}

// TestRenameOnAFullDisk: a rename that fails leaves the key under its name alone, and
// one that a kill cut off stays as it was.
func TestRenameOnAFullDisk(t *testing.T) {
	t.Parallel()
	store := files.NewArrayKeyring(nil)
	made, _, err := testRing(t, store).NewMnemonic("before", keyring.English, "", "", hd.Secp256k1)
	if err != nil {
		t.Fatal(err)
	}
	address, err := made.GetAddress()
	if err != nil {
		t.Fatal(err)
	}
	if err := testRing(t, fullDisk{store}).Rename("before", "after"); !errors.Is(err, errFull) {
		t.Fatal(err)
	}
	if found, err := testRing(t, store).KeyByAddress(address); err != nil || found.Name != "before" {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := testRing(t, store).Key("after"); err == nil {
		t.Error("there are two names")
	}
	if err := testRing(t, &keystest.Dying{Keyring: store, Left: 2}).Rename("before", "after"); !errors.Is(err, keystest.ErrKilled) {
		t.Fatal(err)
	}
	if err := testRing(t, fullDisk{store}).Rename("before", "after"); !errors.Is(err, errFull) {
		t.Fatal(err)
	}
	if found, err := testRing(t, store).KeyByAddress(address); err != nil || found.Name != "after" {
		t.Errorf("after a kill: %v, %v", found, err)
	}
}

// TestSyncIn: a backend without files has nothing to wait for; a file that can't be
// read is an error.
func TestSyncIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sync := keys.SyncIn(dir)
	if err := errors.Join(sync("none.info"), keys.SyncIn(filepath.Join(dir, "none"))("one.info")); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "one.info"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sync("one.info"); err != nil {
		t.Error(err)
	}
	if err := sync("one.info/more"); err == nil {
		t.Error("a path through a file")
	}
}

// TestRenameOverwritesNoPrivateKey renames a public key to the name of the private key of
// the same address, as they are there after a rename that was killed, a delete and an add.
func TestRenameOverwritesNoPrivateKey(t *testing.T) {
	t.Parallel()
	store := files.NewArrayKeyring(nil)
	ring := testRing(t, store)
	made, _, err := ring.NewMnemonic("before", keyring.English, "", "", hd.Secp256k1)
	if err != nil {
		t.Fatal(err)
	}
	public, err := made.GetPubKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := testRing(t, &keystest.Dying{Keyring: store, Left: 2}).Rename("before", "after"); !errors.Is(err, keystest.ErrKilled) {
		t.Fatal(err)
	}
	if err := ring.Delete("after"); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.SaveOfflineKey("watch", public); err != nil {
		t.Fatal(err)
	}
	if err := ring.Rename("watch", "before"); !errors.Is(err, keys.ErrTaken) {
		t.Errorf("got %v", err)
	}
	if record, err := ring.Key("before"); err != nil || record.GetLocal() == nil {
		t.Errorf("the private key is lost: %v %v", record, err)
	}
}
