package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/version"

	"github.com/dbc-network/dbc/client/terminal"
)

const rootExample = `  dbc devnet demo                  walk the whole guide on this computer
  dbc machines                     what can be rented
  dbc rent MACHINE 3d              rent a machine for three days
  dbc vm create RENT_ID            make a virtual machine in it
  dbc ssh TASK_ID                  log in`

// defaultTimeout is for commands that ask and answer; those that stay have none.
const defaultTimeout = 2 * time.Minute

// staying marks commands that run until they are told to end.
const staying = "staying"

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	// Whatever a command prints may hold what a host or a guest wrote.
	out, errOut = terminal.NewSafe(out), terminal.NewSafe(errOut)
	s := &settings{errOut: errOut}
	defer s.takePassphrase()()
	root, started := newRootCommand(s)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	var unknown error
	root.SetHelpFunc(helpUnless(root.HelpFunc(), &unknown))
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = s.done()
	}
	s.close()
	if err == nil {
		err = unknown
	}
	if err == nil || s.triedOut(cmd, err) {
		return exitDone
	}
	if !*started {
		// Nothing ran yet, so the words of the command line were wrong.
		err = &usageError{err}
		s.json = s.json || wantsJSON(args) // flags may not have been read
	}
	if ctx.Err() != nil {
		err = &interrupted{err}
	}
	report(cmd, s, errOut, err)
	return exitCode(err)
}

// wantsJSON looks for the flag before what is passed on to other programs.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json")
}

// helpUnless shows no help for a word that names none of a command's own: a
// script that misspells one has to fail.
func helpUnless(help func(*cobra.Command, []string), unknown *error) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		if words := cmd.Flags().Args(); !cmd.Runnable() && len(words) > 0 {
			*unknown = usagef("unknown command %q for %q", words[0], cmd.CommandPath())
			return
		}
		help(cmd, args)
	}
}

// newRootCommand also returns whether a command's own work has begun.
func newRootCommand(s *settings) (root *cobra.Command, started *bool) {
	started = new(bool)
	root = &cobra.Command{
		Use:     "dbc",
		Short:   "Rent GPU machines, host them, or run the whole network on this computer",
		Example: rootExample,
		Version: versionText(),
		// What went wrong is said once, by report.
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			*started = true
			if err := s.mayTry(cmd); err != nil {
				return err
			}
			if s.stays = stays(cmd); !s.stays {
				ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
				s.onClose(cancel)
				cmd.SetContext(ctx)
			}
			return s.wholeIDs(cmd, args)
		},
		SuggestionsMinimumDistance: 1,
	}
	s.register(root)
	root.SetFlagErrorFunc(wrongFlag)
	root.AddCommand(
		newMachinesCommand(s), newQuoteCommand(s), newRentCommand(s), newConfirmCommand(s), newReletCommand(s),
		newCancelCommand(s), newRentalsCommand(s), newExplainCommand(s), newVMCommand(s), newDiskCommand(s), newSSHCommand(s),
		newForwardCommand(s),
		newWalletCommand(s), newSessionCommand(s), newHostCommand(s), newImageCommand(s), newNodeCommand(), newDevnetCommand(s), newVersionCommand(s),
	)
	sayWanted(root)
	complete(s, root)
	_ = root.RegisterFlagCompletionFunc("wallet", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return s.words(cmd, walletWords)
	}) // fails for unknown flags only
	completeFlags(root)
	return root, started
}

// sayWanted lets wrong arguments be answered with the right ones.
func sayWanted(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		sayWanted(sub)
	}
	check := cmd.Args
	if check == nil {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			if wrong := wrongWords(cmd, args); wrong != nil {
				err = wrong
			}
			return fmt.Errorf("%w; want: %s", err, cmd.UseLine())
		}
		return nil
	}
}

// stays looks at the command and those above it.
func stays(cmd *cobra.Command) bool {
	for ; cmd != nil; cmd = cmd.Parent() {
		if cmd.Annotations[staying] != "" || cmd.Name() == "node" {
			return true
		}
	}
	return false
}

func versionText() string {
	info := version.NewInfo()
	if info.Version == "" {
		return "dev"
	}
	return fmt.Sprintf("%s (%s)", info.Version, info.GitCommit)
}
