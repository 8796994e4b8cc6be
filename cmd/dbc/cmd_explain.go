package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	xrental "github.com/dbc-network/dbc/x/rental"
)

type explainReply struct {
	Rental    rentalRow `json:"rental"`
	Earned    uint64    `json:"earned_udbc"`
	Unclaimed uint64    `json:"unclaimed_udbc"`
	Unearned  uint64    `json:"unearned_udbc"`
	// Transitions are what happened, as codes; Lines say the same to people.
	Transitions []transition `json:"transitions"`
	Lines       []string     `json:"lines"`
	Waiting     string       `json:"waiting,omitempty"`
	May         []string     `json:"may"`
	RenterBreak *renterBreak `json:"renter_break,omitempty"`
	// Leave is what leaving it now, or at the time that was named, would bring; absent
	// where it can't be left.
	Leave *leaveTerms `json:"leave,omitempty"`
	// leaveAt reports that a time was named.
	leaveAt bool
}

// transition is one change of a rental's state. Reason is the chain's name for
// it, such as REASON_CONFIRMED.
type transition struct {
	Time   time.Time `json:"time"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Reason string    `json:"reason"`
	// Refunded by leaving, in udbc.
	Refunded uint64 `json:"refunded_udbc,omitempty"`
	Height   int64  `json:"height"`
}

func newTransitions(list []xrental.Transition) []transition {
	rows := make([]transition, len(list))
	for i, t := range list {
		rows[i] = transition{
			Time: t.Time, From: stateWord(t.From.String(), "RENTAL_STATE_"), To: stateWord(t.To.String(), "RENTAL_STATE_"),
			Reason: t.Reason.String(), Height: t.Height, Refunded: t.Refunded,
		}
	}
	return rows
}

// messageCommands returns the commands by which messages of the chain are sent.
func messageCommands(messages []string, rentID uint64) []string {
	words := map[string]string{
		"ConfirmRent": "dbc confirm %d", "CancelRent": "dbc cancel %d", "ReletMachine": "dbc relet %d DURATION", "BreakRental": "dbc break %d",
		"LeaveRental": "dbc leave %d",
	}
	list := make([]string, len(messages))
	for i, message := range messages {
		switch command := words[message]; {
		case command != "":
			list[i] = fmt.Sprintf(command, rentID)
		case message == "ClaimRent":
			list[i] = "dbc host claim"
		default:
			list[i] = client.Printable(message)
		}
	}
	return list
}

// renterBreak is the renter's right to break the rental because of outages.
type renterBreak struct {
	Allowed bool       `json:"allowed"`
	Outage  uint64     `json:"outage_seconds"`
	Limit   uint64     `json:"limit_seconds"`
	Until   *time.Time `json:"until,omitempty"`
	Penalty uint64     `json:"penalty_udbc"`
	AtOnce  uint64     `json:"penalty_at_once_udbc"`
}

func newRenterBreak(b *xrental.RenterBreak) *renterBreak {
	if b == nil {
		return nil
	}
	return &renterBreak{
		Allowed: b.Allowed, Outage: uint64(b.Outage / time.Second), Limit: uint64(b.Limit / time.Second),
		Until: b.Until, Penalty: b.Penalty, AtOnce: b.PenaltyAtOnce,
	}
}

func writeRenterBreak(w io.Writer, b *renterBreak) {
	if b == nil || b.Outage == 0 {
		return
	}
	spell := func(seconds uint64) time.Duration { return time.Duration(seconds) * time.Second }
	row(w, "Offline in it:", fmt.Sprintf("%s, the renter may break after more than %s", spell(b.Outage), spell(b.Limit)))
	if b.Allowed {
		row(w, "The renter may break:", "now"+untilText(b.Until)+", penalty "+client.FormatDBC(b.Penalty)+", at once "+client.FormatDBC(b.AtOnce))
	}
}

func untilText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return " until " + t.Format(time.RFC3339)
}

func newExplainCommand(s *settings) *cobra.Command {
	var leave string
	cmd := &cobra.Command{
		Use:     "explain RENT_ID",
		Short:   "Say what happened to a rental and why, and what leaving it would bring",
		Example: "  dbc explain 7\n  dbc explain 7 --leave-at 12h\n  dbc explain 7 --leave-at 2027-01-31T18:00:00Z",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseRentID(args[0])
			if err != nil {
				return err
			}
			var when moment
			if cmd.Flags().Changed("leave-at") {
				if when, err = parseMoment("--leave-at", leave); err != nil {
					return err
				}
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			res, err := c.Explain(cmd.Context(), id)
			if err != nil {
				return err
			}
			reply := explainReply{
				Rental: newRentalRow(res.Rental), Earned: res.Earned, Unclaimed: res.Unclaimed, Unearned: res.Unearned,
				Transitions: newTransitions(res.Rental.Transitions), Lines: res.Lines, Waiting: res.Waiting, May: res.May, RenterBreak: newRenterBreak(res.RenterBreak), Leave: newLeaveTerms(res.Leave),
			}
			if when != (moment{}) {
				if reply.Leave, err = leavingAt(cmd.Context(), c, id, when); err != nil {
					return err
				}
				reply.leaveAt = true
			}
			return s.show(cmd, reply, func(w io.Writer) { writeExplain(w, reply) })
		},
	}
	cmd.Flags().StringVar(&leave, "leave-at", "", leaveAtUsage)
	return cmd
}

// leavingAt asks the chain, which refuses for a rental that can't be left.
func leavingAt(ctx context.Context, c *chain.Client, id uint64, when moment) (*leaveTerms, error) {
	at, err := when.on(ctx, c)
	if err != nil {
		return nil, err
	}
	terms, err := market.Renter{Chain: c}.QuoteLeaveAt(ctx, id, at)
	if err != nil {
		return nil, err
	}
	return newLeaveTerms(terms), nil
}

// stakeWent says where the money went that the stake paid for a trial; what it
// pays for a broken rental is the renter's.
func stakeWent(state string) string {
	if state == "refunded" {
		return " to the community pool"
	}
	return ""
}

// isSettled reports whether the money of a rental that is over has gone where it goes,
// by what the rental waits for.
func isSettled(waiting string) bool { return waiting == "" || waiting == "penalty" }

func writeExplain(w io.Writer, e explainReply) {
	for _, line := range e.Lines {
		fmt.Fprintln(w, client.Printable(line))
	}
	row(w, "Paid:", client.FormatDBC(e.Rental.Paid))
	row(w, "Earned by the host:", client.FormatDBC(e.Earned))
	unearned := "Not yet earned:"
	if len(e.May) == 0 && isSettled(e.Waiting) {
		unearned = "Went back:"
	}
	row(w, unearned, client.FormatDBC(e.Unearned))
	if e.Rental.FromStake > 0 {
		row(w, "From the host's stake:", client.FormatDBC(e.Rental.FromStake)+stakeWent(e.Rental.State))
	}
	if e.Rental.Held > 0 && e.Rental.HeldUntil != nil {
		row(w, "Of that held:", client.FormatDBC(e.Rental.Held)+" until "+e.Rental.HeldUntil.Format(time.RFC3339))
	}
	writeRenterBreak(w, e.RenterBreak)
	if l := e.Leave; l != nil {
		rfc := func(t time.Time) string { return t.Format(time.RFC3339) }
		when := "now"
		if e.leaveAt {
			when = rfc(l.At)
		}
		row(w, "Leaving "+when+":", l.bringsText(rfc))
	}
	if e.Waiting != "" {
		row(w, "Waits for:", e.Waiting)
	}
	if len(e.May) > 0 {
		row(w, "Possible now:", strings.Join(messageCommands(e.May, e.Rental.ID), ", "))
	}
}
