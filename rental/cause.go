package rental

// Cause is the renter's stated reason for cancelling a trial. Its numbers equal
// those of the Cause of dbc.rental.v1.
type Cause uint8

const (
	// CauseNone counts as CauseChangedMind.
	CauseNone Cause = iota
	// CauseChangedMind is no fault of the machine.
	CauseChangedMind
	// CauseNotReady means that the VM never came up.
	CauseNotReady
	// CauseUnreachable means that the machine or its VM could not be reached.
	CauseUnreachable
	// CauseMismatch means that the machine is not what it is listed as.
	CauseMismatch

	causeCount
)

// causeWords are also the words that the command line accepts.
var causeWords = [causeCount]string{"", "changed-mind", "not-ready", "unreachable", "mismatch"}

var causeSentences = [causeCount]string{
	CauseChangedMind: "changed my mind",
	CauseNotReady:    "the VM was not ready",
	CauseUnreachable: "the machine was not reachable",
	CauseMismatch:    "the machine was not as listed",
}

// Causes returns the words of all causes that a renter can state.
func Causes() []string { return append([]string(nil), causeWords[CauseChangedMind:]...) }

// ParseCause returns the cause with the given word. ok is false if there is
// none.
func ParseCause(word string) (Cause, bool) {
	for cause := CauseChangedMind; cause < causeCount; cause++ {
		if causeWords[cause] == word {
			return cause, true
		}
	}
	return CauseNone, false
}

// Valid reports whether the cause is a known one or CauseNone.
func (c Cause) Valid() bool { return c < causeCount }

// Event returns the event that a CancelRent message with this cause triggers.
func (c Cause) Event() Event {
	if c <= CauseChangedMind {
		return EventCancel
	}
	return EventCancelForCause
}

// String returns the word of the cause.
func (c Cause) String() string {
	if c.Valid() {
		return causeWords[c]
	}
	return ""
}

// Sentence describes the cause in English. It is empty for CauseNone.
func (c Cause) Sentence() string {
	if c.Valid() {
		return causeSentences[c]
	}
	return ""
}
