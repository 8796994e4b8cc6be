package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newWalletDeleteCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "delete NAME",
		Short:   "Delete a wallet from this computer",
		Long:    "Only the wallet's words, or the private key that dbc wallet export shows, bring it back.",
		Example: "  dbc wallet delete alice",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ring, err := ringOf(s, cmd, args[0])
			if err != nil {
				return err
			}
			wallet, err := ring.Wallet(args[0])
			if err != nil {
				return err
			}
			if err := s.sure(cmd, fmt.Sprintf("Wallet %s (%s) is deleted from this computer. Without its words or its private key all of its coins are lost.",
				wallet.Name, wallet.Address())); err != nil {
				return err
			}
			if s.dryRun {
				return nil
			}
			if err := ring.Delete(wallet.Name); err != nil {
				return err
			}
			return s.show(cmd, walletReply{Name: wallet.Name, Address: wallet.Address()}, func(w io.Writer) {
				fmt.Fprintf(w, "Wallet %s is deleted.\n", wallet.Name)
			})
		},
	}
}

func newWalletRenameCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "rename NAME NEW_NAME",
		Short:   "Give a wallet another name; its address stays",
		Example: "  dbc wallet rename alice old-alice",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ring, err := ringOf(s, cmd, args[0])
			if err != nil {
				return err
			}
			wallet, err := ring.Wallet(args[0])
			if err != nil || s.dryRun {
				return err
			}
			if err := ring.Rename(wallet.Name, args[1]); err != nil {
				return err
			}
			return s.show(cmd, walletReply{Name: args[1], Address: wallet.Address()}, func(w io.Writer) {
				fmt.Fprintf(w, "Wallet %s is now called %s.\n", wallet.Name, args[1])
			})
		},
	}
}

func newWalletExportCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "export NAME",
		Short: "Print a wallet's private key",
		Long: "The private key, 64 hex digits, is for sign_tool, for the web app's import and for dbc wallet import on another\n" +
			"computer. The words are stored nowhere and can't be shown again.",
		Example: "  dbc wallet export alice --yes > key",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ring, err := ringOf(s, cmd, args[0])
			if err != nil {
				return err
			}
			wallet, err := ring.Wallet(args[0])
			if err != nil {
				return err
			}
			if err := s.sure(cmd, fmt.Sprintf("The private key of wallet %s (%s) is printed: whoever sees it has its coins.", wallet.Name, wallet.Address())); err != nil || s.dryRun {
				return err
			}
			key, err := ring.Export(wallet.Name)
			if err != nil {
				return err
			}
			return s.show(cmd, map[string]string{"name": wallet.Name, "address": wallet.Address(), "private_key": key}, func(w io.Writer) {
				fmt.Fprintln(w, key)
			})
		},
	}
}
