package lost

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/machine"
)

// TestLostRentals: a rental fills its machine, so that a quote would be refused
// when the command is repeated.
func TestLostRentals(t *testing.T) {
	w := newWorld(t)
	id := w.list()
	before := w.balance(w.from)
	c := w.command(w.home, "rent", id, "2h", "--json")
	w.with(killer(true, func() { _ = c.Process.Signal(syscall.SIGINT) }))
	w.want(5, c)
	hash := w.lost(c)
	w.with(nil)
	c = w.command(w.home, "rent", id, "2h", "--json")
	w.want(0, c)
	var rented struct {
		RentID uint64 `json:"rent_id"`
		Total  uint64 `json:"total_udbc"`
		Gas    uint64 `json:"gas_udbc"`
		Hash   string `json:"tx_hash"`
	}
	w.decode(c, &rented)
	if rented.Hash != hash || rented.RentID != 1 || !strings.Contains(c.errOut.String(), "nothing was sent now") {
		t.Errorf("%s%s", &c.out, &c.errOut)
	}
	w.spent(before, rented.Total+rented.Gas)
	w.want(3, w.command(w.home, "rent", id, "2h", "--json")) // it is full

	confirm := w.command(w.home, "confirm", "1")
	w.want(0, confirm)
	before = w.balance(w.from)
	c = w.command(w.home, "relet", "1", "1h", "--json")
	w.with(killer(true, func() { _ = c.Process.Kill() }))
	w.want(-1, c)
	w.with(nil)
	c = w.command(w.home, "relet", "1", "1h", "--json")
	w.want(0, c)
	var renewed struct {
		Rent uint64 `json:"rent_udbc"`
		Gas  uint64 `json:"gas_udbc"`
	}
	w.decode(c, &renewed)
	if renewed.Rent == 0 {
		t.Errorf("%s", &c.out)
	}
	w.spent(before, renewed.Rent+renewed.Gas)
}

func (w *world) decode(c *command, into any) {
	w.t.Helper()
	if err := json.Unmarshal(c.out.Bytes(), into); err != nil {
		w.t.Fatalf("%s: %v", &c.out, err)
	}
}

// list puts a machine with one slot on the market, whose host has some of the
// payer's coins.
func (w *world) list() string {
	w.t.Helper()
	v, host := w.net.Validators[0], secp256k1.GenPrivKey()
	owner := chain.Address(host.PubKey())
	w.broadcast(v.Signer, &banktypes.MsgSend{
		FromAddress: v.Address, ToAddress: owner, Amount: sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 100_000_000_000)),
	})
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	id, expiry := hex.EncodeToString(key.Public().(ed25519.PublicKey)), time.Now().Add(30*time.Minute).Unix()
	facts := machine.Facts{
		CpuModel: "EPYC", CpuCores: 24, MemoryMib: 1 << 16, PortFirst: 5200, PortLast: 32767, KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM,
		Delivery: machine.DELIVERY_VM, Slots: []machine.Slot{
			{Kind: machine.SLOT_KIND_GPU, GpuType: "RTX 4090", GpuIds: []string{"a"}, GpuCount: 1, VramMib: 24564},
		},
	}
	w.broadcast(chain.NewKeySigner(host), &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{{
		MachineId: id, Operator: owner, Payout: owner, Facts: facts, PricePerDay: 24_000_000, BondSeq: 1, Expiry: expiry,
		Signature: ed25519.Sign(key, machine.BondText(testnet.ChainID, id, owner, 1, expiry, facts)),
	}}})
	w.broadcast(chain.NewKeySigner(host), &machine.MsgSetOnline{
		Operator: owner, MachineId: id, Expiry: expiry, Signature: ed25519.Sign(key, machine.OnlineText(testnet.ChainID, id, 1, expiry)),
	})
	return id
}

func (w *world) broadcast(signer chain.Signer, msg sdk.Msg) {
	w.t.Helper()
	if _, err := w.net.Validators[0].Client.Broadcast(w.ctx(), signer, msg); err != nil {
		w.t.Fatal(err)
	}
}
