package compute

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/vitals"
)

// stuckAfter is after how long without a success the reconcile loop counts as stuck; it
// runs every few seconds, at most every minute.
const stuckAfter = 2 * time.Minute

// vitals are the looks of a compute node.
func (p *parts) vitals() *vitals.Vitals {
	looks := []vitals.Look{
		vitals.Chain(p.pulse.Problem), lookTrust(p.trust.Word),
		lookJournal(func() error { _, err := p.journal.LastView(); return err }),
		lookReconcile(p.metrics.Succeeded), lookChecks(p.health.Report),
		vitals.Disk("system", "/"), vitals.Disk("data", p.cfg.DataDir), vitals.Written("data", p.cfg.DataDir),
	}
	if p.helper != nil {
		looks = append(looks, lookHelper(func(ctx context.Context) error { _, err := p.helper.Stats(ctx); return err }))
	}
	return vitals.New(looks...)
}

func lookTrust(word func() trust.Word) vitals.Look {
	return func(context.Context) []api.HealthReason {
		w := word()
		if w.Doubt == nil {
			return nil
		}
		return []api.HealthReason{{Code: api.HealthDoubt, Params: map[string]string{"height": strconv.FormatInt(w.Height, 10)}}}
	}
}

func lookJournal(read func() error) vitals.Look {
	return func(context.Context) []api.HealthReason {
		if read() == nil {
			return nil
		}
		return []api.HealthReason{{Code: api.HealthJournal}}
	}
}

func lookReconcile(last func() time.Time) vitals.Look {
	return func(context.Context) []api.HealthReason {
		age := time.Since(last())
		if age <= stuckAfter {
			return nil
		}
		return []api.HealthReason{{Code: api.HealthReconcile, Params: map[string]string{
			"age_s": strconv.FormatInt(int64(age/time.Second), 10), "limit_s": strconv.Itoa(int(stuckAfter / time.Second)),
		}}}
	}
}

// lookChecks tells what dbc host doctor found last, by name only.
func lookChecks(report func() health.Report) vitals.Look {
	return func(context.Context) (all []api.HealthReason) {
		for check, level := range report().Worst() {
			if level == doctor.Fail {
				all = append(all, api.HealthReason{Code: api.HealthCheck, Params: map[string]string{"check": string(check)}})
			}
		}
		slices.SortFunc(all, func(a, b api.HealthReason) int { return cmp.Compare(a.Params["check"], b.Params["check"]) })
		return all
	}
}

func lookHelper(ask func(ctx context.Context) error) vitals.Look {
	return func(ctx context.Context) []api.HealthReason {
		if ask(ctx) == nil {
			return nil
		}
		return []api.HealthReason{{Code: api.HealthHelper}}
	}
}
