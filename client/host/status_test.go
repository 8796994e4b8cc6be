package host

import (
	"testing"
	"time"

	"github.com/dbc-network/dbc/x/machine"
)

func TestWithdrawableAt(t *testing.T) {
	t.Parallel()
	retired := time.Unix(1_800_000_000, 0)
	earlier, later := retired.Add(-time.Hour), retired.Add(time.Hour)
	params := machine.Params{UnbondingTime: 24 * time.Hour}
	for name, c := range map[string]struct {
		last *time.Time
		want time.Time
	}{
		"never rented":     {nil, retired.Add(24 * time.Hour)},
		"rented before":    {&earlier, retired.Add(24 * time.Hour)},
		"ended afterwards": {&later, later.Add(24 * time.Hour)},
	} {
		if got := withdrawableAt(machine.Machine{RetiredAt: &retired, LastRentalEnd: c.last}, params); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestStakeMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ stake, required, want uint64 }{{10, 10, 0}, {11, 10, 0}, {3, 10, 7}, {0, 0, 0}} {
		if got := StakeMissing(machine.Machine{Stake: c.stake, StakeRequired: c.required}); got != c.want {
			t.Errorf("%d of %d: %d missing", c.stake, c.required, got)
		}
	}
}
