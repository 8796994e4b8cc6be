package journal

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dbc-network/dbc/auth"
)

var _ auth.Replay = (*Journal)(nil)

// purgeBatch bounds the expired nonces that one Use removes. It is more than the
// one it adds, so the memory shrinks to what is still valid.
const purgeBatch = 16

// Use takes a nonce once until until, or returns auth.ErrReplayed. When it
// returns nil the nonce is on disk.
func (j *Journal) Use(ctx context.Context, wallet, nonce string, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := append(append([]byte(wallet), 0), nonce...)
	return j.db.Update(func(tx *bbolt.Tx) error {
		if err := purge(tx, time.Now(), purgeBatch); err != nil {
			return err
		}
		nonces := tx.Bucket(bucketNonces)
		if nonces.Get(key) != nil {
			return auth.ErrReplayed
		}
		when := binary.BigEndian.AppendUint64(nil, uint64(max(until.Unix(), 0)))
		if err := nonces.Put(key, when); err != nil {
			return fmt.Errorf("remember nonce: %w", err)
		}
		if err := tx.Bucket(bucketUntil).Put(append(when, key...), nil); err != nil {
			return fmt.Errorf("remember nonce's end: %w", err)
		}
		return nil
	})
}

// Nonces is how many nonces are remembered.
func (j *Journal) Nonces() (n int, err error) {
	err = j.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(bucketNonces).Stats().KeyN
		return nil
	})
	return n, err
}

// purge removes up to limit nonces whose time is over; keys begin with the end
// in big endian, so the oldest come first.
func purge(tx *bbolt.Tx, now time.Time, limit int) error {
	untils, nonces := tx.Bucket(bucketUntil), tx.Bucket(bucketNonces)
	cursor := untils.Cursor()
	for key, _ := cursor.First(); key != nil && limit > 0; limit-- {
		if len(key) < 8 || binary.BigEndian.Uint64(key) >= uint64(max(now.Unix(), 0)) {
			return nil
		}
		if err := nonces.Delete(key[8:]); err != nil {
			return fmt.Errorf("forget nonce: %w", err)
		}
		if err := untils.Delete(key); err != nil {
			return fmt.Errorf("forget nonce's end: %w", err)
		}
		key, _ = cursor.First()
	}
	return nil
}
