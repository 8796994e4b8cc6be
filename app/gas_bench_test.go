package app_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// crowdedMarket is a machine with rentals in all of its 64 slots, which end in
// two hours.
func crowdedMarket(b *testing.B) (*chain, node) {
	b.Helper()
	n := newNode(1)
	c := newChainWith(b, func(state map[string]json.RawMessage, c *chain) {
		gs := rental.DefaultGenesis()
		gs.Params.MaxDuePerBlock = 1 // exclude the end block from what is measured
		state[rental.ModuleName] = c.app.Codec.MustMarshalJSON(gs)
	})
	bond := n.bond(c)
	facts := &bond.Bonds[0].Facts
	for i := len(facts.Slots); i < 64; i++ {
		slot := facts.Slots[0]
		slot.GpuIds = []string{fmt.Sprint("more", i)}
		facts.Slots = append(facts.Slots, slot)
	}
	bond.Bonds[0].Signature = ed25519.Sign(n.key, machine.BondText(chainID, n.id, bond.Owner, 1, bond.Bonds[0].Expiry, *facts))
	c.ok("owner", bond)
	c.ok("operator", n.online(c))
	for i := range 64 {
		name := fmt.Sprint("renter", i%16)
		if i < 16 {
			c.people[name] = secp256k1.GenPrivKeyFromSecret([]byte(name))
			c.ok("alice", payTo(c.address("alice"), c.address(name), 1_000*dbc))
		}
		rent := c.rent(name, n, 1)
		rent.MaxTotal = 0
		c.ok(name, rent)
		c.ok(name, &rental.MsgConfirmRent{Renter: c.address(name), RentId: uint64(i + 1)})
	}
	return c, n
}

func payTo(from, to string, amount uint64) sdk.Msg {
	return &banktypes.MsgSend{FromAddress: from, ToAddress: to, Amount: udbc(amount)}
}

// nsPerGas returns the time that a node takes per unit of gas, for a block in
// which each sender sends one transaction with the message.
func nsPerGas(b *testing.B, c *chain, at time.Duration, msgs map[string]sdk.Msg, want func(*abci.ExecTxResult)) float64 {
	b.Helper()
	var txs [][]byte
	for name, msg := range msgs {
		txs = append(txs, c.signed(name, 50_000_000, 500_000, msg))
	}
	began := time.Now()
	c.block(at)
	empty := time.Since(began)
	began = time.Now()
	results := c.block(time.Second, txs...)
	took := time.Since(began) - empty
	var gas int64
	for _, r := range results {
		want(r)
		gas += r.GasUsed
	}
	return float64(took.Nanoseconds()) / float64(gas)
}

// BenchmarkGas compares the time per unit of gas of messages that have
// something to settle with that of bank sends in the same run.
func BenchmarkGas(b *testing.B) {
	ok := func(r *abci.ExecTxResult) { require.Zero(b, r.Code, r.Log) }
	refused := func(r *abci.ExecTxResult) { require.NotZero(b, r.Code) }
	for b.Loop() {
		c, n := crowdedMarket(b)
		c.pass(2*time.Hour - c.now.Sub(c.stored(1).Start) - 20*time.Second)
		sends, late, claims, rents := map[string]sdk.Msg{}, map[string]sdk.Msg{}, map[string]sdk.Msg{}, map[string]sdk.Msg{}
		for i := range 16 {
			name := fmt.Sprint("renter", i)
			sends[name] = payTo(c.address(name), c.address("bob"), 1)
			late[name] = &rental.MsgReletMachine{Renter: c.address(name), RentId: uint64(i + 1), AddDurationSeconds: hours}
		}
		var ids []uint64
		for i := range 64 {
			ids = append(ids, uint64(i+1))
		}
		claims["owner"] = &rental.MsgClaimRent{Signer: c.address("owner"), RentIds: ids}
		rents["bob"] = &rental.MsgRentMachine{Renter: c.address("bob"), MachineId: n.id, DurationSeconds: hours, Slots: 4}
		send := nsPerGas(b, c, time.Second, sends, ok)
		claim := nsPerGas(b, c, time.Second, claims, ok)
		refusal := nsPerGas(b, c, time.Minute, late, refused)
		rent := nsPerGas(b, c, time.Second, rents, ok)
		claimDue := nsPerGas(b, c, time.Second, claims, ok)
		for name, v := range map[string]float64{"claim": claim, "refused": refusal, "rent": rent, "claim-due": claimDue} {
			b.ReportMetric(v/send, name+"/send")
		}
		b.ReportMetric(send, "ns/gas-of-send")
	}
}
