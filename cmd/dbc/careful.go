package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
)

// errUnwanted means that the user did not say yes.
var errUnwanted = errors.New("nothing was done: a yes was wanted")

// sure states what an action can't undo, and asks at the terminal. Without a
// terminal it requires --yes. A dry run states it and does not ask.
func (s *settings) sure(cmd *cobra.Command, consequence string) error {
	if s.answered(cmd) {
		return nil
	}
	if s.dryRun {
		fmt.Fprintln(cmd.ErrOrStderr(), consequence)
		return nil
	}
	file, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return usagef("nothing was done: there is no terminal to ask at, and --yes is not given. %s", consequence)
	}
	fmt.Fprint(cmd.ErrOrStderr(), consequence, " Go on? [y/N] ")
	answer, err := readAnswer(file)
	if err != nil {
		return err
	}
	if answer != "y" && answer != "yes" {
		return errUnwanted
	}
	return nil
}

// answered reports whether a yes was said. The variable answers only where there is
// nobody to ask: it can stand in a shell's start file, and whoever types a command there
// still means to be asked.
func (s *settings) answered(cmd *cobra.Command) bool {
	if !s.yes || s.origins["yes"] != envOf("yes") {
		return s.yes
	}
	file, ok := cmd.InOrStdin().(*os.File)
	return !ok || !term.IsTerminal(int(file.Fd()))
}

// local are the commands that change this computer and send nothing: a dry run
// of them has nothing to try.
var local = []string{
	"dbc wallet create", "dbc wallet import", "dbc config set", "dbc config unset", "dbc config use", "dbc session sign", "dbc host gpu bind", "dbc host gpu unbind", "dbc host gpu apply",
	"dbc host gpu check", "dbc image pull", "dbc image build", "dbc image delete", "dbc devnet", "dbc vm name",
	"dbc node init", "dbc node start", "dbc node split", "dbc node check", "dbc node backup", "dbc node restore",
}

// mayTry refuses a dry run where it would change something anyway.
func mayTry(s *settings, cmd *cobra.Command) error {
	for at := cmd; s.dryRun && at != nil; at = at.Parent() {
		if slices.Contains(local, at.CommandPath()) {
			return usagef("--dry-run: %s sends nothing, and changes this computer; nothing was done", cmd.CommandPath())
		}
	}
	return nil
}

type dryReply struct {
	DryRun    bool     `json:"dry_run"`
	Messages  []string `json:"messages,omitempty"`
	Gas       uint64   `json:"gas_udbc,omitempty"`
	Request   string   `json:"request,omitempty"`
	MachineID string   `json:"machine_id,omitempty"`
}

// triedOut shows what a dry run would have sent, and ends it.
func triedOut(s *settings, cmd *cobra.Command, err error) bool {
	var (
		tx      *chain.DryRun
		request *client.DryRun
	)
	switch {
	case errors.As(err, &tx):
		return s.show(cmd, dryReply{DryRun: true, Messages: tx.Messages, Gas: tx.Fee}, func(w io.Writer) {
			fmt.Fprintf(w, "Dry run, nothing was sent: the chain would take %s now, for gas of about %s.\n",
				strings.Join(tx.Messages, ", "), client.FormatDBC(tx.Fee))
		}) == nil
	case errors.As(err, &request):
		return s.show(cmd, dryReply{DryRun: true, Request: request.Name, MachineID: request.MachineID}, func(w io.Writer) {
			fmt.Fprintf(w, "Dry run, nothing was sent: \"%s\" would go to machine %s.\n",
				strings.ReplaceAll(request.Name, "_", " "), request.MachineID)
		}) == nil
	}
	return false
}
