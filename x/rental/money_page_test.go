package rental_test

import (
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const dbc = 1_000_000

// the two examples of docs/money.md: one slot of a machine of two for three
// days, and a whole machine of eight for a week.
const (
	small, smallDays = 100 * dbc, 3
	large, largeDays = 120 * dbc, 7
	day              = 24 * 60 * 60
)

// TestMoneyPage computes the amounts and times of docs/money.md with the chain's
// code and parameters, in the page's order.
func TestMoneyPage(t *testing.T) {
	t.Parallel()
	amounts, times := examples(t)
	cell := regexp.MustCompile("(?m)\\| ([0-9.]+ DBC) \\|$|\\| `([0-9dhm]+)` \\|$")
	for _, page := range []string{"../../docs/money.md", "../../docs/money.zh.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var shown, spans []string
		for _, m := range cell.FindAllStringSubmatch(string(text), -1) {
			if m[1] != "" {
				shown = append(shown, m[1])
			} else {
				spans = append(spans, m[2])
			}
		}
		if !slices.Equal(shown, amounts) {
			t.Errorf("%s shows %v, the chain computes %v", page, shown, amounts)
		}
		if !slices.Equal(spans, times) {
			t.Errorf("%s shows %v, the parameters are %v", page, spans, times)
		}
	}
}

func examples(t *testing.T) (amounts, times []string) {
	t.Helper()
	p, m := xrental.DefaultParams(), machine.DefaultParams()
	must := func(amount uint64, err error) uint64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return amount
	}
	fee := func(price uint64, slots uint32) uint64 {
		return must(rental.Fee(p.Fee, p.TrialFeeRatioBps, price, slots, p.TrialWindow))
	}
	rent := must(rental.Price(small, 1, smallDays*day))
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	end := start.Add(smallDays * day * time.Second)
	account, err := rental.Account{}.Extend(end.Sub(start), rent, start, int(p.MaxSegments))
	if err != nil {
		t.Fatal(err)
	}
	earned := account.Outage(start.Add(time.Hour), start.Add(3*time.Hour)).Earned(rental.View{Now: end})
	unearned := rent - account.Earned(rental.View{Now: start.Add(day * time.Second)})
	stake := m.RequiredStake(2, small)
	terms := rental.PenaltyTerms{StakeShare: rental.StakeShare(stake, 1, 2), MinPenalty: p.MinPenalty, RatioBPS: p.PenaltyRatioBps}
	penalty := terms.Penalty(unearned)
	for _, amount := range []uint64{
		rent, fee(small, 1), must(rental.Price(large, 8, largeDays*day)), fee(large, 8),
		account.Paid, rental.Half(fee(small, 1)), must(rental.Total(rent, fee(small, 1))), account.Earned(rental.View{Now: end}),
		earned, rent - earned, unearned, penalty, min(penalty, p.MinPenalty),
		stake, m.RequiredStake(8, large),
	} {
		amounts = append(amounts, rental.DBC(amount))
	}
	for _, span := range []time.Duration{
		p.TrialWindow, p.MinDuration, p.DurationUnit, p.MaxDuration, p.TrialCooldown, p.MaxOutage,
		m.AnswerWindow, m.DrainNotice, m.UnbondingTime, m.GpuCooldown, p.History,
	} {
		times = append(times, rental.FormatDuration(uint64(span/time.Second)))
	}
	return amounts, times
}
