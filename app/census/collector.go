package census

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const namespace = "dbc"

func describe(subsystem, name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, subsystem, name), help, labels, nil)
}

var (
	descMachines   = describe("market", "machines", "Bonded machines by state: bonded, online, offline, retired.", "state")
	descSlots      = describe("market", "slots", "Slots of machines that are not retired.")
	descRented     = describe("market", "slots_rented", "Those of them that rentals hold.")
	descOutOf      = describe("market", "slots_out_of_service", "Those of them that their operators took out of service.")
	descRentals    = describe("market", "rentals", "Stored rentals by the state at the block's time; those that were over long ago are forgotten.", "state")
	descEscrow     = describe("market", "escrow_udbc", "What the escrow of rentals holds: rents, fees and held penalties.")
	descStake      = describe("market", "stake_udbc", "Stakes of machines.")
	descDeposits   = describe("market", "challenge_deposits_udbc", "Deposits of challenges that are not closed.")
	descHeld       = describe("market", "held_penalties", "Broken rentals with a penalty that is held until the unbonding time has passed.")
	descHeldUdbc   = describe("market", "held_penalties_udbc", "Those penalties.")
	descChallenges = describe("market", "challenges", "Challenges that are not closed.")
	descDue        = describe("market", "due", "What is past its time and not settled yet, by queue: trials, ends, penalties, verdicts, challenges.", "queue")
	descFailed     = describe("market", "failed", "What could not be settled, by kind: rentals, challenges. Each is tried again, unless it is parked.", "kind")
	descParked     = describe("market", "parked_rentals", "Rentals that failed ten times: no block tries them again.")
	descHalts      = describe("market", "halts", "Spans without blocks that were counted as halts of the chain.")
	descHalted     = describe("market", "halted_seconds", "The sum of those spans: by so much deadlines moved.")
	descHeight     = describe("census", "height", "The height whose state was counted.")
	descTook       = describe("census", "duration_seconds", "How long counting it took.")
	descTaken      = describe("census", "last_timestamp_seconds", "When it was counted.")
	descFailures   = describe("census", "failures_total", "Counts that failed.")
)

var (
	_ prometheus.Collector = (*Census)(nil)

	machineStates = []machine.MachineState{
		machine.MACHINE_STATE_BONDED, machine.MACHINE_STATE_ONLINE, machine.MACHINE_STATE_OFFLINE, machine.MACHINE_STATE_RETIRED,
	}
	rentalStates = []rental.RentalState{
		rental.RENTAL_STATE_TRIAL, rental.RENTAL_STATE_ACTIVE, rental.RENTAL_STATE_REFUNDED, rental.RENTAL_STATE_ENDED, rental.RENTAL_STATE_BROKEN,
	}
)

// Describe sends every description.
func (c *Census) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descMachines, descSlots, descRented, descOutOf, descRentals, descEscrow, descStake, descDeposits, descHeld, descHeldUdbc, descChallenges,
		descDue, descFailed, descParked, descHalts, descHalted, descHeight, descTook, descTaken, descFailures,
	} {
		to <- d
	}
}

// Collect sends the newest counts. It reads no state: a scrape costs a copy of numbers.
func (c *Census) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	counts, took, taken, failures := c.counts, c.took, c.taken, c.failures
	c.mu.Unlock()
	to <- prometheus.MustNewConstMetric(descFailures, prometheus.CounterValue, float64(failures))
	if counts == nil {
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(descHeight, float64(counts.Height))
	gauge(descTook, took.Seconds())
	gauge(descTaken, float64(taken.UnixMilli())/1000)
	counts.collectMachines(gauge)
	counts.collectRentals(gauge)
}

type gauge func(d *prometheus.Desc, value float64, labels ...string)

func (c *Counts) collectMachines(gauge gauge) {
	m := c.Machines
	for _, state := range machineStates {
		gauge(descMachines, float64(m.Machines[state]), state.Word())
	}
	gauge(descSlots, float64(m.Slots))
	gauge(descRented, float64(m.Rented))
	gauge(descOutOf, float64(m.OutOfService))
	gauge(descStake, float64(m.Stake))
	gauge(descDeposits, float64(m.Deposits))
	gauge(descChallenges, float64(m.Challenges))
	gauge(descDue, float64(m.DueChallenges), "challenges")
	gauge(descFailed, float64(m.FailedChallenges), "challenges")
	gauge(descHalts, float64(m.Halts))
	gauge(descHalted, m.Halted.Seconds())
}

func (c *Counts) collectRentals(gauge gauge) {
	r := c.Rentals
	for _, state := range rentalStates {
		gauge(descRentals, float64(r.Rentals[state]), strings.ToLower(strings.TrimPrefix(state.String(), "RENTAL_STATE_")))
	}
	gauge(descEscrow, float64(c.Escrow))
	gauge(descHeld, float64(r.Held))
	gauge(descHeldUdbc, float64(r.HeldPenalties))
	gauge(descDue, float64(r.DueTrials), "trials")
	gauge(descDue, float64(r.DueEnds), "ends")
	gauge(descDue, float64(r.DuePenalties), "penalties")
	gauge(descDue, float64(r.Verdicts), "verdicts")
	gauge(descFailed, float64(r.Failed), "rentals")
	gauge(descParked, float64(r.Parked))
}
