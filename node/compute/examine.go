package compute

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/x/machine"
)

// The checks that need a node's configuration and the chain, in addition to the
// computer's.
const (
	CheckChain   doctor.Check = "chain"
	CheckClock   doctor.Check = "clock"
	CheckListing doctor.Check = "listing"
	CheckImages  doctor.Check = "images"
	CheckDisk    doctor.Check = "disk_room"
)

// Checks are all of them.
var Checks = []doctor.Check{CheckChain, CheckClock, CheckListing, CheckImages, CheckDisk}

const (
	// maxBehind is how far the clock may be behind the newest block: requests and
	// blocks are refused by their time.
	maxBehind = 30 * time.Second
	// leastRoom is the part of the data disk, in percent, that should be free.
	leastRoom = 5
	// headLimit bounds the query for the newest block.
	headLimit = 10 * time.Second
)

// Seen is what a node's checks are based on.
type Seen struct {
	Head chain.Head
	// HeadErr is why there is no Head, Problem what is wrong with the chain.
	HeadErr error
	Problem *api.Problem
	Now     time.Time
	// Unsynced reports that nothing keeps the clock right.
	Unsynced bool
	// Listed are the machine's facts on the chain, nil if it is not bonded; Differences
	// are this computer's, and Reached reports whether the machine can be reached.
	Listed      *machine.Facts
	Differences []listing.Difference
	Reached     bool
	// Images counts the usable ones, Faults are the others.
	Images int
	Faults []image.Fault
	// DiskGiB is the size of the data disk's file system, FreeGiB its free space.
	DiskGiB, FreeGiB uint64
}

// Look reads what a node's checks are based on, except the listing.
func Look(ctx context.Context, cfg conf.Compute, c *chain.Client, images *image.Store) (Seen, error) {
	seen := Seen{Now: time.Now()}
	asked, cancel := context.WithTimeout(ctx, headLimit)
	seen.Head, seen.HeadErr = c.Head(asked)
	cancel()
	state, err := unix.Adjtimex(&unix.Timex{})
	seen.Unsynced = err == nil && state == unix.TIME_ERROR
	list, err := images.List(ctx)
	if err != nil {
		return Seen{}, err
	}
	seen.Images = len(list)
	if seen.Faults, err = images.Faults(ctx); err != nil {
		return Seen{}, err
	}
	data, err := existing(cfg.DataDir)
	if err != nil {
		return Seen{}, err
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(data, &fs); err != nil {
		return Seen{}, fmt.Errorf("read the file system of %s: %w", data, err)
	}
	seen.DiskGiB, seen.FreeGiB = fs.Blocks*uint64(fs.Bsize)>>30, fs.Bavail*uint64(fs.Bsize)>>30
	return seen, nil
}

// Findings judges what was read.
func (s Seen) Findings() []doctor.Finding {
	var all []doctor.Finding
	for _, check := range Checks {
		list := map[doctor.Check]func() []doctor.Finding{
			CheckChain: s.ofChain, CheckClock: s.ofClock, CheckListing: s.ofListing, CheckImages: s.ofImages, CheckDisk: s.ofDisk,
		}[check]()
		for i := range list {
			list[i].Check = check
		}
		if len(list) == 0 {
			list = []doctor.Finding{{Check: check, Level: doctor.Pass}}
		}
		all = append(all, list...)
	}
	return all
}

func finding(level doctor.Level, read map[string]string) []doctor.Finding {
	return []doctor.Finding{{Level: level, Read: read}}
}

func (s Seen) ofChain() []doctor.Finding {
	switch {
	case s.HeadErr != nil:
		return finding(doctor.Fail, map[string]string{"code": string(api.ProblemUnreachable), "error": s.HeadErr.Error()})
	case s.Problem != nil:
		return finding(doctor.Fail, map[string]string{"code": string(s.Problem.Code), "problem": s.Problem.String()})
	}
	return finding(doctor.Pass, map[string]string{"height": strconv.FormatInt(s.Head.Height, 10)})
}

// ofClock compares with the newest block's time, which validators agree on. An
// old block says nothing: the chain may have halted.
func (s Seen) ofClock() []doctor.Finding {
	if behind := s.Head.Time.Sub(s.Now); s.HeadErr == nil && behind > maxBehind {
		return finding(doctor.Fail, map[string]string{"behind": behind.Round(time.Second).String()})
	}
	if s.Unsynced {
		return finding(doctor.Warn, map[string]string{"synchronized": "no"})
	}
	return nil
}

func (s Seen) ofListing() (list []doctor.Finding) {
	if s.Listed == nil {
		return finding(doctor.Pass, map[string]string{"bonded": "no"})
	}
	refused := map[listing.DifferenceCode]bool{}
	for _, d := range listing.Refused(s.Differences, s.Reached) {
		refused[d.Code] = true
	}
	for _, d := range s.Differences {
		level := doctor.Warn
		if refused[d.Code] || d.Code == listing.Unmeasured {
			level = doctor.Fail
		}
		read := map[string]string{"code": string(d.Code)}
		maps.Copy(read, d.Params)
		list = append(list, finding(level, read)...)
	}
	return list
}

func (s Seen) ofImages() (list []doctor.Finding) {
	if s.Images == 0 {
		list = finding(doctor.Fail, map[string]string{"images": "0"})
	}
	for _, f := range s.Faults {
		list = append(list, finding(doctor.Warn, map[string]string{"image": f.Name, "reason": f.Reason})...)
	}
	if len(list) == 0 {
		return finding(doctor.Pass, map[string]string{"images": strconv.Itoa(s.Images)})
	}
	return list
}

func (s Seen) ofDisk() []doctor.Finding {
	read := map[string]string{"disk_gib": strconv.FormatUint(s.DiskGiB, 10), "free_gib": strconv.FormatUint(s.FreeGiB, 10)}
	switch {
	case s.Listed != nil && s.DiskGiB < s.Listed.DataDiskGib:
		read["listed_gib"] = strconv.FormatUint(s.Listed.DataDiskGib, 10)
		return finding(doctor.Fail, read)
	case s.FreeGiB*100 < s.DiskGiB*leastRoom:
		return finding(doctor.Warn, read)
	}
	return finding(doctor.Pass, read)
}

// ownChecks returns the checks of the computer that a node makes: without cards it need
// not be able to pass any through, and with emulated guests it need not be able to run
// others.
func ownChecks(cards, emulation bool) []doctor.Check {
	return slices.DeleteFunc(slices.Clone(doctor.Unprivileged), func(c doctor.Check) bool {
		return !cards && slices.Contains([]doctor.Check{doctor.CheckIOMMU, doctor.CheckGPUs, doctor.CheckFirmware}, c) ||
			emulation && c == doctor.CheckVirtualization
	})
}

// examine makes the checks that a running node can make itself: without
// privileges it sees neither devices nor other processes.
func (p *parts) examine(ctx context.Context) ([]doctor.Finding, error) {
	cards, err := kept(p.cfg)
	if err != nil {
		return nil, err
	}
	offers := len(cards.Slots) > 0 || p.facts.Slots[0].Kind == machine.SLOT_KIND_GPU
	report, err := doctor.Examine(root(p.cfg), doctor.Options{Checks: ownChecks(offers, p.cfg.TestEmulation)})
	if err != nil {
		return nil, err
	}
	seen, err := Look(ctx, p.cfg, p.chain, p.images)
	if err != nil {
		return nil, err
	}
	seen.Problem = p.pulse.Problem()
	if seen.Listed, seen.Differences, seen.Reached, err = p.compareListing(ctx); err != nil {
		return nil, err
	}
	return append(report.Findings, seen.Findings()...), nil
}

// HealthPath returns the file of what the node finds out about itself.
func HealthPath(c conf.Compute) string { return filepath.Join(c.StateDir(), health.Name) }
