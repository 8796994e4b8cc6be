package keeper

import (
	"context"
	"fmt"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// What a rental that is over may still wait for.
const (
	waitingChallenge = "challenge"
	waitingParked    = "parked"
	waitingPenalty   = "penalty"
)

// Explain says what happened to a rental and why.
func (s queryServer) Explain(ctx context.Context, req *xrental.QueryExplainRequest) (*xrental.QueryExplainResponse, error) {
	r, c, err := s.effective(ctx, req.GetRentId())
	if err != nil {
		return nil, err
	}
	v, waiting, err := s.stored(ctx, r.Id, c)
	if err != nil {
		return nil, err
	}
	over, err := s.k.overdue(ctx, r, c)
	if err != nil {
		return nil, err
	}
	may, err := s.k.may(ctx, r)
	if err != nil {
		return nil, err
	}
	right, err := s.k.renterBreak(ctx, r, c)
	if err != nil {
		return nil, err
	}
	response := &xrental.QueryExplainResponse{Rental: r, Lines: lines(r, over), Waiting: waiting, May: may, RenterBreak: right}
	if r.State == xrental.RENTAL_STATE_ACTIVE {
		if response.Leave, err = leaveAt(r.Account(), r.End, r.ExitNoticeSeconds, c.Now, nil); err != nil {
			return nil, err
		}
	}
	if response.Leave != nil && response.Leave.End.Before(r.End) {
		response.May = append(response.May, "LeaveRental")
	}
	response.Earned, response.Unclaimed, response.Unearned = money(r, v)
	return response, nil
}

// stored returns the view that a stored rental is computed with, and what it waits for.
func (s queryServer) stored(ctx context.Context, id uint64, c halt.Clock) (rental.View, string, error) {
	r, err := s.k.rental(ctx, id)
	if err != nil {
		return rental.View{}, "", err
	}
	v, err := s.k.view(ctx, r, c)
	if err != nil {
		return v, "", err
	}
	waiting, err := s.k.waiting(ctx, r, v)
	return v, waiting, err
}

// money sets earned, unclaimed and unearned. A trial earns nothing; a confirmed
// rental is paid from its start.
func money(r xrental.Rental, v rental.View) (earned, unclaimed, unearned uint64) {
	if state := rental.State(r.State); state == rental.StateTrial || state == rental.StateRefunded {
		return 0, 0, r.Paid
	}
	account := r.Account()
	return account.Earned(v), account.Unclaimed(v), account.Unearned(v)
}

// lines tell the history of a rental, with what ended it if no block has recorded that yet.
func lines(r xrental.Rental, over string) []string {
	var all []string
	for _, t := range r.Transitions {
		sentence := rental.Reason(t.Reason).Sentence()
		if known, ok := rental.ByReason(rental.State(t.From), rental.Reason(t.Reason)); ok {
			sentence = known.Sentence()
		}
		if cause := rental.Cause(t.Cause).Sentence(); cause != "" {
			sentence += "; the renter's word: " + cause
		}
		if t.Refunded > 0 {
			sentence += ": " + rental.DBC(t.Refunded)
		}
		all = append(all, fmt.Sprintf("%s block %d: %s", stamp(t.Time), t.Height, sentence))
	}
	if over != "" {
		all = append(all, over)
	}
	all = append(all, fmt.Sprintf("rent %s, fee %s, paid to the host so far %s", rental.DBC(r.Paid), rental.DBC(r.Fee), rental.DBC(r.Claimed)))
	if r.FromStake > 0 {
		to, rest := "renter", r.FromStake-r.HeldPenalty-r.SlashedPenalty
		if r.State == xrental.RENTAL_STATE_REFUNDED {
			to = "community pool"
		}
		all = append(all, fmt.Sprintf("paid to the %s from the host's stake %s", to, rental.DBC(rest)))
	}
	if r.Held() {
		all = append(all, fmt.Sprintf("held from the host's stake %s, to be paid to the renter at %s", rental.DBC(r.HeldPenalty), stamp(*r.HeldUntil)))
	}
	if r.SlashedPenalty > 0 {
		all = append(all, fmt.Sprintf("taken by a slash of the machine from what was held %s", rental.DBC(r.SlashedPenalty)))
	}
	return all
}

// overdue says what ended a rental that is shown as over and still stored as open; it is
// empty for others.
func (k Keeper) overdue(ctx context.Context, shown xrental.Rental, c halt.Clock) (string, error) {
	r, err := k.rental(ctx, shown.Id)
	if err != nil || r.State == shown.State {
		return "", err
	}
	if c, err = k.passed(ctx, r, c); err != nil {
		return "", err
	}
	event, at, _, err := k.madeOver(ctx, r, c)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: over (%s), to be recorded by one of the next blocks", stamp(at), event), nil
}

// waiting returns what a rental that is over waits for.
func (k Keeper) waiting(ctx context.Context, r xrental.Rental, v rental.View) (string, error) {
	failure, _, err := k.failed.Get(ctx, r.Id)
	if err != nil {
		return "", err
	}
	if failure.Parked {
		return waitingParked, nil
	}
	if rental.State(r.State).Closed() && !r.Settled() && !v.ChallengedAt.IsZero() {
		return waitingChallenge, nil
	}
	if r.Held() {
		return waitingPenalty, nil
	}
	return "", nil
}

// may returns the messages that would be accepted now, with who may send them.
func (k Keeper) may(ctx context.Context, r xrental.Rental) ([]string, error) {
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return nil, err
	}
	switch online := m.State == machine.MACHINE_STATE_ONLINE; {
	case r.State == xrental.RENTAL_STATE_TRIAL: // over once the machine is offline
		return []string{"ConfirmRent", "CancelRent", "BreakRental"}, nil
	case r.State == xrental.RENTAL_STATE_ACTIVE && online:
		return []string{"ReletMachine", "BreakRental", "ClaimRent"}, nil
	case r.State == xrental.RENTAL_STATE_ACTIVE:
		return []string{"BreakRental", "ClaimRent"}, nil
	}
	return nil, nil
}
