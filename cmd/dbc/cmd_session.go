package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node/api"
)

func newSessionCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "session",
		Short: "Let others act in a rental by keys of their own, and end that",
		Long: "A session is a key that may act in one rental: until it expires, is revoked or the rental ends.\n" +
			"Its file goes to whoever shall act; every command that asks a machine takes it with --session.",
		Example: "  dbc session create 7 --scope operate --for 24h\n  dbc vm list --session FILE",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(newSessionCreateCommand(s), newSessionListCommand(s), newSessionRevokeCommand(s),
		newSessionSignCommand(s), newSessionSendCommand(s))
	return cmd
}

func newSessionCreateCommand(s *settings) *cobra.Command {
	var scope, life, public, team string
	cmd := &cobra.Command{
		Use:   "create RENT_ID",
		Short: "Make a session in a rental",
		Long: "Where a multisig rented, --team writes a file instead: its members sign it one by one, and the last one sends it.\n" +
			"Who they are comes from the chain.",
		Example: "  dbc session create 7 --scope read --for 2h\n  dbc session create 7 --public-key 02ab…\n" +
			"  dbc session create 7 --team team.json\n  dbc session sign team.json --wallet carol\n  dbc session send team.json",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseRentID(args[0])
			if err != nil {
				return err
			}
			parsed, err := auth.ParseScope(scope)
			if err != nil {
				return usagef("--scope %q: read, operate or full wanted", scope)
			}
			seconds, err := client.ParseDuration(life)
			if err != nil {
				return &usageError{err}
			}
			lasts := time.Duration(seconds) * time.Second
			if team != "" {
				return s.createTeamSession(cmd, id, parsed, lasts, public, team)
			}
			return s.createSession(cmd, id, parsed, lasts, public)
		},
	}
	cmd.Flags().StringVar(&scope, "scope", "operate", "read, operate (make, start and stop), or full (delete and set passwords too)")
	cmd.Flags().StringVar(&life, "for", "1d", "until then at most; it ends with the rental in any case")
	cmd.Flags().StringVar(&public, "public-key", "", "the other's secp256k1 key, 33 bytes in hex (default a fresh one, kept in a file)")
	cmd.Flags().StringVar(&team, "team", "", "a new file for the members of a multisig to sign")
	return cmd
}

func (s *settings) createSession(
	cmd *cobra.Command, rentID uint64, scope auth.Scope, life time.Duration, public string,
) error {
	renter, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	r, err := c.Rental(cmd.Context(), rentID)
	if err != nil {
		return err
	}
	n, err := s.machine(cmd.Context(), renter.Wallet, r.MachineId)
	if err != nil {
		return err
	}
	file, private := "", ""
	if public == "" {
		if public, private, err = newSessionKey(); err != nil {
			return err
		}
	}
	g, err := n.Grant(rentID, public, scope, time.Now().Add(life))
	if err != nil {
		return &usageError{err}
	}
	if private != "" {
		// The key first: a session whose key is lost would only be in the way.
		if file, err = s.keepSession(g, renter.Wallet.Address(), private); err != nil {
			return err
		}
	}
	made, err := n.CreateSession(cmd.Context(), g)
	if refused := new(client.NodeError); errors.As(err, &refused) && file != "" {
		err = errors.Join(err, os.Remove(file)) // its key will never be good for anything
	}
	if err != nil {
		return fmt.Errorf("make a session in rental %d: %w", rentID, err)
	}
	return s.show(cmd, map[string]any{"session": made, "file": file}, func(w io.Writer) {
		writeSession(w, made)
		if file != "" {
			row(w, "File:", file)
			row(w, "Next:", "give the file to whoever shall act: dbc vm list --session FILE")
		}
	})
}

// newSessionKey is a fresh key in hex.
func newSessionKey() (public, private string, err error) {
	key, public, err := client.NewSessionKey()
	if err != nil {
		return "", "", err
	}
	return public, hex.EncodeToString(key.Serialize()), nil
}

func (s *settings) keepSession(g auth.Grant, wallet, private string) (string, error) {
	file, err := s.sessionFile(g)
	if err != nil {
		return "", err
	}
	return file, client.WriteSessionKey(file, client.SessionKey{
		ChainID: g.ChainID, MachineID: g.MachineID, Wallet: wallet, SessionID: g.ID(), PrivateKey: private,
	})
}

func newSessionListCommand(s *settings) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List your sessions on the machines that you rent",
		Example: "  dbc session list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list := []api.GrantedSession{}
			err := s.eachMachine(cmd, machineID, func(ctx context.Context, n *client.Node) error {
				more, err := n.Sessions(ctx)
				list = append(list, more.Sessions...)
				return err
			})
			if err != nil {
				return err
			}
			return s.show(cmd, list, func(w io.Writer) {
				row(w, "SESSION", "RENTAL", "SCOPE", "EXPIRES", "REVOKED")
				for _, x := range list {
					row(w, client.Printable(x.SessionID), client.Printable(x.RentOrder), client.Printable(x.Scope),
						client.Printable(x.Expires), x.Revoked)
				}
			})
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

func newSessionRevokeCommand(s *settings) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use:     "revoke SESSION_ID",
		Short:   "End a session for good",
		Example: "  dbc session revoke SESSION_ID",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := s.onMachine(cmd, machineID, func(ctx context.Context, n *client.Node) error {
				return n.RevokeSession(ctx, args[0])
			})
			if err != nil {
				return fmt.Errorf("revoke session %s: %w", args[0], err)
			}
			return s.show(cmd, map[string]string{"revoked": args[0]}, func(w io.Writer) {
				fmt.Fprintf(w, "%s is revoked.\n", args[0])
			})
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

// eachMachine calls do on the named machine, or on every rented one.
func (s *settings) eachMachine(
	cmd *cobra.Command, machineID string, do func(ctx context.Context, n *client.Node) error,
) error {
	if machineID != "" || s.session != "" {
		return s.onMachine(cmd, machineID, do)
	}
	renter, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	ids, err := rentedMachines(cmd.Context(), c, renter.Wallet)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		n, err := s.machine(cmd.Context(), renter.Wallet, id)
		if err != nil {
			return err
		}
		if err := do(cmd.Context(), n); err != nil {
			errs = append(errs, fmt.Errorf("machine %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

func writeSession(w io.Writer, x api.GrantedSession) {
	row(w, "Session:", client.Printable(x.SessionID))
	row(w, "Rental:", client.Printable(x.RentOrder))
	row(w, "Scope:", client.Printable(x.Scope))
	row(w, "Expires:", client.Printable(x.Expires))
}
