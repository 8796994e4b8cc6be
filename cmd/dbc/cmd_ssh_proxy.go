package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/terminal"
)

func newSSHProxyCommand(s *settings) *cobra.Command {
	var (
		machineID string
		through   bool
	)
	cmd := &cobra.Command{
		Use:   "ssh-proxy TASK_ID",
		Short: "Connect standard input and output to a virtual machine's SSH, for ssh's ProxyCommand",
		Long: "It finds the virtual machine by its name or id each time, and goes to its published port, or through the nodes where\n" +
			"that does not answer. A guest that is still starting is waited for, for --timeout at most. ssh has to check the\n" +
			"host key itself: dbc ssh-config writes a configuration that does.",
		Example:     "  dbc ssh-proxy train\n  ssh -o ProxyCommand='dbc ssh-proxy train' train.dbc",
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return proxySSH(s, cmd, sshOrder{machineID: machineID, taskID: args[0], through: through})
		},
	}
	cmd.Flags().BoolVar(&through, "through", false, "go through the nodes, not to the published port")
	machineFlag(cmd, &machineID)
	return cmd
}

func proxySSH(s *settings, cmd *cobra.Command, o sshOrder) error {
	// Standard input is ssh's: a passphrase is asked for at the terminal itself.
	in := cmd.InOrStdin()
	if terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0); err == nil {
		defer func() { _ = terminal.Close() }()
		cmd.SetIn(terminal)
	} else {
		cmd.SetIn(strings.NewReader(""))
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
	task, on, err := findTask(ctx, s, cmd, o.machineID, o.taskID)
	cancel()
	if err != nil {
		return err
	}
	if task.Status != client.StatusRunning {
		return fmt.Errorf("virtual machine %s is %q: it can be logged in to when it is running", client.Printable(task.TaskID), client.Printable(task.Status))
	}
	login, err := client.NewLogin(task)
	if err != nil {
		return err
	}
	if o.through, err = sshWay(s, cmd, on, login, o.through); err != nil {
		return err
	}
	guest, err := dialGuest(cmd.Context(), on, login, o.through)
	if err != nil {
		return err
	}
	pipe(cmd.Context(), guest, in, terminal.Raw(cmd.OutOrStdout()))
	return nil
}

func dialGuest(ctx context.Context, on *client.Node, login client.Login, through bool) (net.Conn, error) {
	if through {
		return on.Forward(ctx, login.TaskID, sshPort)
	}
	dialer := net.Dialer{Timeout: publishedLimit}
	conn, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(login.Addr, login.Port).String())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", client.ErrUnreachable, err)
	}
	return conn, nil
}

// pipe copies in both directions until the guest ends the connection, or ssh does,
// which hangs up.
func pipe(ctx context.Context, guest net.Conn, in io.Reader, out io.Writer) {
	stop := context.AfterFunc(ctx, func() { _ = guest.Close() })
	defer stop()
	ended := make(chan struct{}, 2)
	// The process ends with the connection, and a read of standard input with it.
	go func() { _, _ = io.Copy(guest, in); ended <- struct{}{} }()
	go func() { _, _ = io.Copy(out, guest); ended <- struct{}{} }()
	<-ended
	_ = guest.Close()
}
