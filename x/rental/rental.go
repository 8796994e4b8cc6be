package rental

import (
	"time"

	"github.com/dbc-network/dbc/rental"
)

// Account returns the rental's money in the form that the pure package computes with.
func (r Rental) Account() rental.Account {
	segments := make([]rental.Segment, len(r.Segments))
	for i, s := range r.Segments {
		segments[i] = rental.Segment{Start: s.Start, End: s.End, Rent: s.Rent, Offline: time.Duration(s.OfflineNs), FullRent: s.FullRent, FullLength: time.Duration(s.FullNs)}
	}
	return rental.Account{Segments: segments, Folded: r.FoldedEarned, Paid: r.Paid, Claimed: r.Claimed}
}

// SetAccount reverses Account.
func (r *Rental) SetAccount(a rental.Account) {
	r.Segments = make([]Segment, len(a.Segments))
	for i, s := range a.Segments {
		r.Segments[i] = Segment{Start: s.Start, End: s.End, Rent: s.Rent, OfflineNs: int64(s.Offline), FullRent: s.FullRent, FullNs: int64(s.FullLength)}
	}
	r.FoldedEarned, r.Paid, r.Claimed = a.Folded, a.Paid, a.Claimed
}

// ExitNotice returns how long a renter who leaves still pays; 0 means that
// confirmed rent is not refunded.
func (r Rental) ExitNotice() time.Duration { return time.Duration(r.ExitNoticeSeconds) * time.Second }

// Longest returns the longest length that the rental had. Outages are measured by
// it: a renter who leaves gets no right to break that the outages before did not
// give.
func (r Rental) Longest() time.Duration {
	end := r.End
	if r.LongestEnd != nil && r.LongestEnd.After(end) {
		end = *r.LongestEnd
	}
	return end.Sub(r.Start)
}

// Terms returns the rental's penalty terms.
func (r Rental) Terms() rental.PenaltyTerms {
	return rental.PenaltyTerms{StakeShare: r.PenaltyTerms.StakeShare, MinPenalty: r.PenaltyTerms.MinPenalty, RatioBPS: r.PenaltyTerms.RatioBps}
}

// Position returns what decides the state of a rental from a query's reply or
// an event, whose deadline is the effective one.
func (r Rental) Position() rental.Position {
	return rental.Position{State: rental.State(r.State), Deadline: r.Deadline, End: r.End}
}

// StateAt returns the state, at a time, of a rental from a query's reply.
func (r Rental) StateAt(now time.Time) RentalState { return RentalState(r.Position().At(now)) }

// Moved returns a stored rental with its effective deadline: in the store a trial's
// deadline lacks the time for which the chain had been halted when it was set.
func (r Rental) Moved(halted time.Duration) Rental {
	if r.State == RENTAL_STATE_TRIAL {
		r.Deadline = rental.EffectiveDeadline(r.Deadline, halted)
	}
	return r
}

// Effective returns a stored rental as queries show it: with the effective
// deadline and the state that it has at now.
func (r Rental) Effective(now time.Time, halted time.Duration) Rental {
	r = r.Moved(halted)
	r.State = r.StateAt(now)
	return r
}

// ClosedAt returns when a closed rental was over; it returns false while it is
// open. What a challenge decides later does not change it.
func (r Rental) ClosedAt() (time.Time, bool) {
	for i := len(r.Transitions) - 1; i >= 0; i-- {
		t := r.Transitions[i]
		if !rental.State(t.To).Closed() {
			break
		}
		if !rental.State(t.From).Closed() {
			return t.Time, true
		}
	}
	return time.Time{}, false
}

// Held reports whether the escrow still holds a part of the rental's penalty.
func (r Rental) Held() bool { return r.HeldPenalty > 0 }

// Undecided reports whether a trial was over while a challenge was open: its
// rent was returned, its reason and its fee are decided with the challenge.
func (r Rental) Undecided() bool {
	n := len(r.Transitions)
	return n > 0 && r.Transitions[n-1].Reason == REASON_CHALLENGE_OPEN
}

// Settled reports whether the rental is closed and the escrow holds neither rent nor fee
// of it.
func (r Rental) Settled() bool {
	return rental.State(r.State).Closed() && len(r.Segments) == 0 && !r.Undecided()
}

// Escrowed returns the rent and the fee in udbc that the escrow holds for the rental.
func (r Rental) Escrowed() (rent, fee uint64) {
	if len(r.Segments) > 0 {
		rent = r.Account().Escrow()
	}
	if r.State == RENTAL_STATE_TRIAL || r.Undecided() {
		fee = r.Fee
	}
	return rent, fee
}

// FeeOwedByStake returns what a trial that the machine failed costs the host's stake.
func (r Rental) FeeOwedByStake() uint64 { return min(r.Fee, r.PenaltyTerms.StakeShare) }

// FeeToHost returns the part of the fee that was paid to the host.
func (r Rental) FeeToHost() uint64 {
	n := len(r.Transitions)
	if n == 0 {
		return 0
	}
	last := r.Transitions[n-1]
	if t, ok := rental.ByReason(rental.State(last.From), rental.Reason(last.Reason)); !ok || !t.Has(rental.ShareFee) {
		return 0
	}
	return rental.Half(r.Fee)
}
