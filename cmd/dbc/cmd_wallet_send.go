package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

// maxWords bounds what is read as a wallet's words, in bytes.
const maxWords = 1024

func newWalletImportCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "import NAME",
		Short:   "Restore a wallet from its words, read from standard input",
		Example: "  dbc wallet import alice < words.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			words, err := readLine(cmd.InOrStdin())
			if err != nil {
				return err
			}
			ring, err := s.keyring(cmd)
			if err != nil {
				return err
			}
			wallet, err := ring.Restore(args[0], words)
			if err != nil {
				return err
			}
			reply := walletReply{Name: wallet.Name, Address: wallet.Address()}
			return s.show(cmd, reply, func(w io.Writer) {
				row(w, "Name:", reply.Name)
				row(w, "Address:", reply.Address)
			})
		},
	}
}

// readLine takes no byte beyond the line: a passphrase may follow.
func readLine(in io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < maxWords; {
		n, err := in.Read(one)
		if n == 1 && one[0] == '\n' || errors.Is(err, io.EOF) {
			words := strings.Join(strings.Fields(string(line)), " ")
			if words == "" {
				return "", usagef("the wallet's words are wanted on standard input, in one line")
			}
			return words, nil
		}
		if err != nil {
			return "", fmt.Errorf("read the words: %w", err)
		}
		line = append(line, one[:n]...)
	}
	return "", usagef("the wallet's words: at most %d bytes in one line", maxWords)
}

type sendReply struct {
	txReply
	To     string `json:"to"`
	Amount uint64 `json:"amount_udbc"`
}

func newWalletSendCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "send ADDRESS DBC",
		Short:   "Send coins from your wallet",
		Example: "  dbc wallet send ADDRESS 12.5 --wallet alice",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			udbc, err := client.ParseDBC(args[1])
			if err != nil {
				return fmt.Errorf("amount %w", err)
			}
			if udbc == 0 {
				return usagef("amount %q: must be more than 0", args[1])
			}
			if err := client.CheckAddress(args[0]); err != nil {
				return &usageError{err}
			}
			renter, _, err := s.renter(cmd)
			if err != nil {
				return err
			}
			if err := s.sure(cmd, fmt.Sprintf("%s go from %s (%s) to %s, which nobody can take back.",
				client.FormatDBC(udbc), renter.Wallet.Name, renter.Wallet.Address(), args[0])); err != nil {
				return err
			}
			tx, err := renter.Send(cmd.Context(), args[0], udbc)
			if err != nil {
				return err
			}
			s.sayEarlier(cmd, tx)
			reply := sendReply{txReply: newTxReply(0, tx), To: args[0], Amount: udbc}
			return s.show(cmd, reply, func(w io.Writer) {
				fmt.Fprintf(w, "%s went to %s (block %d, gas %s).\n",
					client.FormatDBC(udbc), reply.To, reply.Height, client.FormatDBC(reply.Gas))
			})
		},
	}
}
