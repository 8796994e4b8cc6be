package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/client"
)

func newVMPasswdCommand(s *settings) *cobra.Command {
	var machineID, user string
	cmd := &cobra.Command{
		Use:   "passwd TASK_ID",
		Short: "Set a password inside a virtual machine",
		Long: "Set a user's password by the guest's agent. It is asked for, or read as the first line of\n" +
			"standard input, and never an argument, which others of this computer could see.",
		Example: "  dbc vm passwd TASK_ID --user dbc",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := readPassword(cmd)
			if err != nil {
				return err
			}
			err = onVM(s, cmd, machineID, args[0], func(ctx context.Context, n *client.Node, id string) error {
				return orUnknown(n.SetPassword(ctx, id, user, password), "a login with it")
			})
			if err != nil {
				return fmt.Errorf("set a password in virtual machine %s: %w", args[0], err)
			}
			return s.show(cmd, map[string]string{"task_id": args[0], "username": user}, func(w io.Writer) {
				fmt.Fprintf(w, "The password of %s is set.\n", user)
			})
		},
	}
	cmd.Flags().StringVar(&user, "user", "dbc", "the guest's user")
	machineFlag(cmd, &machineID)
	return cmd
}

// readPassword asks twice on a terminal.
func readPassword(cmd *cobra.Command) (string, error) {
	file, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		line, err := bufio.NewReader(sparing{io.LimitReader(cmd.InOrStdin(), 1024)}).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, ask := range []string{"New password: ", "Again: "} {
		fmt.Fprint(cmd.ErrOrStderr(), ask)
		text, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(text)
	}
	if typed[0] != typed[1] {
		return "", usagef("the two passwords differ")
	}
	return typed[0], nil
}
