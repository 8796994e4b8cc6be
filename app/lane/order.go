package lane

import (
	"cmp"
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/mempool"
)

// unit is an urgent transaction with its signer's earlier ones that are not in
// a block yet.
type unit struct {
	txs    []*entry
	served int64 // height at which one of its subjects was last served, or 0
}

// order returns the units of the urgent lane, those first that were not served
// recently, and all transactions by arrival. In both, a signer's transactions
// are in the order of their sequences.
func (p *Pool) order(ctx sdk.Context) (units []unit, all []*entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all = make([]*entry, 0, len(p.txs))
	for _, e := range p.txs {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.arrival, b.arrival) })
	taken := make(map[string]bool)
	for _, e := range all {
		if e.lane != urgent {
			continue
		}
		// The state may have changed since it arrived.
		subjects := p.subjects(ctx, e.tx, e.bytes, e.signers)
		if subjects == nil || slices.ContainsFunc(subjects, func(s string) bool { return taken[s] }) {
			continue
		}
		txs, ok := p.before(e)
		if !ok {
			continue
		}
		u := unit{txs: append(txs, e)}
		for _, subject := range subjects {
			taken[subject] = true
			u.served = max(u.served, p.served[subject])
		}
		units = append(units, u)
	}
	slices.SortStableFunc(units, func(a, b unit) int { return cmp.Compare(a.served, b.served) })
	return units, all
}

// before returns the signer's earlier transactions, which must precede an
// urgent one in a block. False means that they exceed what the lane accepts.
func (p *Pool) before(e *entry) ([]*entry, bool) {
	signer := e.signers[0]
	var txs []*entry
	var bytes int
	var gas uint64
	for _, other := range p.of[string(signer.Signer)] {
		if sequenceOf(other, signer) >= signer.Sequence {
			continue
		}
		txs, bytes, gas = append(txs, other), bytes+other.bytes, gas+other.gas
		if len(other.signers) != 1 || len(txs) > maxMessages || bytes > maxBytes || gas > MessageGas {
			return nil, false
		}
	}
	slices.SortFunc(txs, func(a, b *entry) int { return cmp.Compare(a.nonce.sequence, b.nonce.sequence) })
	return txs, true
}

// sequenceOf returns the sequence with which a signer signed a transaction.
func sequenceOf(e *entry, signer mempool.SignerData) uint64 {
	for _, s := range e.signers {
		if s.Signer.Equals(signer.Signer) {
			return s.Sequence
		}
	}
	return 0
}

// Select iterates over all transactions by arrival. Proposals use Prepare
// instead.
func (p *Pool) Select(ctx context.Context, _ [][]byte) mempool.Iterator {
	_, all := p.order(sdk.UnwrapSDKContext(ctx))
	return (&iterator{all}).valid()
}

// SelectBy calls callback with all transactions by arrival as long as it
// returns true.
func (p *Pool) SelectBy(ctx context.Context, txs [][]byte, callback func(mempool.PooledTx) bool) {
	for i := p.Select(ctx, txs); i != nil && callback(i.Tx()); {
		i = i.Next()
	}
}

type iterator struct{ rest []*entry }

func (i *iterator) valid() mempool.Iterator {
	if len(i.rest) == 0 {
		return nil
	}
	return i
}

// Next returns an iterator at the next transaction, or nil.
func (i *iterator) Next() mempool.Iterator { return (&iterator{i.rest[1:]}).valid() }

// Tx returns the transaction.
func (i *iterator) Tx() mempool.PooledTx {
	return mempool.NewPooledTx(i.rest[0].tx, i.rest[0].gas)
}
