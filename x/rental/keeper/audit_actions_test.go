package keeper_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"cosmossdk.io/collections"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

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
	r.segs = []mSeg{{r.start, r.end, r.end, resp.Rent}}
	listed, err := p.chain.machines.GetMachine(p.ctx, m.id)
	require.NoError(p, err)
	r.notice = time.Duration(listed.ExitNoticeSeconds) * time.Second
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

// leavable returns a rental that can be left, so that leaving is not rare.
func (p *model) leavable(t *rapid.T) *mRental {
	var all []*mRental
	for _, id := range p.order {
		if r := p.rentals[id]; r.state == "active" && r.notice > 0 {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		t.Skip("none can be left")
	}
	return rapid.SampledFrom(all).Draw(t, "left")
}

func (p *model) doRenew(t *rapid.T, r *mRental) {
	addr, _ := sdk.AccAddressFromBech32(r.renter)
	resp, err := p.relet(addr, r.id, rapid.SampledFrom([]uint64{1800, hour}).Draw(t, "add"))
	if err == nil {
		require.Equal(p, "active", r.state)
		r.segs = append(r.segs, mSeg{r.end, resp.End, resp.End, resp.Rent})
		r.end = resp.End
	}
}

func (p *model) doLeave(r *mRental) {
	addr, _ := sdk.AccAddressFromBech32(r.renter)
	paid := p.get(r.id).Paid
	quoted, noQuote := p.query.Quote(p.ctx, &xrental.QueryQuoteRequest{RentId: r.id})
	told, noWord := p.query.Explain(p.ctx, &xrental.QueryExplainRequest{RentId: r.id})
	require.NoError(p, noWord)
	resp, err := p.leaveRental(addr, r.id)
	require.Equal(p, err == nil, noQuote == nil, "quote of leaving %d in %s: %v", r.id, r.state, noQuote)
	require.Equal(p, err == nil && resp.End.Before(r.end), slices.Contains(told.May, "LeaveRental"), "rental %d in %s", r.id, r.state)
	require.Equal(p, err == nil, told.Leave != nil, "rental %d in %s", r.id, r.state)
	if err == nil {
		require.Equal(p, quoted.Leave, told.Leave)
		require.True(p, quoted.Leave.End.Equal(resp.End))
		require.Equal(p, []uint64{resp.Refunded, paid - resp.Refunded}, []uint64{quoted.Leave.Refund, quoted.Leave.Rent})
	}
	may := r.state == "active" && r.notice > 0
	require.Equal(p, may, err == nil, "leave of %d in %s with notice %s: %v", r.id, r.state, r.notice, err)
	if err != nil {
		return
	}
	end := p.ctx.BlockTime().Add(r.notice)
	if r.end.Before(end) {
		end = r.end
	}
	modelSeen[fmt.Sprintf("left, earlier %t", end.Before(r.end))]++
	want := r.leave(end)
	require.Equal(p, want, resp.Refunded, "rental %d", r.id)
	require.True(p, end.Equal(resp.End), "rental %d", r.id)
	require.Equal(p, paid-want, p.get(r.id).Paid, "rental %d", r.id)
}

func (p *model) restartHere() {
	gs, err := p.keeper.ExportGenesis(p.ctx)
	require.NoError(p, err)
	o := p.chain
	n := bareChain(o.TB)
	n.ctx = n.ctx.WithBlockTime(o.ctx.BlockTime()).WithBlockHeight(o.ctx.BlockHeight())
	params, err := o.machines.Params.Get(o.ctx)
	require.NoError(p, err)
	require.NoError(p, n.machines.Params.Set(n.ctx, params))
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
		by, err := sdk.AccAddressFromBech32(c.Challenger)
		require.NoError(p, err)
		for _, term := range [][]byte{binary.BigEndian.AppendUint32(nil, c.Place), by} {
			require.NoError(p, n.machines.Asked.Set(n.ctx, collections.Join3(c.MachineId, term, id)))
		}
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
		"relet":  func(t *rapid.T) { p.doRenew(t, p.rental(t)) },
		"leave":  func(t *rapid.T) { p.doLeave(p.rental(t)) },
		"leave2": func(t *rapid.T) { p.doLeave(p.leavable(t)) },
		"leave and renew": func(t *rapid.T) {
			r := p.leavable(t)
			p.doLeave(r)
			p.doRenew(t, r)
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
			p.setListing(p.pick(t).id, rapid.SampledFrom([]uint64{100, 17 * dbc, 24 * dbc, 33*dbc + 7}).Draw(t, "price"),
				rapid.SampledFrom([]uint64{0, hour, hour + 1, 2 * hour}).Draw(t, "notice"))
		},
		"slots": func(t *rapid.T) {
			p.setSlots(p.pick(t).id, rapid.SampledFrom([][]uint32{nil, {0}}).Draw(t, "out")...)
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
