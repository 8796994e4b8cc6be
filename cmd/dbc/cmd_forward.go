package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func newForwardCommand(s *settings) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use:   "forward TASK_ID [LOCAL:]PORT",
		Short: "Let a port of this computer lead to a port of a virtual machine, through the nodes",
		Long: "It reaches any TCP port of that virtual machine, published or not, and nothing else, until Ctrl-C. It needs no\n" +
			"open port at the machine. A client node on the way can read what is not encrypted.",
		Example:     "  dbc forward TASK_ID 8888\n  dbc forward TASK_ID 2222:22",
		Args:        cobra.ExactArgs(2),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			local, remote, err := parseForward(args[1])
			if err != nil {
				return err
			}
			return forwardPort(s, cmd, machineID, args[0], local, remote)
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

// parseForward parses PORT or LOCAL:PORT; local 0 is any free port.
func parseForward(text string) (local, remote uint16, err error) {
	first, second, two := strings.Cut(text, ":")
	if !two {
		second = first
	}
	l, errLocal := strconv.ParseUint(first, 10, 16)
	r, errRemote := strconv.ParseUint(second, 10, 16)
	if errLocal != nil || errRemote != nil || r == 0 {
		return 0, 0, usagef("%q: want PORT or LOCAL:PORT, each 1-65535", text)
	}
	return uint16(l), uint16(r), nil
}

func forwardPort(s *settings, cmd *cobra.Command, machineID, taskID string, local, remote uint16) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
	_, on, err := findTask(ctx, s, cmd, machineID, taskID)
	cancel()
	if err != nil {
		return err
	}
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(int(local)))
	listener, err := new(net.ListenConfig).Listen(cmd.Context(), "tcp4", at)
	if err != nil {
		return fmt.Errorf("listen on %s (LOCAL:PORT chooses another): %w", at, err)
	}
	at = listener.Addr().String()
	if err := s.show(cmd, map[string]any{"listens": at, "task_id": taskID, "port": remote}, func(w io.Writer) {
		fmt.Fprintf(w, "%s leads to port %d of %s until Ctrl-C.\n", at, remote, taskID)
	}); err != nil {
		return err
	}
	return on.Tunnel(cmd.Context(), listener, taskID, remote, failureReporter(s, cmd))
}
