package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/api"
)

// TestEnds: what is told of a request without an end, and by which exit code.
func TestEnds(t *testing.T) {
	t.Parallel()
	const goesOn, may = "The machine goes on with it: dbc vm show " + taskOne, "It may have happened all the same: dbc vm "
	for name, c := range map[string]struct {
		args  []string
		spoil func(b *box)
		// stop is the beginning of the path at which somebody presses Ctrl-C.
		stop  string
		code  int
		want  string
		never string
	}{
		"timed out":        {[]string{"vm", "stop", taskOne, "--timeout", "1s"}, nil, "", exitTimedOut, goesOn, may},
		"interrupted":      {[]string{"vm", "stop", taskOne}, nil, api.PathTask + taskOne, exitInterrupted, goesOn, "--timeout"},
		"interrupted list": {[]string{"vm", "list"}, func(b *box) { b.hangs = true }, api.PathTasks, exitInterrupted, "interrupt", "all the same"},
		"answer lost":      {[]string{"vm", "delete", taskOne, "--yes"}, func(b *box) { b.cuts = true }, "", exitTimedOut, may + "list tells", "--timeout"},
		"sent and stopped": {[]string{"vm", "delete", taskOne, "--yes"}, func(b *box) { b.hangs = true }, api.PathTaskDelete, exitTimedOut, may + "list tells", "--timeout"},
		"no way there":     {[]string{"vm", "delete", taskOne, "--yes"}, func(b *box) { b.down = true }, "", exitUnreachable, "no way to the machine", "all the same"},
		"nobody listens":   {[]string{"vm", "delete", taskOne, "--yes", "--node", "http://127.0.0.1:1"}, nil, "", exitUnreachable, "can't be reached", "all the same"},
		"refused":          {[]string{"vm", "delete", taskOne, "--yes"}, func(b *box) { b.refuse = "NO_RENTAL" }, "", exitRefused, "NO_RENTAL", "all the same"},
		"unknown wallet":   {[]string{"vm", "list", "--wallet", "nobody"}, nil, "", exitUsage, "no such wallet", "all the same"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.add(t, 1, taskOne)
			if c.spoil != nil {
				c.spoil(b)
			}
			ctx, stop := context.WithCancelCause(t.Context())
			defer stop(nil)
			if c.stop != "" {
				w.heard = func(path string) {
					if strings.HasPrefix(path, c.stop) {
						stop(errors.New("interrupt signal received"))
					}
				}
			}
			code, out, errOut := w.dbcUntil(ctx, c.args...)
			if code != c.code || !strings.Contains(errOut, c.want) || strings.Contains(errOut, c.never) {
				t.Errorf("%d %s%s\nwant %d with %q and not %q", code, out, errOut, c.code, c.want, c.never)
			}
			if strings.Contains(errOut, "/api/v1") {
				t.Errorf("shows a path of the API: %s", errOut)
			}
		})
	}
}
