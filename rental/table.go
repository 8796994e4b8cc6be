package rental

import "fmt"

// Event is something that happens to a rental.
type Event uint8

const (
	// EventRent is a RentMachine message.
	EventRent Event = iota + 1
	// EventConfirm is a ConfirmRent message before the deadline.
	EventConfirm
	// EventCancel is a CancelRent message before the deadline.
	EventCancel
	// EventDeadline is the trial's deadline.
	EventDeadline
	// EventMachineOffline is the machine going offline by its operator.
	EventMachineOffline
	// EventChallengeUnanswered is the machine going offline because it did not answer a challenge.
	EventChallengeUnanswered
	// EventRenew is a ReletMachine message.
	EventRenew
	// EventEnd is the end of the rented time.
	EventEnd
	// EventBreakByOwner is a BreakRental message by the machine's owner.
	EventBreakByOwner
	// EventBreakByGovernance is a BreakRental message by governance.
	EventBreakByGovernance
	// EventBreakByRenter is a BreakRental message by the renter after too long an outage.
	EventBreakByRenter
	// EventCancelForCause is a CancelRent message that names a fault of the machine.
	EventCancelForCause
	// EventOverInChallenge is the deadline or the end of a trial while a challenge is open.
	EventOverInChallenge
	// EventLeave is a LeaveRental message that brings the end forward.
	EventLeave

	eventCount
)

var eventNames = [eventCount]string{
	"none", "rent", "confirm", "cancel", "deadline", "machine offline", "challenge unanswered",
	"renew", "end", "break by owner", "break by governance", "break by renter", "cancel for cause", "over in challenge",
	"leave",
}

// String returns the event's name.
func (e Event) String() string {
	if e < eventCount {
		return eventNames[e]
	}
	return fmt.Sprintf("event(%d)", uint8(e))
}

// Effect is an action of a transition besides the change of state. A
// transition's effects are a set, listed in the order in which a reader is told
// of them: they happen together or not at all, and the keeper orders them as its
// accounts need. Its tests carry out every row of the table and compare what
// moved with the row's effects.
type Effect uint8

const (
	// TakeFee moves the fee from the renter into escrow.
	TakeFee Effect = iota + 1
	// TakeRent moves rent from the renter into escrow.
	TakeRent
	// ReserveSlots reserves slots of the machine.
	ReserveSlots
	// ReleaseSlots releases the slots.
	ReleaseSlots
	// ReturnRent moves the whole rent from escrow to the renter.
	ReturnRent
	// ReturnFee moves the fee from escrow to the renter.
	ReturnFee
	// PayEarned moves rent that is earned and unclaimed from escrow to the
	// host.
	PayEarned
	// ReturnUnearned moves unearned rent from escrow to the renter.
	ReturnUnearned
	// PayPenalty pays the penalty from the host's stake to the renter.
	PayPenalty
	// StartCooldown prevents the renter from starting another trial on the
	// machine for a while.
	StartCooldown
	// FeeToPool moves the fee from escrow to the community pool.
	FeeToPool
	// ShareFee moves half of the fee from escrow to the host, and the rest to the community pool.
	ShareFee
	// StakeToPool moves the amount of the fee, at most the stake share of the
	// slots, from the host's stake to the community pool.
	StakeToPool
	// ReturnBeyond moves the rent for the time after the new end from escrow to
	// the renter.
	ReturnBeyond

	effectCount
)

var effectNames = [effectCount]string{
	"none", "take fee", "take rent", "reserve slots", "release slots", "return rent", "return fee",
	"pay earned", "return unearned", "pay penalty from stake", "start cooldown",
	"fee to pool", "half of fee to host and rest to pool", "as much as fee from stake to pool",
	"return rent beyond new end",
}

// String describes the effect in words.
func (e Effect) String() string {
	if e < effectCount {
		return effectNames[e]
	}
	return fmt.Sprintf("effect(%d)", uint8(e))
}

// Transition is a row of the table.
type Transition struct {
	From    State
	Event   Event
	To      State
	Reason  Reason
	Effects []Effect
}

// Table returns all transitions. Any other transition is refused. The caller
// owns the slice, but not the effects in it.
func Table() []Transition { return append([]Transition(nil), table...) }

// A trial can reach the end of the rented time: that time may be shorter than
// the trial window, and a halt of the chain shifts deadlines but not ends. A
// trial that ends while a challenge is open is refunded at once. Its reason,
// and therefore the fee, is decided together with the challenge, by a
// transition from refunded to refunded.
var table = []Transition{
	{StateNone, EventRent, StateTrial, ReasonRented, []Effect{TakeFee, TakeRent, ReserveSlots}},

	{StateTrial, EventConfirm, StateActive, ReasonConfirmed, []Effect{FeeToPool}},
	{StateTrial, EventCancel, StateRefunded, ReasonCancelled, []Effect{ReleaseSlots, ReturnRent, ShareFee, StartCooldown}},
	{StateTrial, EventCancelForCause, StateRefunded, ReasonCancelledForCause, []Effect{ReleaseSlots, ReturnRent, FeeToPool, StartCooldown}},
	{StateTrial, EventDeadline, StateRefunded, ReasonNotConfirmed, []Effect{ReleaseSlots, ReturnRent, ShareFee, StartCooldown}},
	{StateTrial, EventEnd, StateRefunded, ReasonEndReached, []Effect{ReleaseSlots, ReturnRent, ReturnFee, StartCooldown}},
	{StateTrial, EventMachineOffline, StateRefunded, ReasonMachineOffline, []Effect{ReleaseSlots, ReturnRent, ReturnFee, StakeToPool}},
	{StateTrial, EventChallengeUnanswered, StateRefunded, ReasonChallengeUnanswered, []Effect{ReleaseSlots, ReturnRent, ReturnFee, StakeToPool}},
	{StateTrial, EventBreakByOwner, StateRefunded, ReasonBrokenByOwner, []Effect{ReleaseSlots, ReturnRent, ReturnFee, StakeToPool}},
	{StateTrial, EventBreakByGovernance, StateRefunded, ReasonBrokenByGovernance, []Effect{ReleaseSlots, ReturnRent, ReturnFee, StakeToPool}},
	{StateTrial, EventOverInChallenge, StateRefunded, ReasonChallengeOpen, []Effect{ReleaseSlots, ReturnRent}},

	{StateRefunded, EventDeadline, StateRefunded, ReasonNotConfirmed, []Effect{ShareFee, StartCooldown}},
	{StateRefunded, EventEnd, StateRefunded, ReasonEndReached, []Effect{ReturnFee, StartCooldown}},
	{StateRefunded, EventChallengeUnanswered, StateRefunded, ReasonChallengeUnanswered, []Effect{ReturnFee, StakeToPool}},

	{StateActive, EventRenew, StateActive, ReasonRenewed, []Effect{TakeRent}},
	{StateActive, EventLeave, StateActive, ReasonLeft, []Effect{ReturnBeyond}},
	{StateActive, EventEnd, StateEnded, ReasonEndReached, []Effect{ReleaseSlots, PayEarned, ReturnUnearned}},
	{StateActive, EventBreakByOwner, StateBroken, ReasonBrokenByOwner, []Effect{ReleaseSlots, PayEarned, ReturnUnearned, PayPenalty}},
	{StateActive, EventBreakByGovernance, StateBroken, ReasonBrokenByGovernance, []Effect{ReleaseSlots, PayEarned, ReturnUnearned, PayPenalty}},
	{StateActive, EventBreakByRenter, StateBroken, ReasonBrokenByRenter, []Effect{ReleaseSlots, PayEarned, ReturnUnearned, PayPenalty}},
}

// Next returns the transition for an event in a state, or ErrNotAllowed.
func Next(from State, event Event) (Transition, error) {
	for _, t := range table {
		if t.From == from && t.Event == event {
			return t, nil
		}
	}
	return Transition{}, fmt.Errorf("%w: %s in state %s", ErrNotAllowed, event, from)
}

// ByReason returns the transition that a history entry records.
func ByReason(from State, reason Reason) (Transition, bool) {
	for _, t := range table {
		if t.From == from && t.Reason == reason {
			return t, true
		}
	}
	return Transition{}, false
}

// Has reports whether the transition has an effect.
func (t Transition) Has(effect Effect) bool {
	for _, e := range t.Effects {
		if e == effect {
			return true
		}
	}
	return false
}
