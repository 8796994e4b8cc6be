package rental

import (
	"fmt"
	"slices"
	"time"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/internal/account"
	"github.com/dbc-network/dbc/x/machine"
)

// DefaultGenesis has no rentals.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextRentId: 1}
}

// Validate checks what can be checked without machines and balances.
func (gs GenesisState) Validate() error {
	if err := gs.Params.Validate(); err != nil {
		return err
	}
	if gs.NextRentId == 0 {
		return ErrInvalid.Wrap("next_rent_id is 0, it must be at least 1")
	}
	seen := make(map[uint64]bool, len(gs.Rentals))
	var unsettled []uint64
	for _, r := range gs.Rentals {
		if seen[r.Id] {
			return ErrInvalid.Wrapf("rental %d is there twice", r.Id)
		}
		seen[r.Id] = true
		if r.Id == 0 || r.Id >= gs.NextRentId {
			return ErrInvalid.Wrapf("rental id is %d, it must be 1 to %d (below next_rent_id)", r.Id, gs.NextRentId-1)
		}
		if err := r.Validate(); err != nil {
			return fmt.Errorf("rental %d: %w", r.Id, err)
		}
		if rental.State(r.State).Closed() && !r.Settled() {
			unsettled = append(unsettled, r.Id)
		}
	}
	given := slices.Clone(gs.Unsettled)
	slices.Sort(given)
	slices.Sort(unsettled)
	if !slices.Equal(given, unsettled) {
		return ErrInvalid.Wrapf("unsettled is %v, by the rentals it is %v", given, unsettled)
	}
	if err := validateVerdicts(gs.Verdicts); err != nil {
		return err
	}
	return validateCooldowns(gs.Cooldowns)
}

// CheckTime refuses a genesis time before something that the rentals have already seen.
func (gs GenesisState) CheckTime(at time.Time) error {
	for _, r := range gs.Rentals {
		seen := r.Start
		if n := len(r.Transitions); n > 0 && r.Transitions[n-1].Time.After(seen) {
			seen = r.Transitions[n-1].Time
		}
		if r.OutageEnded != nil && r.OutageEnded.After(seen) {
			seen = *r.OutageEnded
		}
		if at.Before(seen) {
			return ErrInvalid.Wrapf("genesis_time is %s, it must not be before %s, which rental %d has seen",
				at.Format(time.RFC3339Nano), seen.Format(time.RFC3339Nano), r.Id)
		}
		if err := r.checkBegun(at); err != nil {
			return fmt.Errorf("rental %d: %w", r.Id, err)
		}
	}
	for _, v := range gs.Verdicts {
		if at.Before(v.Until) {
			return ErrInvalid.Wrapf("genesis_time is %s, it must not be before %s, the verdict on machine %s",
				at.Format(time.RFC3339Nano), v.Until.Format(time.RFC3339Nano), v.MachineId)
		}
	}
	return nil
}

// checkBegun refuses segments of which none has begun, and one that was offline for
// longer than it has lasted: whoever leaves would leave nothing of them.
func (r Rental) checkBegun(at time.Time) error {
	for i, s := range r.Segments {
		lasted := at.Sub(s.Start)
		if i == 0 && lasted < 0 {
			return ErrInvalid.Wrapf("the first segment starts at %s, it must not be after genesis_time, %s", s.Start.Format(time.RFC3339Nano), at.Format(time.RFC3339Nano))
		}
		if time.Duration(s.OfflineNs) > max(0, lasted) {
			return ErrInvalid.Wrapf("segment %d has offline_ns %d, by genesis_time it has lasted %d", i, s.OfflineNs, max(0, lasted))
		}
	}
	return nil
}

func validateVerdicts(verdicts []Verdict) error {
	type key struct {
		machine string
		until   int64
	}
	seen := make(map[key]bool, len(verdicts))
	for _, v := range verdicts {
		if _, err := machine.ParseID(v.MachineId); err != nil {
			return fmt.Errorf("verdict: %w", err)
		}
		k := key{v.MachineId, v.Until.UnixNano()}
		if seen[k] {
			return ErrInvalid.Wrapf("verdict on %s until %s is there twice", v.MachineId, v.Until)
		}
		seen[k] = true
	}
	return nil
}

func validateCooldowns(cooldowns []Cooldown) error {
	type key struct{ renter, machine string }
	seen := make(map[key]bool, len(cooldowns))
	for _, c := range cooldowns {
		renter, err := account.Parse(c.Renter)
		if err != nil {
			return ErrInvalid.Wrapf("cooldown's renter is %q: %s", machine.Clip(c.Renter), err)
		}
		if _, err := machine.ParseID(c.MachineId); err != nil {
			return fmt.Errorf("cooldown of %s: %w", c.Renter, err)
		}
		k := key{renter.String(), c.MachineId}
		if seen[k] {
			return ErrInvalid.Wrapf("cooldown of %s on %s is there twice", c.Renter, c.MachineId)
		}
		seen[k] = true
	}
	return nil
}

// Validate checks a stored rental by itself: its state, its times and its money.
func (r Rental) Validate() error {
	if _, err := account.Parse(r.Renter); err != nil {
		return ErrInvalid.Wrapf("renter is %q: %s", machine.Clip(r.Renter), err)
	}
	state := rental.State(r.State)
	if !state.Open() && !state.Closed() {
		return ErrInvalid.Wrapf("state is %d", r.State)
	}
	if len(r.Slots) == 0 || !slices.IsSorted(r.Slots) || len(slices.Compact(slices.Clone(r.Slots))) != len(r.Slots) {
		return ErrInvalid.Wrapf("slots are %v, they must be ascending, without doubles and at least one", r.Slots)
	}
	if err := r.validateTransitions(state); err != nil {
		return err
	}
	if err := r.validateHeld(); err != nil {
		return err
	}
	if r.OutageNs < 0 {
		return ErrInvalid.Wrapf("outage_ns is %d, it must be at least 0", r.OutageNs)
	}
	if !r.End.After(r.Start) {
		return ErrInvalid.Wrapf("end is %s, it must be after start, %s", r.End, r.Start)
	}
	if err := r.validateExit(); err != nil {
		return err
	}
	if err := r.validateSegments(state); err != nil {
		return err
	}
	return r.validateMoney(state)
}

// validateTransitions checks that the table allows the history.
func (r Rental) validateTransitions(state rental.State) error {
	n := len(r.Transitions)
	if n == 0 || n > MaxTransitions {
		return ErrInvalid.Wrapf("there are %d transitions, it must be 1 to %d", n, MaxTransitions)
	}
	for i, t := range r.Transitions {
		known, ok := rental.ByReason(rental.State(t.From), rental.Reason(t.Reason))
		if !ok || known.To != rental.State(t.To) {
			return ErrInvalid.Wrapf("transition %d is from %s to %s by %s, which no event makes",
				i, rental.State(t.From), rental.State(t.To), rental.Reason(t.Reason))
		}
		if cause := rental.Cause(t.Cause); !cause.Valid() || (t.Cause != CAUSE_UNSPECIFIED || known.Event == rental.EventCancelForCause) && cause.Event() != known.Event {
			return ErrInvalid.Wrapf("transition %d is by %s with cause %d, which no message makes", i, rental.Reason(t.Reason), t.Cause)
		}
		if t.From == RENTAL_STATE_REFUNDED && (i == 0 || r.Transitions[i-1].Reason != REASON_CHALLENGE_OPEN) {
			return ErrInvalid.Wrapf("transition %d decides a trial that was decided", i)
		}
		if i > 0 && (t.From != r.Transitions[i-1].To || t.Time.Before(r.Transitions[i-1].Time)) {
			return ErrInvalid.Wrapf("transition %d does not follow the one before it", i)
		}
	}
	if last := r.Transitions[n-1]; last.To != r.State {
		return ErrInvalid.Wrapf("state is %s, the last transition led to %s", state, rental.State(last.To))
	}
	return nil
}

// validateExit checks that only a rental with an exit notice was left.
func (r Rental) validateExit() error {
	if err := machine.ValidateExitNotice(r.ExitNoticeSeconds); err != nil {
		return err
	}
	left := r.LongestEnd != nil
	for i, t := range r.Transitions {
		if t.Refunded != 0 && t.Reason != REASON_LEFT {
			return ErrInvalid.Wrapf("transition %d by %s refunded %d udbc, only leaving does", i, rental.Reason(t.Reason), t.Refunded)
		}
		if t.Reason == REASON_LEFT && !left {
			return ErrInvalid.Wrapf("longest_end is absent, transition %d left the rental", i)
		}
	}
	if left && (r.ExitNoticeSeconds == 0 || !r.LongestEnd.After(r.Start)) {
		return ErrInvalid.Wrapf("longest_end is %s, it must be after start, %s, of a rental with an exit notice", r.LongestEnd, r.Start)
	}
	return nil
}

func (r Rental) validateSegments(state rental.State) error {
	if len(r.Segments) == 0 {
		if state.Open() {
			return ErrInvalid.Wrap("segments are absent, an open rental has at least one")
		}
		return nil
	}
	if state == rental.StateRefunded {
		return ErrInvalid.Wrap("segments are there, a refunded rental has none")
	}
	from := r.Segments[0].Start
	if from.Before(r.Start) {
		return ErrInvalid.Wrapf("the first segment starts at %s, before the rental", from)
	}
	for i, s := range r.Account().Segments {
		if !s.Start.Equal(from) || !s.Sound() {
			return ErrInvalid.Wrapf("segment %d has a gap, no length or a wrong offline_ns or full_rent", i)
		}
		from = s.End
	}
	if !from.Equal(r.End) {
		return ErrInvalid.Wrapf("the last segment ends at %s, the rental at %s", from, r.End)
	}
	return nil
}

// validateMoney checks that what segments can still earn, with what was folded, equals
// what was paid.
func (r Rental) validateMoney(state rental.State) error {
	if (state == rental.StateTrial || state == rental.StateRefunded) && (r.Claimed != 0 || r.FoldedEarned != 0) {
		return ErrInvalid.Wrapf("claimed is %d and folded_earned %d udbc, a trial earns nothing", r.Claimed, r.FoldedEarned)
	}
	if r.Claimed > r.Paid || r.FoldedEarned > r.Paid {
		return ErrInvalid.Wrapf("claimed is %d, folded_earned %d, both must be at most paid, %d udbc", r.Claimed, r.FoldedEarned, r.Paid)
	}
	left := r.Paid - r.FoldedEarned
	for _, s := range r.Segments {
		if s.Rent > left {
			return ErrInvalid.Wrapf("segments and folded_earned hold more than paid, %d udbc", r.Paid)
		}
		left -= s.Rent
	}
	earnable := r.Account().Earned(rental.View{Now: r.End})
	if r.Claimed > max(earnable, r.FoldedEarned) {
		return ErrInvalid.Wrapf("claimed is %d, more than can ever be earned, %d udbc", r.Claimed, earnable)
	}
	if owed := r.owedByStake(); r.FromStake > owed {
		return ErrInvalid.Wrapf("from_stake is %d, the host's stake owed at most %d udbc", r.FromStake, owed)
	}
	return nil
}

// validateHeld checks which part of the penalty is held or was slashed.
func (r Rental) validateHeld() error {
	if r.HeldUntil == nil {
		if r.HeldPenalty != 0 || r.SlashedPenalty != 0 {
			return ErrInvalid.Wrapf("held_penalty is %d and slashed_penalty %d udbc, without held_until", r.HeldPenalty, r.SlashedPenalty)
		}
		return nil
	}
	at, closed := r.ClosedAt()
	if !closed || r.HeldUntil.Before(at) {
		return ErrInvalid.Wrapf("held_until is %s, it must be after the rental was broken", r.HeldUntil)
	}
	if r.SlashedPenalty > r.FromStake || r.HeldPenalty > r.FromStake-r.SlashedPenalty {
		return ErrInvalid.Wrapf("held_penalty is %d and slashed_penalty %d udbc, both must be part of from_stake, %d",
			r.HeldPenalty, r.SlashedPenalty, r.FromStake)
	}
	if atOnce := r.FromStake - r.SlashedPenalty - r.HeldPenalty; r.Held() && atOnce > r.PenaltyTerms.MinPenalty {
		return ErrInvalid.Wrapf("%d udbc of the penalty were paid while it is held, at most min_penalty, %d, is", atOnce, r.PenaltyTerms.MinPenalty)
	}
	return nil
}

// owedByStake returns the most that the last transition lets the host's stake pay.
func (r Rental) owedByStake() uint64 {
	last := r.Transitions[len(r.Transitions)-1]
	t, _ := rental.ByReason(rental.State(last.From), rental.Reason(last.Reason))
	switch {
	case !r.Settled():
		return 0
	case t.Has(rental.StakeToPool):
		return r.FeeOwedByStake()
	case t.Has(rental.PayPenalty):
		return r.Terms().Penalty(r.Paid - r.Claimed)
	}
	return 0
}
