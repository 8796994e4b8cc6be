package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/rental"
)

// TestEnds: what is said about a request with an unknown outcome, and the exit code.
func TestEnds(t *testing.T) {
	t.Parallel()
	const goesOn, may = "The machine goes on with it: dbc vm show " + taskOne, "It may have happened all the same: dbc vm "
	for name, c := range map[string]struct {
		args  []string
		spoil func(b *box)
		// stop is the beginning of the path at which the user presses Ctrl-C.
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

// TestCreateWithoutAnswer: a virtual machine that may have been made is named, and its
// keys are found; of one that was refused nothing is kept.
func TestCreateWithoutAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(b *box)
		code  int
		kept  int
	}{
		"lost":    {func(b *box) { b.cuts = true }, exitTimedOut, 1},
		"refused": {func(b *box) { b.refuse = string(api.ShareExceeded) }, exitRefused, 0},
		"dry run": {func(*box) {}, exitDone, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.spoil(w.add(t, 1))
			key := filepath.Join(t.TempDir(), "key.pub")
			if err := os.WriteFile(key, []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE3ZbO0cPDUcFx5dPMI1vzR2qXkP8sWz3XIeVqh7uQfL"), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"vm", "create", "1", "--ssh-key", key}
			if name == "dry run" {
				args = append(args, "--dry-run")
			}
			code, out, errOut := w.dbc(t, args...)
			kept, err := os.ReadDir(filepath.Join(w.home, "logins"))
			if code != c.code || len(kept) != c.kept || err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("%d, %v, %v: %s%s", code, kept, err, out, errOut)
			}
			if c.kept == 0 {
				return
			}
			id := kept[0].Name()
			for _, want := range []string{"virtual machine " + id + " may have been made", "dbc vm show " + id + " tells. If it did not, dbc vm create 1 tries again."} {
				if !strings.Contains(errOut, want) {
					t.Errorf("no %q in %s", want, errOut)
				}
			}
		})
	}
}

// TestInterruptedCancel: who stops a cancellation while the machine is asked for
// its cause reads that nothing was sent.
func TestInterruptedCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(t, 1, taskOne).hangs = true
	alice, err := w.ring(t).Wallet("alice")
	if err != nil {
		t.Fatal(err)
	}
	w.rentals[0].State, w.rentals[0].Renter = rental.RENTAL_STATE_TRIAL, alice.Address()
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	w.heard = func(path string) {
		if path == api.PathTasks {
			stop(errors.New("interrupt signal received"))
		}
	}
	code, out, errOut := w.dbcUntil(ctx, "cancel", "1")
	if code != exitInterrupted || !strings.Contains(errOut, "nothing was sent: interrupt signal received") {
		t.Errorf("%d %s%s", code, out, errOut)
	}
}
