package app_test

import (
	"strconv"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

func values(t *testing.T, codespace string, code uint32, gotSpace string, got uint32, log string) map[string]string {
	t.Helper()
	require.Equal(t, []any{codespace, code}, []any{gotSpace, got}, log)
	_, found := detail.Read(log)
	require.NotNil(t, found, log)
	return found
}

// TestRefusalsCarryValues verifies on the whole application that a program learns from a
// transaction, a check and a query what the sentence says.
func TestRefusalsCarryValues(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.welcome("poor", 3*dbc)

	t.Log("a cooldown's end")
	c.ok("alice", c.rent("alice", n, 1))
	c.ok("alice", &rental.MsgCancelRent{Renter: c.address("alice"), RentId: 1, Cause: rental.CAUSE_NOT_READY})
	end := c.now.Add(rental.DefaultParams().TrialCooldown)
	result := c.send("alice", c.rent("alice", n, 1))
	at, err := time.Parse(time.RFC3339, values(t, "rental", 10, result.Codespace, result.Code, result.Log)["retry_at"])
	require.NoError(t, err)
	require.True(t, at.Equal(end), "%s, not %s", at, end)

	t.Log("what a renter lacks")
	result = c.send("poor", c.rent("poor", n, 1))
	said := values(t, "rental", 8, result.Codespace, result.Code, result.Log)
	require.Equal(t, sum(t, said["balance"], said["missing"]), said["needed"])

	t.Log("what the sender of a transfer lacks")
	result = c.send("poor", &banktypes.MsgSend{FromAddress: c.address("poor"), ToAddress: c.address("alice"), Amount: udbc(5 * dbc)})
	said = values(t, "sdk", 5, result.Codespace, result.Code, result.Log)
	require.Equal(t, strconv.FormatUint(5*dbc, 10), said["needed"])
	require.Equal(t, sum(t, said["balance"], said["missing"]), said["needed"])

	t.Log("what the payer of a fee lacks")
	send := &banktypes.MsgSend{FromAddress: c.address("poor"), ToAddress: c.address("alice"), Amount: udbc(1)}
	check := c.checkTx(c.signed("poor", 1_000_000, 50*dbc, send))
	said = values(t, "sdk", 5, check.Codespace, check.Code, check.Log)
	require.Equal(t, strconv.FormatUint(50*dbc, 10), said["needed"])

	t.Log("the sequence that is expected")
	check = c.checkTx(c.sign("poor", send, 7))
	said = values(t, "sdk", 32, check.Codespace, check.Code, check.Log)
	require.Equal(t, sum(t, said["expected"], "7"), said["sequence"])

	t.Log("a query")
	query := rental.QueryQuoteRequest{MachineId: n.id, DurationSeconds: 1}
	raw, err := query.Marshal()
	require.NoError(t, err)
	reply, err := c.app.Query(t.Context(), &abci.RequestQuery{Path: "/dbc.rental.v1.Query/Quote", Data: raw})
	require.NoError(t, err)
	_, found := detail.Read(reply.Log)
	require.Equal(t, map[string]string{"min_seconds": "3600", "max_seconds": "5184000", "unit_seconds": "1800"}, found, reply.Log)

	t.Log("a stake")
	result = c.send("poor", &machine.MsgAddStake{Sender: c.address("poor"), MachineId: n.id, Amount: 9 * dbc})
	said = values(t, "sdk", 5, result.Codespace, result.Code, result.Log)
	require.Equal(t, strconv.FormatUint(9*dbc, 10), said["needed"])
}

func sum(t *testing.T, texts ...string) string {
	t.Helper()
	var total uint64
	for _, text := range texts {
		n, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		total += n
	}
	return strconv.FormatUint(total, 10)
}
