package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

type pendingReply struct {
	Address string `json:"address"`
	// Hash is empty if nothing was pending.
	Hash     string   `json:"tx_hash,omitempty"`
	Messages []string `json:"messages,omitempty"`
	Last     uint64   `json:"last_height,omitempty"`
	Forgot   bool     `json:"forgotten,omitempty"`
}

func newWalletPendingCommand(s *settings) *cobra.Command {
	var forget string
	cmd := &cobra.Command{
		Use:   "pending",
		Short: "Find out what became of what a wallet sent",
		Long: "A transaction whose answer was lost is looked for, and sent once more if it may still be included, until a\n" +
			"block has it or none ever will. Every command that sends something does so first.\n" +
			"--forget drops one that the chain's node can't tell the end of, such as one that keeps no index. Ask another\n" +
			"node before, with --rpc and --grpc: what is forgotten and included nevertheless is paid on top.",
		Example: "  dbc wallet pending --wallet alice",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			renter, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			reply := pendingReply{Address: renter.Wallet.Address()}
			sent, err := c.Pending(cmd.Context(), reply.Address)
			if err != nil {
				return err
			}
			if sent != nil {
				reply.Hash, reply.Messages, reply.Last = sent.Hash, sent.Messages, sent.Last
			}
			if s.dryRun { // looking for it may send it once more
				return s.show(cmd, reply, func(w io.Writer) {
					if reply.Hash == "" {
						fmt.Fprintln(w, "Nothing is open.")
						return
					}
					fmt.Fprintln(w, "Open, and left as it is: transaction", reply.Hash)
				})
			}
			if forget != "" {
				if err := agree(cmd, s.answered(cmd), "Look at dbc wallet history first. Forget "+forget+", although it may be paid?"); err != nil {
					return err
				}
				reply.Forgot = true
				err = c.Forget(cmd.Context(), reply.Address, forget)
			} else {
				_, err = c.Settle(cmd.Context(), reply.Address)
			}
			if err != nil {
				return err
			}
			return s.show(cmd, reply, func(w io.Writer) {
				if reply.Forgot {
					fmt.Fprintln(w, "Forgotten: transaction", reply.Hash)
					return
				}
				fmt.Fprintln(w, "Nothing is open.")
			})
		},
	}
	cmd.Flags().StringVar(&forget, "forget", "", "hash of what is not to be looked for any longer")
	return cmd
}
