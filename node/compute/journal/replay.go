package journal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dbc-network/dbc/auth"
)

var _ auth.Replay = (*Journal)(nil)

const (
	// purgeBatch bounds the expired nonces that one Use removes. It is more than the
	// one it adds, so the memory shrinks to what is still valid.
	purgeBatch = 16
	// maxNonces bounds the nonces of all wallets, and maxOfWallet those of one; a
	// wallet with fewer than fairNonces may always add one. A nonce is kept for at
	// most four minutes.
	maxNonces   = 40960
	maxOfWallet = 10240
	fairNonces  = 512

	tagSize  = 8
	hashSize = 16
)

// tag identifies a wallet; nonceKey identifies its nonce and begins with the tag.
type (
	tag      [tagSize]byte
	nonceKey [tagSize + hashSize]byte
)

func newNonceKey(wallet, nonce string) (k nonceKey) {
	who, what := sha256.Sum256([]byte(wallet)), sha256.Sum256([]byte(nonce))
	copy(k[:tagSize], who[:])
	copy(k[tagSize:], what[:])
	return k
}

func (k nonceKey) tag() tag { return tag(k[:tagSize]) }

// use is one nonce on its way to the disk.
type use struct {
	key        nonceKey
	until, now uint64
	done       bool
	err        error
}

// uses are nonces that are written together: while one transaction is being
// written, the next ones queue up.
type uses struct {
	// writing is held by the call that writes for all that wait.
	writing sync.Mutex

	mu      sync.Mutex
	waiting []*use
	// counts are the numbers of stored nonces per wallet, total that of all.
	counts map[tag]int
	total  int
}

// Use accepts a nonce once until until. It returns auth.ErrReplayed for a used
// one, and ErrNonces where the wallet used too many in a short time. When it
// returns nil the nonce is on disk. Nonces that have expired at now are
// forgotten, and from then on all that would have expired with them are
// auth.ErrForgotten: a clock that was ahead for a while lets no request in twice.
func (j *Journal) Use(ctx context.Context, wallet, nonce string, until, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	u := &use{key: newNonceKey(wallet, nonce), until: seconds(until), now: seconds(now)}
	j.uses.mu.Lock()
	j.uses.waiting = append(j.uses.waiting, u)
	j.uses.mu.Unlock()
	j.uses.writing.Lock()
	defer j.uses.writing.Unlock()
	if !u.done {
		j.writeUses()
	}
	return u.err
}

// writeUses writes the waiting nonces. The caller holds uses.writing.
func (j *Journal) writeUses() {
	j.uses.mu.Lock()
	group := j.uses.waiting
	j.uses.waiting = nil
	j.uses.mu.Unlock()
	var change map[tag]int
	err := j.update(func(tx *bbolt.Tx) error {
		change = map[tag]int{}
		for _, u := range group {
			if err := purge(tx, u.now, change); err != nil {
				return err
			}
			var err error
			if u.err, err = j.take(tx, u, change); err != nil {
				return err
			}
		}
		return nil
	})
	for _, u := range group {
		if u.done = true; err != nil {
			u.err = err
		}
	}
	if err != nil {
		return
	}
	for who, n := range change {
		j.uses.total += n
		if j.uses.counts[who] += n; j.uses.counts[who] == 0 {
			delete(j.uses.counts, who)
		}
	}
}

// take writes a nonce; refused is returned to the caller of Use, err aborts the
// transaction.
func (j *Journal) take(tx *bbolt.Tx, u *use, change map[tag]int) (refused, err error) {
	nonces := tx.Bucket(bucketNonces)
	if nonces.Get(u.key[:]) != nil {
		return auth.ErrReplayed, nil
	}
	if u.until <= forgotten(tx, keyForgotten) {
		return auth.ErrForgotten, nil
	}
	who, total := u.key.tag(), j.uses.total
	for _, n := range change {
		total += n
	}
	if own := j.uses.counts[who] + change[who]; own >= maxOfWallet || (total >= maxNonces && own >= fairNonces) {
		return fmt.Errorf("%w: %d within four minutes", ErrNonces, own), nil
	}
	when := binary.BigEndian.AppendUint64(nil, u.until)
	if err := nonces.Put(u.key[:], when); err != nil {
		return nil, fmt.Errorf("remember nonce: %w", err)
	}
	if err := tx.Bucket(bucketUntil).Put(append(when, u.key[:]...), nil); err != nil {
		return nil, fmt.Errorf("remember nonce's end: %w", err)
	}
	change[who]++
	return nil, nil
}

// Nonces returns how many nonces are stored.
func (j *Journal) Nonces() (n int, err error) {
	j.uses.writing.Lock()
	defer j.uses.writing.Unlock()
	return j.uses.total, nil
}

// countNonces counts the nonces of a journal that was just opened.
func (j *Journal) countNonces() error {
	j.uses.counts = map[tag]int{}
	return j.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketNonces).ForEach(func(key, _ []byte) error {
			if len(key) != len(nonceKey{}) {
				return fmt.Errorf("%w: a nonce of %d bytes", ErrDamaged, len(key))
			}
			j.uses.counts[nonceKey(key).tag()]++
			j.uses.total++
			return nil
		})
	})
}

// purge removes some expired nonces; keys begin with the expiry in big endian,
// so the oldest come first.
func purge(tx *bbolt.Tx, now uint64, change map[tag]int) error {
	untils, nonces := tx.Bucket(bucketUntil), tx.Bucket(bucketNonces)
	cursor, last := untils.Cursor(), uint64(0)
	for range purgeBatch {
		key, _ := cursor.First()
		if len(key) != 8+len(nonceKey{}) || binary.BigEndian.Uint64(key) >= now {
			break
		}
		last = binary.BigEndian.Uint64(key)
		who := nonceKey(key[8:]).tag()
		if err := nonces.Delete(key[8:]); err != nil {
			return fmt.Errorf("forget nonce: %w", err)
		}
		if err := untils.Delete(key); err != nil {
			return fmt.Errorf("forget nonce's end: %w", err)
		}
		change[who]--
	}
	return forget(tx, keyForgotten, last)
}

// forgotten returns the time up to which entries were forgotten, in Unix seconds.
func forgotten(tx *bbolt.Tx, key []byte) uint64 {
	if v := tx.Bucket(bucketMeta).Get(key); len(v) == 8 {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

// forget moves forgotten forward, never back.
func forget(tx *bbolt.Tx, key []byte, until uint64) error {
	if until <= forgotten(tx, key) {
		return nil
	}
	return tx.Bucket(bucketMeta).Put(key, binary.BigEndian.AppendUint64(nil, until))
}

func seconds(t time.Time) uint64 { return uint64(max(t.Unix(), 0)) }
