package app

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// garbage may grow to this many hundredths of what is in use: a block makes
	// much that nobody needs after it, and with Go's default of 100 collecting it
	// took a quarter to a third of a node's processor time.
	garbage = 400
	// memoryShare of the computer, or of the control group that the process is in,
	// is where garbage is collected as often as it has to be, so that it never
	// takes the memory that the rest needs.
	memoryShare = 0.5
)

// CollectLess makes the process collect garbage less often while there is
// memory. GOGC and GOMEMLIMIT, where they are set, hold.
func CollectLess() error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	// It leaves the limit alone where GOMEMLIMIT is set.
	_, err := memlimit.Set(memlimit.WithRatio(memoryShare),
		memlimit.WithProvider(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)))
	if err != nil {
		return fmt.Errorf("limit the memory for garbage: %w", err)
	}
	return nil
}
