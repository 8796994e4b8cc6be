package rental_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/rental"
)

const (
	firstEvent, lastEvent = rental.EventRent, rental.EventLeave
	lastState             = rental.StateBroken
	lastReason            = rental.ReasonLeft
)

// allowed is written by hand from the design's table, independently of the
// code.
var allowed = map[rental.State]map[rental.Event]rental.State{
	rental.StateNone: {rental.EventRent: rental.StateTrial},
	rental.StateTrial: {
		rental.EventConfirm:             rental.StateActive,
		rental.EventCancel:              rental.StateRefunded,
		rental.EventDeadline:            rental.StateRefunded,
		rental.EventEnd:                 rental.StateRefunded,
		rental.EventMachineOffline:      rental.StateRefunded,
		rental.EventChallengeUnanswered: rental.StateRefunded,
		rental.EventBreakByOwner:        rental.StateRefunded,
		rental.EventBreakByGovernance:   rental.StateRefunded,
		rental.EventCancelForCause:      rental.StateRefunded,
		rental.EventOverInChallenge:     rental.StateRefunded,
	},
	rental.StateRefunded: { // a trial that ended during a challenge
		rental.EventDeadline:            rental.StateRefunded,
		rental.EventEnd:                 rental.StateRefunded,
		rental.EventChallengeUnanswered: rental.StateRefunded,
	},
	rental.StateActive: {
		rental.EventRenew:             rental.StateActive,
		rental.EventLeave:             rental.StateActive,
		rental.EventEnd:               rental.StateEnded,
		rental.EventBreakByOwner:      rental.StateBroken,
		rental.EventBreakByGovernance: rental.StateBroken,
		rental.EventBreakByRenter:     rental.StateBroken,
	},
}

func TestNextForEveryStateAndEvent(t *testing.T) {
	t.Parallel()
	count := 0
	for state := rental.StateNone; state <= lastState+1; state++ {
		for event := rental.Event(0); event <= lastEvent+1; event++ {
			got, err := rental.Next(state, event)
			want, ok := allowed[state][event]
			switch {
			case ok && (err != nil || got.To != want || got.From != state || got.Event != event):
				t.Errorf("%s, %s: got %+v, %v; want %s", state, event, got, err, want)
			case !ok && !errors.Is(err, rental.ErrNotAllowed):
				t.Errorf("%s, %s: got %+v, %v; want it refused", state, event, got, err)
			case ok:
				count++
			}
		}
	}
	if count != len(rental.Table()) {
		t.Errorf("the table has %d lines, %d were met", len(rental.Table()), count)
	}
}

// TestEffectsFitStates checks invariants that hold for any table.
func TestEffectsFitStates(t *testing.T) {
	t.Parallel()
	for _, line := range rental.Table() {
		closes := line.To.Closed() && !line.From.Closed()
		if line.Has(rental.ReleaseSlots) != closes {
			t.Errorf("%s, %s: slots are released exactly when a rental closes", line.From, line.Event)
		}
		if line.Has(rental.ReserveSlots) != (line.From == rental.StateNone) {
			t.Errorf("%s, %s: slots are reserved exactly when it is made", line.From, line.Event)
		}
		if refund := line.From == rental.StateTrial && closes; line.Has(rental.ReturnRent) != refund {
			t.Errorf("%s, %s: a trial that closes returns the whole rent", line.From, line.Event)
		}
		if settle := line.From == rental.StateActive && closes; line.Has(rental.PayEarned) != settle || line.Has(rental.ReturnUnearned) != settle {
			t.Errorf("%s, %s: an active rental that closes is settled", line.From, line.Event)
		}
		if paid := line.To == rental.StateTrial || line.Event == rental.EventRenew; line.Has(rental.TakeRent) != paid || line.Has(rental.TakeFee) != (line.To == rental.StateTrial) {
			t.Errorf("%s, %s: rent is paid when it is made and renewed, the fee once", line.From, line.Event)
		}
		if left := line.Event == rental.EventLeave; line.Has(rental.ReturnBeyond) != left {
			t.Errorf("%s, %s: rent beyond a new end is returned exactly when the renter leaves", line.From, line.Event)
		}
		undecided := line.Event == rental.EventOverInChallenge
		fees := 0
		for _, e := range []rental.Effect{rental.FeeToPool, rental.ShareFee, rental.ReturnFee} {
			if line.Has(e) {
				fees++
			}
		}
		if leaves := line.From == rental.StateTrial && !undecided || line.From == rental.StateRefunded; leaves != (fees == 1) || fees > 1 {
			t.Errorf("%s, %s: the fee leaves escrow once, %d effects move it", line.From, line.Event, fees)
		}
		if over := line.To == rental.StateRefunded && !undecided; over && line.Has(rental.StartCooldown) == line.Has(rental.StakeToPool) || !over && line.Has(rental.StartCooldown) {
			t.Errorf("%s, %s: either the machine was the cause, and its stake pays, or the renter waits", line.From, line.Event)
		}
		if line.Has(rental.StakeToPool) && !line.Has(rental.ReturnFee) {
			t.Errorf("%s, %s: a machine that was the cause costs the renter nothing", line.From, line.Event)
		}
		if known, ok := rental.ByReason(line.From, line.Reason); !ok || known.Event != line.Event || known.From != line.From {
			t.Errorf("%s, %s: its reason %s does not tell it", line.From, line.Event, line.Reason)
		}
	}
}

func TestEverythingHasWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for reason := rental.ReasonNone; reason <= lastReason; reason++ {
		for _, word := range []string{reason.String(), reason.Sentence()} {
			if word == "" || seen[word] || strings.Contains(word, "(") {
				t.Errorf("reason %d: word %q is missing or there twice", reason, word)
			}
			seen[word] = true
		}
	}
	for _, line := range rental.Table() {
		if got := strings.Count(line.Sentence(), "; "); got != len(line.Effects) || strings.HasSuffix(line.Sentence(), "; ") || !strings.HasPrefix(line.Sentence(), line.Reason.Sentence()) {
			t.Errorf("%s, %s: sentence %q does not tell its effects", line.From, line.Event, line.Sentence())
		}
	}
	for n := range 256 { // unknown values have a name too
		if rental.State(n).String() == "" || rental.Event(n).String() == "" || rental.Effect(n).String() == "" || rental.Reason(n).Sentence() == "" || rental.Reason(n).String() == "" {
			t.Errorf("%d has no word", n)
		}
	}
	for udbc, want := range map[uint64]string{0: "0 DBC", 1: "0.000001 DBC", 10_000_000: "10 DBC", 12_500_000: "12.5 DBC"} {
		if got := rental.DBC(udbc); got != want {
			t.Errorf("%d udbc: got %q, want %q", udbc, got, want)
		}
	}
}
