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
