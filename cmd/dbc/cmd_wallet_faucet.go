//go:build linux

package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/devnet"
)

func newWalletFaucetCommand(s *settings) *cobra.Command {
	var amount string
	cmd := &cobra.Command{
		Use:     "faucet [NAME]",
		Short:   "Give a wallet coins of the devnet",
		Example: "  dbc wallet faucet alice --amount 500",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				s.wallet = args[0]
			}
			udbc, err := someDBC("--amount", amount)
			if err != nil {
				return err
			}
			renter, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			ring, err := s.keyring(cmd)
			if err != nil {
				return err
			}
			tx, err := devnet.Fund(cmd.Context(), c, ring, renter.Wallet.Address(), udbc)
			if err != nil {
				return err
			}
			return s.show(cmd, newTxReply(0, tx), func(w io.Writer) {
				fmt.Fprintf(w, "%s came to %s (block %d).\n", client.FormatDBC(udbc), renter.Wallet.Address(), tx.Height)
			})
		},
	}
	cmd.Flags().StringVar(&amount, "amount", "1000", "DBC to give")
	return cmd
}
