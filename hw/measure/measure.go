// Package measure reads what only a card's own driver knows: UUID, memory,
// VBIOS, power limit and modes. It runs the vendor's program in a child process
// with a deadline, and does not trust its output: it is bounded, each value is
// checked, and a missing field is not an error.
package measure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dbc-network/dbc/hw/child"
	"github.com/dbc-network/dbc/hw/pci"
)

// ErrAnswer means that a program's output does not have the expected form.
var ErrAnswer = errors.New("not the answer of this program")

// Mode is a switch of a card that outlives a renter.
type Mode string

// The states of a mode; "" means that it was not measured.
const (
	On  Mode = "on"
	Off Mode = "off"
	// Without is for a card that has no such mode.
	Without Mode = "without"
)

// Facts are what was measured of one card: "" and 0 mean not measured.
type Facts struct {
	// UUID is NVIDIA's, such as GPU- and 36 characters, in lower case.
	UUID string `json:"uuid,omitempty" toml:"uuid,omitempty"`
	// Serial is the board's; GeForce cards have none. For AMD it is the unique id.
	Serial  string `json:"serial,omitempty" toml:"serial,omitempty"`
	VBIOS   string `json:"vbios,omitempty" toml:"vbios,omitempty"`
	VRAMMiB uint64 `json:"vram_mib,omitempty" toml:"vram_mib,omitempty"`
	// PowerLimitMW is the limit in force, DefaultLimitMW the card's own, in milliwatts.
	PowerLimitMW   uint64 `json:"power_limit_mw,omitempty" toml:"power_limit_mw,omitempty"`
	DefaultLimitMW uint64 `json:"default_power_limit_mw,omitempty" toml:"default_power_limit_mw,omitempty"`
	ECC            Mode   `json:"ecc,omitempty" toml:"ecc,omitempty"`
	MIG            Mode   `json:"mig,omitempty" toml:"mig,omitempty"`
	// CC is confidential computing, detected by whether memory is set apart for it.
	CC Mode `json:"cc,omitempty" toml:"cc,omitempty"`
	// Driver is the version of the driver that was asked.
	Driver string `json:"driver,omitempty" toml:"driver,omitempty"`
}

// Missing names what was not measured, in a fixed order.
func (f Facts) Missing() []string {
	list := []string{}
	for _, c := range []struct {
		name string
		gone bool
	}{
		{"uuid", f.UUID == "" && f.Serial == ""},
		{"vram", f.VRAMMiB == 0},
		{"vbios", f.VBIOS == ""},
		{"power_limit", f.PowerLimitMW == 0},
		{"ecc", f.ECC == ""},
		{"mig", f.MIG == ""},
		{"cc", f.CC == ""},
	} {
		if c.gone {
			list = append(list, c.name)
		}
	}
	return list
}

// Valid reports whether each value is one that could have been measured.
func (f Facts) Valid() bool {
	for _, m := range []Mode{f.ECC, f.MIG, f.CC} {
		if m != "" && m != On && m != Off && m != Without {
			return false
		}
	}
	for _, text := range []string{f.Serial, f.VBIOS, f.Driver} {
		if text != "" && value(text, word) == "" {
			return false
		}
	}
	return (f.UUID == "" || uuid.MatchString(strings.ToLower(f.UUID))) && f.VRAMMiB <= maxMiB && f.PowerLimitMW <= maxMW && f.DefaultLimitMW <= maxMW
}

// Card is one card with its address and the ids that its driver reports.
type Card struct {
	Address pci.Address
	// ID is 0000:0000 if the program does not report it.
	ID pci.ID
	Facts
	Now
}

// Now is the state of a card when it was asked; none of it is stored.
type Now struct {
	// Product is the driver's name for it, "" if it is not reported.
	Product string
	// LinkGen is the PCI Express generation that its link ran at, 0 if it is not reported.
	// Busy reports whether the card was in use: the link of an idle one slows down.
	LinkGen int
	Busy    bool
}

// Tools are the paths of the vendors' programs, "" for one that is not run.
type Tools struct{ Nvidia, ROCm string }

// Installed returns the programs where their packages put them.
func Installed() Tools {
	first := func(paths ...string) string {
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path
			}
		}
		return ""
	}
	return Tools{Nvidia: first("/usr/bin/nvidia-smi"), ROCm: first("/usr/bin/rocm-smi", "/opt/rocm/bin/rocm-smi")}
}

const (
	// limit is how long a program may take: without a persistent driver each card
	// is started for it, which takes seconds.
	limit = 90 * time.Second
	// maxAnswer bounds a program's output in bytes; eight cards take 300 KiB.
	maxAnswer = 16 << 20
)

// Read runs the vendors' programs. The cards of one are returned even if the
// other fails; the error joins all failures.
func Read(ctx context.Context, tools Tools) ([]Card, error) {
	var all []Card
	var failed []error
	for _, t := range []struct {
		argv  []string
		parse func([]byte) ([]Card, error)
	}{
		{[]string{tools.Nvidia, "-q", "-x"}, ParseNvidia},
		{[]string{tools.ROCm, "--showbus", "--showid", "--showuniqueid", "--showvbios", "--showmeminfo", "vram", "--showmaxpower", "--showdriverversion", "--json"}, ParseROCm},
	} {
		if t.argv[0] == "" {
			continue
		}
		out, err := child.Run(ctx, child.Program{Argv: t.argv, Limit: limit, MaxOutput: maxAnswer})
		if err != nil {
			failed = append(failed, err)
			continue
		}
		cards, err := t.parse(out)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", t.argv[0], err))
		}
		all = append(all, cards...)
	}
	if len(failed) > 0 {
		return all, fmt.Errorf("measure cards: %w", errors.Join(failed...))
	}
	return all, nil
}
