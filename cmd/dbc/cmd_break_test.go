package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/rental"
)

// TestBreakText: money that an open challenge decides about has not gone back yet.
func TestBreakText(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		after      rental.QueryExplainResponse
		want, none string
	}{
		"settled":   {rental.QueryExplainResponse{Unearned: 5_000_000, Rental: rental.Rental{FromStake: 2_000_000}}, "Went back: 5 DBC", "Waits for"},
		"held":      {rental.QueryExplainResponse{Unearned: 5_000_000, Waiting: "penalty", Rental: rental.Rental{HeldPenalty: 1, HeldUntil: &until}}, "Of that held:", "Waits for"},
		"challenge": {rental.QueryExplainResponse{Unearned: 5_000_000, Waiting: "challenge"}, "Waits for: challenge", "Went back"},
		"parked":    {rental.QueryExplainResponse{Unearned: 5_000_000, Waiting: "parked"}, "Waits for: parked", "Went back"},
		"of a trial": {
			rental.QueryExplainResponse{Unearned: 5_000_000, Rental: rental.Rental{State: rental.RENTAL_STATE_REFUNDED, FromStake: 2_000_000}},
			"2 DBC to the community pool", "Waits for",
		},
	} {
		var out bytes.Buffer
		writeBreak(&out, newBreakReply(7, chain.TxResult{Height: 9}, c.after))
		got := strings.Join(strings.Fields(out.String()), " ")
		if !strings.Contains(got, c.want) || strings.Contains(got, c.none) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
