package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// moments are states of a chain with operations in progress.
var moments = map[string]func(t *testing.T) (*chain, node){
	"in a trial": func(t *testing.T) (*chain, node) {
		c, n := market(t)
		c.ok("alice", c.rent("alice", n, 2))
		c.pass(10 * time.Minute)
		return c, n
	},
	"in a challenge, with a trial and a rental": func(t *testing.T) (*chain, node) {
		c, n := market(t)
		c.ok("alice", c.rent("alice", n, 1))
		c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
		c.ok("bob", c.rent("bob", n, 1))
		c.ok("bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id})
		c.pass(4 * time.Minute)
		return c, n
	},
	"over, and waiting for a challenge": func(t *testing.T) (*chain, node) {
		c, n := market(t)
		c.ok("alice", c.rent("alice", n, 1))
		c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
		c.pass(time.Hour)
		c.ok("bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id})
		c.pass(time.Minute)
		c.ok("owner", &rental.MsgBreakRental{Signer: c.address("owner"), RentId: 1})
		require.False(t, c.stored(1).Settled())
		return c, n
	},
	"after a halt in a trial and a challenge": func(t *testing.T) (*chain, node) {
		c, n := market(t)
		c.ok("alice", c.rent("alice", n, 1))
		c.ok("bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id})
		c.pass(9 * time.Minute)
		c.block(time.Hour)
		require.Equal(t, rental.RENTAL_STATE_TRIAL, c.state(1))
		return c, n
	},
	"in an outage": func(t *testing.T) (*chain, node) {
		c, n := market(t)
		c.ok("alice", c.rent("alice", n, 1))
		c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
		c.pass(20 * time.Minute)
		c.ok("operator", &machine.MsgSetOffline{Operator: c.address("operator"), MachineId: n.id})
		c.block(30 * time.Minute)
		return c, n
	},
	"while due rentals are carried over": func(t *testing.T) (*chain, node) {
		c, n := crowded(t)
		var txs [][]byte
		for i := range 3 {
			txs = append(txs, c.sign("alice", c.rent("alice", n, 1), uint64(i)))
		}
		c.block(time.Second, txs...)
		c.pass(c.stored(3).Deadline.Sub(c.now))
		require.Equal(t, rental.RENTAL_STATE_TRIAL, c.state(3), "two are carried over")
		return c, n
	},
}

// TestExportedAnywhereGoesOnAlike verifies that a chain started from an export,
// taken in the middle of any operation, reaches the same final state after the
// same blocks, down to each udbc and transition.
func TestExportedAnywhereGoesOnAlike(t *testing.T) {
	t.Parallel()
	for name, moment := range moments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, n := moment(t)
			exported, err := c.app.Export(false, nil)
			require.NoError(t, err)
			other := &chain{t: t, app: newApp(t), now: c.now, people: c.people, spent: c.spent}
			other.init(exported.AppState, exported.Height)
			c.block(0) // like the other chain's first block
			for range 4 {
				require.Equal(t, c.snapshot(), other.snapshot())
				c.goOn(n)
				other.goOn(n)
			}
			require.Equal(t, c.snapshot(), other.snapshot())
			require.Zero(t, c.moduleHolds(rental.ModuleName), "all is over")
		})
	}
}

// goOn runs some activity: accepted and refused messages, passing time, and a
// halt.
func (c *chain) goOn(n node) {
	c.t.Helper()
	first := c.stored(1)
	c.send("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	c.send("operator", n.online(c))
	c.send("bob", c.rent("bob", n, 1))
	c.pass(7 * time.Minute)
	c.send("operator", &rental.MsgClaimRent{Signer: c.address("operator"), RentIds: []uint64{1}})
	c.block(20 * time.Minute) // a halt
	c.check()
	c.pass(max(time.Minute, first.End.Sub(c.now)))
	c.pass(40 * time.Minute)
	c.check()
}
