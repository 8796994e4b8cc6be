package keeper_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

func (p *model) check() {
	now := p.ctx.BlockTime()
	p.sound()
	held := uint64(0)
	require.NoError(p, p.chain.machines.Bonds.Walk(p.ctx, nil, func(_ string, m machine.Machine) (bool, error) {
		held += m.Stake
		return false, nil
	}))
	require.NoError(p, p.chain.machines.Challenges.Walk(p.ctx, nil, func(_ uint64, c machine.Challenge) (bool, error) {
		held += c.Deposit
		return false, nil
	}))
	require.Equal(p, held, p.module(machine.ModuleName), "stakes and deposits")
	for _, id := range p.order {
		r := p.rentals[id]
		stored := p.get(id)
		open := r.state == "trial" || r.state == "active"
		isOpen := stored.State == xrental.RENTAL_STATE_TRIAL || stored.State == xrental.RENTAL_STATE_ACTIVE
		if r.state != "fault" { // queries do not look at the machine
			require.Equal(p, open, isOpen, "rental %d is %s by the model, %s by the chain at %s", id, r.state, stored.State, now)
		}
	}
}

func (p *model) offlineIn(m *mMachine, from, to time.Time) (sum time.Duration) {
	spans := m.spans
	if m.offline != nil {
		spans = append(slices.Clone(spans), mSpan{*m.offline, p.ctx.BlockTime()})
	}
	for _, s := range spans {
		a, b := s.from, s.to
		if a.Before(from) {
			a = from
		}
		if b.After(to) {
			b = to
		}
		if b.After(a) {
			sum += b.Sub(a)
		}
	}
	return sum
}

func (p *model) finish(t *rapid.T) {
	for i := range 400 {
		p.move(p.ctx.BlockTime().Add(time.Hour))
		if i == 0 {
			p.params(func(x *xrental.Params) { x.MaxDuePerBlock = 100 })
		}
		require.NoError(p, p.chain.machines.EndBlock(p.ctx))
		require.NoError(p, p.keeper.EndBlock(p.ctx))
		if p.module(xrental.ModuleName) == 0 && i > 12 {
			break
		}
	}
	p.sound()
	require.Zero(p, p.module(xrental.ModuleName))
	want := uint64(0)
	for _, id := range p.order {
		r := p.rentals[id]
		stored, err := p.keeper.Rentals.Get(p.ctx, id)
		require.NoError(p, err)
		last := stored.Transitions[len(stored.Transitions)-1]
		said := fmt.Sprintf("rental %d is %s by the model; %s %v", id, r.state, last.Reason, stored.Transitions)
		require.True(p, stored.Settled(), said)
		key := r.state
		if len(r.waits) > 0 {
			key += " in challenge"
		}
		modelSeen[key]++
		want += stored.SlashedPenalty
		var reasons []xrental.Reason
		switch r.state {
		case "cancelled":
			reasons, want = []xrental.Reason{xrental.REASON_CANCELLED}, want+(r.fee+1)/2
		case "cause":
			reasons, want = []xrental.Reason{xrental.REASON_CANCELLED_FOR_CAUSE}, want+r.fee
		case "late":
			reasons, want = []xrental.Reason{xrental.REASON_NOT_CONFIRMED}, want+(r.fee+1)/2
		case "end":
			reasons = []xrental.Reason{xrental.REASON_END_REACHED}
		case "fault":
			reasons = []xrental.Reason{xrental.REASON_MACHINE_OFFLINE, xrental.REASON_CHALLENGE_UNANSWERED, xrental.REASON_BROKEN_BY_GOVERNANCE, xrental.REASON_BROKEN_BY_OWNER}
			require.Equal(p, stored.FeeOwedByStake(), stored.FromStake, said)
			want += stored.FromStake
		case "ended":
			reasons, want = []xrental.Reason{xrental.REASON_END_REACHED}, want+r.fee
		case "broken":
			reasons, want = []xrental.Reason{xrental.REASON_BROKEN_BY_OWNER, xrental.REASON_BROKEN_BY_GOVERNANCE, xrental.REASON_BROKEN_BY_RENTER}, want+r.fee
		default:
			require.Fail(p, said)
		}
		require.Contains(p, reasons, last.Reason, said)
		if r.state == "ended" || r.state == "broken" {
			p.checkEarned(r, stored, said)
		} else {
			require.Zero(p, stored.Claimed, said)
			at, _ := stored.ClosedAt()
			if r.state != "fault" {
				require.True(p, at.Equal(r.over), "%s: over %s", said, r.over)
			}
		}
	}
	require.EqualValues(p, want, p.module(pool))
}

func (p *model) checkEarned(r *mRental, stored xrental.Rental, said string) {
	var want float64
	for _, s := range r.segs {
		to := s.left
		if r.over.Before(to) {
			to = r.over
		}
		if !to.After(s.from) {
			continue
		}
		online := to.Sub(s.from) - p.offlineIn(r.m, s.from, to)
		want += float64(s.rent) * float64(online) / float64(s.to.Sub(s.from))
	}
	require.InDelta(p, want, float64(stored.Claimed), float64(len(r.segs))+1, said)
}

var modelSeen = map[string]int{}

func TestAuditModel(t *testing.T) {
	defer func() { t.Log(modelSeen) }()
	rapid.Check(t, func(r *rapid.T) {
		c := newChain(r)
		if rapid.Bool().Draw(r, "one wallet") { // owner == operator == payout == a renter
			c.owner, c.operator, c.payout = c.renters[0], c.renters[0], c.renters[0]
		}
		mp := machine.DefaultParams()
		mp.UnbondingTime = 2 * time.Hour
		mp.MaxDuePerBlock = rapid.SampledFrom([]uint32{1, 100}).Draw(r, "challenges per block")
		require.NoError(r, c.machines.Params.Set(c.ctx, mp))
		c.at(0)
		c.params(func(x *xrental.Params) { drawParams(r, x) })
		p := &model{chain: c, machines: map[string]*mMachine{}, rentals: map[uint64]*mRental{}, wallets: c.renters}
		for i := range 2 {
			id := c.bond(byte(i+1), 6*(1-i)+1)
			c.notice(id, time.Duration(1-i)*time.Hour) // that of more slots can be left
			p.ids = append(p.ids, id)
			p.machines[id] = &mMachine{id: id}
		}
		for _, id := range p.ids { // more stake than can be lost
			m, err := c.machines.Bonds.Get(c.ctx, id)
			require.NoError(r, err)
			m.Stake += 1_000_000 * dbc
			require.NoError(r, c.machines.Bonds.Set(c.ctx, id, m))
			c.fundModule(machine.ModuleName, 1_000_000*dbc)
		}
		all := p.all()
		actions := p.actions()
		if rapid.Bool().Draw(r, "quiet") { // more challenges at the trials' deadlines
			for _, name := range []string{"offline", "break", "cancel", "confirm", "params"} {
				delete(actions, name)
			}
			for n := range 3 {
				actions[fmt.Sprint("challenge", n)] = actions["challenge"]
				actions[fmt.Sprint("jump", n)] = actions["jump"]
			}
		}
		actions[""] = func(*rapid.T) {
			p.check()
			require.Equal(p, all, p.all())
		}
		r.Repeat(actions)
		p.finish(r)
		require.Equal(p, all, p.all())
	})
	_ = authtypes.ModuleName
}
