package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
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

// unknownEnd is of a request to a machine that was sent and got no answer.
type unknownEnd struct {
	err error
	// look says where to see what became of it.
	look string
}

func (e *unknownEnd) Error() string { return e.err.Error() }
func (e *unknownEnd) Unwrap() error { return e.err }

// orUnknown adds to an error where to look, if what was asked for may have been
// done; to nothing else.
func orUnknown(err error, look string) error {
	if !client.MayHaveHappened(err) {
		return err
	}
	return &unknownEnd{err, look}
}

// goesOn is of a wait that ended before what it waits for.
type goesOn struct {
	err error
	// what goes on without it, and where to see that.
	what string
}

func (e *goesOn) Error() string { return e.err.Error() }
func (e *goesOn) Unwrap() error { return e.err }

// orGoesOn adds to an error what goes on nevertheless, if the wait was given up.
func orGoesOn(ctx context.Context, err error, what string) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return &goesOn{err, what}
}

// afterword is the sentence that belongs to an error about what is not over.
func afterword(err error) string {
	var (
		unknown *unknownEnd
		waited  *goesOn
	)
	switch {
	case errors.As(err, &unknown):
		return "It may have happened all the same: " + unknown.look + " tells."
	case errors.As(err, &waited):
		return waited.what
	case errors.As(err, new(*chain.Unsettled)):
		return "It goes on without you. The same command again tells what became of it, and pays nothing twice; " +
			"until that is known, nothing else is signed with this wallet."
	}
	return ""
}
