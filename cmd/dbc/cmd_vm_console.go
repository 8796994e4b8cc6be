package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/terminal"
)

// detachKey is Ctrl-], as in telnet and virsh.
const detachKey = 0x1d

func newVMConsoleCommand(s *settings) *cobra.Command {
	var (
		machineID string
		takeOver  bool
	)
	cmd := &cobra.Command{
		Use:   "console TASK_ID",
		Short: "Open a virtual machine's serial console; Ctrl-] leaves it",
		Long: "Open a virtual machine's serial console, where it boots and takes a login without any network.\n" +
			"Ctrl-] leaves it. What the guest writes reaches the terminal without what could make it answer.",
		Example:     "  dbc vm console TASK_ID",
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			socket, err := openSocket(s, cmd, machineID, args[0], func(ctx context.Context, n *client.Node, id string) (*client.Socket, error) {
				return n.Console(ctx, id, takeOver)
			})
			if err != nil {
				return fmt.Errorf("console of virtual machine %s: %w", args[0], err)
			}
			return converse(cmd, socket)
		},
	}
	cmd.Flags().BoolVar(&takeOver, "take-over", false, "end whoever has it open")
	machineFlag(cmd, &machineID)
	return cmd
}

// openSocket opens one on the machine that has the VM, within the timeout.
func openSocket(
	s *settings, cmd *cobra.Command, machineID, word string, open func(ctx context.Context, n *client.Node, id string) (*client.Socket, error),
) (*client.Socket, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
	defer cancel()
	at, err := locate(ctx, s, cmd, machineID, word, virtualMachine)
	if err != nil {
		return nil, err
	}
	return open(ctx, at.node, at.thing)
}

// converse connects the terminal and the console. Without a terminal, input is
// passed on as it is, and the end of the input ends the console.
func converse(cmd *cobra.Command, socket *client.Socket) error {
	in, out := cmd.InOrStdin(), terminal.Raw(cmd.OutOrStdout())
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return socket.Pass(cmd.Context(), in, terminal.NewFilter(out))
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "Connected; Ctrl-] leaves. Enter shows the login where nothing else does.")
	before, err := term.MakeRaw(int(file.Fd()))
	if err != nil {
		return errors.Join(fmt.Errorf("prepare the terminal: %w", err), socket.Pass(cmd.Context(), bytes.NewReader(nil), io.Discard))
	}
	err = socket.Pass(cmd.Context(), &untilDetached{file}, terminal.NewFilter(out))
	_, resetErr := io.WriteString(out, terminal.Reset)
	return errors.Join(err, resetErr, term.Restore(int(file.Fd()), before))
}

// untilDetached ends at the detach key.
type untilDetached struct{ in io.Reader }

// Read implements io.Reader.
func (r *untilDetached) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if at := bytes.IndexByte(p[:n], detachKey); at >= 0 {
		r.in = bytes.NewReader(nil)
		return at, io.EOF
	}
	return n, err
}
