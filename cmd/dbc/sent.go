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

// sayBusy says why nothing happens yet.
func (s *settings) sayBusy() {
	fmt.Fprintln(s.errOut, "dbc: another command of this wallet is at work; waiting for its end")
}

// saySettled reports the result of what an earlier command sent, if this one is
// for something else.
func (s *settings) saySettled(e chain.Earlier) {
	what := fmt.Sprintf("the transaction %s of %s (%s)", strings.Join(e.Messages, ", "), e.At.Local().Format(time.DateTime), e.Hash)
	if e.Err != nil {
		fmt.Fprintf(s.errOut, "dbc: %s, which an earlier command had sent, did nothing: %v\n", what, e.Err)
		return
	}
	fmt.Fprintf(s.errOut, "dbc: %s, which an earlier command had sent, was carried out\n", what)
}

// sayEarlier says that a command was not carried out again.
func (s *settings) sayEarlier(cmd *cobra.Command, tx chain.TxResult) {
	if !tx.Earlier {
		return
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "dbc: nothing was sent now: the same command had sent transaction %s at %s, and this is its result; "+
		"give the command again to do it once more\n", tx.Hash, tx.SentAt.Local().Format(time.DateTime))
}

// unknownEnd is the error of a request to a machine that was sent and got no answer.
type unknownEnd struct {
	err error
	// look says where to see the result, otherwise what to do where it did not happen.
	look, otherwise string
}

func (e *unknownEnd) Error() string { return e.err.Error() }
func (e *unknownEnd) Unwrap() error { return e.err }

// orUnknown adds to an error where to look if the request may have been carried
// out, and otherwise nothing.
func orUnknown(err error, look string) error {
	if !client.MayHaveHappened(err) {
		return err
	}
	return &unknownEnd{err: err, look: look}
}

// goesOn is the error of a wait that ended before what it waits for.
type goesOn struct {
	err error
	// what continues without it, and where to see that.
	what string
}

func (e *goesOn) Error() string { return e.err.Error() }
func (e *goesOn) Unwrap() error { return e.err }

// orGoesOn adds to an error what continues anyway, if the wait was given up.
func orGoesOn(ctx context.Context, err error, what string) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return &goesOn{err, what}
}

// afterword returns the sentence that follows an error about unfinished work.
func afterword(err error) string {
	var (
		unknown *unknownEnd
		waited  *goesOn
	)
	switch {
	case errors.As(err, &unknown) && unknown.otherwise != "":
		return "It may have happened all the same: " + unknown.look + " tells. If it did not, " + unknown.otherwise + " tries again."
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
