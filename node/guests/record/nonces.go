package record

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

const (
	// nonceFile has no name that a folder can have.
	nonceFile = "used-nonces.json"
	// nonceLife is far longer than a request is taken for.
	nonceLife = 24 * time.Hour
	// maxNonces bounds what is remembered of one wallet, which waits beyond it and is
	// in nobody else's way.
	maxNonces = 1024
	// maxUsed bounds what is remembered of all wallets together, for whoever runs the
	// node can make up wallets: beyond it, what is older than nonceLeast is forgotten.
	maxUsed    = 16 * maxNonces
	nonceLeast = 10 * time.Minute
)

// nonces are those of requests that were used.
type nonces struct {
	Schema int `json:"schema"`
	// Used is when each was sent, by wallet, signer and nonce.
	Used map[string]time.Time `json:"used"`
	// Forgotten is when the newest was sent of those that are not remembered any
	// more. None that is as old is taken: a clock that was ahead for a while, in
	// which others were used, brings nothing back.
	Forgotten time.Time `json:"forgotten,omitzero"`
}

// Use takes a nonce of one of the wallet's keys, sent then, for one use, which is
// on disk when it returns.
func (s *Store) Use(wallet, signer, nonce string, sent, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := wallet + " " + signer + " " + nonce
	if _, used := s.used.Used[key]; used {
		return ErrUsed
	}
	if !s.used.Forgotten.IsZero() && !sent.After(s.used.Forgotten) {
		return fmt.Errorf("%w: it was sent at %s, that was up to %s", ErrForgotten, sent.UTC().Format(time.RFC3339), s.used.Forgotten.UTC().Format(time.RFC3339))
	}
	next, own := s.used.without(now, nonceLife), 0
	if len(next.Used) >= maxUsed {
		next = next.without(now, nonceLeast)
	}
	if len(next.Used) >= maxUsed {
		return fmt.Errorf("%d requests within %s: %w", len(next.Used), nonceLeast, ErrUsed)
	}
	for other := range next.Used {
		if strings.HasPrefix(other, wallet+" ") {
			own++
		}
	}
	if own >= maxNonces {
		return fmt.Errorf("%d requests of %s within a day: %w", own, wallet, ErrUsed)
	}
	next.Used[key] = sent
	if err := s.write(nonceFile, next); err != nil {
		return err
	}
	s.used = next
	return nil
}

// without is a copy that lacks what is older than life.
func (n nonces) without(now time.Time, life time.Duration) nonces {
	next := nonces{Schema: schema, Used: maps.Clone(n.Used), Forgotten: n.Forgotten}
	if next.Used == nil {
		next.Used = map[string]time.Time{}
	}
	for key, sent := range next.Used {
		if now.Sub(sent) <= life {
			continue
		}
		delete(next.Used, key)
		if sent.After(next.Forgotten) {
			next.Forgotten = sent
		}
	}
	return next
}
