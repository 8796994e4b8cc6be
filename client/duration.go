package client

import (
	"time"

	"github.com/dbc-network/dbc/rental"
)

// Until formats the time from now to t in whole seconds, or "0s" if t is past.
func Until(now, t time.Time) string {
	return rental.FormatDuration(uint64(max(t.Sub(now), 0) / time.Second))
}
