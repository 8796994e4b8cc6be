package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
)

type historyRow struct {
	Time     time.Time `json:"time"`
	Height   int64     `json:"height"`
	Messages []string  `json:"messages"`
	Done     bool      `json:"done"`
	Came     uint64    `json:"came_udbc"`
	Went     uint64    `json:"went_udbc"`
	Hash     string    `json:"tx_hash"`
}

func newWalletHistoryCommand(s *settings) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "history [NAME]",
		Short: "List the newest transactions that moved a wallet's coins",
		Long: "What went has the gas in it. What a block does by itself, such as the refund of a trial that was not\n" +
			"confirmed, is no transaction: dbc explain RENT_ID tells it.",
		Example: "  dbc wallet history alice\n  dbc wallet history --limit 5 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 || limit > chain.MaxHistory {
				return usagef("--limit %d: 1-%d", limit, chain.MaxHistory)
			}
			if len(args) == 1 {
				s.wallet = args[0]
			}
			renter, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			list, err := c.History(cmd.Context(), renter.Wallet.Address(), limit)
			if err != nil {
				return err
			}
			rows := make([]historyRow, len(list))
			for i, tx := range list {
				rows[i] = historyRow{
					Time: tx.Time, Height: tx.Height, Messages: tx.Messages, Done: tx.Code == 0, Came: tx.Came, Went: tx.Went, Hash: tx.Hash,
				}
			}
			return s.show(cmd, rows, func(w io.Writer) { writeHistory(w, rows) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "at most so many")
	return cmd
}

func writeHistory(w io.Writer, rows []historyRow) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "No transaction yet.")
		return
	}
	row(w, "TIME", "WHAT", "CAME", "WENT", "TRANSACTION")
	for _, r := range rows {
		what := client.Printable(strings.ReplaceAll(strings.Join(r.Messages, ", "), "Msg", ""))
		if !r.Done {
			what += " (failed)"
		}
		row(w, clock(r.Time), what, client.FormatDBC(r.Came), client.FormatDBC(r.Went), r.Hash)
	}
}
