// Package health keeps what a node finds out about itself: the doctor's checks
// that need no privileges, at its start and every hour, and the states of its
// slots. It writes them to a file beside the journal, for whoever runs dbc host
// status on this computer: renters do not see them.
package health

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"sync"
	"time"

	"github.com/google/renameio/v2"

	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/vm"
)

const (
	// Name is the file's name, in the folder of the journal.
	Name = "health.json"

	schema = 1
	// maxFile bounds in bytes how much of a file is read.
	maxFile = 4 << 20
	// examinePeriod is how often the checks are made, failedPeriod while one fails:
	// its host wants to see when it is fixed. slotPeriod is how often the slots'
	// states are read.
	examinePeriod = time.Hour
	failedPeriod  = 5 * time.Minute
	slotPeriod    = 30 * time.Second
)

// ErrFile means that the file cannot be understood.
var ErrFile = errors.New("not a file of the node's checks")

// Slot is a listed slot with real GPUs.
type Slot struct {
	// Index is the slot's index on the chain, Number its number in /etc/dbc/gpus.toml.
	Index  uint32            `json:"index"`
	Number int               `json:"number"`
	State  vm.SlotState      `json:"state"`
	Fault  string            `json:"fault,omitempty"`
	Params map[string]string `json:"params,omitempty"`
}

// Report is what was found out last.
type Report struct {
	Schema int `json:"schema"`
	// Examined is when Findings were made, Looked when Slots changed last; zero
	// before the first time.
	Examined time.Time        `json:"examined"`
	Findings []doctor.Finding `json:"findings"`
	Looked   time.Time        `json:"looked"`
	Slots    []Slot           `json:"slots"`
}

// Worst returns the worst level of each check.
func (r Report) Worst() map[doctor.Check]doctor.Level {
	worst := map[doctor.Check]doctor.Level{}
	for _, f := range r.Findings {
		both := doctor.Report{Findings: []doctor.Finding{{Level: worst[f.Check]}, f}}
		worst[f.Check] = both.Worst()
	}
	return worst
}

// Load returns the report of the node whose journal is beside path. The error wraps
// fs.ErrNotExist if no node has run.
func Load(path string) (Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("read the node's checks: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return Report{}, fmt.Errorf("read the node's checks: %w", err)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil || r.Schema != schema {
		return Report{}, fmt.Errorf("%s: %w", path, ErrFile)
	}
	return r, nil
}

// Deps are a loop's dependencies.
type Deps struct {
	// Path is the file, in an existing folder.
	Path    string
	Examine func(ctx context.Context) ([]doctor.Finding, error)
	// Slots returns the listed slots with real cards, as host.Host does.
	Slots func(ctx context.Context) ([]host.Slot, error)
	Log   *slog.Logger
	// Now is time.Now when nil.
	Now func() time.Time
}

// Loop keeps a report up to date.
type Loop struct {
	Deps
	mu     sync.Mutex
	report Report
	told   string
}

// New returns a loop that does nothing before Run.
func New(deps Deps) *Loop {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	return &Loop{Deps: deps, report: Report{Schema: schema, Findings: []doctor.Finding{}, Slots: []Slot{}}}
}

// Report returns what was found out last.
func (l *Loop) Report() Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.report
}

// Run checks until ctx is done. What it cannot find out is logged and does not end
// the node.
func (l *Loop) Run(ctx context.Context) error {
	l.forget()
	slots := time.NewTicker(slotPeriod)
	defer slots.Stop()
	for {
		now := l.Now()
		var err error
		if l.due(now) {
			err = l.examine(ctx, now)
		}
		err = errors.Join(err, l.look(ctx, now))
		if ctx.Err() != nil {
			return nil
		}
		l.tell(err)
		select {
		case <-ctx.Done():
			return nil
		case <-slots.C:
		}
	}
}

// due reports whether the checks should be made again. A clock that was set back
// delays nothing.
func (l *Loop) due(now time.Time) bool {
	r := l.Report()
	period := examinePeriod
	if (doctor.Report{Findings: r.Findings}).Worst() == doctor.Fail {
		period = failedPeriod
	}
	return now.Sub(r.Examined) >= period || r.Examined.After(now)
}

// forget removes the report of a node that ran before.
func (l *Loop) forget() {
	if err := os.Remove(l.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.Log.Warn("the last node's checks can't be removed", "error", err)
	}
}

// tell logs a failure once, until it changes or is over.
func (l *Loop) tell(err error) {
	said := ""
	if err != nil {
		said = err.Error()
	}
	if said != l.told && err != nil {
		l.Log.Warn("the node's own checks can't be made now", "error", err)
	}
	l.told = said
}

func (l *Loop) examine(ctx context.Context, now time.Time) error {
	findings, err := l.Examine(ctx)
	if err != nil {
		return fmt.Errorf("examine the computer: %w", err)
	}
	l.mu.Lock()
	before := l.report.Worst()
	l.report.Findings, l.report.Examined = findings, now
	after := l.report.Worst()
	l.mu.Unlock()
	for _, f := range findings {
		if f.Level != doctor.Pass && before[f.Check] != after[f.Check] {
			l.Log.Warn("a check did not pass; dbc host doctor tells what to do", "check", f.Check, "level", f.Level, "device", f.Device, "read", f.Read)
		}
	}
	return l.save()
}

// look reads the slots' states; the file is written if they changed.
func (l *Loop) look(ctx context.Context, now time.Time) error {
	states, err := l.Slots(ctx)
	if err != nil {
		return fmt.Errorf("read the slots' states: %w", err)
	}
	slots := make([]Slot, len(states))
	for i, s := range states {
		slots[i] = Slot{Index: s.Index, Number: s.Number, State: s.State, Fault: s.Fault, Params: s.Params}
	}
	l.mu.Lock()
	same := !l.report.Looked.IsZero() && reflect.DeepEqual(slots, l.report.Slots)
	if !same {
		l.report.Slots, l.report.Looked = slots, now
	}
	l.mu.Unlock()
	if same {
		return nil
	}
	return l.save()
}

func (l *Loop) save() error {
	text, err := json.MarshalIndent(l.Report(), "", "  ")
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(l.Path, text, 0o600); err != nil {
		return fmt.Errorf("write the node's checks: %w", err)
	}
	return nil
}
