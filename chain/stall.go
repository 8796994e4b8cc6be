package chain

import (
	"errors"
	"fmt"
	"time"
)

// StallAfter is the age of the newest block from which a chain counts as
// stalled: some intervals of a public network, also under a flood.
const StallAfter = 20 * time.Second

// ErrStalled means: the dbcd answers, and no new block came for a while.
var ErrStalled = errors.New("the chain stands still")

// Stalled returns ErrStalled if the newest block is older than StallAfter. One
// that catches up has old blocks for another reason.
func (h Head) Stalled(now time.Time) error {
	if age := now.Sub(h.Time); age > StallAfter && !h.CatchingUp {
		return fmt.Errorf("%w: its newest block %d is %s old; see whether dbcd has room on its disk, and its validators each other",
			ErrStalled, h.Height, age.Truncate(time.Second))
	}
	return nil
}
