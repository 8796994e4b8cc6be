package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/auth/words"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
)

// maxWords bounds in bytes what is read as a wallet's words.
const maxWords = 4096

func newWalletImportCommand(s *settings) *cobra.Command {
	var account uint32
	cmd := &cobra.Command{
		Use:   "import NAME",
		Short: "Restore a wallet from its words or private key, read from standard input",
		Long: "The words may stand in one line or several, numbered, with commas, in capitals or in quotes. --account takes one of the\n" +
			"further accounts that the web app makes of the same words. " + passphraseHelp,
		Example: "  dbc wallet import alice < words.txt\n  dbc wallet import alice-2 --account 1 < words.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if prompt, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(prompt.Fd())) {
				fmt.Fprintln(cmd.ErrOrStderr(), "The wallet's words or its private key; an empty line ends them:")
			}
			text, err := readWords(cmd.InOrStdin())
			if err != nil {
				return err
			}
			ring, err := s.keyring(cmd)
			if err != nil {
				return err
			}
			wallet, err := restore(ring, args[0], text, account)
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
	cmd.Flags().Uint32Var(&account, "account", 0, "which account of the words, counted from 0")
	return cmd
}

// restore accepts words, or the digits of a private key.
func restore(ring *market.Keyring, name, text string, account uint32) (*market.Wallet, error) {
	if !isKey(text) {
		return ring.RestoreAccount(name, text, account)
	}
	if account != 0 {
		return nil, usagef("--account %d: a private key has one account", account)
	}
	return ring.RestoreKey(name, keyDigits(text))
}

// keyDigits matches a private key as people paste it.
func keyDigits(text string) string {
	return strings.TrimPrefix(strings.ToLower(strings.Trim(strings.TrimSpace(text), `"'`)), "0x")
}

func isKey(text string) bool {
	digits := keyDigits(text)
	return len(digits) == 64 && strings.Trim(digits, "0123456789abcdef") == ""
}

// readWords reads no byte beyond the words, for a passphrase may follow: it ends
// with the line that completes 24 words, with a single line of 12, or with a key.
// Fewer words in several lines end with an empty line or the end of input.
func readWords(in io.Reader) (string, error) {
	var text, line []byte
	for one := make([]byte, 1); len(text)+len(line) < maxWords; {
		n, err := in.Read(one)
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return "", fmt.Errorf("read the words: %w", err)
		case n == 1 && one[0] != '\n':
			line = append(line, one[0])
			continue
		}
		first, empty := len(bytes.TrimSpace(text)) == 0, len(bytes.TrimSpace(line)) == 0
		text = append(append(text, line...), '\n')
		have := words.Count(words.Tidy(string(text)))
		whole := have >= 24 || first && (have >= 12 || isKey(string(line))) || empty && !first
		if err != nil || whole {
			return wanted(string(text))
		}
		line = line[:0]
	}
	return "", usagef("the wallet's words: at most %d bytes", maxWords)
}

func wanted(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", usagef("the wallet's words, or its private key of 64 hex digits, are wanted on standard input")
	}
	return text, nil
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
			udbc, err := someDBC("amount", args[1])
			if err != nil {
				return err
			}
			if err := market.CheckAddress(args[0]); err != nil {
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
