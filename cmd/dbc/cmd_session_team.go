package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
)

// teamReply is the state of a team's session.
type teamReply struct {
	File      string   `json:"file"`
	SessionID string   `json:"session_id"`
	ChainID   string   `json:"chain_id"`
	MachineID string   `json:"machine_id"`
	RentID    uint64   `json:"rent_id"`
	PublicKey string   `json:"public_key"`
	Scope     string   `json:"scope"`
	Expires   string   `json:"expires"`
	Wallet    string   `json:"wallet"`
	Members   []string `json:"members"`
	Threshold int      `json:"threshold"`
	Signed    []string `json:"signed"`
	// KeyFile is the session's key, if it was made here.
	KeyFile string `json:"key_file,omitempty"`
}

// createTeamSession creates what the members of the renter, a multisig, sign later.
func createTeamSession(s *settings, cmd *cobra.Command, rentID uint64, scope auth.Scope, life time.Duration, public, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return usagef("--team %q is there already; name a new file", file)
	}
	c, err := s.dial(cmd.Context())
	if err != nil {
		return err
	}
	r, err := c.Rental(cmd.Context(), rentID)
	if err != nil {
		return err
	}
	team, err := c.Team(cmd.Context(), r.Renter)
	if err != nil {
		return fmt.Errorf("rental %d: its renter %w", rentID, err)
	}
	private := ""
	if public == "" {
		if public, private, err = newSessionKey(); err != nil {
			return err
		}
	}
	t := client.TeamGrant{
		Grant: auth.Grant{
			ChainID: s.chainID, MachineID: r.MachineId, RentID: rentID, PublicKey: public, Scope: scope,
			Expiry: time.Now().Add(life).Unix(),
		},
		Team: auth.Multisig{Threshold: team.Threshold, PublicKeys: team.PublicKeys},
	}
	if err := t.Grant.Validate(); err != nil {
		return &usageError{err}
	}
	key := ""
	if private != "" {
		if key, err = keepSession(s, t.Grant, r.Renter, private); err != nil {
			return err
		}
	}
	if err := t.Write(file); err != nil {
		return err
	}
	return showTeam(s, cmd, t, file, key)
}

func newSessionSignCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sign FILE",
		Short: "Sign a team's session as one of its members, without a network",
		Long: "Sign shows what the file that dbc session create --team wrote allows, and whom, and adds the wallet's signature after a yes.\n" +
			"Nothing in the file is secret: pass it on, or sign copies of it; dbc session send takes them all.",
		Example: "  dbc session sign team.json --wallet carol\n  dbc session sign team.json --wallet carol --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return signTeamSession(s, cmd, args[0], s.answered(cmd))
		},
	}
	return cmd
}

func signTeamSession(s *settings, cmd *cobra.Command, file string, yes bool) error {
	t, err := readTeam(file)
	if err != nil {
		return err
	}
	if err := onChainOf(s, t.Grant); err != nil {
		return err
	}
	w, err := s.signer(cmd)
	if err != nil {
		return err
	}
	done, err := t.SignedBy(w.Address())
	if err != nil {
		return err
	}
	if !done {
		if err := askToSign(cmd, t, w, yes); err != nil {
			return err
		}
		if t, err = t.Sign(cmd.Context(), w); err != nil {
			return err
		}
		if err := t.Write(file); err != nil {
			return err
		}
	}
	return showTeam(s, cmd, t, file, "")
}

// askToSign shows a session before a member signs it: on the error output, so
// that the output remains readable by programs.
func askToSign(cmd *cobra.Command, t client.TeamGrant, w *market.Wallet, yes bool) error {
	reply, err := newTeamReply(t)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(cmd.ErrOrStderr(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "To be signed: a key may act for the team in one rental, without its wallet.")
	writeTeam(out, reply)
	row(out, "May:", may(t.Grant.Scope))
	row(out, "Sign as:", fmt.Sprintf("%s, %s", client.Printable(w.Name), w.Address()))
	if err := out.Flush(); err != nil {
		return err
	}
	return agree(cmd, yes, "Sign it?")
}

// mays describes what the scopes allow.
var mays = map[auth.Scope]string{
	auth.ScopeRead:    "look at virtual machines",
	auth.ScopeOperate: "look, and make, start and stop virtual machines",
	auth.ScopeData:    "look, and delete virtual machines and disks",
	auth.ScopeKeys:    "look, and set passwords",
	auth.ScopeFull:    "everything: delete virtual machines and disks, set passwords, and list and revoke sessions too",
}

// may describes what one scope allows.
func may(scope auth.Scope) string {
	var list []string
	for word := range strings.SplitSeq(scope.String(), ",") {
		list = append(list, mays[auth.Scope(word)])
	}
	return strings.Join(list, "; ")
}

func newSessionSendCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "send FILE...",
		Short:   "Bring a team's session to its machine, once enough members signed",
		Example: "  dbc session send team.json\n  dbc session send from-alice.json from-bob.json",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return sendTeamSession(s, cmd, args) },
	}
}

func sendTeamSession(s *settings, cmd *cobra.Command, files []string) error {
	t, err := readTeam(files[0])
	if err != nil {
		return err
	}
	for _, file := range files[1:] {
		more, err := readTeam(file)
		if err != nil {
			return err
		}
		if t, err = t.Join(more); err != nil {
			return err
		}
	}
	signed, err := t.Signed()
	if err != nil {
		return err
	}
	if len(signed) < t.Team.Threshold {
		return fmt.Errorf("%w: %d of %d signatures: dbc session sign FILE adds one", client.ErrTeam, len(signed), t.Team.Threshold)
	}
	if err := onChainOf(s, t.Grant); err != nil {
		return err
	}
	n, err := s.anonymous(cmd, t.Grant.MachineID)
	if err != nil {
		return err
	}
	made, err := n.CreateTeamSession(cmd.Context(), t)
	if err != nil {
		return fmt.Errorf("make a session in rental %d: %w", t.Grant.RentID, err)
	}
	key, err := sessionFile(s, t.Grant)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(key); err != nil {
		key = "" // made elsewhere
	}
	return s.show(cmd, map[string]any{"session": made, "file": key}, func(w io.Writer) {
		writeSession(w, made)
		if key != "" {
			row(w, "File:", key)
			row(w, "Next:", "give the file to whoever shall act: dbc vm list --session FILE")
		}
	})
}

// onChainOf makes the grant's chain this command's, and refuses any other.
func onChainOf(s *settings, g auth.Grant) error {
	if s.chainID != "" && s.chainID != g.ChainID {
		return usagef("--chain-id %s: the session is of %s", s.chainID, g.ChainID)
	}
	if err := s.resolve(); err != nil {
		return err
	}
	s.chainID = g.ChainID
	return nil
}

func sessionFile(s *settings, g auth.Grant) (string, error) {
	home, err := s.homeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, "sessions", g.ID()+".json"), nil
}

func showTeam(s *settings, cmd *cobra.Command, t client.TeamGrant, file, key string) error {
	reply, err := newTeamReply(t)
	if err != nil {
		return err
	}
	reply.File, reply.KeyFile = file, key
	return s.show(cmd, reply, func(w io.Writer) {
		writeTeam(w, reply)
		if key != "" {
			row(w, "Key file:", key)
		}
		if len(reply.Signed) < reply.Threshold {
			row(w, "Next:", "give "+file+" to a member: dbc session sign "+file)
		} else {
			row(w, "Next:", "dbc session send "+file)
		}
	})
}

func newTeamReply(t client.TeamGrant) (teamReply, error) {
	wallet, err := t.Team.Address()
	if err != nil {
		return teamReply{}, err
	}
	members, err := t.Team.Members()
	if err != nil {
		return teamReply{}, err
	}
	signed, err := t.Signed()
	if err != nil {
		return teamReply{}, err
	}
	g := t.Grant
	return teamReply{
		SessionID: g.ID(), ChainID: g.ChainID, MachineID: g.MachineID, RentID: g.RentID, PublicKey: g.PublicKey,
		Scope: g.Scope.String(), Expires: time.Unix(g.Expiry, 0).UTC().Format(time.RFC3339), Wallet: wallet, Members: members,
		Threshold: t.Team.Threshold, Signed: signed,
	}, nil
}

func writeTeam(w io.Writer, t teamReply) {
	row(w, "Session:", t.SessionID)
	row(w, "Chain:", client.Printable(t.ChainID))
	row(w, "Machine:", t.MachineID)
	row(w, "Rental:", t.RentID)
	row(w, "Session key:", t.PublicKey)
	row(w, "Scope:", t.Scope)
	row(w, "Expires:", t.Expires)
	row(w, "Team:", fmt.Sprintf("%s, %d of %d", t.Wallet, t.Threshold, len(t.Members)))
	if len(t.Signed) > 0 {
		row(w, "Signed by:", strings.Join(t.Signed, ", "))
	}
}

// readTeam reads a file that the command line names.
func readTeam(file string) (client.TeamGrant, error) {
	t, err := client.ReadTeamGrant(file)
	if errors.Is(err, fs.ErrNotExist) {
		return t, usagef("%s: no such file", file)
	}
	return t, err
}
