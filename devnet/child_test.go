package devnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The ignored goroutine is started by a library of the SDK when it is loaded.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "devnets")
	if err != nil {
		panic(err)
	}
	dataRoot = dir
	if err := buildDbcd(); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/desertbit/timer.timerRoutine"), goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// buildDbcd builds the chain's program for fake devnets, unless DBCD names one.
func buildDbcd() error {
	out, err := filepath.Abs("../build/test/dbcd")
	if err != nil || os.Getenv("DBCD") != "" {
		return err
	}
	if said, err := exec.CommandContext(context.Background(), "go", "build", "-o", out, "../cmd/dbcd").CombinedOutput(); err != nil {
		return fmt.Errorf("build dbcd: %w: %s", err, said)
	}
	return os.Setenv("DBCD", out)
}

func TestChildDeathIsTold(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "logs", "x.log")
	c, err := start("part", log, exec.CommandContext(t.Context(), "sh", "-c", "echo last words >&2; exit 3"), true)
	if err != nil {
		t.Fatal(err)
	}
	<-c.done
	err = c.died()
	if !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "last words") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	if c.Alive() {
		t.Error("it is still called alive")
	}
	if err := c.stop(time.Second); err != nil {
		t.Errorf("stopping what ended: %v", err)
	}
}

func TestChildStops(t *testing.T) {
	t.Parallel()
	c, err := start("part", filepath.Join(t.TempDir(), "x.log"), exec.CommandContext(t.Context(), "sleep", "1000"), true)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Alive() {
		t.Error("it is called dead")
	}
	if err := c.stop(10 * time.Second); err != nil || c.Alive() {
		t.Errorf("stop: %v", err)
	}
}

func TestProcessIsNotItsNumber(t *testing.T) {
	t.Parallel()
	self, err := newProcess(os.Getpid())
	if err != nil || !self.Alive() {
		t.Fatalf("%+v, %v", self, err)
	}
	self.Started++
	if self.Alive() {
		t.Error("a later process with the number passes")
	}
	if (Process{}).Alive() {
		t.Error("no process is alive")
	}
}

func TestOneDevnetOfAHome(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	held, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockFile(path); !errors.Is(err, ErrRunning) {
		t.Errorf("a second one: %v", err)
	}
	if err := held(); err != nil {
		t.Fatal(err)
	}
	again, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = again()
}

func TestReadWithoutDevnet(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if _, err := Read(home); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no file: %v", err)
	}
	// This is what a kill -9 leaves behind: the file without the process.
	p := newPaths(home)
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	dead := Info{Processes: map[string]Process{supervisor: {PID: os.Getpid(), Started: 1}}}
	if err := dead.write(p.info); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(home); !errors.Is(err, ErrNotRunning) {
		t.Errorf("dead supervisor: %v", err)
	}
}
