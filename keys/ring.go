// Package keys renames keys of the SDK's keyrings so that a crash loses none: those of
// dbcd and those of dbc's wallets, which are the same files.
package keys

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	files "github.com/99designs/keyring"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

// The ends of the SDK's names of items.
const (
	// InfoSuffix ends the name of the item that holds a key, after the key's own name.
	InfoSuffix = ".info"
	// addressSuffix ends the name of the item that says which key has an address.
	addressSuffix = ".address"
)

// Store is where a keyring's items are; 99designs' keyrings implement it.
type Store interface {
	Set(item files.Item) error
	Remove(key string) error
}

// Ring is the SDK's keyring, except that Rename loses no key.
type Ring struct {
	keyring.Keyring

	// Store has the items of Keyring, Codec their form.
	Store Store
	Codec codec.Codec
	// Sync waits until an item is on disk. It is nil where Store's Set does.
	Sync func(item string) error
}

var _ keyring.Keyring = Ring{}

// Rename renames a key; its address stays the same. The SDK's own deletes the key
// before it writes it under the new name, so that a crash in between loses it. Here
// both exist for a moment, and calling Rename again completes it. Another key's name
// results in ErrTaken, that of one that can't be read in ErrUnreadable.
func (r Ring) Rename(name, to string) error {
	if err := r.rename(name, to); err != nil {
		return fmt.Errorf("rename key %.64q to %.64q: %w", name, to, err)
	}
	return nil
}

func (r Ring) rename(name, to string) error {
	record, err := r.Key(name)
	if err != nil {
		return err
	}
	if name == to {
		return ErrSame
	}
	address, err := record.GetAddress()
	if err != nil {
		return err
	}
	half, err := r.begun(to, address, record)
	if err != nil {
		return err
	}
	record.Name = to
	data, err := r.Codec.Marshal(record)
	if err != nil {
		return err
	}
	if err := r.Store.Set(files.Item{Key: to + InfoSuffix, Data: data}); err != nil {
		return err
	}
	index := files.Item{Key: hex.EncodeToString(address) + addressSuffix, Data: []byte(to + InfoSuffix)}
	if err := r.Store.Set(index); err != nil {
		if !half { // else the index may name it
			err = errors.Join(err, r.Store.Remove(to+InfoSuffix))
		}
		return err
	}
	if r.Sync != nil {
		if err := r.Sync(to + InfoSuffix); err != nil {
			return err
		}
	}
	return r.Store.Remove(name + InfoSuffix)
}

// begun reports whether an earlier Rename to a name wrote the key there before it was
// killed. The name of any other key is refused.
func (r Ring) begun(to string, address sdk.AccAddress, record *keyring.Record) (bool, error) {
	there, err := r.Key(to)
	switch {
	case errors.Is(err, sdkerrors.ErrKeyNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	has, err := there.GetAddress()
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	// A public key of the same address is not what an earlier Rename wrote of a private one.
	if !has.Equals(address) || there.GetType() != record.GetType() {
		return false, ErrTaken
	}
	return true, nil
}

// SyncIn returns a Ring's Sync for a backend that stores items as files of a folder.
// It does nothing where a backend stores them elsewhere.
func SyncIn(dir string) func(item string) error {
	return func(item string) error {
		for _, path := range []string{filepath.Join(dir, item), dir} {
			f, err := os.Open(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil // the system's own store
			}
			if err != nil {
				return err
			}
			if err := errors.Join(f.Sync(), f.Close()); err != nil {
				return err
			}
		}
		return nil
	}
}
