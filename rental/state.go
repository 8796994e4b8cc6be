package rental

import "fmt"

// State is where a rental stands. Numbers equal those of the RentalState of dbc.rental.v1.
type State uint8

const (
	// StateNone means that there is no rental yet.
	StateNone State = iota
	// StateTrial means that the renter may still take the whole rent back.
	StateTrial
	// StateActive means confirmed: the rent is earned as time passes.
	StateActive
	// StateRefunded means ended out of the trial, with the whole rent returned.
	StateRefunded
	// StateEnded means that the end was reached.
	StateEnded
	// StateBroken means ended early: what was not earned was returned.
	StateBroken

	stateCount
)

var stateNames = [stateCount]string{"none", "trial", "active", "refunded", "ended", "broken"}

// String is the state's word, as in documents and messages.
func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// Open is true of a rental that holds its slots: trial or active.
func (s State) Open() bool { return s == StateTrial || s == StateActive }

// Closed is true of a rental that is over.
func (s State) Closed() bool { return s == StateRefunded || s == StateEnded || s == StateBroken }

// Reason says why a rental changed. Numbers equal those of the Reason of dbc.rental.v1.
type Reason uint8

// The reasons; each is told by one event.
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
	// ReasonChallengeOpen stands until a challenge that was open at the trial's deadline is closed.
	ReasonChallengeOpen
	ReasonCancelledForCause

	reasonCount
)

var reasonNames = [reasonCount]string{
	"none", "rented", "confirmed", "cancelled", "not confirmed", "machine offline",
	"challenge unanswered", "renewed", "end reached", "broken by owner",
	"broken by governance", "broken by renter", "challenge open", "cancelled for cause",
}

// String is the reason in two or three words.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}
