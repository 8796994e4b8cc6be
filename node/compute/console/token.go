package console

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dbc-network/dbc/auth"
)

// Kind is what is opened of a VM.
type Kind string

// The kinds.
const (
	// Serial is the serial console, VNC the screen, Forward a TCP port.
	Serial  Kind = "console"
	VNC     Kind = "vnc"
	Forward Kind = "forward"
)

const (
	// TokenLife is how long a token is valid: from the signed request to the
	// opening of the WebSocket, which a browser cannot sign.
	TokenLife = 30 * time.Second
	// Limits of unused tokens: per VM, per renter, and in total. If all are
	// taken, a renter who has fewer than another takes the place of one.
	maxTokens       = 16
	maxTokensRenter = 128
	maxTokensAll    = 1024
)

// Right is what a token opens, and on whose behalf.
type Right struct {
	Kind   Kind
	TaskID string
	// Wallet and RentID identify the rental of the VM.
	Wallet string
	RentID uint64
	// Session is the id of the session that asked, or "" if it was the wallet.
	Session string
	// Port of the guest, for Forward.
	Port uint16
	// TakeOver disconnects whoever has it open.
	TakeOver bool
	// Proof is the signed request for the token.
	Proof *auth.Proof
}

// tokens are kept in memory only, as hashes, and are lost on a restart.
type tokens struct {
	mu    sync.Mutex
	given map[[sha256.Size]byte]given
}

type given struct {
	right   Right
	expires time.Time
}

func (s *tokens) give(r Right, now time.Time) (token string, expires time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own, counts := 0, map[string]int{}
	for hash, g := range s.given {
		if !now.Before(g.expires) {
			delete(s.given, hash)
			continue
		}
		counts[g.right.Wallet]++
		if g.right.TaskID == r.TaskID {
			own++
		}
	}
	if own >= maxTokens || counts[r.Wallet] >= maxTokensRenter || (len(s.given) >= maxTokensAll && !s.makeRoom(counts, r.Wallet)) {
		return "", expires, fmt.Errorf("%w: %d unused tokens of this virtual machine, at most %d, and %d of all, at most %d; each expires after %s",
			ErrTooMany, own, maxTokens, len(s.given), maxTokensAll, TokenLife)
	}
	token, expires = rand.Text(), now.Add(TokenLife)
	if s.given == nil {
		s.given = map[[sha256.Size]byte]given{}
	}
	s.given[sha256.Sum256([]byte(token))] = given{r, expires}
	return token, expires, nil
}

// makeRoom removes a token of the renter with the most, if that is more than
// wallet would have with one more.
func (s *tokens) makeRoom(counts map[string]int, wallet string) bool {
	most, victim := counts[wallet]+1, [sha256.Size]byte{}
	found := false
	for hash, g := range s.given {
		if n := counts[g.right.Wallet]; n > most {
			most, victim, found = n, hash, true
		}
	}
	delete(s.given, victim)
	return found
}

// take consumes a token, even if it is for something else: then it is in the
// wrong hands.
func (s *tokens) take(kind Kind, taskID, token string, now time.Time) (Right, error) {
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.given[hash]
	delete(s.given, hash)
	if !ok || !now.Before(g.expires) || g.right.Kind != kind || g.right.TaskID != taskID {
		return Right{}, fmt.Errorf("%w: each opens one %s of one virtual machine once, within %s; ask for another", ErrToken, kind, TokenLife)
	}
	return g.right, nil
}
