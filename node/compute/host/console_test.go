package host

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/dbc-network/dbc/node/guests/taskdir"
)

func (w *world) console(id, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, "tasks", id, taskdir.Console)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func TestLog(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		if got, err := w.host.Log(as(alice, 1), task.ID, true, 5); err != nil || got != "" {
			t.Errorf("before it spoke: %q, %v", got, err)
		}
		w.console(task.ID, "one\r\n\x1b[31mtwo\x1b[0m\x07\nthr\x1b]0;title\x07ee\nfour\n")
		for _, c := range []struct {
			tail  bool
			lines int
			want  string
		}{
			{false, 2, "one\ntwo"}, {true, 2, "three\nfour"}, {true, 100, "one\ntwo\nthree\nfour"},
		} {
			if got, err := w.host.Log(as(alice, 1), task.ID, c.tail, c.lines); err != nil || got != c.want {
				t.Errorf("tail %v, %d lines: %q, %v, want %q", c.tail, c.lines, got, err, c.want)
			}
		}
		if _, err := w.host.Log(as(bob, 1), task.ID, true, 5); !errors.Is(err, ErrNotFound) {
			t.Errorf("another's log: %v", err)
		}
		for _, lines := range []int{0, MaxLines + 1} {
			if _, err := w.host.Log(as(alice, 1), task.ID, true, lines); !errors.Is(err, ErrInvalid) {
				t.Errorf("%d lines: %v", lines, err)
			}
		}
	})
}

// TestLogIsNoLink: a guest that escaped from its emulator owns the file.
func TestLogIsNoLink(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		secret := filepath.Join(w.dir, "secret")
		if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(secret, filepath.Join(w.dir, "tasks", task.ID, taskdir.Console)); err != nil {
			t.Fatal(err)
		}
		if got, err := w.host.Log(as(alice, 1), task.ID, true, 5); err == nil || got != "" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestConsoleIsCut(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		path := w.console(task.ID, strings.Repeat("x", taskdir.MaxConsole+1))
		if got, err := w.host.Log(as(alice, 1), task.ID, true, 1); err != nil || len(got) != taskdir.MaxRead {
			t.Errorf("%d bytes are shown, %v", len(got), err)
		}
		settle(6 * time.Second)
		if info, err := os.Stat(path); err != nil || info.Size() != 0 {
			t.Errorf("%v, %v", info, err)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add([]byte("a\x1b[31mb\x1b]0;t\x07c\x1b"))
	f.Add([]byte("\xc2\x9b31m\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, r := range clean(data) {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Fatalf("%q in the log", r)
			}
		}
	})
}
