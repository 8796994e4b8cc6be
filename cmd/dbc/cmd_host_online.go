//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/host"
	nodecmd "github.com/dbc-network/dbc/cmd/dbc/node"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
)

func newHostOnlineCommand(s *settings) *cobra.Command {
	var nodeHome, from string
	var unchecked bool
	cmd := &cobra.Command{
		Use:   "online",
		Short: "Open this machine for rentals, signed by its key",
		Long: "Before, the listing is compared with the node that runs here: whether it answers, as this machine and for this\n" +
			"chain, and at the listed addresses. --from names a client node elsewhere that tries to reach it from there.\n" +
			"--unchecked opens the machine whatever that says: renters of one that is not there pay a fee, which your stake replaces.",
		Example: "  dbc host online --node-home ~/.dbc/mining --wallet operator\n" +
			"  dbc host online --node-home /etc/dbc --wallet operator --from https://client.example.org",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := openHost(s, nodeHome)
			if err != nil {
				return err
			}
			operator, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			listed, err := c.Machine(cmd.Context(), h.Key.MachineID())
			if err != nil {
				return err
			}
			if !unchecked && mayGoOnline(listed.Machine) {
				if err := atHome(s, cmd, h, c, listed.Machine.Facts, from); err != nil {
					return err
				}
			}
			msg, err := h.Online(cmd.Context(), c, operator.Wallet.Address())
			if err != nil {
				return err
			}
			return sendAsOperator(s, cmd, msg.MachineId+" is online", func(string) sdk.Msg { return msg })
		},
	}
	nodeHomeFlag(cmd, &nodeHome)
	fromFlag(cmd, &from)
	cmd.Flags().BoolVar(&unchecked, "unchecked", false, "open the machine even if its node is not found: renters would pay for nothing, and your stake for them")
	return cmd
}

// mayGoOnline returns false where the chain refuses, with a better reason.
func mayGoOnline(m machine.Machine) bool {
	return m.State == machine.MACHINE_STATE_BONDED || m.State == machine.MACHINE_STATE_OFFLINE
}

func fromFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().Var(nodeAddress{to}, "from", "API of a client node elsewhere, which tries to reach the machine from there")
}

// atHome refuses if the listed node is not the one that runs here.
func atHome(s *settings, cmd *cobra.Command, h *host.Host, c *chain.Client, listed machine.Facts, from string) error {
	seen, err := compareFacts(cmd.Context(), s, h, c, listed, from)
	if err != nil {
		return err
	}
	refused := listing.Refused(seen.Differences, seen.reached || seen.From == fromYes)
	for _, d := range seen.Differences {
		fmt.Fprintln(cmd.ErrOrStderr(), "dbc: "+differenceWords(d))
	}
	if len(refused) > 0 {
		return fmt.Errorf("%w; dbc host online --unchecked opens it all the same, and renters' fees come out of your stake", errNotHome)
	}
	if seen.From == fromNo {
		return fmt.Errorf("%w: the client node at %s does not reach it: %s", errNotHome, from, seen.FromReason)
	}
	return nil
}

// What a client node elsewhere says about the way to a machine.
const (
	fromYes = "reached"
	fromNo  = "not reached"
)

// compared is a listing compared with its node.
type compared struct {
	Differences []listing.Difference `json:"differences"`
	// From is what the client node of --from says, and why; "" if none was asked.
	From       string `json:"from,omitempty"`
	FromReason string `json:"from_reason,omitempty"`

	reached bool
}

// compareFacts asks this computer's node, the listed addresses, and the client node
// elsewhere.
func compareFacts(ctx context.Context, s *settings, h *host.Host, c *chain.Client, listed machine.Facts, from string) (compared, error) {
	seen := compared{Differences: askOwn(ctx, s, h)}
	with, err := node.Dialer(s.chainID, nil, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return seen, err
	}
	defer func() { _ = with.Close() }() // used for queries only
	more, reached, err := compute.Differences(ctx, h.Config, h.Key.MachineID(), listed, with)
	if err != nil {
		return seen, err
	}
	seen.Differences, seen.reached = append(seen.Differences, more...), reached
	if from != "" {
		seen.From = fromYes
		if err := askFrom(ctx, s, from, h.Key.MachineID()); err != nil {
			seen.From, seen.FromReason = fromNo, client.Printable(err.Error())
		}
	}
	return seen, nil
}

// askOwn returns how the node at the configured API is not the expected one.
func askOwn(ctx context.Context, s *settings, h *host.Host) []listing.Difference {
	api, url, err := node.OwnAPI(h.Config.Node)
	if err != nil {
		return []listing.Difference{{Code: listing.NoNode, Params: map[string]string{"url": h.Config.HTTPListen.String(), "reason": err.Error()}}}
	}
	defer api.CloseIdleConnections()
	root, err := nodecmd.AskRoot(ctx, api, url)
	switch {
	case err != nil:
		return []listing.Difference{{Code: listing.NoNode, Params: map[string]string{"url": url, "reason": err.Error()}}}
	case node.Answers(h.Config.Node, root) != nil:
		return []listing.Difference{{Code: listing.OtherNode, Params: map[string]string{"url": url}}}
	case root.ChainID != s.chainID:
		return []listing.Difference{{Code: listing.OtherChain, Params: map[string]string{"listed": s.chainID, "here": client.Printable(root.ChainID)}}}
	}
	return nil
}

// askFrom lets a client node elsewhere ask the machine, which signs its answer.
func askFrom(ctx context.Context, s *settings, from, machineID string) error {
	key, _, err := client.NewSessionKey()
	if err != nil {
		return err
	}
	n, err := client.NewNode(client.NodeConfig{
		URL: from, ChainID: s.chainID, MachineID: machineID, Signer: auth.NewSigner(key),
	})
	if err != nil {
		return &usageError{fmt.Errorf("--from: %w", err)}
	}
	_, err = n.Images(ctx)
	return err
}

// differenceWords says what a difference is and how to fix it.
func differenceWords(d listing.Difference) string {
	p := func(name string) string { return client.Printable(d.Params[name]) }
	switch d.Code {
	case listing.NoNode:
		return fmt.Sprintf("the machine's node does not answer at %s; start it (dbc node start, or systemctl start dbc-node): %s", p("url"), p("reason"))
	case listing.OtherNode:
		return fmt.Sprintf("at %s another node answers; stop it, or give this one another http_port in core.conf", p("url"))
	case listing.OtherChain:
		return fmt.Sprintf("the node is of chain %s, the listing is on %s; change chain_id and the dbcd in core.conf and start it again", p("here"), p("listed"))
	case listing.OtherAddresses:
		return fmt.Sprintf("the node listens at %s, listed is %s; dbc host update lists core.conf's", orNone(p("here")), orNone(p("listed")))
	case listing.OtherIP:
		return fmt.Sprintf("public_ip is %s, listed is %s; dbc host update lists core.conf's", p("here"), p("listed"))
	case listing.OtherPorts:
		return fmt.Sprintf("guests' ports are %s, listed are %s; dbc host update lists core.conf's", p("here"), p("listed"))
	case listing.OtherPeer:
		return fmt.Sprintf("at the listed address %s another node answers (%s); list the right address (public_ip, net_listen_port, then dbc host update), "+
			"or see who has it", p("address"), p("peer_id"))
	case listing.Unmet:
		return fmt.Sprintf("nobody answers at the listed address %s; see whether the router and firewall let it through: %s", p("address"), p("reason"))
	case listing.Unmeasured:
		return fmt.Sprintf("the computer differs from its listing in %s; dbc host update lists what it has, while no rental is open", p("facts"))
	}
	return strings.TrimSpace("the listing differs from the node: " + client.Printable(string(d.Code)))
}

func orNone(addresses string) string {
	if addresses == "" {
		return "no address"
	}
	return addresses
}
