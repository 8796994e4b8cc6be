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

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/rental"
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
				return usagef("--scope %q: full wanted, or some of read, operate, data, keys, in this order and separated by commas", scope)
			}
			seconds, err := rental.ParseDuration(life)
			if err != nil {
				return &usageError{err}
			}
			if _, err := (auth.Grant{PublicKey: public}).Address(); public != "" && err != nil {
				return usagef("--public-key: %w", err)
			}
			lasts := time.Duration(seconds) * time.Second
			if team != "" {
				return createTeamSession(s, cmd, id, parsed, lasts, public, team)
			}
			return createSession(s, cmd, id, parsed, lasts, public)
		},
	}
	cmd.Flags().StringVar(&scope, "scope", "operate", "full, or some of read, operate (make, start and stop), data (delete), keys (set passwords), separated by commas")
	cmd.Flags().StringVar(&life, "for", "1d", "until then at most; it ends with the rental in any case")
	cmd.Flags().StringVar(&public, "public-key", "", "the other's secp256k1 key, 33 bytes in hex (default a fresh one, kept in a file)")
	cmd.Flags().StringVar(&team, "team", "", "a new file for the members of a multisig to sign")
	return cmd
}

func createSession(
	s *settings, cmd *cobra.Command, rentID uint64, scope auth.Scope, life time.Duration, public string,
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
	if private != "" && !s.dryRun {
		// The key first: a session whose key is lost would be useless.
		if file, err = keepSession(s, g, renter.Wallet.Address(), private); err != nil {
			return err
		}
	}
	made, err := n.CreateSession(cmd.Context(), g)
	if refused := new(client.NodeError); errors.As(err, &refused) && file != "" && !client.MayHaveHappened(err) {
		err = errors.Join(err, os.Remove(file)) // its key is of no use any more
	}
	if err != nil {
		return orUnknown(fmt.Errorf("make a session in rental %d: %w", rentID, err), "dbc session list")
	}
	return s.show(cmd, map[string]any{"session": made, "file": file}, func(w io.Writer) {
		writeSession(w, made)
		if file != "" {
			row(w, "File:", file)
			row(w, "Next:", "give the file to whoever shall act: dbc vm list --session FILE")
		}
	})
}

// newSessionKey returns a new key in hex.
func newSessionKey() (public, private string, err error) {
	key, public, err := client.NewSessionKey()
	if err != nil {
		return "", "", err
	}
	return public, hex.EncodeToString(key.Serialize()), nil
}

func keepSession(s *settings, g auth.Grant, wallet, private string) (string, error) {
	file, err := sessionFile(s, g)
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
			return listSessions(s, cmd, machineID)
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

// sessionList also says which machines did not answer.
type sessionList struct {
	Sessions   []sessionRow `json:"sessions"`
	Incomplete []unanswered `json:"incomplete"`
}

type sessionRow struct {
	api.GrantedSession
	MachineID string `json:"machine_id"`
}

func listSessions(s *settings, cmd *cobra.Command, machineID string) error {
	parts, lost, err := gather(s, cmd, machineID, func(ctx context.Context, n *client.Node) ([]api.GrantedSession, error) {
		list, err := n.Sessions(ctx)
		return list.Sessions, err
	})
	if err != nil {
		return err
	}
	list := sessionList{Sessions: []sessionRow{}, Incomplete: lost}
	for _, p := range parts {
		for _, x := range p.rows {
			list.Sessions = append(list.Sessions, sessionRow{x, p.machineID})
		}
	}
	return errors.Join(s.show(cmd, list, func(w io.Writer) {
		row(w, "SESSION", "RENTAL", "SCOPE", "EXPIRES", "REVOKED")
		for _, x := range list.Sessions {
			row(w, client.Printable(x.SessionID), client.Printable(x.RentOrder), client.Printable(x.Scope),
				client.Printable(x.Expires), x.Revoked)
		}
		writeMissing(w, lost)
	}), ended(lost, len(parts)+len(lost)))
}

func newSessionRevokeCommand(s *settings) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use:     "revoke SESSION_ID",
		Short:   "End a session for good",
		Example: "  dbc session revoke SESSION_ID",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := onFound(s, cmd, machineID, args[0], grantedSession, func(ctx context.Context, n *client.Node, id string) error {
				return orUnknown(n.RevokeSession(ctx, id), "dbc session list")
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

func writeSession(w io.Writer, x api.GrantedSession) {
	row(w, "Session:", client.Printable(x.SessionID))
	row(w, "Rental:", client.Printable(x.RentOrder))
	row(w, "Scope:", client.Printable(x.Scope))
	row(w, "Expires:", client.Printable(x.Expires))
}
