package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/machine"
)

func newHostPriceCommand(s *settings) *cobra.Command {
	var notice string
	cmd := &cobra.Command{
		Use:   "price MACHINE DBC",
		Short: "Set the price for each slot and day, and the exit notice, for later rentals",
		Long: "The exit notice stays as it is unless --exit-notice is given: how long a renter who leaves a confirmed rental still\n" +
			"pays, 1h to 7d, or none, with which confirmed rent does not come back. Rentals keep what they were made with.",
		Example: "  dbc host price MACHINE 120 --wallet operator\n  dbc host price MACHINE 120 --exit-notice 12h --wallet operator",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			price, err := someDBC("price", args[1])
			if err != nil {
				return err
			}
			change := machine.PriceChange{MachineId: args[0], PricePerDay: price}
			if cmd.Flags().Changed("exit-notice") {
				change.ExitNoticeSeconds, err = parseNotice("--exit-notice", notice)
			} else {
				change.ExitNoticeSeconds, err = listedNotice(s, cmd, args[0])
			}
			if err != nil {
				return err
			}
			done := fmt.Sprintf("%s now costs %s for each slot and day, exit notice %s", args[0], client.FormatDBC(price), noticeWord(change.ExitNoticeSeconds))
			return sendAsOperator(s, cmd, done, func(operator string) sdk.Msg {
				return &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{change}}
			})
		},
	}
	cmd.Flags().StringVar(&notice, "exit-notice", "", "how long a renter who leaves still pays: 1h to 7d, or none (default as it is)")
	return cmd
}

// listedNotice returns the exit notice of a machine's listing, which a change of
// the price has to repeat.
func listedNotice(s *settings, cmd *cobra.Command, machineID string) (uint64, error) {
	c, err := s.dial(cmd.Context())
	if err != nil {
		return 0, err
	}
	listed, err := c.Machine(cmd.Context(), machineID)
	if err != nil {
		return 0, err
	}
	return listed.Machine.ExitNoticeSeconds, nil
}

func newHostOfflineCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "offline MACHINE",
		Short:   "Take a machine off the market; open trials are refunded",
		Example: "  dbc host offline MACHINE --wallet operator",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := sureOffline(s, cmd, args[0]); err != nil {
				return err
			}
			return sendAsOperator(s, cmd, args[0]+" is offline", func(operator string) sdk.Msg {
				return &machine.MsgSetOffline{Operator: operator, MachineId: args[0]}
			})
		},
	}
}

// sureOffline asks if somebody rents the machine.
func sureOffline(s *settings, cmd *cobra.Command, machineID string) error {
	c, err := s.dial(cmd.Context())
	if err != nil {
		return err
	}
	view, err := c.OpenRentals(cmd.Context(), machineID)
	if err != nil || len(view.Rentals) == 0 {
		return err
	}
	return s.sure(cmd, fmt.Sprintf("Machine %s has %d open rentals: those on trial are refunded, the others are not paid while it is offline, "+
		"and their renters may end them for a penalty that your stake pays, if it lasts.", machineID, len(view.Rentals)))
}

// sendAsOperator sends one message of the wallet and reports that it is done.
func sendAsOperator(s *settings, cmd *cobra.Command, done string, msg func(operator string) sdk.Msg) error {
	operator, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	tx, err := c.Broadcast(cmd.Context(), operator.Wallet, msg(operator.Wallet.Address()))
	if err != nil {
		return err
	}
	s.sayEarlier(cmd, tx)
	return s.show(cmd, newTxReply(0, tx), func(w io.Writer) {
		fmt.Fprintf(w, "%s (block %d, gas %s).\n", done, tx.Height, client.FormatDBC(tx.Fee))
	})
}
