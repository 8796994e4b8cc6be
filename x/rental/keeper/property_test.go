package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// supply is all money of the test's chain: neither module mints or burns.
func (c *chain) supply() sdk.Coin { return c.bank.GetSupply(c.ctx, xrental.Denom) }

// sums are all places where money can be.
func (c *chain) sums() uint64 {
	sum := c.balance(c.owner) + c.balance(c.operator) + c.balance(c.payout)
	for _, renter := range c.renters {
		sum += c.balance(renter)
	}
	return sum + c.module(pool) + c.module(xrental.ModuleName) + c.module(machine.ModuleName)
}

type machinePark struct {
	*chain
	ids   []string
	after time.Duration
}

func (p *machinePark) someRental(t *rapid.T) uint64 {
	next, err := p.keeper.NextID.Peek(p.ctx)
	require.NoError(p, err)
	return rapid.Uint64Range(1, max(1, next-1)).Draw(t, "rental")
}

func (p *machinePark) someone(t *rapid.T) sdk.AccAddress {
	return rapid.SampledFrom(p.renters).Draw(t, "renter")
}

func (p *machinePark) somewhere(t *rapid.T) string {
	return rapid.SampledFrom(p.ids).Draw(t, "machine")
}

func (p *machinePark) rentals() map[string]func(*rapid.T) {
	seconds := rapid.SampledFrom([]uint64{hour, hour, 2 * hour, 3 * hour / 2, 7 * hour, 61 * 24 * hour, 7})
	return map[string]func(*rapid.T){
		"rent": func(t *rapid.T) {
			_, _ = p.rent(p.someone(t), p.somewhere(t), seconds.Draw(t, "seconds"), rapid.Uint32Range(0, 3).Draw(t, "slots"))
		},
		"rent and confirm": func(t *rapid.T) {
			renter := p.someone(t)
			if r, err := p.rent(renter, p.somewhere(t), seconds.Draw(t, "seconds"), 1); err == nil {
				_ = p.confirm(renter, r.RentId)
			}
		},
		"confirm": func(t *rapid.T) { _ = p.confirm(p.someone(t), p.someRental(t)) },
		"cancel": func(t *rapid.T) {
			_, _ = deliver(p.chain, p.msg.CancelRent, &xrental.MsgCancelRent{Renter: p.someone(t).String(), RentId: p.someRental(t), Cause: xrental.Cause(rapid.Int32Range(0, 5).Draw(t, "cause"))})
		},
		"relet": func(t *rapid.T) { _, _ = p.relet(p.someone(t), p.someRental(t), seconds.Draw(t, "seconds")) },
		"leave": func(t *rapid.T) { _, _ = p.leaveRental(p.someone(t), p.someRental(t)) },
		"break": func(t *rapid.T) {
			by := rapid.SampledFrom([]string{p.owner.String(), p.keeper.Authority(), p.renters[0].String(), p.renters[1].String()})
			_ = p.breakRental(by.Draw(t, "signer"), p.someRental(t))
		},
		"claim": func(t *rapid.T) { _, _ = p.claim(p.someRental(t), p.someRental(t)) },
		"fail": func(t *rapid.T) {
			id := p.someRental(t)
			p.flaky.fail[id] = !p.flaky.fail[id]
		},
	}
}

func (p *machinePark) world() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"block": func(t *rapid.T) {
			p.after += time.Duration(rapid.Int64Range(1, int64(40*time.Minute)).Draw(t, "time"))
			p.at(p.after)
			require.NoError(p, p.machines.EndBlock(p.ctx))
			require.NoError(p, p.keeper.EndBlock(p.ctx))
			require.NoError(p, p.keeper.CheckOverdue(p.ctx, 0))
		},
		"halt": func(t *rapid.T) {
			gap := time.Duration(rapid.Int64Range(int64(2*time.Minute), int64(time.Hour)).Draw(t, "gap"))
			p.after += gap
			p.halt(gap)
		},
		"offline": func(t *rapid.T) { _ = p.setOffline(p.somewhere(t)) },
		"online": func(t *rapid.T) {
			if id := p.somewhere(t); rapid.Bool().Draw(t, "really") {
				_ = p.setOnline(id)
			}
		},
		"challenge": func(t *rapid.T) { _ = p.challenge(p.someone(t), p.somewhere(t)) },
		"answer":    func(t *rapid.T) { _ = p.answer(p.somewhere(t)) },
		"slash": func(t *rapid.T) {
			id, most := p.somewhere(t), rapid.Uint64Range(0, 2*dbc).Draw(t, "most")
			taken, err := p.keeper.TakeHeldPenalties(p.ctx, id, pool, most)
			require.NoError(p, err)
			require.LessOrEqual(p, taken, most)
		},
		"price": func(t *rapid.T) {
			id := p.somewhere(t)
			_, _ = deliver(p.chain, p.machine.SetPrice, &machine.MsgSetPrice{Operator: p.operator.String(), Prices: []machine.PriceChange{
				{MachineId: id, PricePerDay: rapid.Uint64Range(20, 100*dbc).Draw(t, "price"), ExitNoticeSeconds: rapid.SampledFrom([]uint64{0, hour, 2*hour + 1}).Draw(t, "notice")},
			}})
		},
	}
}

// Whatever is sent in whatever order: money is neither created nor lost, the
// escrow, the slots and the queues are right after every message and block, and
// in the end everything is paid out.
func TestMoneyIsConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := newChain(r)
		c.params(func(p *xrental.Params) {
			p.MaxSegments, p.TrialCooldown, p.MinPenalty, p.History = 3, time.Hour, dbc/10, 3_000*24*time.Hour
		})
		unbonding := machine.DefaultParams()
		unbonding.UnbondingTime = 2 * time.Hour
		require.NoError(r, c.machines.Params.Set(c.ctx, unbonding))
		p := &machinePark{chain: c, ids: []string{c.bond(1, 3), c.bond(2, 1)}}
		c.at(0)
		supply, sums := c.supply(), c.sums()
		actions := p.rentals()
		for name, action := range p.world() {
			actions[name] = action
		}
		actions[""] = func(*rapid.T) {
			c.sound()
			require.Equal(c, supply, c.supply())
			require.Equal(c, sums, c.sums())
		}
		r.Repeat(actions)
		p.finish(supply, sums)
	})
}

// finish lets everything end: it repairs what fails, passes time, touches machines.
func (p *machinePark) finish(supply sdk.Coin, sums uint64) {
	clear(p.flaky.fail)
	for range 3 {
		p.after += 61 * 24 * time.Hour
		p.at(p.after)
		p.end()
		for _, id := range p.ids {
			require.NoError(p, p.keeper.SettleDue(p.ctx, id))
		}
	}
	require.Zero(p, p.module(xrental.ModuleName), "nothing stays in escrow")
	require.Equal(p, supply, p.supply())
	require.Equal(p, sums, p.sums())
	p.fees()
}

// fees returns what the community pool must have, from the outcome of each rental.
func (p *machinePark) fees() {
	gs, err := p.keeper.ExportGenesis(p.ctx)
	require.NoError(p, err)
	next, err := p.keeper.NextID.Peek(p.ctx)
	require.NoError(p, err)
	require.Len(p, gs.Rentals, int(next-1), "none was forgotten")
	want := uint64(0)
	for _, r := range gs.Rentals {
		share := r.PenaltyTerms.StakeShare
		want += r.SlashedPenalty
		switch r.Transitions[len(r.Transitions)-1].Reason {
		case xrental.REASON_CANCELLED, xrental.REASON_NOT_CONFIRMED:
			want += (r.Fee + 1) / 2
		case xrental.REASON_CANCELLED_FOR_CAUSE:
			want += r.Fee
		case xrental.REASON_MACHINE_OFFLINE, xrental.REASON_CHALLENGE_UNANSWERED:
			require.LessOrEqual(p, r.FromStake, min(r.Fee, share))
			want += r.FromStake
		case xrental.REASON_END_REACHED, xrental.REASON_BROKEN_BY_OWNER, xrental.REASON_BROKEN_BY_GOVERNANCE, xrental.REASON_BROKEN_BY_RENTER:
			switch r.State {
			case xrental.RENTAL_STATE_REFUNDED:
				want += r.FromStake
			default:
				want += r.Fee
			}
		default:
			require.Fail(p, "undecided", "%v", r)
		}
	}
	require.Equal(p, want, p.module(pool))
}
