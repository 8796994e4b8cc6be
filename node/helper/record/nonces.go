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
	// nonceLife is far longer than a request is taken for, so that a clock that
	// jumps forward and back brings none of them back.
	nonceLife = 24 * time.Hour
	// maxNonces bounds what is remembered of one wallet, which waits beyond it and is
	// in nobody else's way.
	maxNonces = 1024
)

// nonces are those of requests that were used, by wallet, signer and nonce, each
// with its time.
type nonces map[string]time.Time

// Use takes a nonce of one of the wallet's keys for one use, which is on disk when
// it returns.
func (s *Store) Use(wallet, signer, nonce string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := wallet + " " + signer + " " + nonce
	if _, used := s.used[key]; used {
		return ErrUsed
	}
	next := maps.Clone(s.used)
	if next == nil {
		next = nonces{}
	}
	maps.DeleteFunc(next, func(_ string, at time.Time) bool { return now.Sub(at).Abs() > nonceLife })
	own := 0
	for other := range next {
		if strings.HasPrefix(other, wallet+" ") {
			own++
		}
	}
	if own >= maxNonces {
		return fmt.Errorf("%d requests of %s within a day: %w", own, wallet, ErrUsed)
	}
	next[key] = now
	if err := s.write(nonceFile, next); err != nil {
		return err
	}
	s.used = next
	return nil
}
