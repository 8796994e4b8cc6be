package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/dbc-network/dbc/app"
)

// TestASimulationCostsNoMoreThanATransaction: a simulation is neither paid for
// nor signed, and any page may request one, so it must end where a transaction
// in a block would.
func TestASimulationCostsNoMoreThanATransaction(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	validators, err := c.app.Staking.GetAllValidators(c.ctx())
	require.NoError(t, err)
	var msgs []sdk.Msg
	for range 1100 {
		msgs = append(msgs, &stakingtypes.MsgDelegate{
			DelegatorAddress: c.address("alice"), ValidatorAddress: validators[0].OperatorAddress, Amount: udbc(1)[0],
		})
	}
	tx := c.signed("alice", 0, 0, msgs...)
	require.LessOrEqual(t, len(tx), app.MaxTxBytes)
	began := time.Now()
	info, _, err := c.app.Simulate(tx)
	took := time.Since(began)
	most := uint64(c.app.GetConsensusParams(c.ctx()).Block.MaxGas) / 2
	t.Logf("%d bytes, %d gas of at most %d, %v: %v", len(tx), info.GasUsed, most, took, err)
	require.LessOrEqual(t, info.GasUsed, most+most/10)
	require.ErrorContains(t, err, "out of gas")
}
