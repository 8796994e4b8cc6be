package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
)

// sayBusy tells why nothing happens yet.
func (s *settings) sayBusy() {
	fmt.Fprintln(s.errOut, "dbc: another command of this wallet is at work; waiting for its end")
}

// saySettled tells what became of what an earlier command sent, where this one
// is for something else.
func (s *settings) saySettled(e chain.Earlier) {
	what := fmt.Sprintf("the transaction %s of %s (%s)", strings.Join(e.Messages, ", "), e.At.Local().Format(time.DateTime), e.Hash)
	if e.Err != nil {
		fmt.Fprintf(s.errOut, "dbc: %s, which an earlier command had sent, did nothing: %v\n", what, e.Err)
		return
	}
	fmt.Fprintf(s.errOut, "dbc: %s, which an earlier command had sent, was carried out\n", what)
}

// sayEarlier tells that a command was not carried out once more.
func (s *settings) sayEarlier(cmd *cobra.Command, tx chain.TxResult) {
	if !tx.Earlier {
		return
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "dbc: nothing was sent now: the same command had sent transaction %s at %s, and this is its result; "+
		"give the command again to do it once more\n", tx.Hash, tx.SentAt.Local().Format(time.DateTime))
}
