package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/rental"
)

// breakReply says where the money of a broken rental went. What is not known is
// zero: the rental is broken all the same.
type breakReply struct {
	txReply
	State     string     `json:"state,omitempty"`
	FromStake uint64     `json:"from_stake_udbc"`
	Held      uint64     `json:"held_penalty_udbc"`
	HeldUntil *time.Time `json:"held_until,omitempty"`
	// Waiting is as in dbc explain: what a challenge decides has not gone back yet.
	Waiting string `json:"waiting,omitempty"`
}

func newBreakReply(id uint64, tx chain.TxResult, after rental.QueryExplainResponse) breakReply {
	r := after.Rental
	reply := breakReply{
		txReply: newTxReply(id, tx), State: stateWord(r.State.String(), "RENTAL_STATE_"), FromStake: r.FromStake, Held: r.HeldPenalty, HeldUntil: r.HeldUntil, Waiting: after.Waiting,
	}
	if isSettled(after.Waiting) {
		reply.Refunded = after.Unearned
	}
	return reply
}

func newBreakCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "break RENT_ID",
		Short: "End a rental early: a host at the cost of its stake, a renter after a long outage",
		Long: "The machine's owner may break a rental at any time: what is not earned goes back to the renter, with a penalty\n" +
			"from the machine's stake. A renter may break a confirmed rental while the machine is offline, or within a day of\n" +
			"its return, once it was offline for long enough; dbc explain says whether that is so, and what it would bring.\n" +
			"A trial is cancelled by its renter (dbc cancel).",
		Example: "  dbc explain 7\n  dbc break 7\n  dbc break 7 --wallet owner --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseRentID(args[0])
			if err != nil {
				return err
			}
			return breakRental(s, cmd, id)
		},
	}
}

func breakRental(s *settings, cmd *cobra.Command, id uint64) error {
	signer, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	r, err := c.Rental(cmd.Context(), id)
	if err != nil {
		return err
	}
	if err := s.sure(cmd, breakText(r, signer.Wallet.Address())); err != nil {
		return err
	}
	tx, err := c.Broadcast(cmd.Context(), signer.Wallet, &rental.MsgBreakRental{Signer: signer.Wallet.Address(), RentId: id})
	if err != nil {
		return fmt.Errorf("break rental %d: %w", id, err)
	}
	s.sayEarlier(cmd, tx)
	reply := breakReply{txReply: newTxReply(id, tx)}
	if after, err := c.Explain(cmd.Context(), id); err == nil {
		reply = newBreakReply(id, tx, *after)
	}
	return s.show(cmd, reply, func(w io.Writer) { writeBreak(w, reply) })
}

func writeBreak(w io.Writer, r breakReply) {
	fmt.Fprintf(w, "Rental %d is broken (block %d, gas %s).\n", r.RentID, r.Height, client.FormatDBC(r.Gas))
	if r.Refunded > 0 {
		row(w, "Went back:", client.FormatDBC(r.Refunded))
	}
	if r.FromStake > 0 {
		row(w, "From the machine's stake:", client.FormatDBC(r.FromStake)+stakeWent(r.State))
	}
	if r.Held > 0 && r.HeldUntil != nil {
		row(w, "Of that held:", client.FormatDBC(r.Held)+" until "+clock(*r.HeldUntil))
	}
	if !isSettled(r.Waiting) {
		row(w, "Waits for:", r.Waiting)
	}
	row(w, "Next:", fmt.Sprintf("dbc explain %d", r.RentID))
}

// breakText says what a break does, to whoever signs it.
func breakText(r rental.Rental, signer string) string {
	const ends = "Its virtual machines are stopped"
	switch {
	case r.State == rental.RENTAL_STATE_TRIAL:
		return fmt.Sprintf("Trial %d ends now: rent and fee go back to its renter, and the machine's stake pays as much as the fee. %s.", r.Id, ends)
	case r.Renter == signer:
		return fmt.Sprintf("Rental %d ends now: what is not earned yet comes back to you, with a penalty from the host's stake. %s.", r.Id, ends)
	}
	return fmt.Sprintf("Rental %d ends now: what is not earned yet goes back to its renter, with a penalty from the machine's stake. %s.", r.Id, ends)
}
