package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/gateway"
)

// newNodeCommand has a --home of its own: a node's folder holds conf and dat,
// and one user may have several nodes.
func newNodeCommand() *cobra.Command {
	var home string
	cmd := &cobra.Command{
		Use:     "node",
		Short:   "Run a node of this computer",
		Example: "  dbc node init --role client --set chain_id=dbc-testnet-1\n  dbc node start",
	}
	cmd.PersistentFlags().StringVar(&home, "home", ".", "folder of the node's conf and dat")
	cmd.AddCommand(newNodeInitCommand(&home), newNodeStartCommand(&home), newNodeStatusCommand(&home), newNodeHelperCommand(&home), newNodeCheckCommand(&home))
	return cmd
}

func newNodeInitCommand(home *string) *cobra.Command {
	var role string
	var set []string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write conf/core.conf, conf/peer.conf and dat/node.key; what is there is kept",
		Example: `  dbc node init --role mining --home /opt/dbc --set chain_id=dbc-testnet-1 \
      --set public_ip=203.0.113.7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			node.StateModes() // a node without privileges reads what root writes
			lines := map[string]string{}
			for _, line := range set {
				key, value, ok := strings.Cut(line, "=")
				if !ok || strings.ContainsAny(line, "\r\n") {
					return fmt.Errorf("--set %q: %w: want key=value", line, node.ErrConfig)
				}
				lines[key] = value
			}
			asked := maps.Clone(lines)
			if cmd.Flags().Changed("role") {
				asked["role"] = role
			}
			if err := node.Kept(*home, asked); err != nil {
				return err
			}
			k, err := node.Init(*home, role, lines)
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
	cmd.Flags().StringVar(&role, "role", node.RoleMining, "mining or client")
	cmd.Flags().StringArrayVar(&set, "set", nil, "a line of core.conf, key=value; can be repeated")
	return cmd
}

func newNodeStartCommand(home *string) *cobra.Command {
	var runDir string
	var allowRoot bool
	cmd := &cobra.Command{
		Use:     "start",
		Short:   "Run the node until it is told to end; its VMs run on",
		Example: "  dbc node start --home /opt/dbc",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := node.LoadConfig(*home)
			if err != nil {
				return err
			}
			cfg.RunDir, cfg.AllowRoot = runDir, allowRoot
			return node.Run(cmd.Context(), cfg)
		},
	}
	cmd.Flags().StringVar(&runDir, "run-dir", node.DefaultRunDir, "folder of the machine's lock; only tests move it")
	cmd.Flags().BoolVar(&allowRoot, "allow-root", false, "run as root though core.conf names a helper")
	return cmd
}

func newNodeStatusCommand(home *string) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Ask the running node what it is and whether it believes the chain",
		Example: "  dbc node status --home /opt/dbc",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := node.LoadConfig(*home)
			if err != nil {
				return err
			}
			h, url, err := cfg.OwnAPI()
			if err != nil {
				return err
			}
			defer h.CloseIdleConnections()
			root, err := askRoot(cmd.Context(), h, url)
			if err != nil {
				return err
			}
			if err := cfg.Answers(root); err != nil {
				return err
			}
			encoder := json.NewEncoder(cmd.OutOrStdout())
			encoder.SetIndent("", "  ")
			var shown any = root
			if root.Role != node.RoleClient {
				shown = root.Root // only client nodes tell their peers
			}
			if err := encoder.Encode(shown); err != nil {
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

func askRoot(ctx context.Context, h *http.Client, url string) (root gateway.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+api.PathRoot, nil)
	if err != nil {
		return root, err
	}
	res, err := h.Do(req)
	if err != nil {
		return root, fmt.Errorf("ask the node (dbc node start runs it): %w: %w", client.ErrUnreachable, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return root, fmt.Errorf("read the node's answer: %w", err)
	}
	var reply api.Reply
	if err := json.Unmarshal(body, &reply); err != nil {
		return root, fmt.Errorf("read the node's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return root, fmt.Errorf("the node refused: %s", reply.Message)
	}
	return root, json.Unmarshal(reply.Message, &root)
}
