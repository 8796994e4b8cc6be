// Package node is what a node of either role has: a home with its key and lock, the
// port of its API, its way to other peers, and how the programs of its computer find
// it. What a role does is in compute and clientnode, which import this package.
package node

import (
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/dbc-network/dbc/api"
)

// BeLean lets garbage grow to half of what is in use, not to as much again: a
// node has little to do and much time, and its computer's memory is for others.
// GOGC, where it is set, holds.
func BeLean() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// LogProblem returns a function that logs what begins to be wrong with the chain, and
// its end.
func LogProblem(log *slog.Logger) func(*api.Problem) {
	return func(now *api.Problem) {
		if now == nil {
			log.Info("the chain goes on")
			return
		}
		log.Warn("the chain can't be relied on", "code", now.Code, "height", now.Height, "age_s", now.AgeSeconds,
			"block_interval_ms", now.IntervalMillis)
	}
}
