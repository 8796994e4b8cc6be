package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

// passphraseHelp is shown where a passphrase may be asked for.
const passphraseHelp = "On a devnet wallets lie open. Elsewhere one passphrase, chosen with the first wallet, encrypts all of this home.\n" +
	"Scripts give it by $DBC_PASSPHRASE, by $DBC_PASSPHRASE_FILE (a file, or /dev/fd/N), or as a line of standard input."

type walletReply struct {
	Name    string  `json:"name"`
	Address string  `json:"address"`
	Balance *uint64 `json:"balance_udbc,omitempty"`
	// Words restore the wallet; shown once, when it is made.
	Words string `json:"words,omitempty"`
}

func newWalletCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "wallet",
		Short:   "Make and show wallets",
		Example: "  dbc wallet create alice\n  dbc wallet show alice",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(newWalletCreateCommand(s), newWalletImportCommand(s), newWalletListCommand(s), newWalletShowCommand(s),
		newWalletRenameCommand(s), newWalletDeleteCommand(s), newWalletExportCommand(s),
		newWalletSendCommand(s), newWalletHistoryCommand(s), newWalletPendingCommand(s))
	cmd.AddCommand(devnetWalletCommands(s)...)
	return cmd
}

func newWalletCreateCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "create NAME",
		Short:   "Make a wallet and print the 24 words that restore it",
		Long:    passphraseHelp,
		Example: "  dbc wallet create alice",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ring, err := s.keyring(cmd)
			if err != nil {
				return err
			}
			wallet, words, err := ring.Create(args[0])
			if err != nil {
				return err
			}
			reply := walletReply{Name: wallet.Name, Address: wallet.Address(), Words: words}
			err = s.show(cmd, reply, func(w io.Writer) {
				row(w, "Name:", reply.Name)
				row(w, "Address:", reply.Address)
				row(w, "Words:", words)
				fmt.Fprintln(w, "Write the words down: they are stored nowhere, and whoever has them has the coins.")
			})
			if err != nil {
				// For example on a full disk. Nobody saw the words, so nobody should send
				// coins there.
				return errors.Join(fmt.Errorf("show the words of wallet %s, which is not kept: %w", wallet.Name, err), ring.Delete(wallet.Name))
			}
			return nil
		},
	}
}

func newWalletListCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the wallets of this home",
		Example: "  dbc wallet list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows, err := allWallets(s, cmd)
			if err != nil {
				return err
			}
			return s.show(cmd, rows, func(w io.Writer) {
				if len(rows) == 0 {
					fmt.Fprintln(w, "No wallet yet. dbc wallet create NAME makes one, dbc wallet import NAME restores one.")
					return
				}
				row(w, "NAME", "ADDRESS", "FOR")
				for _, r := range rows {
					address := r.Address
					if address == "" {
						address = "(locked by a passphrase)"
					}
					row(w, r.Name, address, r.Networks)
				}
			})
		},
	}
}

func newWalletShowCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "show [NAME]",
		Short:   "Show a wallet's address and balance",
		Example: "  dbc wallet show alice",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				s.wallet = args[0]
			}
			renter, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			balance, err := c.Balance(cmd.Context(), renter.Wallet.Address())
			if err != nil {
				return err
			}
			reply := walletReply{Name: renter.Wallet.Name, Address: renter.Wallet.Address(), Balance: &balance}
			return s.show(cmd, reply, func(w io.Writer) {
				row(w, "Name:", reply.Name)
				row(w, "Address:", reply.Address)
				row(w, "Balance:", client.FormatDBC(balance))
			})
		},
	}
}
