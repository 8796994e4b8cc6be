package health_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/vm"
)

// node is a node whose checks and slots a test chooses.
type node struct {
	path     string
	level    doctor.Level
	state    vm.SlotState
	fail     error
	examined int
	log      bytes.Buffer
	loop     *health.Loop
}

func start(t *testing.T) *node {
	t.Helper()
	n := &node{path: filepath.Join(t.TempDir(), health.Name), level: doctor.Pass, state: vm.SlotReady}
	n.loop = health.New(health.Deps{
		Path: n.path, Log: slog.New(slog.NewTextHandler(&n.log, nil)),
		Examine: func(context.Context) ([]doctor.Finding, error) {
			n.examined++
			return []doctor.Finding{{Check: doctor.CheckReset, Level: doctor.Pass}, {Check: doctor.CheckReset, Level: n.level, Device: "0000:01:00.0"}}, n.fail
		},
		Slots: func(context.Context) ([]host.Slot, error) {
			return []host.Slot{{Index: 1, Number: 4, State: n.state, Fault: "RESET_FAILED", Params: map[string]string{"error": "x"}}}, n.fail
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.loop.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return n
}

func (n *node) stored(t *testing.T) health.Report {
	t.Helper()
	r, err := health.Load(n.path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pass lets time pass, and whatever becomes due happen.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // made-up time of a synctest bubble
	synctest.Wait()
}

// TestLoop: checks at start, hourly, and sooner while one fails; slots as they change.
func TestLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		synctest.Wait()
		r := n.stored(t)
		if n.examined != 1 || len(r.Findings) != 2 || r.Slots[0].State != vm.SlotReady || r.Slots[0].Number != 4 || !r.Examined.Equal(time.Now()) {
			t.Errorf("%d, %+v", n.examined, r)
		}
		n.state = vm.SlotQuarantined
		pass(31 * time.Second)
		if r := n.stored(t); r.Slots[0].State != vm.SlotQuarantined || r.Slots[0].Params["error"] != "x" || n.examined != 1 {
			t.Errorf("%d, %+v", n.examined, r)
		}
		n.level = doctor.Fail
		pass(time.Hour)
		if n.examined != 2 || n.loop.Report().Worst()[doctor.CheckReset] != doctor.Fail || !strings.Contains(n.log.String(), "check=reset level=fail device=0000:01:00.0") {
			t.Errorf("%d: %s", n.examined, n.log.String())
		}
		pass(12 * time.Minute)
		if n.examined != 4 || strings.Count(n.log.String(), "did not pass") != 1 {
			t.Errorf("%d: %s", n.examined, n.log.String())
		}
	})
}

// TestUnable: what cannot be found out is logged once, and ends nothing.
func TestUnable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		synctest.Wait()
		n.fail = errors.New("no helper")
		pass(3 * time.Hour)
		// Once for the slots, and again when the checks were due too.
		if strings.Count(n.log.String(), "no helper") != 3 || n.stored(t).Slots[0].State != vm.SlotReady {
			t.Errorf("%s", n.log.String())
		}
	})
}

func TestLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), health.Name)
	if _, err := health.Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"", "{}", `{"schema":2}`, "null", "[]"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := health.Load(path); !errors.Is(err, health.ErrFile) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
