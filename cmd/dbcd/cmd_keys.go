package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	sdkkeys "github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/keys"
)

// errNoKeyring: without --keyring-backend, which has a default.
var errNoKeyring = errors.New("--keyring-backend is empty, so there are no keys")

// newKeysCommand returns the SDK's commands for keys, except that none deletes a
// key before what replaces it is written.
func newKeysCommand() *cobra.Command {
	cmd := sdkkeys.Commands()
	before(named(cmd, "rename"), nil)
	before(named(cmd, "add"), isFree)
	return cmd
}

// before runs a check before a command, which gets a keyring whose Rename loses
// no key.
func before(cmd *cobra.Command, check func(cmd *cobra.Command, ring keyring.Keyring, args []string) error) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, err := client.GetClientQueryContext(cmd)
		if err != nil {
			return err
		}
		ring, ok := ctx.Keyring.(keyring.KeyringWithDB)
		if !ok {
			return errNoKeyring
		}
		if check != nil {
			if err := check(cmd, ring, args); err != nil {
				return err
			}
		}
		// The SDK would open another one where it sees that the flag was given.
		cmd.Flags().Lookup(flags.FlagKeyringBackend).Changed = false
		if err := client.SetCmdClientContext(cmd, ctx.WithKeyring(safe(ring, ctx))); err != nil {
			return err
		}
		return run(cmd, args)
	}
}

// isFree refuses the name of an existing key: the SDK would delete that key
// before it asks for the words of the new one.
func isFree(cmd *cobra.Command, ring keyring.Keyring, args []string) error {
	if dry, err := cmd.Flags().GetBool(flags.FlagDryRun); dry || err != nil {
		return err
	}
	if _, err := ring.Key(args[0]); err == nil {
		return fmt.Errorf("add key %.64q: %w (dbcd keys delete)", args[0], keys.ErrTaken)
	}
	return nil
}

// safe returns a keyring whose Rename loses no key, in the files of the backends that
// have some.
func safe(ring keyring.KeyringWithDB, ctx client.Context) keys.Ring {
	dir := filepath.Join(ctx.KeyringDir, "keyring-"+ring.Backend())
	return keys.Ring{Keyring: ring, Store: ring.DB(), Codec: ctx.Codec, Sync: keys.SyncIn(dir)}
}
