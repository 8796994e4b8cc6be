package main

import (
	"github.com/spf13/cobra"
)

func newVMCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "vm",
		Short:   "Make, operate and delete virtual machines",
		Example: "  dbc vm create 7 --ssh-port 5682\n  dbc vm list",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(newVMCreateCommand(s), newVMShowCommand(s), newVMListCommand(s), newVMVerifyCommand(s), newVMDeleteCommand(s), newVMNameCommand(s))
	cmd.AddCommand(newVMOperationCommands(s)...)
	cmd.AddCommand(newVMModifyCommand(s), newVMLogsCommand(s), newVMConsoleCommand(s), newVMVNCCommand(s), newVMPasswdCommand(s))
	return cmd
}
