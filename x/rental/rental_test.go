package rental_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// word spells what the pure package says as the proto enums do.
func word(prefix, name string) string {
	out := []byte(prefix)
	for _, c := range []byte(name) {
		switch {
		case c == ' ':
			out = append(out, '_')
		case 'a' <= c && c <= 'z':
			out = append(out, c-'a'+'A')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// The numbers of both sides are one contract: each number has the same name.
func TestNumbersEqual(t *testing.T) {
	t.Parallel()
	require.Len(t, xrental.RentalState_name, int(rental.StateBroken)+1)
	for number, name := range xrental.RentalState_name {
		if number != 0 {
			require.Equal(t, name, word("RENTAL_STATE_", rental.State(number).String()))
		}
	}
	require.Len(t, xrental.Reason_name, int(rental.ReasonLeft)+1)
	for number, name := range xrental.Reason_name {
		if number != 0 {
			require.Equal(t, name, word("REASON_", rental.Reason(number).String()))
		}
	}
	require.Len(t, xrental.Cause_name, len(rental.Causes())+1)
	for number, name := range xrental.Cause_name {
		if number != 0 {
			require.Equal(t, name, strings.ReplaceAll(word("CAUSE_", rental.Cause(number).String()), "-", "_"))
		}
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	require.NoError(t, xrental.DefaultParams().Validate())
	tests := map[string]func(*xrental.Params){
		"window zero":           func(p *xrental.Params) { p.TrialWindow = 0 },
		"unit zero":             func(p *xrental.Params) { p.DurationUnit = 0 },
		"unit of half a second": func(p *xrental.Params) { p.DurationUnit = 5e8 },
		"min below the unit":    func(p *xrental.Params) { p.MinDuration = p.DurationUnit - 1e9 },
		"min no multiple":       func(p *xrental.Params) { p.MinDuration = p.DurationUnit + 1e9 },
		"max below min":         func(p *xrental.Params) { p.MaxDuration = p.MinDuration - p.DurationUnit },
		"cooldown negative":     func(p *xrental.Params) { p.TrialCooldown = -1e9 },
		"outage zero":           func(p *xrental.Params) { p.MaxOutage = 0 },
		"history endless":       func(p *xrental.Params) { p.History = 1<<63 - 1 },
		"no segments":           func(p *xrental.Params) { p.MaxSegments = 0 },
		"no trials":             func(p *xrental.Params) { p.MaxOpenTrials = 0 },
		"penalty over all":      func(p *xrental.Params) { p.PenaltyRatioBps = 10_001 },
		"no due":                func(p *xrental.Params) { p.MaxDuePerBlock = 0 },
		"no pruning":            func(p *xrental.Params) { p.MaxPrunePerBlock = 0 },
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			params := xrental.DefaultParams()
			edit(&params)
			err := params.Validate()
			require.ErrorIs(t, err, xrental.ErrParams)
			require.ErrorContains(t, err, "must be")
		})
	}
}
