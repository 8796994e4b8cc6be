package rental

import "fmt"

// State is the state of a rental. Its numbers equal those of the RentalState of
// dbc.rental.v1.
type State uint8

const (
	// StateNone means that there is no rental yet.
	StateNone State = iota
	// StateTrial means that the renter can still get the whole rent back.
	StateTrial
	// StateActive means confirmed: the rent is earned as time passes.
	StateActive
	// StateRefunded means ended during the trial, with the whole rent returned.
	StateRefunded
	// StateEnded means that the rented time is over.
	StateEnded
	// StateBroken means ended early, with the unearned rent returned.
	StateBroken

	stateCount
)

var stateNames = [stateCount]string{"none", "trial", "active", "refunded", "ended", "broken"}

// String returns the state's name in documents and messages.
func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// Open reports whether the rental occupies its slots: it is in its trial or
// active.
func (s State) Open() bool { return s == StateTrial || s == StateActive }

// Closed reports whether the rental is over.
func (s State) Closed() bool { return s == StateRefunded || s == StateEnded || s == StateBroken }

// Reason says why a rental changed. Its numbers equal those of the Reason of
// dbc.rental.v1.
type Reason uint8

// The reasons. Each belongs to one event.
const (
	ReasonNone Reason = iota
	ReasonRented
	ReasonConfirmed
	ReasonCancelled
	ReasonNotConfirmed
	ReasonMachineOffline
	ReasonChallengeUnanswered
	ReasonRenewed
	ReasonEndReached
	ReasonBrokenByOwner
	ReasonBrokenByGovernance
	ReasonBrokenByRenter
	// ReasonChallengeOpen applies until a challenge that was open at the
	// trial's deadline is closed.
	ReasonChallengeOpen
	ReasonCancelledForCause
	// ReasonLeft means that the renter gave notice: the end came forward.
	ReasonLeft

	reasonCount
)

var reasonNames = [reasonCount]string{
	"none", "rented", "confirmed", "cancelled", "not confirmed", "machine offline",
	"challenge unanswered", "renewed", "end reached", "broken by owner",
	"broken by governance", "broken by renter", "challenge open", "cancelled for cause", "left",
}

// String returns the reason in two or three words.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}
