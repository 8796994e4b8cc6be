package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// leaveReply says what leaving brought. Where nothing would have come back it has
// no transaction: none was sent.
type leaveReply struct {
	txReply

	End time.Time `json:"end"`
}

// leaveTerms is what leaving a rental at a time would bring.
type leaveTerms struct {
	Notice uint64    `json:"notice_seconds"`
	At     time.Time `json:"at"`
	End    time.Time `json:"end"`
	Refund uint64    `json:"refund_udbc"`
	Rent   uint64    `json:"rent_udbc"`
}

func newLeaveTerms(l *xrental.Leave) *leaveTerms {
	if l == nil {
		return nil
	}
	return &leaveTerms{Notice: l.NoticeSeconds, At: l.At, End: l.End, Refund: l.Refund, Rent: l.Rent}
}

func newLeaveCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "leave [RENT_ID]",
		Short: "Leave a confirmed rental: pay for its exit notice, the rest of the rent comes back",
		Long: "A machine's listing may have an exit notice, of an hour to seven days; dbc machines and dbc quote show it, and a\n" +
			"rental keeps the one that it was rented with. Whoever leaves pays for that time from now on, and the rent for all\n" +
			"time beyond it comes back at once, to the last udbc. The virtual machines run until the new end, and are then\n" +
			"stopped as at any end. A rental that ends within its notice stays as it is, and nothing is sent. Without a notice\n" +
			"confirmed rent does not come back; a trial is cancelled (dbc cancel).\n" +
			"A rental that was left can be renewed (dbc relet), at the price of then. Where only one rental is confirmed, it\n" +
			"needs no RENT_ID. What leaving at another time would bring: dbc explain RENT_ID --leave-at TIME.",
		Example: "  dbc leave\n  dbc leave 7 --dry-run\n  dbc leave 7 --yes --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := rentalOf(s, cmd, first(args), "confirmed rental", xrental.RENTAL_STATE_ACTIVE)
			if err != nil {
				return err
			}
			return leaveRental(s, cmd, id)
		},
	}
}

func leaveRental(s *settings, cmd *cobra.Command, id uint64) error {
	renter, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	left, earlier, err := renter.EarlierLeave(cmd.Context(), id)
	if err != nil {
		return err
	}
	if !earlier {
		r, err := c.Rental(cmd.Context(), id)
		if err != nil {
			return err
		}
		terms, err := renter.QuoteLeave(cmd.Context(), id)
		if err != nil {
			return err
		}
		if !terms.End.Before(r.End) {
			return showNothingLeft(s, cmd, id, *terms)
		}
		if err := s.sure(cmd, leaveText(r, *terms)); err != nil {
			return err
		}
		if left, err = renter.Leave(cmd.Context(), id); err != nil {
			return err
		}
	}
	s.sayEarlier(cmd, left.Tx)
	reply := newLeaveReply(left)
	return s.show(cmd, reply, func(w io.Writer) {
		fmt.Fprintf(w, "Rental %d ends %s; %s came back (block %d, gas %s).\n",
			id, clock(left.End), client.FormatDBC(left.Refunded), reply.Height, client.FormatDBC(reply.Gas))
		row(w, "Until then:", "its virtual machines run; save what you need before")
	})
}

func newLeaveReply(left market.Left) leaveReply {
	reply := leaveReply{txReply: newTxReply(left.RentID, left.Tx), End: left.End}
	reply.Refunded = left.Refunded
	return reply
}

// showNothingLeft says that leaving would change nothing.
func showNothingLeft(s *settings, cmd *cobra.Command, id uint64, terms xrental.Leave) error {
	return s.show(cmd, leaveReply{txReply: txReply{RentID: id}, End: terms.End}, func(w io.Writer) {
		fmt.Fprintf(w, "Nothing would come back and nothing was sent: rental %d ends %s, within its exit notice of %s.\n",
			id, clock(terms.End), rental.FormatDuration(terms.NoticeSeconds))
	})
}

// leaveText says what leaving does, to whoever signs it.
func leaveText(r xrental.Rental, terms xrental.Leave) string {
	return fmt.Sprintf("Rental %d will end %s, after its exit notice of %s, instead of %s: %s comes back now, and %s stays paid. "+
		"Its virtual machines run until then, and then their disks are kept for as long as the rental lasted, ten days at most.", r.Id, clock(terms.End), rental.FormatDuration(terms.NoticeSeconds), clock(r.End),
		client.FormatDBC(terms.Refund), client.FormatDBC(terms.Rent))
}

// noticeText says in a quote whether confirmed rent comes back.
func noticeText(noticeSeconds uint64) string {
	if noticeSeconds == 0 {
		return "not before the end: confirmed rent does not come back"
	}
	return fmt.Sprintf("at any time: another %s is paid then, and the rent beyond it comes back", rental.FormatDuration(noticeSeconds))
}

// noticeWord is the exit notice in a list.
func noticeWord(noticeSeconds uint64) string {
	if noticeSeconds == 0 {
		return "none"
	}
	return rental.FormatDuration(noticeSeconds)
}

// leaveAtUsage explains --leave-at where leaving is quoted.
const leaveAtUsage = "say what leaving then would bring: a time as 2027-01-31T18:00:00Z, or so long from now, as 12h"

// bringsText says what leaving brings, with times as the caller shows them.
func (l leaveTerms) bringsText(show func(time.Time) string) string {
	return fmt.Sprintf("ends it %s, %s comes back and %s stays paid", show(l.End), client.FormatDBC(l.Refund), client.FormatDBC(l.Rent))
}

// maxNoticeUsage explains --max-notice where machines are looked for.
const maxNoticeUsage = "only machines that can be left within this exit notice, such as 1h or 1d"

// parseMaxNotice parses the longest exit notice that a renter accepts. Without a notice
// a confirmed rental can't be left, so that none is no bound.
func parseMaxNotice(text string) (uint64, error) {
	seconds, err := rental.ParseDuration(text)
	if err != nil || rental.CheckExitNotice(seconds) != nil {
		return 0, usagef("--max-notice %q: a time from %s to %s wanted; a machine without an exit notice can't be left before the end", text,
			rental.FormatDuration(uint64(rental.MinExitNotice.Seconds())), rental.FormatDuration(uint64(rental.MaxExitNotice.Seconds())))
	}
	return seconds, nil
}

// parseNotice parses a host's exit notice: none, or a duration within the chain's
// bounds.
func parseNotice(flag, text string) (uint64, error) {
	if text == "none" || text == "0" {
		return 0, nil
	}
	seconds, err := rental.ParseDuration(text)
	if err != nil {
		return 0, usagef("%s: none, or %w", flag, err)
	}
	if err := rental.CheckExitNotice(seconds); err != nil {
		return 0, usagef("%s %q: %w", flag, text, err)
	}
	return seconds, nil
}
