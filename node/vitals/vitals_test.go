package vitals_test

import (
	"context"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/vitals"
)

// TestReasons: each part's are told, and asking often looks once per second.
func TestReasons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		problem := &api.Problem{Code: api.ProblemStalled, Height: 7, AgeSeconds: 90}
		v := vitals.New(vitals.Chain(func() *api.Problem { return problem }), func(context.Context) []api.HealthReason {
			looks.Add(1)
			return []api.HealthReason{{Code: api.HealthHelper}}
		})
		want := []api.HealthReason{{Code: "CHAIN_STALLED", Params: map[string]string{"height": "7", "age_s": "90"}}, {Code: api.HealthHelper}}
		for range 100 {
			if got := v.Reasons(t.Context()); !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v", got)
			}
		}
		if looks.Load() != 1 {
			t.Errorf("looked %d times", looks.Load())
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // made-up time of a synctest bubble
		problem = nil
		if got := v.Reasons(t.Context()); len(got) != 1 || looks.Load() != 2 {
			t.Errorf("%+v after %d looks", got, looks.Load())
		}
	})
}

// TestStuck: a part that hangs, such as a disk of another computer, holds nobody up, and
// is not looked at again meanwhile.
func TestStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		free := make(chan struct{})
		v := vitals.New(func(context.Context) []api.HealthReason { looks.Add(1); <-free; return nil })
		begun := time.Now()
		for range 3 {
			if got := v.Reasons(t.Context()); len(got) != 1 || got[0].Code != api.HealthUnknown {
				t.Errorf("%+v", got)
			}
		}
		if time.Since(begun) != 6*time.Second || looks.Load() != 1 {
			t.Errorf("%v, %d looks", time.Since(begun), looks.Load())
		}
		close(free)
		synctest.Wait()
		if got := v.Reasons(t.Context()); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestDisk(t *testing.T) {
	t.Parallel()
	if got := vitals.Disk("data", t.TempDir())(t.Context()); got != nil {
		t.Errorf("%+v", got)
	}
	got := vitals.Disk("data", filepath.Join(t.TempDir(), "none"))(t.Context())
	if len(got) != 1 || got[0].Code != api.HealthDisk || got[0].Params["disk"] != "data" || got[0].Params["free_mib"] != "0" {
		t.Errorf("%+v", got)
	}
}
