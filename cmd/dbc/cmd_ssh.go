package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

func newSSHCommand(s *settings) *cobra.Command {
	var identity, machineID string
	cmd := &cobra.Command{
		Use:   "ssh TASK_ID [-- COMMAND...]",
		Short: "Log in to a virtual machine with the system's ssh",
		Long: "The guest's host keys come in the machine's signed answer and are the only ones that are accepted.\n" +
			"The exit code is that of ssh.",
		Example:     "  dbc ssh TASK_ID\n  dbc ssh TASK_ID -i ~/.ssh/id_ed25519 -- nvidia-smi",
		Args:        cobra.MinimumNArgs(1),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.ssh(cmd, machineID, identity, args[0], args[1:])
		},
	}
	cmd.Flags().StringVarP(&identity, "identity", "i", "", "file of the private key (default what ssh takes)")
	machineFlag(cmd, &machineID)
	return cmd
}

func (s *settings) ssh(cmd *cobra.Command, machineID, identity, taskID string, remote []string) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
	task, err := findTask(ctx, s, cmd, machineID, taskID)
	cancel()
	if err != nil {
		return err
	}
	if task.Status != client.StatusRunning {
		return fmt.Errorf("virtual machine %s is %q: it can be logged in to when it is running", taskID, client.Printable(task.Status))
	}
	login, err := client.NewLogin(task)
	if err != nil {
		return err
	}
	argv, remove, err := login.Command(identity, remote)
	if err != nil {
		return err
	}
	defer remove()
	path, err := exec.LookPath("ssh")
	if err != nil {
		return errors.New("ssh is not installed: apt-get install openssh-client")
	}
	child := exec.CommandContext(cmd.Context(), path, argv...)
	child.Stdin, child.Stdout, child.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	// The terminal's Ctrl-C is for the guest; ending the context ends ssh.
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	if err := child.Run(); err != nil {
		return fmt.Errorf("ssh: %w", err)
	}
	return nil
}
