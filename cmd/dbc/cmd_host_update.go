//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/node/compute/listing"
)

// updateReply is the reply for an update that changed nothing.
type updateReply struct {
	Changed   bool     `json:"changed"`
	MachineID string   `json:"machine_id"`
	Left      []string `json:"left_as_listed,omitempty"`
	// Out are the slots of /etc/dbc/gpus.toml that are not listed.
	Out []listing.Out `json:"out"`
}

func newHostUpdateCommand(s *settings) *cobra.Command {
	var nodeHome string
	var place placeFlags
	cmd := &cobra.Command{
		Use:   "update",
		Short: "Change what this machine's listing says, signed by its key",
		Long: placeLong + "\nWhat no flag names stays as listed. While rentals are open only the addresses and ports of core.conf can\n" +
			"change, and what describes the computer stays as listed. Another number of slots changes the stake that is needed. Cards are\n" +
			"listed anew from what this computer has and /etc/dbc/gpus.toml keeps; those that stay out are named, with the reason.",
		Example: "  dbc host update --node-home ~/.dbc/mining --wallet operator" + placeExample,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := place.apply(cmd, new(host.Place)); err != nil {
				return err // before anything is queried
			}
			h, err := openHost(s, nodeHome)
			if err != nil {
				return err
			}
			operator, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			update, err := h.Update(cmd.Context(), c, operator.Wallet.Address(), func(p *host.Place) error { return place.apply(cmd, p) })
			cardsText(cmd.ErrOrStderr(), update.Offer)
			if len(update.Left) > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "dbc: rentals are open, so these stay as listed though the computer differs: %s; "+
					"dbc host update changes them after the last one has ended\n", strings.Join(update.Left, ", "))
			}
			if errors.Is(err, host.ErrUnchanged) {
				return s.show(cmd, updateReply{MachineID: h.Key.MachineID(), Left: update.Left, Out: append([]listing.Out{}, update.Offer.Out...)}, func(w io.Writer) {
					fmt.Fprintln(w, "The listing says this already; nothing was sent.")
				})
			}
			if err != nil {
				return err
			}
			return sendAsOperator(s, cmd, fmt.Sprintf("the listing of %s is changed", update.Msg.MachineId), func(string) sdk.Msg { return update.Msg })
		},
	}
	nodeHomeFlag(cmd, &nodeHome)
	place.register(cmd)
	return cmd
}
