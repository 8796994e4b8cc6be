package app_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

func newKey(name string) *secp256k1.PrivKey { return secp256k1.GenPrivKeyFromSecret([]byte(name)) }

// world is a chain with something to refuse.
type world struct {
	*chain
	// shared has one of three slots free; each of the others is in the state it
	// is named after.
	shared, bonded, offline, draining, retired, challenged, whole node

	active, trial, ended, cancelled uint64
	challenge, challengeHeight      uint64
}

// refusal is a message that the chain must refuse with certain words: field,
// value, limit.
type refusal struct {
	name  string
	from  string
	msg   sdk.Msg
	words []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{chain: newChain(t)}
	for i, n := range []*node{&w.shared, &w.bonded, &w.offline, &w.draining, &w.retired, &w.challenged, &w.whole} {
		*n = newNode(byte(i + 1))
		w.ok("owner", n.bond(w.chain))
	}
	for _, n := range []node{w.shared, w.offline, w.draining, w.challenged, w.whole} {
		w.ok("operator", n.online(w.chain))
	}
	w.welcome("carol", 1000*dbc)
	w.welcome("poor", dbc)

	w.ok("alice", w.rent("alice", w.whole, 1))
	w.ok("alice", &rental.MsgConfirmRent{Renter: w.address("alice"), RentId: 1})
	w.pass(2*time.Hour + time.Second)
	require.Equal(t, rental.RENTAL_STATE_ENDED, w.state(1))

	w.ok("operator", &machine.MsgSetOffline{Operator: w.address("operator"), MachineId: w.offline.id})
	from := w.now.Add(24*time.Hour + time.Minute)
	w.ok("operator", &machine.MsgDrain{Operator: w.address("operator"), MachineIds: []string{w.draining.id}, From: &from})
	w.ok("owner", &machine.MsgRetire{Owner: w.address("owner"), MachineId: w.retired.id})
	w.ok("alice", w.rent("alice", w.shared, 1))
	w.ok("alice", &rental.MsgConfirmRent{Renter: w.address("alice"), RentId: 2})
	w.ok("bob", w.rent("bob", w.shared, 1))
	w.ok("carol", w.rent("carol", w.shared, 1))
	w.ok("carol", &rental.MsgCancelRent{Renter: w.address("carol"), RentId: 4})
	w.ended, w.active, w.trial, w.cancelled = 1, 2, 3, 4
	w.ok("bob", &machine.MsgChallenge{Challenger: w.address("bob"), MachineId: w.challenged.id})
	m, err := w.app.Machine.GetMachine(w.ctx(), w.challenged.id)
	require.NoError(t, err)
	w.challenge, w.challengeHeight = m.OpenChallenges[0], uint64(w.height)
	return w
}

// asking returns a message to rent that would be accepted if edit did not
// change it.
func (w *world) asking(from string, n node, edit func(*rental.MsgRentMachine)) *rental.MsgRentMachine {
	msg := w.rent(from, n, 1)
	if edit != nil {
		edit(msg)
	}
	return msg
}

func (w *world) rents() []refusal {
	return []refusal{
		{"more slots than are free", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.Slots, m.MaxTotal = 2, 0 }), []string{"2 slots", "1 of 3 are free"}},
		{"more slots than there are", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.Slots = 4 }), []string{"slots is 4", "has 3"}},
		{"the whole of a machine in use", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.Slots, m.MaxTotal = 0, 0 }), []string{"3 slots"}},
		{"bonded machine", "bob", w.asking("bob", w.bonded, nil), []string{w.bonded.id, "bonded", "online"}},
		{"offline machine", "bob", w.asking("bob", w.offline, nil), []string{w.offline.id, "offline"}},
		{"retired machine", "bob", w.asking("bob", w.retired, nil), []string{w.retired.id, "retired"}},
		{"unknown machine", "bob", w.asking("bob", newNode(99), nil), []string{newNode(99).id, "no such machine"}},
		{"draining machine", "bob", w.asking("bob", w.draining, func(m *rental.MsgRentMachine) { m.DurationSeconds, m.MaxTotal = 25*hours, 0 }), []string{"drains from"}},
		{"no duration", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.DurationSeconds = 0 }), []string{"duration_seconds is 0", "3600 to 5184000"}},
		{"off unit", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.DurationSeconds = hours + 1 }), []string{"3601", "multiple of 1800", "3600 or 5400"}},
		{"too short", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.DurationSeconds = hours / 2 }), []string{"1800", "least is 3600"}},
		{"too long", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.DurationSeconds = 60*24*hours + hours/2 }), []string{"5185800", "5184000"}},
		{"longer than time", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.DurationSeconds = 1 << 63 }), []string{"9223372036854775808"}},
		{"stale listing", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.ListingVersion = 7 }), []string{"listing_version is 7", "at 1"}},
		{"above max_total", "bob", w.asking("bob", w.shared, func(m *rental.MsgRentMachine) { m.MaxTotal = 12*dbc - 1 }), []string{"max_total is 11999999", "12000000"}},
		{"too little money", "poor", w.asking("poor", w.shared, nil), []string{"10000000udbc", "insufficient"}},
		{"again within the cool-down", "carol", w.asking("carol", w.shared, nil), []string{w.shared.id, "the next may begin at"}},
	}
}

func (w *world) trials() []refusal {
	confirm := func(by string, id uint64, n string) sdk.Msg {
		return &rental.MsgConfirmRent{Renter: w.address(by), RentId: id, MachineId: n}
	}
	cancel := func(by string, id uint64, n string) sdk.Msg {
		return &rental.MsgCancelRent{Renter: w.address(by), RentId: id, MachineId: n}
	}
	return []refusal{
		{"confirm twice", "alice", confirm("alice", w.active, ""), []string{"rental 2 is active"}},
		{"confirm by another", "alice", confirm("alice", w.trial, ""), []string{"rental 3 is of " + w.address("bob")}},
		{"confirm what was cancelled", "carol", confirm("carol", w.cancelled, ""), []string{"rental 4 is refunded"}},
		{"confirm what ended", "alice", confirm("alice", w.ended, ""), []string{"rental 1 is ended"}},
		{"confirm nothing", "bob", confirm("bob", 0, ""), []string{"rent_id is 0", "machine_id"}},
		{"confirm on another machine", "bob", confirm("bob", 0, w.whole.id), []string{w.whole.id, "0 open rentals"}},
		{"confirm with names at odds", "bob", confirm("bob", w.trial, w.whole.id), []string{"machine_id is " + w.whole.id}},
		{"confirm what never was", "bob", confirm("bob", 99, ""), []string{"rent_id is 99"}},
		{"cancel what is active", "alice", cancel("alice", w.active, ""), []string{"rental 2 is active"}},
		{"cancel by another", "alice", cancel("alice", w.trial, ""), []string{w.address("bob")}},
		{"cancel twice", "carol", cancel("carol", w.cancelled, ""), []string{"rental 4 is refunded"}},
	}
}

func (w *world) relets() []refusal {
	relet := func(by string, id, seconds uint64, edit func(*rental.MsgReletMachine)) sdk.Msg {
		msg := &rental.MsgReletMachine{Renter: w.address(by), RentId: id, AddDurationSeconds: seconds}
		if edit != nil {
			edit(msg)
		}
		return msg
	}
	return []refusal{
		{"after the end", "alice", relet("alice", w.ended, hours, nil), []string{"rental 1 is ended"}},
		{"a trial", "bob", relet("bob", w.trial, hours, nil), []string{"rental 3 is trial", "confirm it first"}},
		{"by another", "bob", relet("bob", w.active, hours, nil), []string{w.address("alice")}},
		{"off unit", "alice", relet("alice", w.active, 1801, nil), []string{"add_duration_seconds is 1801", "multiple of 1800"}},
		{"nothing", "alice", relet("alice", w.active, 0, nil), []string{"add_duration_seconds is 0"}},
		{"beyond the cap", "alice", relet("alice", w.active, 60*24*hours, nil), []string{"5184000", "add at most"}},
		{"stale listing", "alice", relet("alice", w.active, hours, func(m *rental.MsgReletMachine) { m.ListingVersion = 2 }), []string{"listing_version is 2"}},
		{"above max_total", "alice", relet("alice", w.active, hours, func(m *rental.MsgReletMachine) { m.MaxTotal = dbc - 1 }), []string{"max_total is 999999"}},
	}
}

func (w *world) breaks() []refusal {
	ids := make([]uint64, rental.MaxClaims+1)
	return []refusal{
		{"break by a stranger", "carol", &rental.MsgBreakRental{Signer: w.address("carol"), RentId: w.active}, []string{w.address("owner"), w.address("alice")}},
		{"break without an outage", "alice", &rental.MsgBreakRental{Signer: w.address("alice"), RentId: w.active}, []string{"offline for 0s", "more than 12m0s"}},
		{"break a trial by its renter", "bob", &rental.MsgBreakRental{Signer: w.address("bob"), RentId: w.trial}, []string{"CancelRent"}},
		{"break what ended", "owner", &rental.MsgBreakRental{Signer: w.address("owner"), RentId: w.ended}, []string{"rental 1 is ended"}},
		{"claim by a renter", "alice", &rental.MsgClaimRent{Signer: w.address("alice"), RentIds: []uint64{w.active}}, []string{w.address("owner"), w.address("operator")}},
		{"claim nothing", "owner", &rental.MsgClaimRent{Signer: w.address("owner")}, []string{"rent_ids has 0", "1 to 100"}},
		{"claim too many", "owner", &rental.MsgClaimRent{Signer: w.address("owner"), RentIds: ids}, []string{"rent_ids has 101", "1 to 100"}},
		{"claim one of another host", "owner", &rental.MsgClaimRent{Signer: w.address("owner"), RentIds: []uint64{w.active, 99}}, []string{"rent_id is 99"}},
	}
}

// resigned returns a bond that was changed and signed again with its machine's
// key, for a chain and an owner.
func (w *world) resigned(n node, owner, chain string, edit func(*machine.Bond)) *machine.MsgBondMachines {
	msg := n.bond(w.chain)
	b := &msg.Bonds[0]
	if edit != nil {
		edit(b)
	}
	b.Signature = ed25519.Sign(n.key, machine.BondText(chain, b.MachineId, owner, b.BondSeq, b.Expiry, b.Facts))
	return msg
}

func (w *world) bonds() []refusal {
	n, owner := newNode(20), w.address("owner")
	stolen := n.bond(w.chain)
	stolen.Owner = w.address("bob")
	tampered := n.bond(w.chain)
	tampered.Bonds[0].Signature[0] ^= 1
	short := n.bond(w.chain)
	short.Bonds[0].Signature = short.Bonds[0].Signature[:63]
	two := n.bond(w.chain)
	two.Bonds = append(two.Bonds, newNode(21).bond(w.chain).Bonds[0])
	two.Bonds[1].PricePerDay = 0
	poor := w.resigned(n, w.address("poor"), chainID, nil)
	poor.Owner = w.address("poor")
	reserved := w.resigned(n, w.address("bob"), chainID, func(b *machine.Bond) { b.Facts.Slots[0].GpuIds[0] = w.retired.id[:8] + "-0" })
	reserved.Owner = w.address("bob")
	return []refusal{
		{"wrong signature", "owner", tampered, []string{n.id, "sign exactly this text"}},
		{"short signature", "owner", short, []string{"63 bytes", "must have 64"}},
		{"expired", "owner", w.resigned(n, owner, chainID, func(b *machine.Bond) { b.Expiry = w.now.Unix() }), []string{"expiry", n.id, "sign again"}},
		{"replayed for another owner", "bob", stolen, []string{"dbc-bond-v1", w.address("bob")}},
		{"replayed on another chain", "owner", w.resigned(n, owner, "dbc-testnet-1", nil), []string{chainID}},
		{"of another bond_seq", "owner", func() sdk.Msg { m := n.bond(w.chain); m.Bonds[0].BondSeq = 2; return m }(), []string{"sign exactly this text"}},
		{"bonded already", "owner", w.shared.bond(w.chain), []string{w.shared.id, "must retire it first"}},
		{"bonded again before the stake is out", "owner", w.resigned(w.retired, owner, chainID, func(b *machine.Bond) { b.BondSeq = 2 }), []string{"4000000000udbc", "withdraw it first"}},
		{"GPU of another machine", "owner", w.resigned(n, owner, chainID, func(b *machine.Bond) { b.Facts.Slots[0].GpuIds[0] = w.shared.id[:8] + "-0" }), []string{w.shared.id[:8] + "-0", w.shared.id}},
		{"GPU of a retired machine", "bob", reserved, []string{"reserved for " + owner}},
		{"GPU named twice", "owner", w.resigned(n, owner, chainID, func(b *machine.Bond) { b.Facts.Slots[1].GpuIds[0] = b.Facts.Slots[0].GpuIds[0] }), []string{"gpu_ids", "named once"}},
		{"one bad bond of two", "owner", two, []string{"price_per_day 0"}},
		{"too little money", "poor", poor, []string{"stake 4000000000udbc", "insufficient"}},
	}
}

func (w *world) listings() []refusal {
	operator, soon := w.address("operator"), w.now.Add(23*time.Hour)
	price := func(by string, prices ...machine.PriceChange) sdk.Msg {
		return &machine.MsgSetPrice{Operator: w.address(by), Prices: prices}
	}
	facts := func(edit func(*machine.Facts), seq uint64) sdk.Msg {
		f := w.shared.bond(w.chain).Bonds[0].Facts
		edit(&f)
		expiry := w.now.Add(time.Hour).Unix()
		return &machine.MsgUpdateFacts{
			Operator: operator, MachineId: w.shared.id, Facts: f, BondSeq: seq, Expiry: expiry,
			Signature: ed25519.Sign(w.shared.key, machine.BondText(chainID, w.shared.id, w.address("owner"), seq, expiry, f)),
		}
	}
	return []refusal{
		{"price by a stranger", "bob", price("bob", machine.PriceChange{MachineId: w.shared.id, PricePerDay: 1}), []string{w.address("bob"), operator}},
		{"price by the owner", "owner", price("owner", machine.PriceChange{MachineId: w.shared.id, PricePerDay: 1}), []string{operator}},
		{"no price", "operator", price("operator"), []string{"prices has 0", "1 to 100"}},
		{"price zero", "operator", price("operator", machine.PriceChange{MachineId: w.shared.id}), []string{"price_per_day 0udbc", "1udbc to 1000000000000000udbc"}},
		{"one bad price of two", "operator", price("operator", machine.PriceChange{MachineId: w.shared.id, PricePerDay: 5}, machine.PriceChange{MachineId: w.retired.id, PricePerDay: 5}), []string{w.retired.id, "retired"}},
		{"one machine twice", "operator", price("operator", machine.PriceChange{MachineId: w.shared.id, PricePerDay: 5}, machine.PriceChange{MachineId: w.shared.id, PricePerDay: 6}), []string{"twice"}},
		{"drain too soon", "operator", &machine.MsgDrain{Operator: operator, MachineIds: []string{w.shared.id}, From: &soon}, []string{"from", "24h0m0s of notice"}},
		{"facts while rented", "operator", facts(func(f *machine.Facts) { f.CpuCores = 1 }, 2), []string{w.shared.id, "2 slots are rented", "inventory_hash can change"}},
		{"facts with a used bond_seq", "operator", facts(func(f *machine.Facts) { f.PublicIp = "192.0.2.1" }, 1), []string{"bond_seq 1", "above 1"}},
	}
}

func (w *world) presences() []refusal {
	answer := func(by string, key node, id uint64, height int64) sdk.Msg {
		return &machine.MsgAnswerChallenge{
			Operator: w.address(by), MachineId: w.challenged.id, ChallengeId: id, Height: height,
			Signature: ed25519.Sign(key.key, machine.AnswerText(chainID, w.challenged.id, id, height)),
		}
	}
	id, height := w.challenge, int64(w.challengeHeight)
	stranger := w.offline.online(w.chain)
	stranger.Operator = w.address("bob")
	old := w.offline.online(w.chain)
	old.Signature = ed25519.Sign(w.offline.key, machine.OnlineText(chainID, w.offline.id, 9, old.Expiry))
	return []refusal{
		{"challenge on a challenged machine", "alice", &machine.MsgChallenge{Challenger: w.address("alice"), MachineId: w.challenged.id}, []string{w.challenged.id, "must be closed first"}},
		{"challenge on an offline machine", "alice", &machine.MsgChallenge{Challenger: w.address("alice"), MachineId: w.offline.id}, []string{w.offline.id, "offline"}},
		{"challenge without the deposit", "poor", &machine.MsgChallenge{Challenger: w.address("poor"), MachineId: w.shared.id}, []string{"deposit 10000000udbc", "insufficient"}},
		{"answer by another key", "operator", answer("operator", w.shared, id, height), []string{w.challenged.id, "sign exactly this text"}},
		{"answer by a stranger", "bob", answer("bob", w.challenged, id, height), []string{w.address("operator")}},
		{"answer to another challenge", "operator", answer("operator", w.challenged, id+1, height), []string{"challenge_id"}},
		{"answer with another height", "operator", answer("operator", w.challenged, id, height+1), []string{"height"}},
		{"offline while challenged", "operator", &machine.MsgSetOffline{Operator: w.address("operator"), MachineId: w.challenged.id}, []string{"answer challenge"}},
		{"offline twice", "operator", &machine.MsgSetOffline{Operator: w.address("operator"), MachineId: w.offline.id}, []string{"must be online"}},
		{"online twice", "operator", w.shared.online(w.chain), []string{"online already"}},
		{"online by a stranger", "bob", stranger, []string{w.address("operator")}},
		{"online for another bond", "operator", old, []string{"sign exactly this text"}},
		{"online though retired", "operator", w.retired.online(w.chain), []string{"retired"}},
	}
}

func (w *world) stakes() []refusal {
	owner := w.address("owner")
	return []refusal{
		{"retire while rented", "owner", &machine.MsgRetire{Owner: owner, MachineId: w.shared.id}, []string{w.shared.id, "2 slots are rented"}},
		{"retire while challenged", "owner", &machine.MsgRetire{Owner: owner, MachineId: w.challenged.id}, []string{"answer challenge"}},
		{"retire by the operator", "operator", &machine.MsgRetire{Owner: w.address("operator"), MachineId: w.bonded.id}, []string{owner}},
		{"retire twice", "owner", &machine.MsgRetire{Owner: owner, MachineId: w.retired.id}, []string{"retired already"}},
		{"withdraw what is not retired", "owner", &machine.MsgWithdrawStake{Owner: owner, MachineId: w.bonded.id}, []string{"must be retired first"}},
		{"withdraw too soon", "owner", &machine.MsgWithdrawStake{Owner: owner, MachineId: w.retired.id}, []string{"held until"}},
		{"withdraw by another", "bob", &machine.MsgWithdrawStake{Owner: w.address("bob"), MachineId: w.retired.id}, []string{owner}},
		{"add nothing", "owner", &machine.MsgAddStake{Sender: owner, MachineId: w.shared.id}, []string{"amount 0udbc", "1udbc to"}},
		{"add to a retired machine", "owner", &machine.MsgAddStake{Sender: owner, MachineId: w.retired.id, Amount: 1}, []string{"bond it again"}},
	}
}

func (w *world) parameters() []refusal {
	machines, rentals := machine.DefaultParams(), rental.DefaultParams()
	return []refusal{
		{"a GPU released by a stranger", "bob", &machine.MsgReleaseGPU{Authority: w.address("bob"), GpuId: w.shared.id[:8] + "-0"}, []string{w.address("bob"), "governance"}},
		{"machines' by a stranger", "bob", &machine.MsgUpdateParams{Authority: w.address("bob"), Params: machines}, []string{w.address("bob"), "governance"}},
		{"rentals' by a stranger", "bob", &rental.MsgUpdateParams{Authority: w.address("bob"), Params: rentals}, []string{w.address("bob"), "governance"}},
	}
}
