package lane

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/mempool"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/dbc-network/dbc/x/guard"
)

const (
	// maxMessages and maxBytes bound an urgent transaction: answers,
	// confirmations and renewals are small, and the lane is narrow.
	maxMessages = 8
	maxBytes    = 16 << 10
	// MessageGas is what most urgent messages may take, and all that precedes
	// one of the same signer together.
	MessageGas = 1_500_000
	// memory is the number of blocks for which a subject that was served comes
	// after those that were not.
	memory = 50
)

// Judge returns the subject of a message and the gas that it may take, if the
// state says that the message is due and that its signer is the one to send it,
// and no gas for any other. It must be cheap: it reads a few keys.
type Judge func(ctx sdk.Context, msg sdk.Msg) (subject string, gas uint64)

// Room is the capacity of a lane.
type Room struct {
	Txs   int
	Bytes int
}

// Config of a pool. CometBFT's mempool must have the capacity of both lanes
// together.
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
	of     map[string]map[nonce]*entry // by signer
	used   [2]Room                     // by lane
	next   uint64
	served map[string]int64 // subject: height of its last transaction
	swept  int64            // height at which old ones were last forgotten
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
	subjects []string // at the time it arrived; empty in the ordinary lane
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

// Admit refuses a transaction for which the pool has no room, before any
// expensive check.
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

// Checked reports whether exactly these bytes are in the pool, which means that
// their signatures were verified on arrival.
func (p *Pool) Checked(tx []byte) bool {
	hash := sha256.Sum256(tx)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hashes[hash]
}

// Insert adds a checked transaction.
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

// place returns a transaction's lane, provided it has room.
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
		return nil, guard.ErrFull.Wrapf("%d of %d transactions with %d of %d bytes wait; try again later", used.Txs, room.Txs, used.Bytes, room.Bytes)
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

// subjects returns those of a transaction that belongs into the urgent lane,
// and nil for any other.
func (p *Pool) subjects(ctx sdk.Context, tx sdk.Tx, bytes int, signers []mempool.SignerData) []string {
	msgs := tx.GetMsgs()
	gas, ok := tx.(interface{ GetGas() uint64 })
	if !ok || len(signers) != 1 || len(msgs) == 0 || len(msgs) > maxMessages || bytes > maxBytes {
		return nil
	}
	// Reads here must not count towards the transaction's gas.
	ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	subjects, most := make([]string, 0, len(msgs)), uint64(0)
	for _, msg := range msgs {
		subject, allowed := p.cfg.Judge(ctx, msg)
		if allowed == 0 {
			return nil
		}
		most += allowed
		for _, other := range subjects {
			if other == subject {
				return nil
			}
		}
		subjects = append(subjects, subject)
	}
	if gas.GetGas() > most {
		return nil
	}
	return subjects
}

// identify identifies a transaction by its first signature, as the SDK's
// mempools do.
func (p *Pool) identify(tx sdk.Tx) (nonce, []mempool.SignerData, error) {
	signers, err := p.signedBy(tx)
	if err != nil {
		return nonce{}, nil, err
	}
	if len(signers) == 0 {
		return nonce{}, nil, fmt.Errorf("transaction has no signature")
	}
	sequence, err := mempool.ChooseNonce(signers[0].Sequence, tx)
	return nonce{string(signers[0].Signer), sequence}, signers, err
}

// signedBy returns a transaction's signers. The SDK panics at a public key that is none.
func (p *Pool) signedBy(tx sdk.Tx) (signers []mempool.SignerData, err error) {
	if err := keyed(tx); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = sdkerrors.ErrInvalidPubKey.Wrapf("public key of a signature: %v; send the whole key with the signature", r)
		}
	}()
	return p.signers.GetSigners(tx)
}

// keyed refuses a signature without its public key.
func keyed(tx sdk.Tx) error {
	signed, ok := tx.(authsigning.SigVerifiableTx)
	if !ok {
		return nil // the SDK says so
	}
	signatures, err := signed.GetSignaturesV2()
	if err != nil {
		return err
	}
	for i, signature := range signatures {
		if signature.PubKey == nil {
			return sdkerrors.ErrInvalidPubKey.Wrapf("signature %d has no public key; send it with the signature", i+1)
		}
	}
	return nil
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

// RemoveWithReason removes a transaction. If it is about to be executed, its
// subjects come after others for a while.
func (p *Pool) RemoveWithReason(ctx context.Context, tx sdk.Tx, reason mempool.RemoveReason) error {
	if reason.Caller == mempool.CallerRunTxFinalize {
		p.serve(sdk.UnwrapSDKContext(ctx), tx)
	}
	return p.Remove(tx)
}

func (p *Pool) serve(ctx sdk.Context, tx sdk.Tx) {
	id, signers, err := p.identify(tx)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	subjects := p.subjects(ctx, tx, len(ctx.TxBytes()), signers)
	if e, ok := p.txs[id]; ok && e.hash == sha256.Sum256(ctx.TxBytes()) {
		// It used the lane, even if one before it in the block did what it was to do.
		subjects = append(subjects, e.subjects...)
	}
	for _, subject := range subjects {
		p.served[subject] = ctx.BlockHeight()
	}
	p.forget(ctx.BlockHeight())
}

// forget forgets the subjects that were served long ago, once per block: it reads all.
func (p *Pool) forget(now int64) {
	if p.swept == now {
		return
	}
	p.swept = now
	for subject, height := range p.served {
		if height+memory < now {
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
