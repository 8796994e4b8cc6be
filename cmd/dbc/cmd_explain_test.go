package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	xrental "github.com/dbc-network/dbc/x/rental"
)

func TestExplainTellsWhatIsHeldAndWhoMayBreak(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 20, 12, 0, 0, 0, time.UTC)
	reply := explainReply{Waiting: "penalty"}
	reply.Rental.FromStake, reply.Rental.Held, reply.Rental.HeldUntil = 4_000_000_000, 3_990_000_000, &at
	var out bytes.Buffer
	writeExplain(&out, reply)
	require.Contains(t, out.String(), "Went back:")
	require.Contains(t, out.String(), "3990")
	require.Contains(t, out.String(), "until 2026-12-20T12:00:00Z")

	right := &xrental.RenterBreak{Allowed: true, Outage: 3601 * time.Second, Limit: time.Hour, Until: &at, Penalty: 16_800_000, PenaltyAtOnce: 10_000_000}
	out.Reset()
	writeExplain(&out, explainReply{May: []string{"BreakRental"}, RenterBreak: newRenterBreak(right)})
	require.Regexp(t, `1h0m1s, the renter may break after more than 1h0m0s`, out.String())
	require.Regexp(t, `now until 2026-12-20T12:00:00Z, penalty 16\.8.*, at once 10`, out.String())
	right.Allowed = false
	out.Reset()
	writeExplain(&out, explainReply{May: []string{"BreakRental"}, RenterBreak: newRenterBreak(right)})
	require.NotContains(t, out.String(), "may break:")
}

func TestExplainTellsCommands(t *testing.T) {
	t.Parallel()
	reply := explainReply{May: []string{"ConfirmRent", "CancelRent", "ReletMachine", "BreakRental", "LeaveRental", "ClaimRent", "Later"}}
	reply.Rental.ID = 7
	var out bytes.Buffer
	writeExplain(&out, reply)
	require.Contains(t, out.String(), "dbc confirm 7, dbc cancel 7, dbc relet 7 DURATION, dbc break 7, dbc leave 7, dbc host claim, Later")
}
