package metrics

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/books"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/vm"
)

// Sources provide the current state.
type Sources struct {
	Tasks func() ([]journal.Task, error)
	Word  func() trust.Word
	// Slots are the listed slots with real GPUs; nil for a machine without.
	Slots func(ctx context.Context) ([]host.Slot, error)
	// Health is what the node found out about itself; nil exports none of it.
	Health func() health.Report
	// Capacity is what the machine has for renters, Period that of the
	// reconcile loop.
	Capacity host.Capacity
	Period   time.Duration
	// Books are the machine's stake and earnings, Problem what is wrong with the chain;
	// nil exports nothing of it.
	Books   func() books.Sums
	Problem func() *api.Problem
	// Helper asks the helper of a node that has one, Resets counts the resets of cards in
	// this process; nil exports nothing of it.
	Helper func(ctx context.Context) (helper.Stats, error)
	Resets func() (done, failed uint64)
	// Confined reports whether a security driver of the kernel confines guests.
	Confined bool
	// Disks are the folders whose file systems are monitored, by label.
	Disks map[string]string
	// Now defaults to time.Now.
	Now func() time.Time
}

// always are exported at zero too, so that alerts can be written for them.
var always = []lifecycle.State{
	lifecycle.Creating, lifecycle.Running, lifecycle.Closed, lifecycle.Deleting, lifecycle.CreateError, lifecycle.StartError,
}

// slotStates are shown at zero too.
var slotStates = []vm.SlotState{vm.SlotReady, vm.SlotInUse, vm.SlotResetting, vm.SlotQuarantined, host.SlotMissing}

// slotLimit bounds the question after cards: a scrape does not wait for a helper.
const slotLimit = 5 * time.Second

func describe(subsystem, name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, subsystem, name), help, labels, nil)
}

var (
	descVMs       = describe("", "vms", "VMs by state, closed ones with kept disks among them.", "state")
	descReserved  = describe("", "reserved", "What VMs hold, by resource: cpus, memory_bytes, disk_bytes, slots, ports.", "resource")
	descCapacity  = describe("", "capacity", "What the machine has for renters, by resource.", "resource")
	descPeriod    = describe("reconcile", "period_seconds", "The period of the reconcile loop.")
	descConfined  = describe("guests", "confined", "1 where AppArmor or SELinux confines guests, else 0: then only users of their own do.")
	descHeight    = describe("chain", "height", "The height of the newest block that the node believes.")
	descAge       = describe("chain", "block_age_seconds", "How old that block is.")
	descTrusted   = describe("chain", "trusted", "1 while the node believes the chain, else 0: then it grants and destroys nothing.")
	descRentals   = describe("chain", "open_rentals", "Open rentals of this machine.")
	descSlots     = describe("", "card_slots", "Listed slots with real GPUs by state: ready, in_use, resetting, quarantined, missing.", "state")
	descCheck     = describe("doctor", "check", "Each check of dbc host doctor that the node makes of itself: 0 passed, 1 to look at, 2 failed.", "check")
	descExamined  = describe("doctor", "last_timestamp_seconds", "When the node last made them.")
	descDiskFree  = describe("disk", "free_bytes", "Room on a file system of the node.", "disk")
	descDiskTotal = describe("disk", "size_bytes", "Size of a file system of the node.", "disk")
)

// state queries the sources at every scrape: what can be derived is not
// counted.
type state struct{ sources Sources }

var _ prometheus.Collector = (*state)(nil)

// Describe sends every description.
func (s *state) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descVMs, descReserved, descCapacity, descPeriod, descConfined, descHeight, descAge, descTrusted, descRentals, descSlots, descCheck, descExamined, descDiskFree, descDiskTotal,
	} {
		to <- d
	}
}

// Collect sends the values. A source that fails is skipped and logged.
func (s *state) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(descPeriod, s.sources.Period.Seconds())
	confined := 0.0
	if s.sources.Confined {
		confined = 1
	}
	gauge(descConfined, confined)
	s.collectTasks(to, gauge)
	s.collectChain(gauge)
	s.collectSlots(to, gauge)
	s.collectHealth(gauge)
	for label, path := range s.sources.Disks {
		var fs syscall.Statfs_t
		if err := syscall.Statfs(path, &fs); err != nil {
			to <- prometheus.NewInvalidMetric(descDiskFree, fmt.Errorf("read the file system of %s: %w", label, err))
			continue
		}
		gauge(descDiskFree, float64(fs.Bavail)*float64(fs.Bsize), label)
		gauge(descDiskTotal, float64(fs.Blocks)*float64(fs.Bsize), label)
	}
}

type gauge func(d *prometheus.Desc, value float64, labels ...string)

func (s *state) collectTasks(to chan<- prometheus.Metric, gauge gauge) {
	tasks, err := s.sources.Tasks()
	if err != nil {
		to <- prometheus.NewInvalidMetric(descVMs, fmt.Errorf("read the journal: %w", err))
		return
	}
	byState := map[lifecycle.State]int{}
	for _, status := range always {
		byState[status] = 0
	}
	var held host.Amount
	var slots, ports int
	for _, t := range tasks {
		if t.Keep.LentTo == "" {
			byState[t.Progress.State]++
		}
		held.CPUs += t.Reserved.CPUs
		held.MemoryMiB += t.Reserved.MemoryMiB
		held.DiskGiB += t.Reserved.DiskGiB
		slots += len(t.Reserved.Slots)
		ports += len(t.Reserved.Ports)
	}
	for status, n := range byState {
		gauge(descVMs, float64(n), string(status))
	}
	amounts(gauge, descReserved, held, slots)
	gauge(descReserved, float64(ports), "ports")
	amounts(gauge, descCapacity, s.sources.Capacity.Amount, len(s.sources.Capacity.GPUs))
}

func (s *state) collectSlots(to chan<- prometheus.Metric, gauge gauge) {
	if s.sources.Slots == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), slotLimit)
	defer cancel()
	slots, err := s.sources.Slots(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(descSlots, fmt.Errorf("read the cards' states: %w", err))
		return
	}
	byState := map[vm.SlotState]int{}
	for _, state := range slotStates {
		byState[state] = 0
	}
	for _, slot := range slots {
		byState[slot.State]++
	}
	for state, n := range byState {
		gauge(descSlots, float64(n), string(state))
	}
}

// levels are the values of a check's gauge.
var levels = map[doctor.Level]float64{doctor.Pass: 0, doctor.Warn: 1, doctor.Fail: 2}

func (s *state) collectHealth(gauge gauge) {
	if s.sources.Health == nil {
		return
	}
	report := s.sources.Health()
	for check, level := range report.Worst() {
		gauge(descCheck, levels[level], string(check))
	}
	if !report.Examined.IsZero() {
		gauge(descExamined, float64(report.Examined.Unix()))
	}
}

func amounts(gauge gauge, d *prometheus.Desc, a host.Amount, slots int) {
	gauge(d, float64(a.CPUs), "cpus")
	gauge(d, float64(a.MemoryMiB)*(1<<20), "memory_bytes")
	gauge(d, float64(a.DiskGiB)*(1<<30), "disk_bytes")
	gauge(d, float64(slots), "slots")
}

func (s *state) collectChain(gauge gauge) {
	now := time.Now
	if s.sources.Now != nil {
		now = s.sources.Now
	}
	word := s.sources.Word()
	trusted := 1.0
	if word.Doubt != nil {
		trusted = 0
	}
	gauge(descTrusted, trusted)
	gauge(descHeight, float64(word.Height))
	gauge(descRentals, float64(len(word.Open)))
	if !word.Time.IsZero() { // nothing has been trusted yet
		gauge(descAge, now().Sub(word.Time).Seconds())
	}
}
