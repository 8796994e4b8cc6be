package lane

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/mempool"

	"github.com/dbc-network/dbc/x/guard"
)

const (
	// maxMessages, maxBytes and messageGas bound an urgent transaction: answers,
	// confirmations and renewals are small, and the lane is narrow.
	maxMessages = 8
	maxBytes    = 16 << 10
	messageGas  = 1_500_000
	// memory is for how many blocks a subject that was served stands behind those that were not.
	memory = 50
)

// Judge says what a message is about, if the state says that it is due and that
// its signer is the one who has to send it. It must be cheap: it reads a few keys.
type Judge func(ctx sdk.Context, msg sdk.Msg) (subject string, due bool)

// Room is what a lane holds at most.
type Room struct {
	Txs   int
	Bytes int
}

// Config of a pool. The mempool of CometBFT must hold both rooms together.
type Config struct {
	Judge    Judge
	Ordinary Room
	Urgent   Room
}

// Pool is the mempool on the application's side.
type Pool struct {
	cfg     Config
	signers mempool.SignerExtractionAdapter

	mu     sync.Mutex
	txs    map[nonce]*entry
	hashes map[[sha256.Size]byte]bool  // of the bytes of txs
	of     map[string]map[nonce]*entry // by each signer
	used   [2]Room                     // by lane
	next   uint64
	served map[string]int64 // subject: height of its last transaction
}

type nonce struct {
	signer   string
	sequence uint64
}

type entry struct {
	tx       sdk.Tx
	hash     [sha256.Size]byte
	nonce    nonce
	signers  []mempool.SignerData
	arrival  uint64
	bytes    int
	gas      uint64
	lane     int
	subjects []string // when it came; empty in the ordinary lane
}

const (
	ordinary = iota
	urgent
)

var _ mempool.ExtMempool = (*Pool)(nil)

// NewPool returns an empty pool.
func NewPool(cfg Config) *Pool {
	return &Pool{
		cfg: cfg, signers: mempool.NewDefaultSignerExtractionAdapter(),
		txs: make(map[nonce]*entry), hashes: make(map[[sha256.Size]byte]bool), of: make(map[string]map[nonce]*entry), served: make(map[string]int64),
	}
}

// Admit refuses a transaction that the pool has no room for, before anything
// expensive is done for it.
func (p *Pool) Admit(ctx sdk.Context, tx sdk.Tx) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.place(ctx, tx)
	return err
}

// Has reports whether the pool still holds a transaction.
func (p *Pool) Has(tx sdk.Tx) bool {
	id, _, err := p.identify(tx)
	if err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.txs[id]
	return ok
}

// Checked reports whether just these bytes are in the pool, so that their
// signatures were verified when they came.
func (p *Pool) Checked(tx []byte) bool {
	hash := sha256.Sum256(tx)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hashes[hash]
}

// Insert takes a checked transaction in.
func (p *Pool) Insert(ctx context.Context, tx sdk.Tx, option mempool.InsertOption) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, err := p.place(sdk.UnwrapSDKContext(ctx), tx)
	if err != nil {
		return err
	}
	e.gas, e.hash = option.GasWanted, sha256.Sum256(sdk.UnwrapSDKContext(ctx).TxBytes())
	p.drop(e.nonce)
	p.next++
	e.arrival = p.next
	p.txs[e.nonce], p.hashes[e.hash] = e, true
	for _, s := range e.signers {
		of := p.of[string(s.Signer)]
		if of == nil {
			of = make(map[nonce]*entry)
			p.of[string(s.Signer)] = of
		}
		of[e.nonce] = e
	}
	p.used[e.lane].Txs++
	p.used[e.lane].Bytes += e.bytes
	return nil
}

// place finds a transaction's lane, and room in it.
func (p *Pool) place(ctx sdk.Context, tx sdk.Tx) (*entry, error) {
	id, signers, err := p.identify(tx)
	if err != nil {
		return nil, err
	}
	e := &entry{tx: tx, nonce: id, signers: signers, bytes: len(ctx.TxBytes())}
	if e.subjects = p.subjects(ctx, tx, e.bytes, signers); e.subjects != nil && p.fits(e, urgent) {
		e.lane = urgent
		return e, nil
	}
	e.subjects = nil
	if !p.fits(e, ordinary) {
		used, room := p.used[ordinary], p.cfg.Ordinary
		return nil, errorsmod.Wrapf(guard.ErrFull, "%d of %d transactions with %d of %d bytes wait; try again later", used.Txs, room.Txs, used.Bytes, room.Bytes)
	}
	return e, nil
}

func (p *Pool) fits(e *entry, lane int) bool {
	room := p.cfg.Ordinary
	if lane == urgent {
		room = p.cfg.Urgent
	}
	return p.used[lane].Txs < room.Txs && p.used[lane].Bytes+e.bytes <= room.Bytes
}

// subjects of a transaction that belongs into the urgent lane; nil for any other.
func (p *Pool) subjects(ctx sdk.Context, tx sdk.Tx, bytes int, signers []mempool.SignerData) []string {
	msgs := tx.GetMsgs()
	gas, ok := tx.(interface{ GetGas() uint64 })
	if !ok || len(signers) != 1 || len(msgs) == 0 || len(msgs) > maxMessages || bytes > maxBytes || gas.GetGas() > uint64(len(msgs))*messageGas {
		return nil
	}
	// What is read here must not count as the transaction's gas.
	ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	subjects := make([]string, 0, len(msgs))
	for _, msg := range msgs {
		subject, due := p.cfg.Judge(ctx, msg)
		if !due {
			return nil
		}
		for _, other := range subjects {
			if other == subject {
				return nil
			}
		}
		subjects = append(subjects, subject)
	}
	return subjects
}

// identify names a transaction by its first signature, as the SDK's mempools do.
func (p *Pool) identify(tx sdk.Tx) (nonce, []mempool.SignerData, error) {
	signers, err := p.signers.GetSigners(tx)
	if err != nil {
		return nonce{}, nil, err
	}
	if len(signers) == 0 {
		return nonce{}, nil, fmt.Errorf("transaction has no signature")
	}
	sequence, err := mempool.ChooseNonce(signers[0].Sequence, tx)
	return nonce{string(signers[0].Signer), sequence}, signers, err
}

// CountTx returns the number of transactions in the pool.
func (p *Pool) CountTx() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.txs)
}

// Remove removes a transaction.
func (p *Pool) Remove(tx sdk.Tx) error {
	id, _, err := p.identify(tx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.txs[id]; !ok {
		return mempool.ErrTxNotFound
	}
	p.drop(id)
	return nil
}

// RemoveWithReason removes a transaction. One that is about to be executed has
// had its turn: what it is about stands behind others for a while.
func (p *Pool) RemoveWithReason(ctx context.Context, tx sdk.Tx, reason mempool.RemoveReason) error {
	if reason.Caller == mempool.CallerRunTxFinalize {
		p.serve(sdk.UnwrapSDKContext(ctx), tx)
	}
	return p.Remove(tx)
}

func (p *Pool) serve(ctx sdk.Context, tx sdk.Tx) {
	_, signers, err := p.identify(tx)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, subject := range p.subjects(ctx, tx, len(ctx.TxBytes()), signers) {
		p.served[subject] = ctx.BlockHeight()
	}
	for subject, height := range p.served {
		if height+memory < ctx.BlockHeight() {
			delete(p.served, subject)
		}
	}
}

func (p *Pool) drop(id nonce) {
	e, ok := p.txs[id]
	if !ok {
		return
	}
	delete(p.txs, id)
	delete(p.hashes, e.hash)
	for _, s := range e.signers {
		delete(p.of[string(s.Signer)], id)
		if len(p.of[string(s.Signer)]) == 0 {
			delete(p.of, string(s.Signer))
		}
	}
	p.used[e.lane].Txs--
	p.used[e.lane].Bytes -= e.bytes
}
