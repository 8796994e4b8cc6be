package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

func newVMVNCCommand(s *settings) *cobra.Command {
	var machineID, listen string
	cmd := &cobra.Command{
		Use:   "vnc TASK_ID",
		Short: "Bring a virtual machine's screen to a port of this computer",
		Long: "Bring a virtual machine's screen to a port of this computer, for any VNC viewer, until Ctrl-C.\n" +
			"It has no password: only this computer may connect, but so may all of its users.",
		Example:     "  dbc vm vnc TASK_ID --listen 127.0.0.1:5901",
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := netip.ParseAddrPort(listen)
			if err != nil || !at.Addr().IsLoopback() {
				return usagef("--listen %q: an address of this computer alone, such as 127.0.0.1:5901, wanted", listen)
			}
			return showScreen(s, cmd, machineID, args[0], at)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:5901", "where the viewer connects")
	machineFlag(cmd, &machineID)
	return cmd
}

func showScreen(s *settings, cmd *cobra.Command, machineID, id string, at netip.AddrPort) error {
	ctx, found := context.WithTimeout(cmd.Context(), s.timeout)
	on, err := locate(ctx, s, cmd, machineID, id, virtualMachine)
	found()
	if err != nil {
		return err
	}
	id = on.thing
	open := func() (*client.Socket, error) {
		ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
		defer cancel()
		return on.node.VNC(ctx, id)
	}
	// Once before anybody is told to connect: a viewer can't show a refusal.
	probe, err := open()
	if err != nil {
		return fmt.Errorf("screen of virtual machine %s: %w", id, err)
	}
	if err := probe.Close(); err != nil {
		return fmt.Errorf("screen of virtual machine %s: %w", id, err)
	}
	listener, err := new(net.ListenConfig).Listen(cmd.Context(), "tcp", at.String())
	if err != nil {
		return fmt.Errorf("listen for a viewer: %w", err)
	}
	address := listener.Addr().String()
	if err := s.show(cmd, map[string]string{"listen": address}, func(w io.Writer) {
		fmt.Fprintf(w, "The screen is at %s, without a password, until Ctrl-C.\nNext:  vncviewer %s\n", address, address)
	}); err != nil {
		return errors.Join(err, listener.Close())
	}
	stop := context.AfterFunc(cmd.Context(), func() { _ = listener.Close() })
	defer stop()
	var viewers sync.WaitGroup
	defer viewers.Wait()
	for {
		conn, err := listener.Accept()
		if cmd.Context().Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("wait for a viewer: %w", err)
		}
		viewers.Go(func() {
			if err := view(cmd.Context(), conn, open); err != nil && cmd.Context().Err() == nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "dbc: a viewer left:", err)
			}
		})
	}
}

// view serves one viewer.
func view(ctx context.Context, conn net.Conn, open func() (*client.Socket, error)) error {
	defer func() { _ = conn.Close() }()
	socket, err := open()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	return socket.Pass(ctx, conn, conn)
}
