package journal

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// maxSessions bounds the live sessions of one rental.
const maxSessions = 64

// Session is what a session's id refers to: a ticket's rights in one rental.
type Session struct {
	ID     string `json:"id"`
	Wallet string `json:"wallet"`
	RentID uint64 `json:"rent_id"`
	// Nonce is the ticket's, which contains its times and machine.
	Nonce   string    `json:"nonce"`
	Expires time.Time `json:"expires"`
}

// KeepSession stores a session; the same one again changes nothing. When it returns nil
// the session is on disk. Sessions that have expired at now are forgotten.
func (j *Journal) KeepSession(s Session, now time.Time) error {
	return j.update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketIDs)
		if bucket.Get([]byte(s.ID)) != nil {
			return nil
		}
		live, over := 0, [][]byte{}
		err := bucket.ForEach(func(key, text []byte) error {
			var old Session
			if err := json.Unmarshal(text, &old); err != nil {
				return fmt.Errorf("read session %s: %w", key, err)
			}
			if !now.Before(old.Expires) {
				over = append(over, append([]byte(nil), key...))
			} else if old.RentID == s.RentID {
				live++
			}
			return nil
		})
		if err != nil {
			return err
		}
		if live >= maxSessions {
			return fmt.Errorf("%w: rental %d has %d, at most %d; send an older ticket again, or wait for one to expire",
				ErrSessions, s.RentID, live, maxSessions)
		}
		for _, key := range over {
			if err := bucket.Delete(key); err != nil {
				return fmt.Errorf("forget session: %w", err)
			}
		}
		return put(bucket, []byte(s.ID), s)
	})
}

// Session returns the session with the given id, or ErrNoSession where it has expired at
// now.
func (j *Journal) Session(id string, now time.Time) (s Session, err error) {
	err = j.db.View(func(tx *bbolt.Tx) error {
		text := tx.Bucket(bucketIDs).Get([]byte(id))
		if text == nil {
			return ErrNoSession
		}
		if err := json.Unmarshal(text, &s); err != nil {
			return fmt.Errorf("read session %s: %w", id, err)
		}
		if !now.Before(s.Expires) {
			return ErrNoSession
		}
		return nil
	})
	return s, err
}
