package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/version"

	"github.com/dbc-network/dbc/client/terminal"
	nodecmd "github.com/dbc-network/dbc/cmd/dbc/node"
	"github.com/dbc-network/dbc/deploy/manpage"
	"github.com/dbc-network/dbc/networks"
)

const rootExample = `  dbc devnet demo                  walk the whole guide on this computer
  dbc up --for 2h                  rent a machine and log in, by one command
  dbc machines                     what can be rented
  dbc rent MACHINE 3d              rent a machine for three days
  dbc vm create RENT_ID            make a virtual machine in it
  dbc ssh TASK_ID                  log in`

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	// Whatever a command prints may contain text from a host or a guest.
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
	if err == nil || triedOut(s, cmd, err) {
		return exitDone
	}
	if !*started {
		// Nothing has run yet, so the command line was wrong.
		err = &usageError{err}
		s.json = s.json || wantsJSON(args) || envSays("json") // flags may not have been parsed
	}
	if ctx.Err() != nil {
		err = &interrupted{err}
	}
	report(cmd, s, errOut, err)
	return exitCode(err)
}

// wantsJSON looks for the flag before the arguments passed on to other programs.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json")
}

// helpUnless shows no help for a word that is not a subcommand: a script that
// misspells one has to fail.
func helpUnless(help func(*cobra.Command, []string), unknown *error) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		if words := cmd.Flags().Args(); !cmd.Runnable() && len(words) > 0 {
			*unknown = unknownCommand(cmd, words[0])
			return
		}
		help(cmd, args)
	}
}

func unknownCommand(cmd *cobra.Command, word string) error {
	err := usagef("unknown command %q for %q", word, cmd.CommandPath())
	near := cmd.SuggestionsFor(word)
	slices.Sort(near)
	if near = slices.Compact(near); len(near) > 0 {
		err = usagef("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return err
}

// helpStrictly makes "dbc help" fail for a command that does not exist.
func helpStrictly(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return
	}
	help.Example = "  dbc help vm create"
	help.Run, help.RunE = nil, func(_ *cobra.Command, args []string) error {
		cmd, rest, err := root.Find(args)
		if err == nil && len(rest) > 0 && !cmd.Runnable() {
			err = unknownCommand(cmd, rest[0])
		}
		if err != nil {
			return err
		}
		return cmd.Help()
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
		// Errors are printed once, by report.
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			*started = true
			if err := s.adopt(cmd); err != nil {
				return err
			}
			if err := mayTry(s, cmd); err != nil {
				return err
			}
			if s.stays = stays(cmd); !s.stays {
				ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
				s.onClose(cancel)
				cmd.SetContext(ctx)
			}
			return wholeIDs(s, cmd, args)
		},
		// helpUnless refuses words that are no command.
		Args: cobra.ArbitraryArgs,
	}
	s.register(root)
	root.SetFlagErrorFunc(wrongFlag)
	root.AddCommand(
		newMachinesCommand(s), newImagesCommand(s), newQuoteCommand(s), newRentCommand(s), newConfirmCommand(s), newReletCommand(s),
		newCancelCommand(s), newLeaveCommand(s), newBreakCommand(s), newChallengeCommand(s), newRentalsCommand(s), newExplainCommand(s), newVMCommand(s), newDiskCommand(s), newSSHCommand(s),
		newForwardCommand(s), newUpCommand(s), newDownCommand(s), newCopyCommand(s), newSSHConfigCommand(s), newSSHProxyCommand(s), newInventoryCommand(s), newTicketCommand(s),
		newWalletCommand(s), newSessionCommand(s), newHostCommand(s), newDoctorCommand(s), newConfigCommand(s), nodecmd.New(), newVersionCommand(s), manpage.Command(),
	)
	root.AddCommand(linuxCommands(s)...)
	nearWords(root)
	helpStrictly(root)
	sayWanted(root)
	complete(s, root)
	_ = root.RegisterFlagCompletionFunc("wallet", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return completions(s, cmd, walletWords)
	}) // fails for unknown flags only
	_ = root.RegisterFlagCompletionFunc("network", cobra.FixedCompletions(networks.Names(), cobra.ShellCompDirectiveDefault)) // as above
	completeFlags(root)
	return root, started
}

// otherWords are what users of other programs call our commands.
var otherWords = map[string][]string{
	"delete": {"rm", "remove", "del", "destroy"}, "list": {"ls", "ps"}, "show": {"get", "info", "status", "describe"},
	"create": {"new", "make"}, "stop": {"halt", "shutdown"}, "modify": {"edit", "change", "update"}, "logs": {"log"},
}

// nearWords recognizes a swap of two letters, and other programs' words.
func nearWords(cmd *cobra.Command) {
	cmd.SuggestionsMinimumDistance = 2
	cmd.SuggestFor = otherWords[cmd.Name()]
	for _, sub := range cmd.Commands() {
		nearWords(sub)
	}
}

// sayWanted makes errors for wrong arguments name the right ones.
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

// stays checks the command and those above it.
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
