// Package node has the commands of dbc node, which run a node of this computer and ask
// it what it is.
package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/clientnode"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
)

// New returns dbc node. It has its own --home: a node's folder holds conf and dat,
// and one user may have several nodes.
func New() *cobra.Command {
	var home string
	cmd := &cobra.Command{
		Use:     "node",
		Short:   "Run a node of this computer",
		Example: "  dbc node init --role client --set chain_id=dbc-testnet-1\n  dbc node start",
	}
	cmd.PersistentFlags().StringVar(&home, "home", ".", "folder of the node's conf and dat")
	cmd.AddCommand(newInitCommand(&home), newStartCommand(&home), newStatusCommand(&home), newHealthCommand(&home))
	cmd.AddCommand(linuxCommands(&home)...)
	return cmd
}

func newInitCommand(home *string) *cobra.Command {
	var role string
	var set []string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write conf/core.conf, conf/peer.conf and dat/node.key; what is there is kept",
		Example: `  dbc node init --role mining --home /opt/dbc --set chain_id=dbc-testnet-1 \
      --set public_ip=203.0.113.7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf.StateModes() // a node without privileges reads what root writes
			lines := map[string]string{}
			for _, line := range set {
				key, value, ok := strings.Cut(line, "=")
				if !ok || strings.ContainsAny(line, "\r\n") {
					return fmt.Errorf("--set %q: %w: want key=value", line, conf.ErrConfig)
				}
				lines[key] = value
			}
			asked := maps.Clone(lines)
			if cmd.Flags().Changed("role") {
				asked["role"] = role
			}
			if err := conf.Kept(*home, asked); err != nil {
				return err
			}
			k, err := initialize(*home, role, lines)
			if err != nil {
				return err
			}
			if asJSON, _ := cmd.Flags().GetBool("json"); asJSON { // a flag of the root
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]string{"node_id": k.MachineID(), "home": *home})
			}
			fmt.Fprintln(cmd.OutOrStdout(), k.MachineID())
			return nil
		},
	}
	cmd.Flags().StringVar(&role, "role", conf.RoleMining, "mining or client")
	cmd.Flags().StringArrayVar(&set, "set", nil, "a line of core.conf, key=value; can be repeated")
	return cmd
}

func initialize(home, role string, lines map[string]string) (key.Key, error) {
	if role == conf.RoleMining {
		return initCompute(home, lines)
	}
	return node.Init(home, role, lines)
}

func newStartCommand(home *string) *cobra.Command {
	var runDir string
	var allowRoot bool
	cmd := &cobra.Command{
		Use:     "start",
		Short:   "Run the node until it is told to end; its VMs run on",
		Example: "  dbc node start --home /opt/dbc",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			either, err := conf.LoadNode(*home)
			if err != nil {
				return err
			}
			if either.Role == conf.RoleClient {
				cfg, err := conf.LoadClient(*home)
				if err != nil {
					return err
				}
				return clientnode.Run(cmd.Context(), cfg)
			}
			return runCompute(cmd.Context(), *home, runDir, allowRoot)
		},
	}
	cmd.Flags().StringVar(&runDir, "run-dir", conf.DefaultRunDir, "folder of the machine's lock; only tests move it")
	cmd.Flags().BoolVar(&allowRoot, "allow-root", false, "run as root though core.conf names a helper")
	return cmd
}

func newStatusCommand(home *string) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Ask the running node what it is and whether it believes the chain",
		Example: "  dbc node status --home /opt/dbc",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, h, url, err := ownNode(*home)
			if err != nil {
				return err
			}
			defer h.CloseIdleConnections()
			root, err := AskRoot(cmd.Context(), h, url)
			if err != nil {
				return err
			}
			if err := node.Answers(cfg, root); err != nil {
				return err
			}
			if err := showRoot(cmd, url, root); err != nil {
				return err
			}
			if root.Doubt != "" {
				return errors.New("the node does not believe the chain: " + root.Doubt)
			}
			if root.Problem != nil {
				return errors.New(root.Problem.String())
			}
			return nil
		},
	}
}

// showRoot prints what a node is: for people, or with --json as received.
func showRoot(cmd *cobra.Command, url string, root api.ClientRoot) error {
	w := cmd.OutOrStdout()
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON { // a flag of the root
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		if root.Role != conf.RoleClient {
			return encoder.Encode(root.Root) // only client nodes report their peers
		}
		return encoder.Encode(root)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(label, value string) { fmt.Fprintf(table, "%s\t%s\n", label, client.Printable(value)) }
	row("Node:", root.Role+" at "+url+", version "+root.Version)
	row("Chain:", fmt.Sprintf("%s, believes block %d", root.ChainID, root.Height))
	if root.MachineID != "" {
		row("Machine:", root.MachineID)
	}
	if root.Role == conf.RoleClient {
		row("Peer id:", root.PeerID)
		row("Peers:", strconv.Itoa(root.Peers))
	}
	return table.Flush()
}

// ResetError sets the exit code by which the process that resets a card says what was
// wrong.
type ResetError struct {
	err  error
	Code int
}

func (e *ResetError) Error() string { return e.err.Error() }
func (e *ResetError) Unwrap() error { return e.err }
