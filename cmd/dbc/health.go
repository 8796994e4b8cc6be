//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/vm"
)

// nodeHealth is what a node on this computer found out about itself.
type nodeHealth struct {
	// Examined is when the findings were made; passed ones are only counted.
	Examined *time.Time       `json:"examined,omitempty"`
	Passed   int              `json:"passed"`
	Findings []doctor.Finding `json:"findings"`
	// Looked is when Slots changed last.
	Looked *time.Time   `json:"looked,omitempty"`
	Slots  []slotHealth `json:"slots"`
	// Problem says why nothing is known.
	Problem string `json:"problem,omitempty"`
}

// slotHealth is a listed slot with real GPUs.
type slotHealth struct {
	health.Slot
	// InService is false if the chain lets nobody rent it.
	InService bool `json:"in_service"`
}

// readHealth returns nil if no node has written its report.
func readHealth(path string, outOfService []uint32) *nodeHealth {
	report, err := health.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	read := &nodeHealth{Findings: []doctor.Finding{}, Slots: []slotHealth{}}
	if err != nil {
		read.Problem = client.Printable(err.Error())
		return read
	}
	if !report.Examined.IsZero() {
		read.Examined = &report.Examined
	}
	if !report.Looked.IsZero() {
		read.Looked = &report.Looked
	}
	for _, f := range report.Findings {
		if f.Level == doctor.Pass {
			read.Passed++
		} else {
			read.Findings = append(read.Findings, f)
		}
	}
	for _, slot := range report.Slots {
		read.Slots = append(read.Slots, slotHealth{slot, !slices.Contains(outOfService, slot.Index)})
	}
	return read
}

func (h hostStatus) writeHealth(w io.Writer) {
	if h.Health == nil {
		return
	}
	if h.Health.Problem != "" {
		row(w, "Checks:", "not known: "+h.Health.Problem)
		return
	}
	for i, slot := range h.Health.Slots {
		row(w, map[bool]string{true: "Slots:"}[i == 0], slot.line())
	}
	if len(h.Health.Slots) > 0 && !h.Node.Reachable {
		row(w, "", "as they were when the node last ran")
	}
	if h.Health.Examined == nil {
		row(w, "Checks:", "not made yet")
		return
	}
	line := fmt.Sprintf("%d passed %s", h.Health.Passed, clock(*h.Health.Examined))
	if n := len(h.Health.Findings); n > 0 {
		line += fmt.Sprintf(", %d did not; dbc host doctor tells what to do", n)
	}
	row(w, "Checks:", line)
	for _, f := range h.Health.Findings {
		row(w, "", strings.TrimSpace(fmt.Sprintf("%s: %s %s", f.Level, doctorWords[f.Check].name, shown(f.Device))))
	}
}

func (s slotHealth) line() string {
	words := map[vm.SlotState]string{vm.SlotInUse: "in use", host.SlotMissing: "missing from /etc/dbc/gpus.toml"}
	line := fmt.Sprintf("%d (number %d): %s", s.Index, s.Number, cmp.Or(words[s.State], slotWords[s.State], shown(string(s.State))))
	if s.State == host.SlotMissing {
		line = fmt.Sprintf("%d: %s", s.Index, words[s.State])
	}
	if !s.InService {
		line += ", out of service"
	}
	if s.Fault != "" {
		line += "; " + faultText(s.Fault, s.Params)
	}
	return line
}
