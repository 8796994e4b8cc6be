//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/devnet"
)

func newDevnetDemoCommand(s *settings, f *devnetFlags) *cobra.Command {
	var exit bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Walk the rental guide on this computer, step by step",
		Long: "Each line is a step that waited for real state: how long it took and the command that does the same.\n" +
			"Without --exit the devnet stays afterwards, to go on with.\n\n" +
			"It needs root, libvirt and the tiny image, and takes about four minutes where guests are emulated. With --fake,\n" +
			"virtual machines are simulated: an installed release is enough, for any user, and it takes less than two.",
		Example: "  dbc devnet demo\n  dbc devnet demo --exit\n  dbc devnet demo --fake --exit",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.fake {
				return runFakeDemo(s, cmd, *f, exit)
			}
			return runDemo(s, cmd, *f, exit)
		},
	}
	cmd.Flags().BoolVar(&exit, "exit", false, "end with a summary; nothing goes on running")
	cmd.Flags().BoolVar(&f.fake, "fake", false, "simulate virtual machines: no root, no libvirt, no image")
	return cmd
}

func runDemo(s *settings, cmd *cobra.Command, f devnetFlags, exit bool) error {
	cfg, err := devnetConfig(s, cmd, f)
	if err != nil {
		return err
	}
	waits := newWaiting(s, cmd)
	defer waits.end()
	demo := devnet.Demo{Home: cfg.Home, Out: cmd.OutOrStdout(), Doing: waits.show}
	info, err := devnet.Read(cfg.Home)
	if err == nil {
		return demo.Walk(cmd.Context(), info)
	}
	if !errors.Is(err, devnet.ErrNotRunning) {
		return err
	}
	cfg.Note = func(step string) { waits.show("starting " + step) }
	if err := demo.Prepare(cmd.Context(), cfg.Programs); err != nil {
		return err
	}
	err = devnet.Run(cmd.Context(), cfg, func(ctx context.Context, info devnet.Info) error {
		if err := demo.Walk(ctx, info); err != nil {
			return err
		}
		if exit {
			return devnet.ErrEnough
		}
		demo.GoOn()
		return nil
	})
	err = errors.Join(cutShort(cmd.Context(), &demo, err), devnet.ForgetDemoWallets(cfg.Home))
	if err != nil || !exit {
		return err
	}
	return demo.Summary()
}

// runFakeDemo walks on a devnet with simulated virtual machines, which begins anew.
func runFakeDemo(s *settings, cmd *cobra.Command, f devnetFlags, exit bool) (err error) {
	home, err := s.homeDir()
	if err != nil {
		return err
	}
	waits := newWaiting(s, cmd)
	defer waits.end()
	demo := devnet.Demo{Home: home, Out: cmd.OutOrStdout(), Doing: waits.show}
	demo.Begin()
	network, err := devnet.StartFake(cmd.Context(), devnet.Options{Home: home, Fast: f.fast, Note: func(step string) { waits.show("starting " + step) }})
	if err != nil {
		return err
	}
	err = demo.Walk(cmd.Context(), network.Info())
	if err == nil && !exit {
		demo.GoOn()
		select {
		case <-cmd.Context().Done():
		case <-network.Ended():
		}
	}
	err = errors.Join(cutShort(cmd.Context(), &demo, err), devnet.ForgetDemoWallets(home), network.Close())
	if err != nil || !exit {
		return err
	}
	return demo.Summary()
}

// cutShort is the error of a demo that did not complete.
func cutShort(ctx context.Context, demo *devnet.Demo, err error) error {
	done, all := demo.Passed()
	if ctx.Err() == nil || done == all {
		return err
	}
	return &interrupted{fmt.Errorf("the demo was interrupted after %d of %d steps; nothing of it goes on, and \"dbc devnet reset\" deletes what it made: %w",
		done, all, errors.Join(context.Cause(ctx), err))}
}
