package app_test

import (
	"math"
	"os"
	"runtime/debug"
	"testing"

	"github.com/dbc-network/dbc/app"
)

// settings of the garbage collector, which the test puts back.
func settings(t *testing.T) (percent int, limit int64) {
	t.Helper()
	percent, limit = debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	debug.SetGCPercent(percent)
	return percent, limit
}

// unset removes a variable from the environment until the end of the test: the
// runner may have set it.
func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "") // puts back what was there
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

func TestCollectLess(t *testing.T) {
	percent, limit := settings(t)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(math.MaxInt64)

	t.Run("what the user set holds", func(t *testing.T) {
		t.Setenv("GOGC", "100")
		t.Setenv("GOMEMLIMIT", "off")
		if err := app.CollectLess(); err != nil {
			t.Fatal(err)
		}
		if got, bound := settings(t); got != 100 || bound != math.MaxInt64 {
			t.Errorf("garbage %d %%, limit %d", got, bound)
		}
	})
	t.Run("bounded by the computer", func(t *testing.T) {
		unset(t, "GOGC")
		unset(t, "GOMEMLIMIT")
		if err := app.CollectLess(); err != nil {
			t.Fatal(err)
		}
		if got, bound := settings(t); got != 400 || bound < 64<<20 || bound == math.MaxInt64 {
			t.Errorf("garbage %d %%, limit %d", got, bound)
		}
	})
}
