package app_test

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// TestFirstBlockIsNoHalt: the time between genesis and start precedes the
// second block of a new chain, and must not count as a halt.
func TestFirstBlockIsNoHalt(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.block(113 * time.Second)
	halted, err := c.app.Machine.Halted(c.ctx())
	require.NoError(t, err)
	require.Zero(t, halted)
	c.block(113 * time.Second)
	halted, err = c.app.Machine.Halted(c.ctx())
	require.NoError(t, err)
	require.Equal(t, 113*time.Second, halted, "the third may follow one")
}

// resumed starts a chain from another's export and returns the result of a
// message in its first block, whose time is the genesis time.
func (c *chain) resumed(from string, msg func(other *chain) sdk.Msg) (*chain, *abci.ExecTxResult) {
	c.t.Helper()
	exported, err := c.app.Export(false, nil)
	require.NoError(c.t, err)
	other := &chain{t: c.t, app: newApp(c.t), now: c.now, people: c.people, spent: c.spent}
	_, err = other.app.InitChain(&abci.RequestInitChain{
		ChainId: chainID, Time: c.now, InitialHeight: exported.Height, AppStateBytes: exported.AppState,
		ConsensusParams: simtestutil.DefaultConsensusParams,
	})
	require.NoError(c.t, err)
	other.height = exported.Height - 1
	tx := c.sign(from, msg(c), 0) // accounts are those of the export
	return other, other.block(0, tx)[0]
}

// TestFirstBlockAfterAnExport: nothing that measures time may start at the time
// of the export, and the time until the chain continues is a halt like any
// other.
func TestFirstBlockAfterAnExport(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.ok("alice", c.rent("alice", n, 1))
	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	c.ok("bob", c.rent("bob", n, 1))
	c.pass(20 * time.Minute)
	c.ok("owner", &rental.MsgClaimRent{Signer: c.address("owner"), RentIds: []uint64{1}})
	for name, test := range map[string]struct {
		from string
		msg  sdk.Msg
	}{
		"rent":      {"bob", c.rent("bob", n, 1)},
		"confirm":   {"bob", &rental.MsgConfirmRent{Renter: c.address("bob"), RentId: 2}},
		"relet":     {"alice", &rental.MsgReletMachine{Renter: c.address("alice"), RentId: 1, AddDurationSeconds: hours}},
		"leave":     {"alice", &rental.MsgLeaveRental{Renter: c.address("alice"), RentId: 1}},
		"challenge": {"bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id}},
	} {
		t.Run(name, func(t *testing.T) {
			other, result := c.resumed(test.from, func(*chain) sdk.Msg { return test.msg })
			require.NotZero(t, result.Code)
			require.Contains(t, result.Log, "carries the genesis time")
			other.block(25 * time.Minute)
			m, err := other.app.Machine.GetMachine(other.ctx(), n.id)
			require.NoError(t, err)
			require.Equal(t, machine.MACHINE_STATE_ONLINE, m.State)
			require.Equal(t, rental.RENTAL_STATE_TRIAL, other.state(2), "the trial has its time back")
			other.check()
		})
	}
}

// TestGenesisTimeBeforeTheState verifies that an import does not evaluate money
// at a time before the exported state.
func TestGenesisTimeBeforeTheState(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.ok("alice", c.rent("alice", n, 1))
	exported, err := c.app.Export(false, nil)
	require.NoError(t, err)
	last, err := c.app.LastBlockTime()
	require.NoError(t, err)
	require.Equal(t, c.now, last)
	for off, refused := range map[time.Duration]bool{-1: true, 0: false, time.Hour: false} {
		begin := func() {
			_, err := newApp(t).InitChain(&abci.RequestInitChain{
				ChainId: chainID, Time: c.now.Add(off), InitialHeight: exported.Height, AppStateBytes: exported.AppState,
				ConsensusParams: simtestutil.DefaultConsensusParams,
			})
			require.NoError(t, err)
		}
		checked := app.CheckGenesisTime(c.app.Codec, exported.AppState, c.now.Add(off))
		if refused {
			require.Panics(t, begin, "as the SDK refuses a genesis")
			require.ErrorContains(t, checked, "genesis_time")
			continue
		}
		begin()
		require.NoError(t, checked)
	}
}
