package compute

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
)

// TestFindings: a node that is in order passes each check, and what is wrong is
// found by its check alone.
func TestFindings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(*Seen)
		check  doctor.Check
		level  doctor.Level
		read   string
	}{
		"well":       {change: func(*Seen) {}},
		"not bonded": {change: func(s *Seen) { s.Listed = nil }},
		"a chain that stopped, which is no clock": {change: func(s *Seen) { s.Head.Time = now.Add(-time.Hour) }},
		"silent":         {func(s *Seen) { s.HeadErr = errors.New("refused") }, CheckChain, doctor.Fail, "refused"},
		"stopped":        {func(s *Seen) { s.Problem = &api.Problem{Code: api.ProblemUnreachable} }, CheckChain, doctor.Fail, string(api.ProblemUnreachable)},
		"slow clock":     {func(s *Seen) { s.Head.Time = now.Add(31 * time.Second) }, CheckClock, doctor.Fail, "31s"},
		"unsynchronized": {func(s *Seen) { s.Unsynced = true }, CheckClock, doctor.Warn, "no"},
		"another computer": {func(s *Seen) {
			s.Differences = []listing.Difference{{Code: listing.Unmeasured, Params: map[string]string{"facts": "slots"}}}
		}, CheckListing, doctor.Fail, "slots"},
		"one address":    {func(s *Seen) { s.Differences = []listing.Difference{{Code: listing.Unmet}} }, CheckListing, doctor.Warn, string(listing.Unmet)},
		"no address":     {func(s *Seen) { s.Reached, s.Differences = false, []listing.Difference{{Code: listing.Unmet}} }, CheckListing, doctor.Fail, string(listing.Unmet)},
		"no image":       {func(s *Seen) { s.Images = 0 }, CheckImages, doctor.Fail, "0"},
		"a bad image":    {func(s *Seen) { s.Faults = []image.Fault{{Name: "a.qcow2", Reason: "backing file"}} }, CheckImages, doctor.Warn, "backing file"},
		"a smaller disk": {func(s *Seen) { s.DiskGiB = 899 }, CheckDisk, doctor.Fail, "900"},
		"a full disk":    {func(s *Seen) { s.FreeGiB = 49 }, CheckDisk, doctor.Warn, "49"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := Seen{
				Head: chain.Head{Height: 9, Time: now.Add(-2 * time.Second)}, Now: now, Listed: &machine.Facts{DataDiskGib: 900}, Reached: true,
				Images: 1, DiskGiB: 1000, FreeGiB: 500,
			}
			c.change(&seen)
			var made []doctor.Check
			found := c.check == ""
			for _, f := range seen.Findings() {
				if !slices.Contains(made, f.Check) {
					made = append(made, f.Check)
				}
				if f.Level == doctor.Pass {
					continue
				}
				if f.Check != c.check || f.Level != c.level {
					t.Errorf("%+v", f)
				}
				for _, value := range f.Read {
					found = found || value == c.read
				}
			}
			if !found || !slices.Equal(made, Checks) {
				t.Errorf("%+v", seen.Findings())
			}
		})
	}
}

// TestOwnChecks: a machine that offers no cards is not told that it cannot pass any.
func TestOwnChecks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cards, emulation bool
		without          []doctor.Check
	}{
		{true, false, nil},
		{true, true, []doctor.Check{doctor.CheckVirtualization}},
		{false, false, []doctor.Check{doctor.CheckIOMMU, doctor.CheckGPUs, doctor.CheckFirmware}},
	} {
		made := ownChecks(c.cards, c.emulation)
		if len(made) != len(doctor.Unprivileged)-len(c.without) || slices.ContainsFunc(c.without, func(w doctor.Check) bool { return slices.Contains(made, w) }) {
			t.Errorf("cards %v, emulation %v: %v", c.cards, c.emulation, made)
		}
	}
}
