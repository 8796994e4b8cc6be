package testnet_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// patience bounds each wait: four validators and whatever else runs share the computer.
const patience = 2 * time.Minute

// market is a testnet with a machine that takes rentals.
type market struct {
	*testnet.Net
	t       *testing.T
	host    *secp256k1.PrivKey
	renter  *secp256k1.PrivKey
	machine string
	// sent is the height of the last transaction.
	sent int64
}

func newMarket(t *testing.T, cfg testnet.Config) *market {
	t.Helper()
	m := &market{t: t, host: secp256k1.GenPrivKeyFromSecret([]byte("host")), renter: secp256k1.GenPrivKeyFromSecret([]byte("renter"))}
	cfg.Dbcd = dbcd
	if cfg.Dir == "" {
		cfg.Dir = filepath.Join(t.TempDir(), "net")
	}
	cfg.Rich = append([]string{chain.Address(m.host.PubKey()), chain.Address(m.renter.PubKey())}, cfg.Rich...)
	ctx := m.ctx()
	var err error
	m.Net, err = testnet.New(ctx, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	require.NoError(t, m.Start(ctx))
	m.list()
	return m
}

func (m *market) ctx() context.Context {
	ctx, stop := context.WithTimeout(m.t.Context(), patience)
	m.t.Cleanup(stop)
	return ctx
}

// send sends a message through a validator and waits for its block. The
// validator may be behind the one that the last message went through, and then
// does not know the account's sequence yet.
func (m *market) send(through int, key *secp256k1.PrivKey, msg sdk.Msg) chain.TxResult {
	m.t.Helper()
	require.NoError(m.t, m.Validators[through].WaitHeight(m.ctx(), m.sent))
	result, err := m.Validators[through].Client.Broadcast(m.ctx(), chain.NewKeySigner(key), msg)
	require.NoError(m.t, err)
	m.sent = result.Height
	return result
}

// list bonds a machine of three slots and puts it online.
func (m *market) list() { m.machine = m.bond(7) }

// bond lists one more machine, whose key comes from a seed.
func (m *market) bond(seed byte) string {
	m.t.Helper()
	key := machineKey(seed)
	id := hex.EncodeToString(key.Public().(ed25519.PublicKey))
	host, expiry := chain.Address(m.host.PubKey()), time.Now().Add(30*time.Minute).Unix()
	facts := machine.Facts{
		CpuModel: "EPYC", CpuCores: 24, MemoryMib: 1 << 16, PortFirst: 5200, PortLast: 32767, KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM,
		Delivery: machine.DELIVERY_VM,
	}
	for slot := range 3 {
		facts.Slots = append(facts.Slots, machine.Slot{
			Kind: machine.SLOT_KIND_GPU, GpuType: "RTX 4090", GpuIds: []string{fmt.Sprintf("%d-%d", seed, slot)}, GpuCount: 1, VramMib: 24564,
		})
	}
	m.send(0, m.host, &machine.MsgBondMachines{Owner: host, Bonds: []machine.Bond{{
		MachineId: id, Operator: host, Payout: host, Facts: facts, PricePerDay: 24_000_000, BondSeq: 1, Expiry: expiry,
		Signature: ed25519.Sign(key, machine.BondText(testnet.ChainID, id, host, 1, expiry, facts)),
	}}})
	m.online(0, seed)
	return id
}

// online opens a machine for rentals.
func (m *market) online(through int, seed byte) chain.TxResult {
	m.t.Helper()
	key, expiry := machineKey(seed), time.Now().Add(30*time.Minute).Unix()
	id := hex.EncodeToString(key.Public().(ed25519.PublicKey))
	return m.send(through, m.host, &machine.MsgSetOnline{
		Operator: chain.Address(m.host.PubKey()), MachineId: id, Expiry: expiry,
		Signature: ed25519.Sign(key, machine.OnlineText(testnet.ChainID, id, 1, expiry)),
	})
}

func machineKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// rent opens a trial of one slot.
func (m *market) rent(through int) uint64 {
	m.t.Helper()
	result := m.send(through, m.renter, &rental.MsgRentMachine{
		Renter: chain.Address(m.renter.PubKey()), MachineId: m.machine, DurationSeconds: 7200, Slots: 1,
	})
	var reply rental.MsgRentMachineResponse
	require.NoError(m.t, result.Response(0, &reply))
	return reply.RentId
}

func (m *market) confirm(through int, id uint64) {
	m.t.Helper()
	m.send(through, m.renter, &rental.MsgConfirmRent{Renter: chain.Address(m.renter.PubKey()), RentId: id})
}

func (m *market) rental(from int, id uint64) rental.Rental {
	m.t.Helper()
	require.NoError(m.t, m.Validators[from].WaitHeight(m.ctx(), m.sent))
	r, err := m.Validators[from].Client.Rental(m.ctx(), id)
	require.NoError(m.t, err)
	return r
}

func (m *market) height(of int) int64 {
	m.t.Helper()
	head, err := m.Validators[of].Client.Head(m.ctx())
	require.NoError(m.t, err)
	return head.Height
}

// moreBlocks waits until a validator has some more.
func (m *market) moreBlocks(of int, n int64) int64 {
	m.t.Helper()
	height := m.height(of) + n
	require.NoError(m.t, m.Validators[of].WaitHeight(m.ctx(), height))
	return height
}

// agree checks that all validators have the same block at a height.
func (m *market) agree(height int64) {
	m.t.Helper()
	var first []byte
	for _, v := range m.Validators {
		require.NoError(m.t, v.WaitHeight(m.ctx(), height))
		block, err := v.Comet.Block(m.ctx(), &height)
		require.NoError(m.t, err)
		if first == nil {
			first = block.BlockID.Hash
		}
		require.Equal(m.t, first, []byte(block.BlockID.Hash), "validator %d at height %d", v.Number, height)
	}
}

// halted sums up the gaps between blocks that count as halts, after a height and up to another.
func (m *market) halted(after, to int64, least time.Duration) time.Duration {
	m.t.Helper()
	var sum time.Duration
	var last time.Time
	for height := after; height <= to; height++ {
		header, err := m.Validators[0].Comet.Header(m.ctx(), &height)
		require.NoError(m.t, err)
		if gap := header.Header.Time.Sub(last); !last.IsZero() && gap > least {
			sum += gap
		}
		last = header.Header.Time
	}
	return sum
}
