package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dbc-network/dbc/auth"
)

// maxGrants bounds the sessions that are stored for one rental, revoked ones
// included.
const maxGrants = 256

var _ auth.Sessions = (*Journal)(nil)

// Grant is a session that a wallet granted. A revoked one is kept until it would
// have expired, so that the same grant doesn't bring it back.
type Grant struct {
	ID string `json:"id"`
	// Text is the grant as it was signed.
	Text string `json:"text"`
	// Sign or Multisig is the wallet's signature of Text.
	Sign     string         `json:"sign,omitempty"`
	Multisig *auth.Multisig `json:"multisig,omitempty"`
	Wallet   string         `json:"wallet"`
	RentID   uint64         `json:"rent_id"`
	Created  time.Time      `json:"created"`
	Expires  time.Time      `json:"expires"`
	Revoked  bool           `json:"revoked,omitempty"`
}

// KeepGrant stores a session and returns what is stored: the same grant again changes
// nothing. Sessions that have expired at now are forgotten, and from then on any that
// would have expired with them is refused: whether it was revoked is not known.
func (j *Journal) KeepGrant(g Grant, now time.Time) (kept Grant, err error) {
	err = j.update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketGrants)
		all, err := grants(bucket)
		if err != nil {
			return err
		}
		live, last, again := 0, uint64(0), false
		for _, old := range all {
			switch {
			case !now.Before(old.Expires):
				last = max(last, seconds(old.Expires))
				if err := bucket.Delete([]byte(old.ID)); err != nil {
					return fmt.Errorf("forget session: %w", err)
				}
			case old.ID == g.ID:
				kept, again = old, true
			case old.RentID == g.RentID:
				live++
			}
		}
		if err := forget(tx, keyForgottenGrants, last); err != nil {
			return fmt.Errorf("forget session: %w", err)
		}
		if again {
			return nil
		}
		if seconds(g.Expires) <= forgotten(tx, keyForgottenGrants) {
			return fmt.Errorf("%w: sessions up to its expiry are forgotten here; sign one that ends later", auth.ErrForgotten)
		}
		if live >= maxGrants {
			return fmt.Errorf("%w: rental %d has %d, at most %d; wait for one to expire", ErrSessions, g.RentID, live, maxGrants)
		}
		kept = g
		return put(bucket, []byte(g.ID), g)
	})
	return kept, err
}

// Grants returns a wallet's sessions that have not expired at now, oldest first.
func (j *Journal) Grants(wallet string, now time.Time) (list []Grant, err error) {
	err = j.db.View(func(tx *bbolt.Tx) error {
		list, err = grants(tx.Bucket(bucketGrants))
		return err
	})
	list = slices.DeleteFunc(list, func(g Grant) bool { return g.Wallet != wallet || !now.Before(g.Expires) })
	slices.SortFunc(list, func(a, b Grant) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list, err
}

// RevokeGrant ends a session of the wallet for good, or returns ErrNoSession.
// When it returns nil the change is on disk.
func (j *Journal) RevokeGrant(wallet, id string) error {
	return j.update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketGrants)
		g, err := grant(bucket, id)
		if err != nil {
			return err
		}
		if g.Wallet != wallet {
			return ErrNoSession
		}
		g.Revoked = true
		return put(bucket, []byte(id), g)
	})
}

// Granted returns the live session with the given id, or auth.ErrNoSession.
func (j *Journal) Granted(ctx context.Context, id string, now time.Time) (granted auth.Granted, err error) {
	if err := ctx.Err(); err != nil {
		return granted, err
	}
	var g Grant
	err = j.db.View(func(tx *bbolt.Tx) error {
		g, err = grant(tx.Bucket(bucketGrants), id)
		return err
	})
	switch {
	case errors.Is(err, ErrNoSession):
		return granted, fmt.Errorf("%w: none has this id; make one with sessions/create", auth.ErrNoSession)
	case err != nil:
		return granted, err
	case g.Revoked:
		return granted, fmt.Errorf("%w: it was revoked", auth.ErrNoSession)
	case !now.Before(g.Expires):
		return granted, fmt.Errorf("%w: it expired at %d", auth.ErrNoSession, g.Expires.Unix())
	}
	granted.Wallet, granted.Sign, granted.Multisig = g.Wallet, g.Sign, g.Multisig
	if granted.Grant, err = auth.ParseGrant(g.Text); err != nil {
		return auth.Granted{}, fmt.Errorf("read session %s: %w", id, err)
	}
	return granted, nil
}

func grant(bucket *bbolt.Bucket, id string) (g Grant, err error) {
	text := bucket.Get([]byte(id))
	if text == nil {
		return g, ErrNoSession
	}
	if err := json.Unmarshal(text, &g); err != nil {
		return g, fmt.Errorf("read session %s: %w", id, err)
	}
	return g, nil
}

func grants(bucket *bbolt.Bucket) (list []Grant, err error) {
	err = bucket.ForEach(func(key, text []byte) error {
		var g Grant
		if err := json.Unmarshal(text, &g); err != nil {
			return fmt.Errorf("read session %s: %w", key, err)
		}
		list = append(list, g)
		return nil
	})
	return list, err
}
