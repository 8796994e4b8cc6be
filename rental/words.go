package rental

import (
	"fmt"
	"strings"
)

// microPerDBC is the number of udbc in a DBC.
const microPerDBC = 1_000_000

// DBC formats an amount of udbc: "12.5 DBC".
func DBC(udbc uint64) string {
	whole, rest := udbc/microPerDBC, udbc%microPerDBC
	if rest == 0 {
		return fmt.Sprintf("%d DBC", whole)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%06d", whole, rest), "0") + " DBC"
}

var reasonSentences = [reasonCount]string{
	ReasonNone:                "nothing happened",
	ReasonRented:              "the renter rented the machine",
	ReasonConfirmed:           "the renter confirmed in time",
	ReasonCancelled:           "the renter cancelled the trial",
	ReasonNotConfirmed:        "the trial was not confirmed before its deadline",
	ReasonMachineOffline:      "the machine went offline during the trial",
	ReasonChallengeUnanswered: "the machine did not answer a challenge during the trial",
	ReasonRenewed:             "the renter renewed",
	ReasonEndReached:          "the rented time was over",
	ReasonBrokenByOwner:       "the machine's owner broke the rental",
	ReasonBrokenByGovernance:  "governance broke the rental",
	ReasonBrokenByRenter:      "the renter broke the rental after too long an outage",
	ReasonChallengeOpen:       "the trial was over while a challenge was open, which decides about the fee",
	ReasonCancelledForCause:   "the renter cancelled the trial for a fault of the machine",
	ReasonLeft:                "the renter gave notice to leave",
}

var effectSentences = [effectCount]string{
	TakeFee:        "the fee went into escrow",
	TakeRent:       "the rent went into escrow",
	ReserveSlots:   "the slots were reserved",
	ReleaseSlots:   "the slots became free",
	ReturnRent:     "the whole rent went back to the renter",
	ReturnFee:      "the fee went back to the renter",
	PayEarned:      "what was earned goes to the host",
	ReturnUnearned: "the rest goes back to the renter",
	PayPenalty:     "a penalty is paid to the renter from the host's stake",
	StartCooldown:  "another trial on this machine has to wait",
	FeeToPool:      "the fee went to the community pool",
	ShareFee:       "half of the fee went to the host, the rest to the community pool",
	StakeToPool:    "the host's stake paid as much to the community pool",
	ReturnBeyond:   "the rent beyond the new end went back to the renter",
}

// Sentence describes a reason in English.
func (r Reason) Sentence() string {
	if r < reasonCount {
		return reasonSentences[r]
	}
	return r.String()
}

// Sentence describes a transition and its effects in English.
func (t Transition) Sentence() string {
	words := []string{t.Reason.Sentence()}
	for _, e := range t.Effects {
		words = append(words, effectSentences[e])
	}
	return strings.Join(words, "; ")
}
