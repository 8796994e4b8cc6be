package compute

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/vitals"
)

// TestVitals: each look tells its reason, by code, without what a check read.
func TestVitals(t *testing.T) {
	t.Parallel()
	wrong := errors.New("/var/lib/dbc/node/journal.db: input/output error")
	failed := health.Report{Findings: []doctor.Finding{
		{Check: doctor.CheckReset, Level: doctor.Fail, Device: "0000:01:00.0"}, {Check: doctor.CheckIOMMU, Level: doctor.Fail}, {Check: doctor.CheckSwap, Level: doctor.Warn},
	}}
	for name, c := range map[string]struct {
		look vitals.Look
		want []api.HealthReason
	}{
		"trusted":       {lookTrust(func() trust.Word { return trust.Word{Height: 7} }), nil},
		"doubted":       {lookTrust(func() trust.Word { return trust.Word{Height: 7, Doubt: trust.ErrSilent} }), []api.HealthReason{{Code: api.HealthDoubt, Params: map[string]string{"height": "7"}}}},
		"journal":       {lookJournal(func() error { return nil }), nil},
		"no journal":    {lookJournal(func() error { return wrong }), []api.HealthReason{{Code: api.HealthJournal}}},
		"compared":      {lookReconcile(time.Now), nil},
		"stuck":         {lookReconcile(func() time.Time { return time.Now().Add(-time.Hour) }), []api.HealthReason{{Code: api.HealthReconcile, Params: map[string]string{"age_s": "3600", "limit_s": "120"}}}},
		"no checks yet": {lookChecks(func() health.Report { return health.Report{} }), nil},
		"failed checks": {lookChecks(func() health.Report { return failed }), []api.HealthReason{
			{Code: api.HealthCheck, Params: map[string]string{"check": "iommu"}}, {Code: api.HealthCheck, Params: map[string]string{"check": "reset"}},
		}},
		"helper":    {lookHelper(func(context.Context) error { return nil }), nil},
		"no helper": {lookHelper(func(context.Context) error { return wrong }), []api.HealthReason{{Code: api.HealthHelper}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.look(t.Context()); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}
