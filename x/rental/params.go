package rental

import (
	"time"

	"github.com/dbc-network/dbc/rental"
)

// DefaultParams are those of a main network.
//
// The penalty's default is a tenth of what was not earned, and at least one
// fee: enough that breaking a rental to sell the machine at a higher price
// rarely pays, and little enough that a host with a broken machine does not
// leave it broken instead; the stake share bounds it.
func DefaultParams() Params {
	return Params{
		Fee:              10_000_000,
		TrialFeeRatioBps: rental.BasisPoints,
		TrialWindow:      30 * time.Minute,
		DurationUnit:     30 * time.Minute,
		MinDuration:      time.Hour,
		MaxDuration:      60 * 24 * time.Hour,
		MaxSegments:      32,
		MaxOpenTrials:    5,
		TrialCooldown:    24 * time.Hour,
		MaxOutage:        time.Hour,
		MinPenalty:       10_000_000,
		PenaltyRatioBps:  1_000,
		MaxDuePerBlock:   500,
		History:          90 * 24 * time.Hour,
		MaxPrunePerBlock: 100,
	}
}

// Limits returns the bounds of durations.
func (p Params) Limits() rental.Limits {
	return rental.Limits{Unit: p.DurationUnit, Min: p.MinDuration, Max: p.MaxDuration}
}

// Bounds that no sane network exceeds; they keep arithmetic and the work of a
// block within limits.
const (
	maxParamDuration = 10 * 365 * 24 * time.Hour
	maxParamSegments = 256
	maxParamTrials   = 1_000
	maxParamPerBlock = 100_000
)

// Validate checks the parameters together.
func (p Params) Validate() error {
	spans := []struct {
		field string
		value time.Duration
		least time.Duration
	}{
		{"trial_window", p.TrialWindow, time.Second},
		{"duration_unit", p.DurationUnit, time.Second},
		{"min_duration", p.MinDuration, p.DurationUnit},
		{"max_duration", p.MaxDuration, p.MinDuration},
		{"trial_cooldown", p.TrialCooldown, 0},
		{"max_outage", p.MaxOutage, time.Second},
		{"history", p.History, 0},
	}
	for _, s := range spans {
		if s.value < s.least || s.value > maxParamDuration || s.value%time.Second != 0 {
			return ErrParams.Wrapf("%s is %s, it must be whole seconds from %s to %s", s.field, s.value, s.least, maxParamDuration)
		}
	}
	for _, s := range spans[2:4] {
		if s.value%p.DurationUnit != 0 {
			return ErrParams.Wrapf("%s is %s, it must be a multiple of duration_unit, %s", s.field, s.value, p.DurationUnit)
		}
	}
	counts := []struct {
		field       string
		value       uint32
		least, most uint32
	}{
		{"trial_fee_ratio_bps", p.TrialFeeRatioBps, 0, rental.BasisPoints},
		{"penalty_ratio_bps", p.PenaltyRatioBps, 0, rental.BasisPoints},
		{"max_segments", p.MaxSegments, 1, maxParamSegments},
		{"max_open_trials", p.MaxOpenTrials, 1, maxParamTrials},
		{"max_due_per_block", p.MaxDuePerBlock, 1, maxParamPerBlock},
		{"max_prune_per_block", p.MaxPrunePerBlock, 1, maxParamPerBlock},
	}
	for _, c := range counts {
		if c.value < c.least || c.value > c.most {
			return ErrParams.Wrapf("%s is %d, it must be %d to %d", c.field, c.value, c.least, c.most)
		}
	}
	return nil
}
