package lane

import (
	"errors"

	abci "github.com/cometbft/cometbft/abci/types"
	"google.golang.org/protobuf/encoding/protowire"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/mempool"
)

// urgentShare: 1/urgentShare of a block's gas and bytes is filled from the
// urgent lane first.
const urgentShare = 2

// maxMisses ends a proposal after this many consecutive transactions that did
// not fit: the block is practically full.
const maxMisses = 64

// Verifier checks a transaction against the proposal's state, after those
// before it.
type Verifier interface {
	PrepareProposalVerifyTx(tx sdk.Tx) ([]byte, error)
}

// Prepare builds proposals: first from the urgent lane up to its share, then
// from all transactions by arrival, urgent or not.
func (p *Pool) Prepare(verifier Verifier) sdk.PrepareProposalHandler {
	return func(ctx sdk.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
		b := newBlock(ctx, verifier, req.MaxTxBytes)
		units, all := p.order(ctx)
		lane := room{b.left.bytes / urgentShare, b.left.gas / urgentShare}
		for _, u := range units {
			if lane.take(u.txs, b.taken) {
				for _, e := range u.txs {
					b.add(e)
				}
			}
		}
		for _, e := range all {
			if b.misses > maxMisses {
				break
			}
			b.add(e)
		}
		for _, e := range b.invalid {
			if err := p.Remove(e.tx); err != nil && !errors.Is(err, mempool.ErrTxNotFound) {
				return nil, err
			}
		}
		return &abci.ResponsePrepareProposal{Txs: b.txs}, nil
	}
}

type room struct {
	bytes int64
	gas   uint64
}

// take reserves room for a whole unit or for nothing.
func (r *room) take(txs []*entry, taken map[nonce]bool) bool {
	left := *r
	for _, e := range txs {
		if !taken[e.nonce] && !left.subtract(protoSize(e.bytes), e.gas) {
			return false
		}
	}
	*r = left
	return true
}

func (r *room) subtract(bytes int64, gas uint64) bool {
	if bytes > r.bytes || gas > r.gas {
		return false
	}
	r.bytes, r.gas = r.bytes-bytes, r.gas-gas
	return true
}

// block is a proposal under construction.
type block struct {
	verifier Verifier
	left     room
	txs      [][]byte
	taken    map[nonce]bool
	// blocked are the signers of a skipped transaction: their next ones would
	// be out of sequence.
	blocked map[string]bool
	invalid []*entry
	misses  int
}

func newBlock(ctx sdk.Context, verifier Verifier, maxBytes int64) *block {
	b := &block{
		verifier: verifier, left: room{bytes: maxBytes, gas: ^uint64(0)},
		taken: make(map[nonce]bool), blocked: make(map[string]bool),
	}
	if params := ctx.ConsensusParams().Block; params != nil && params.MaxGas > 0 {
		b.left.gas = uint64(params.MaxGas)
	}
	return b
}

// add adds a transaction if it fits and is valid after those before it.
func (b *block) add(e *entry) {
	if b.taken[e.nonce] || b.waits(e) {
		return
	}
	left := b.left
	if !left.subtract(protoSize(e.bytes), e.gas) {
		b.misses++
		b.block(e)
		return
	}
	bz, err := b.verifier.PrepareProposalVerifyTx(e.tx)
	if err != nil {
		b.invalid = append(b.invalid, e)
		b.block(e)
		return
	}
	b.left, b.misses, b.taken[e.nonce] = left, 0, true
	b.txs = append(b.txs, bz)
}

func (b *block) waits(e *entry) bool {
	for _, s := range e.signers {
		if b.blocked[string(s.Signer)] {
			return true
		}
	}
	return false
}

func (b *block) block(e *entry) {
	for _, s := range e.signers {
		b.blocked[string(s.Signer)] = true
	}
}

// protoSize returns the bytes that a transaction adds to a block's data.
func protoSize(bytes int) int64 {
	return int64(protowire.SizeTag(1) + protowire.SizeBytes(bytes))
}
