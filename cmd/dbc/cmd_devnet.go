//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/devnet"
)

type devnetFlags struct {
	images string
	fast   bool
	reset  bool
	fake   bool
}

func newDevnetCommand(s *settings) *cobra.Command {
	var f devnetFlags
	cmd := &cobra.Command{
		Use:   "devnet",
		Short: "Run the whole system on this computer",
		Long: "A chain with one validator, a mining node with two made-up slots, real virtual machines, and a client node with a\n" +
			"faucet. It stays until Ctrl-C, and then takes away everything it started. Virtual machines need root: sudo is\n" +
			"asked for it.",
		Example:     "  dbc devnet\n  dbc devnet demo\n  dbc devnet status --json\n  dbc devnet reset",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{staying: "yes"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return startDevnet(s, cmd, f) },
	}
	cmd.PersistentFlags().StringVar(&f.images, "images", "", "folder with tiny.qcow2 (default where make tiny puts it)")
	resetFlag(cmd, &f)
	cmd.PersistentFlags().BoolVar(&f.fast, "fast", false, "short windows in a new chain: deadlines pass while one watches")
	cmd.AddCommand(newDevnetStartCommand(s, &f), newDevnetStopCommand(s, &f), newDevnetStatusCommand(s),
		newDevnetResetCommand(s, &f), newDevnetDemoCommand(s, &f), newDevnetFaultCommand(s), newDevnetHostCommand())
	return cmd
}

func newDevnetStartCommand(s *settings, f *devnetFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start the devnet and stay until Ctrl-C",
		Long: "Start the devnet and stay until Ctrl-C.\n\n" +
			"With --fake, virtual machines are simulated: it starts in seconds as any user, without libvirt, on free ports, and\n" +
			"several run side by side, each with its own --home. Chain, nodes, signatures and money are real; a guest answers\n" +
			"SSH with its pinned key and knows a handful of words. It begins anew each time; wallets stay. dbc devnet fault\n" +
			"lets things go wrong on it.",
		Example: "  dbc devnet start\n  dbc devnet start --reset --fast\n  dbc devnet start --fake --home /tmp/one",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.fake {
				return startFake(s, cmd, *f)
			}
			return startDevnet(s, cmd, *f)
		},
	}
	resetFlag(cmd, f)
	cmd.Flags().BoolVar(&f.fake, "fake", false, "simulate virtual machines: seconds to start, no root, no libvirt")
	cmd.MarkFlagsMutuallyExclusive("fake", "reset")
	return cmd
}

func resetFlag(cmd *cobra.Command, f *devnetFlags) {
	cmd.Flags().BoolVar(&f.reset, "reset", false, "begin anew: delete the last chain, node and disks first; wallets stay")
}

func devnetConfig(s *settings, cmd *cobra.Command, f devnetFlags) (devnet.Config, error) {
	home, err := s.homeDir()
	if err != nil {
		return devnet.Config{}, err
	}
	programs, err := devnet.FindPrograms(f.images)
	if err != nil {
		return devnet.Config{}, err
	}
	return devnet.Config{Home: home, Programs: programs, Fast: f.fast, Note: func(step string) {
		if !s.json {
			fmt.Fprintln(cmd.ErrOrStderr(), "starting:", step)
		}
	}, Problem: func(now *api.Problem) {
		if now == nil {
			fmt.Fprintln(s.errOut, "dbc: the chain goes on")
			return
		}
		s.sayProblem(*now)
	}}, nil
}

func startDevnet(s *settings, cmd *cobra.Command, f devnetFlags) error {
	cfg, err := devnetConfig(s, cmd, f)
	if err != nil {
		return err
	}
	if f.reset {
		if err := devnet.Reset(cmd.Context(), cfg.Home, cfg.Programs); err != nil {
			return err
		}
	}
	return devnet.Run(cmd.Context(), cfg, func(_ context.Context, info devnet.Info) error {
		return s.show(cmd, info, func(w io.Writer) {
			writeDevnet(w, info)
			fmt.Fprintln(w, "It runs until Ctrl-C or dbc devnet stop.")
		})
	})
}

func newDevnetStopCommand(s *settings, f *devnetFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "stop",
		Short:   "End the devnet and whatever a killed one left behind",
		Example: "  dbc devnet stop",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := devnetConfig(s, cmd, *f)
			if err != nil {
				return err
			}
			return devnet.Stop(cmd.Context(), cfg.Home, cfg.Programs)
		},
	}
}

func newDevnetResetCommand(s *settings, f *devnetFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "reset",
		Short:   "Delete the devnet's chain, node and disks; wallets stay",
		Example: "  dbc devnet reset",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := devnetConfig(s, cmd, *f)
			if err != nil {
				return err
			}
			return devnet.Reset(cmd.Context(), cfg.Home, cfg.Programs)
		},
	}
}

func newDevnetStatusCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Show the running devnet",
		Example: "  dbc devnet status --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := s.homeDir()
			if err != nil {
				return err
			}
			info, err := devnet.Read(home)
			if err != nil {
				return err
			}
			status := devnetStatus{Info: info, Problem: lookAt(cmd.Context(), info)}
			return s.show(cmd, status, func(w io.Writer) {
				writeDevnet(w, info)
				if status.Problem != nil {
					row(w, "Problem:", status.Problem.String())
				}
			})
		},
	}
}

// devnetStatus is what devnet.json says, and what is wrong with the chain now.
type devnetStatus struct {
	devnet.Info
	Problem *api.Problem `json:"problem,omitempty"`
}

func lookAt(ctx context.Context, info devnet.Info) *api.Problem {
	c, err := chain.Dial(ctx, chain.Config{ChainID: info.ChainID, GRPC: info.GRPC, RPC: info.RPC})
	if err != nil {
		return &api.Problem{Code: api.ProblemUnreachable}
	}
	defer func() { _ = c.Close() }() // used for queries only
	return c.Pulse(nil).Look(ctx)
}

func writeDevnet(w io.Writer, info devnet.Info) {
	row(w, "Chain:", info.ChainID)
	row(w, "RPC:", info.RPC)
	row(w, "gRPC:", info.GRPC)
	row(w, "REST:", info.REST)
	row(w, "Client node:", info.Client)
	row(w, "Compute node:", info.Node)
	row(w, "Machine:", info.MachineID)
	if info.Fake {
		row(w, "VMs:", "simulated; dbc devnet fault --list shows what can go wrong")
		return
	}
	row(w, "Virsh:", "virsh -c '"+info.Virsh+"' list --all")
}

// newDevnetHostCommand returns the privileged side; dbc devnet starts it itself.
func newDevnetHostCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "host",
		Short:  "The privileged side of a devnet",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			return devnet.RunHost(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), log)
		},
	}
}
