package rental

// Cause is why a renter cancels a trial, by his own word. Numbers equal those
// of the Cause of dbc.rental.v1.
type Cause uint8

const (
	// CauseNone counts as a changed mind.
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

// causeWords are also what a command line takes.
var causeWords = [causeCount]string{"", "changed-mind", "not-ready", "unreachable", "mismatch"}

var causeSentences = [causeCount]string{
	CauseChangedMind: "changed my mind",
	CauseNotReady:    "the VM was not ready",
	CauseUnreachable: "the machine was not reachable",
	CauseMismatch:    "the machine was not as listed",
}

// Causes are the words of all causes that a renter can name.
func Causes() []string { return append([]string(nil), causeWords[CauseChangedMind:]...) }

// ParseCause returns the cause of a word; false if there is none.
func ParseCause(word string) (Cause, bool) {
	for cause := CauseChangedMind; cause < causeCount; cause++ {
		if causeWords[cause] == word {
			return cause, true
		}
	}
	return CauseNone, false
}

// Valid reports whether the cause is one of the list, or none.
func (c Cause) Valid() bool { return c < causeCount }

// Event is what a CancelRent with this cause does to a trial.
func (c Cause) Event() Event {
	if c <= CauseChangedMind {
		return EventCancel
	}
	return EventCancelForCause
}

// String is the cause's word.
func (c Cause) String() string {
	if c.Valid() {
		return causeWords[c]
	}
	return ""
}

// Sentence tells the cause in English; it is empty without one.
func (c Cause) Sentence() string {
	if c.Valid() {
		return causeSentences[c]
	}
	return ""
}
