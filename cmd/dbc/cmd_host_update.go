package main

import (
	"fmt"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/client/host"
)

func newHostUpdateCommand(s *settings) *cobra.Command {
	var nodeHome string
	var place placeFlags
	cmd := &cobra.Command{
		Use:   "update",
		Short: "Change what this machine's listing says, signed by its key",
		Long: placeLong + "\nWhat no flag names stays as listed. While rentals are open only the addresses can change.\n" +
			"Another number of slots changes the stake that is needed.",
		Example: "  dbc host update --node-home ~/.dbc/mining --wallet operator" + placeExample,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := place.apply(cmd, new(host.Place)); err != nil {
				return err // before anything is asked of anybody
			}
			h, err := s.openHost(nodeHome)
			if err != nil {
				return err
			}
			operator, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			msg, err := h.Update(cmd.Context(), c, operator.Wallet.Address(), func(p *host.Place) error { return place.apply(cmd, p) })
			if err != nil {
				return err
			}
			return s.sendAsOperator(cmd, fmt.Sprintf("the listing of %s is changed", msg.MachineId), func(string) sdk.Msg { return msg })
		},
	}
	nodeHomeFlag(cmd, &nodeHome)
	place.register(cmd)
	return cmd
}
