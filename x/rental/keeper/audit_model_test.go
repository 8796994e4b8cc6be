package keeper_test

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"
	"time"

	"cosmossdk.io/collections"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// An independent model of what becomes of each rental, by DESIGN alone: it
// works on logical time and knows no queue, verdict or end block.

type mSpan struct{ from, to time.Time }

type mChallenge struct {
	id       uint64
	at       time.Time
	deadline time.Time // at creation
	halted   time.Duration
	open     bool
	failed   bool // unanswered
}

type mMachine struct {
	id         string
	offline    *time.Time
	spans      []mSpan
	challenges []*mChallenge
}

type mRental struct {
	id       uint64
	renter   string
	m        *mMachine
	start    time.Time
	deadline time.Time
	halted   time.Duration
	end      time.Time
	fee      uint64
	state    string // trial, active, pending, cancelled, cause, late, end, fault, ended, broken
	over     time.Time
	waits    []*mChallenge
	segs     []mSeg
	endlate  bool
}

type mSeg struct {
	from, to time.Time
	rent     uint64
}

type model struct {
	*chain
	after    time.Duration
	machines map[string]*mMachine
	ids      []string
	rentals  map[uint64]*mRental
	order    []uint64
	wallets  []sdk.AccAddress
}

func (p *model) halted() time.Duration {
	h, err := p.chain.machines.Halted(p.ctx)
	require.NoError(p, err)
	return h
}

// step brings the model to the block's time.
func (p *model) step() {
	now, halted := p.ctx.BlockTime(), p.halted()
	for _, m := range p.machines {
		for _, c := range m.challenges {
			if c.open {
				if !now.Before(c.deadline.Add(halted - c.halted)) {
					c.open, c.failed = false, true
					p.goOffline(m, c.at)
					for _, other := range m.challenges {
						other.open = false
					}
				}
				break // the oldest only
			}
		}
	}
	for _, id := range p.order {
		p.stepRental(p.rentals[id], now, halted)
	}
}

func (p *model) goOffline(m *mMachine, at time.Time) { t := at; m.offline = &t }

func (p *model) stepRental(r *mRental, now time.Time, halted time.Duration) {
	if r.state == "active" && !now.Before(r.end) {
		r.state, r.over = "ended", r.end
	}
	if r.state == "trial" {
		over, late := r.deadline.Add(halted-r.halted), false
		if r.end.Before(over) {
			over, late = r.end, true
		}
		switch {
		case r.m.offline != nil && r.m.offline.Before(over):
			r.state, r.over = "fault", now
		case !now.Before(over):
			r.over, r.endlate = over, late
			for _, c := range r.m.challenges {
				if c.open && c.at.Before(over) {
					r.waits = append(r.waits, c)
				}
			}
			r.state = "pending"
		}
	}
	p.resolve(r)
}

func (p *model) resolve(r *mRental) {
	if r.state != "pending" {
		return
	}
	open := false
	for _, c := range r.waits {
		if c.failed {
			r.state = "fault"
			return
		}
		open = open || c.open
	}
	if open {
		return
	}
	r.state = "late"
	if r.endlate {
		r.state = "end"
	}
}

func (p *model) resolveAll() {
	for _, id := range p.order {
		p.resolve(p.rentals[id])
	}
}

func (p *model) online(m *mMachine) bool { return m.offline == nil }

func (p *model) pick(t *rapid.T) *mMachine {
	return p.machines[rapid.SampledFrom(p.ids).Draw(t, "machine")]
}

func (p *model) someone(t *rapid.T) sdk.AccAddress {
	return rapid.SampledFrom(p.wallets).Draw(t, "wallet")
}

func (p *model) rental(t *rapid.T) *mRental {
	if len(p.order) == 0 {
		t.Skip("none")
	}
	// recent ones more often
	n := len(p.order)
	return p.rentals[p.order[rapid.IntRange(max(0, n-8), n-1).Draw(t, "rental")]]
}

func (p *model) doRent(t *rapid.T, renter sdk.AccAddress) *mRental {
	m := p.pick(t)
	seconds := rapid.SampledFrom([]uint64{1800, hour, 2 * hour, 5 * hour}).Draw(t, "seconds")
	halted := p.halted()
	resp, err := p.rent(renter, m.id, seconds, rapid.Uint32Range(0, 2).Draw(t, "slots"))
	if err != nil {
		return nil
	}
	require.True(p, p.online(m), "rent on a machine that is offline")
	r := &mRental{id: resp.RentId, renter: renter.String(), m: m, start: p.ctx.BlockTime(), deadline: resp.Deadline, halted: halted, end: resp.End, fee: resp.Fee, state: "trial"}
	r.segs = []mSeg{{r.start, r.end, resp.Rent}}
	p.rentals[r.id] = r
	p.order = append(p.order, r.id)
	return r
}

func (p *model) doConfirm(r *mRental) {
	addr, _ := sdk.AccAddressFromBech32(r.renter)
	err := p.confirm(addr, r.id)
	may := r.state == "trial" && p.online(r.m)
	require.Equal(p, may, err == nil, "confirm of %d in %s: %v", r.id, r.state, err)
	if err == nil {
		r.state = "active"
	}
}

func (p *model) restartHere() {
	gs, err := p.keeper.ExportGenesis(p.ctx)
	require.NoError(p, err)
	o := p.chain
	n := bareChain(o.TB)
	n.ctx = n.ctx.WithBlockTime(o.ctx.BlockTime()).WithBlockHeight(o.ctx.BlockHeight())
	params, err := o.machines.Parameters.Get(o.ctx)
	require.NoError(p, err)
	require.NoError(p, n.machines.Parameters.Set(n.ctx, params))
	h, err := o.machines.Halt.Get(o.ctx)
	require.NoError(p, err)
	require.NoError(p, n.machines.Halt.Set(n.ctx, h))
	require.NoError(p, o.machines.Halts.Walk(o.ctx, nil, func(at time.Time, s machine.HaltSpan) (bool, error) {
		return false, n.machines.Halts.Set(n.ctx, at, s)
	}))
	require.NoError(p, o.machines.Bonds.Walk(o.ctx, nil, func(id string, m machine.Machine) (bool, error) {
		return false, n.machines.Bonds.Set(n.ctx, id, m)
	}))
	require.NoError(p, o.machines.Challenges.Walk(o.ctx, nil, func(id uint64, c machine.Challenge) (bool, error) {
		if err := n.machines.Challenges.Set(n.ctx, id, c); err != nil {
			return true, err
		}
		return false, n.machines.ChallengeQueue.Set(n.ctx, collections.Join(c.Deadline, id))
	}))
	next, err := o.machines.NextChallenge.Peek(o.ctx)
	require.NoError(p, err)
	require.NoError(p, n.machines.NextChallenge.Set(n.ctx, next))
	for _, name := range []string{xrental.ModuleName, machine.ModuleName, pool} {
		if o.module(name) > 0 {
			n.fundModule(name, o.module(name))
		}
	}
	for _, who := range p.everyone() {
		if o.balance(who) > 0 {
			n.fund(who, o.balance(who))
		}
	}
	n.keys, n.owner, n.operator, n.payout = o.keys, o.owner, o.operator, o.payout
	require.NoError(p, gs.Validate())
	require.NoError(p, n.keeper.InitGenesis(n.ctx, *gs))
	again, err := n.keeper.ExportGenesis(n.ctx)
	require.NoError(p, err)
	require.Equal(p, gs, again)
	p.chain = n
}

func (p *model) everyone() []sdk.AccAddress {
	all := append([]sdk.AccAddress{p.owner, p.operator, p.payout}, p.wallets...)
	var out []sdk.AccAddress
	for _, a := range all {
		if !slices.ContainsFunc(out, func(b sdk.AccAddress) bool { return a.Equals(b) }) {
			out = append(out, a)
		}
	}
	return out
}

func (p *model) all() uint64 {
	sum := p.module(pool) + p.module(xrental.ModuleName) + p.module(machine.ModuleName)
	for _, a := range p.everyone() {
		sum += p.balance(a)
	}
	return sum
}

// moments are times at which something is due.
func (p *model) moments() []time.Time {
	now, halted := p.ctx.BlockTime(), p.halted()
	var all []time.Time
	for _, id := range p.order {
		switch r := p.rentals[id]; r.state {
		case "trial":
			all = append(all, r.deadline.Add(halted-r.halted), r.end)
		case "active":
			all = append(all, r.end)
		}
	}
	for _, m := range p.machines {
		for _, c := range m.challenges {
			if c.open {
				all = append(all, c.deadline.Add(halted-c.halted))
			}
		}
	}
	var later []time.Time
	for _, t := range all {
		for d := range 3 {
			if x := t.Add(time.Duration(d - 1)); x.After(now) {
				later = append(later, x)
			}
		}
	}
	slices.SortFunc(later, time.Time.Compare)
	return later
}

func (p *model) move(to time.Time) {
	p.after = to.Sub(genesisTime)
	p.at(p.after)
	p.step()
}

func (p *model) actions() map[string]func(*rapid.T) {
	endBlock := func() {
		require.NoError(p, p.chain.machines.EndBlock(p.ctx))
		require.NoError(p, p.keeper.EndBlock(p.ctx))
	}
	onlyMine := func(r *mRental) sdk.AccAddress {
		a, err := sdk.AccAddressFromBech32(r.renter)
		require.NoError(p, err)
		return a
	}
	return map[string]func(*rapid.T){
		"rent":  func(t *rapid.T) { p.doRent(t, p.someone(t)) },
		"rent2": func(t *rapid.T) { p.doRent(t, p.someone(t)) },
		"rent and confirm": func(t *rapid.T) {
			if r := p.doRent(t, p.someone(t)); r != nil {
				p.doConfirm(r)
			}
		},
		"confirm": func(t *rapid.T) { p.doConfirm(p.rental(t)) },
		"cancel": func(t *rapid.T) {
			r, cause := p.rental(t), xrental.Cause(rapid.Int32Range(0, 4).Draw(t, "cause"))
			err := p.cancelFor(onlyMine(r), r.id, cause)
			require.Equal(p, r.state == "trial", err == nil, "cancel of %d in %s: %v", r.id, r.state, err)
			if err == nil {
				r.over, r.state = p.ctx.BlockTime(), "cancelled"
				if cause > 1 {
					r.state = "cause"
				}
			}
		},
		"relet": func(t *rapid.T) {
			r := p.rental(t)
			resp, err := p.relet(onlyMine(r), r.id, rapid.SampledFrom([]uint64{1800, hour}).Draw(t, "add"))
			if err == nil {
				require.Equal(p, "active", r.state)
				r.segs = append(r.segs, mSeg{r.end, resp.End, resp.Rent})
				r.end = resp.End
			}
		},
		"break": func(t *rapid.T) {
			r := p.rental(t)
			by := rapid.SampledFrom([]string{p.owner.String(), p.keeper.Authority(), r.renter}).Draw(t, "by")
			if err := p.breakRental(by, r.id); err == nil {
				require.Contains(p, []string{"trial", "active"}, r.state)
				r.over = p.ctx.BlockTime()
				if r.state == "trial" {
					r.state = "fault"
				} else {
					r.state = "broken"
				}
			}
		},
		"claim": func(t *rapid.T) {
			if len(p.order) > 0 {
				_, _ = p.claim(p.rental(t).id, p.rental(t).id)
			}
		},
		"renter claims": func(t *rapid.T) {
			r := p.rental(t)
			_, _ = deliver(p.chain, p.msg.ClaimRent, &xrental.MsgClaimRent{Signer: r.renter, RentIds: []uint64{r.id}})
		},
		"step": func(t *rapid.T) {
			p.move(p.ctx.BlockTime().Add(time.Duration(rapid.Int64Range(1, int64(15*time.Minute)).Draw(t, "step"))))
		},
		"jump": func(t *rapid.T) {
			all := p.moments()
			if len(all) == 0 {
				t.Skip("no moment")
			}
			p.move(all[rapid.IntRange(0, min(len(all)-1, 5)).Draw(t, "moment")])
		},
		"end block":           func(t *rapid.T) { endBlock() },
		"end block2":          func(t *rapid.T) { endBlock() },
		"machines' end block": func(t *rapid.T) { require.NoError(p, p.chain.machines.EndBlock(p.ctx)) },
		"halt": func(t *rapid.T) {
			if rapid.IntRange(0, 2).Draw(t, "rare") != 0 {
				t.Skip("rare")
			}
			endBlock()
			gap := time.Duration(rapid.Int64Range(int64(61*time.Second), int64(time.Hour)).Draw(t, "gap"))
			p.after += gap
			p.halt(gap)
			p.step()
		},
		"offline": func(t *rapid.T) {
			m := p.pick(t)
			if err := p.setOffline(m.id); err == nil {
				require.True(p, p.online(m))
				p.goOffline(m, p.ctx.BlockTime())
				p.step()
			}
		},
		"online": func(t *rapid.T) {
			m := p.pick(t)
			err := p.setOnline(m.id)
			require.Equal(p, m.offline != nil, err == nil, "%v", err)
			if err == nil {
				m.spans = append(m.spans, mSpan{*m.offline, p.ctx.BlockTime()})
				m.offline = nil
			}
		},
		"challenge": func(t *rapid.T) {
			m := p.pick(t)
			halted := p.halted()
			resp, err := deliver(p.chain, p.machine.Challenge, &machine.MsgChallenge{Challenger: p.someone(t).String(), MachineId: m.id})
			if err == nil {
				require.True(p, p.online(m))
				stored, err := p.chain.machines.Challenges.Get(p.ctx, resp.ChallengeId)
				require.NoError(p, err)
				m.challenges = append(m.challenges, &mChallenge{id: resp.ChallengeId, at: p.ctx.BlockTime(), deadline: stored.Deadline.Add(halted), halted: halted, open: true})
			}
		},
		"answer": func(t *rapid.T) {
			m := p.pick(t)
			var open []*mChallenge
			for _, c := range m.challenges {
				if c.open {
					open = append(open, c)
				}
			}
			if len(open) == 0 {
				t.Skip("none")
			}
			c := open[rapid.IntRange(0, len(open)-1).Draw(t, "which")]
			stored, err := p.chain.machines.Challenges.Get(p.ctx, c.id)
			require.NoError(p, err)
			_, err = deliver(p.chain, p.machine.AnswerChallenge, &machine.MsgAnswerChallenge{
				Operator: p.operator.String(), MachineId: m.id, ChallengeId: c.id, Height: stored.Height,
				Signature: ed25519.Sign(p.keys[m.id], machine.AnswerText(p.ctx.ChainID(), m.id, c.id, stored.Height)),
			})
			require.NoError(p, err)
			c.open = false
			p.resolveAll()
		},
		"price": func(t *rapid.T) {
			p.setPrice(p.pick(t).id, rapid.SampledFrom([]uint64{100, 17 * dbc, 24 * dbc, 33*dbc + 7}).Draw(t, "price"))
		},
		"params": func(t *rapid.T) {
			p.params(func(x *xrental.Params) { drawParams(t, x) })
		},
		"restart": func(t *rapid.T) {
			if rapid.IntRange(0, 2).Draw(t, "rare") == 0 {
				p.restartHere()
			}
		},
	}
}

func drawParams(t *rapid.T, x *xrental.Params) {
	x.Fee = rapid.SampledFrom([]uint64{0, 1, 3, 10 * dbc, 10*dbc + 1}).Draw(t, "fee")
	x.TrialFeeRatioBps = rapid.SampledFrom([]uint32{0, 1, 3_333, 10_000}).Draw(t, "ratio")
	x.TrialCooldown = rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour}).Draw(t, "cooldown")
	x.MaxOpenTrials = rapid.SampledFrom([]uint32{1, 5, 100}).Draw(t, "trials")
	x.MaxDuePerBlock = rapid.SampledFrom([]uint32{1, 2, 100}).Draw(t, "due")
	x.TrialWindow = rapid.SampledFrom([]time.Duration{time.Minute, 30 * time.Minute, 2 * time.Hour}).Draw(t, "window")
	x.MinDuration = 30 * time.Minute
	x.MinPenalty = rapid.SampledFrom([]uint64{0, 1, dbc}).Draw(t, "min penalty")
	x.PenaltyRatioBps = rapid.SampledFrom([]uint32{0, 1_000, 10_000}).Draw(t, "penalty ratio")
	x.History = 3_000 * 24 * time.Hour
	x.MaxSegments = rapid.SampledFrom([]uint32{1, 3, 32}).Draw(t, "segments")
}

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
		to := s.to
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
		require.NoError(r, c.machines.Parameters.Set(c.ctx, mp))
		c.at(0)
		c.params(func(x *xrental.Params) { drawParams(r, x) })
		p := &model{chain: c, machines: map[string]*mMachine{}, rentals: map[uint64]*mRental{}, wallets: c.renters}
		for i := range 2 {
			id := c.bond(byte(i+1), 6*(1-i)+1)
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
