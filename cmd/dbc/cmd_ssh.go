package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/terminal"
)

const (
	// sshPort is a guest's SSH port, behind whatever port is published.
	sshPort = 22
	// publishedLimit is how long a published port may take to accept.
	publishedLimit = 4 * time.Second
	// sshPoll is the pause between two checks of a guest that does not accept connections
	// yet.
	sshPoll = time.Second
)

func newSSHCommand(s *settings) *cobra.Command {
	var (
		how       client.SSH
		machineID string
		through   bool
	)
	cmd := &cobra.Command{
		Use:   "ssh [TASK_ID] [-- COMMAND...]",
		Short: "Log in to a virtual machine with the system's ssh",
		Long: "The guest's host keys come in the machine's signed answer and are the only ones that are accepted.\n" +
			"Where the machine's port does not answer, or with --through, the connection goes through the nodes, which\n" +
			"need no open port. A guest that is still starting is waited for, for --timeout at most.\n" +
			"Without -i the key is offered that the virtual machine was made with on this computer, then those of your\n" +
			"configuration of ssh. Nothing else is taken from that: neither the way to the guest nor what runs there nor what\n" +
			"is forwarded, and nothing is forwarded unless --forward-agent or --forward-x11 ask for it.\n" +
			"The exit code is that of ssh.",
		Example:     "  dbc ssh\n  dbc ssh TASK_ID\n  dbc ssh TASK_ID -i ~/.ssh/id_ed25519 -- nvidia-smi\n  dbc ssh TASK_ID --through",
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			// Before the dashes is the id, or nothing if there is only one VM.
			word := first(args)
			if how.Remote = args; cmd.ArgsLenAtDash() == 0 {
				word = ""
			} else if len(args) > 0 {
				how.Remote = args[1:]
			}
			return logIn(s, cmd, sshOrder{machineID: machineID, taskID: word, through: through, how: how})
		},
	}
	cmd.Flags().StringArrayVarP(&how.Identities, "identity", "i", nil, "file of the private key (default the one that the virtual machine was made with here, then your others); can be repeated")
	cmd.Flags().BoolVarP(&how.ForwardAgent, "forward-agent", "A", false, "let the guest, and so its host, use the keys of your ssh agent")
	cmd.Flags().BoolVarP(&how.ForwardX11, "forward-x11", "X", false, "let the guest, and so its host, use your screen")
	cmd.Flags().BoolVar(&through, "through", false, "go through the nodes, not to the published port")
	machineFlag(cmd, &machineID)
	return cmd
}

// sshOrder says what one dbc ssh is to do.
type sshOrder struct {
	machineID, taskID string
	through           bool
	how               client.SSH
}

func logIn(s *settings, cmd *cobra.Command, o sshOrder) (err error) {
	if o.how.Identities, err = identityFiles(o.how.Identities); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
	task, on, err := findTask(ctx, s, cmd, o.machineID, o.taskID)
	cancel()
	if err != nil {
		return err
	}
	login, end, err := reachGuest(s, cmd, task, on, o.through)
	if err != nil {
		return err
	}
	defer end()
	path, err := prepareSSH(cmd.Context(), s, login, &o.how)
	if err != nil {
		return err
	}
	argv, remove, err := login.Command(o.how)
	if err != nil {
		return err
	}
	defer remove()
	child := exec.CommandContext(cmd.Context(), path, argv...)
	child.Stdin, child.Stdout, child.Stderr = cmd.InOrStdin(), terminal.Raw(cmd.OutOrStdout()), terminal.Raw(cmd.ErrOrStderr())
	// The terminal's Ctrl-C is for the guest; ending the context ends ssh.
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	if err := child.Run(); err != nil {
		return &sshError{fmt.Errorf("ssh: %w", err)}
	}
	return nil
}

// reachGuest returns a login to a virtual machine that accepts connections, by way of
// the nodes if need be, until end is called.
func reachGuest(s *settings, cmd *cobra.Command, task api.Task, on *client.Node, through bool) (login client.Login, end func(), err error) {
	if task.Status != client.StatusRunning {
		return login, nil, fmt.Errorf("virtual machine %s is %q: it can be logged in to when it is running", client.Printable(task.TaskID), client.Printable(task.Status))
	}
	if login, err = client.NewLogin(task); err != nil {
		return login, nil, err
	}
	if through, err = sshWay(s, cmd, on, login, through); err != nil || !through {
		return login, func() {}, err
	}
	end, err = openTunnel(s, cmd, on, &login)
	return login, end, err
}

// prepareSSH returns ssh's path, and has it offer the keys that the virtual machine
// was made with if none is named.
func prepareSSH(ctx context.Context, s *settings, login client.Login, how *client.SSH) (string, error) {
	path, err := exec.LookPath("ssh")
	if err != nil {
		return "", errors.New("ssh is not installed: apt-get install openssh-client")
	}
	if len(how.Identities) == 0 {
		home, err := s.homeDir()
		if err != nil {
			return "", err
		}
		how.Identities = identities(home, login.TaskID)
		how.Keys = client.UserKeys(ctx, path, login.Addr.String())
	}
	return path, nil
}

// sshWay waits until the guest accepts connections, and reports whether they go
// through the nodes.
func sshWay(s *settings, cmd *cobra.Command, on *client.Node, login client.Login, through bool) (bool, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
	defer cancel()
	ticker := time.NewTicker(sshPoll)
	defer ticker.Stop()
	for said := false; ; said = true {
		if !through && accepts(ctx, netip.AddrPortFrom(login.Addr, login.Port)) {
			return false, nil
		}
		guest, err := on.Forward(ctx, login.TaskID, sshPort)
		if err == nil {
			_ = guest.Close()
			if !through {
				fmt.Fprintf(cmd.ErrOrStderr(), "dbc: %s port %d does not answer; going through the nodes\n", login.Addr, login.Port)
			}
			return true, nil
		}
		var refused *client.NodeError
		if !errors.As(err, &refused) || refused.Code != api.WrongState || refused.Field != "port" {
			return false, fmt.Errorf("reach port %d of %s: %w", sshPort, login.TaskID, err)
		}
		if !said {
			fmt.Fprintln(cmd.ErrOrStderr(), "dbc: the guest does not take connections yet, waiting for it")
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("wait for the guest to take connections, dbc vm logs %s shows what it says: %w", login.TaskID, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// accepts reports whether a published port accepts connections.
func accepts(ctx context.Context, at netip.AddrPort) bool {
	dialer := net.Dialer{Timeout: publishedLimit}
	conn, err := dialer.DialContext(ctx, "tcp", at.String())
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// openTunnel points login at a port of this computer that leads to the guest's SSH
// until end is called. The pinned host keys stay the guest's.
func openTunnel(s *settings, cmd *cobra.Command, on *client.Node, login *client.Login) (end func(), err error) {
	listener, err := new(net.ListenConfig).Listen(cmd.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for ssh: %w", err)
	}
	taskID, ctx, ended := login.TaskID, cmd.Context(), make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(ended)
		if err := on.Tunnel(ctx, listener, taskID, sshPort, failureReporter(s, cmd)); err != nil {
			failureReporter(s, cmd)(err)
		}
	}()
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	login.Addr, login.Port = at.Addr(), at.Port()
	return func() { cancel(); <-ended }, nil
}

// failureReporter returns a function that reports failed connections, from several goroutines.
func failureReporter(s *settings, cmd *cobra.Command) func(error) {
	return func(err error) { fmt.Fprintln(cmd.ErrOrStderr(), "dbc:", err) }
}

// sshError is the error of ssh on the terminal, and of what it ran in the guest.
type sshError struct{ err error }

func (e *sshError) Error() string { return e.err.Error() }

func (e *sshError) Unwrap() error { return e.err }
