package auth

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/btcsuite/btcd/btcutil/base58"
)

const (
	// TicketLife is the default validity of a ticket.
	TicketLife = time.Hour
	// MaxTicketLife is the longest validity of a ticket.
	MaxTicketLife = 24 * time.Hour

	ticketVersion  = 1
	ticketRandom   = 16
	ticketSize     = 8 + 8 + ticketRandom
	machineSize    = 32
	maxTicketNonce = 128

	base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
)

// Ticket is the content of a ticket's nonce: when it was issued, when it
// expires, and for which machine. A ticket can be sent many times until it
// expires, so it grants fewer rights than an exact signature.
type Ticket struct {
	// Issued and Expires are whole seconds. The ticket is no longer valid at
	// Expires.
	Issued, Expires time.Time
	Random          [ticketRandom]byte
	// MachineID is "" for a ticket that names no machine.
	MachineID string
}

// NewTicket returns a ticket that is valid from now for life. machineID may be
// "".
func NewTicket(now time.Time, life time.Duration, machineID string) (Ticket, error) {
	t := Ticket{Issued: time.Unix(now.Unix(), 0).UTC(), MachineID: machineID}
	t.Expires = t.Issued.Add(life.Truncate(time.Second))
	_, _ = rand.Read(t.Random[:]) // never fails: crypto/rand ends the process instead
	if err := t.validate(); err != nil {
		return Ticket{}, err
	}
	return t, nil
}

// Nonce returns the ticket in Base58Check, which is also the text to sign.
func (t Ticket) Nonce() string {
	b := make([]byte, 0, ticketSize+machineSize)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Issued.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(t.Expires.Unix()))
	b = append(b, t.Random[:]...)
	machine, _ := hex.DecodeString(t.MachineID)
	return base58.CheckEncode(append(b, machine...), ticketVersion)
}

// ParseTicket parses exactly the format that Nonce writes.
func ParseTicket(nonce string) (Ticket, error) {
	// Decoding takes quadratic time, so check the length first.
	if len(nonce) > maxTicketNonce {
		return Ticket{}, fmt.Errorf("%w: field nonce has %d characters, at most %d", ErrMalformed, len(nonce), maxTicketNonce)
	}
	// The decoder panics on non-ASCII input.
	if strings.ContainsFunc(nonce, func(r rune) bool { return !strings.ContainsRune(base58Alphabet, r) }) {
		return Ticket{}, fmt.Errorf("%w: field nonce: a character is not of Base58", ErrMalformed)
	}
	b, version, err := base58.CheckDecode(nonce)
	if err != nil {
		return Ticket{}, fmt.Errorf("%w: field nonce: %w; make a new ticket with sign_tool", ErrMalformed, err)
	}
	if version != ticketVersion || (len(b) != ticketSize && len(b) != ticketSize+machineSize) {
		return Ticket{}, fmt.Errorf("%w: field nonce: version %d with %d bytes, want version %d; make a new ticket with sign_tool",
			ErrMalformed, version, len(b), ticketVersion)
	}
	issued, expires := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	if issued > maxUnix || expires > maxUnix {
		return Ticket{}, fmt.Errorf("%w: field nonce: a time is out of range", ErrMalformed)
	}
	t := Ticket{Issued: time.Unix(int64(issued), 0).UTC(), Expires: time.Unix(int64(expires), 0).UTC()}
	copy(t.Random[:], b[16:])
	t.MachineID = hex.EncodeToString(b[ticketSize:])
	if err := t.validate(); err != nil {
		return Ticket{}, err
	}
	if t.Nonce() != nonce {
		return Ticket{}, fmt.Errorf("%w: field nonce is not written canonically", ErrMalformed)
	}
	return t, nil
}

func (t Ticket) validate() error {
	life := t.Expires.Sub(t.Issued)
	if life < time.Second || life > MaxTicketLife {
		return fmt.Errorf("%w: a ticket's life is %v, want 1s-%v", ErrMalformed, life, MaxTicketLife)
	}
	if err := checkTime(t.Issued.Unix()); err != nil {
		return err
	}
	if t.MachineID == "" {
		return nil
	}
	_, err := machineKey(t.MachineID)
	return err
}

// SignTicket signs a ticket. The signature is sent together with t.Nonce() and
// the signer's address.
func SignTicket(ctx context.Context, s Signer, t Ticket) (sign string, err error) {
	if err := t.validate(); err != nil {
		return "", err
	}
	if sign, err = s.Sign(ctx, t.Nonce()); err != nil {
		return "", fmt.Errorf("sign ticket: %w", err)
	}
	return sign, nil
}

// VerifyTicket verifies that wallet signed the ticket, that it is valid now,
// and that it is for machineID or names no machine. In the last case the caller
// has to check that the wallet rents nothing else and has rented nothing since
// Issued.
func VerifyTicket(wallet, nonce, sign, machineID string, now time.Time) (Ticket, error) {
	if err := CheckWallet(wallet); err != nil {
		return Ticket{}, err
	}
	t, err := ParseTicket(strings.TrimSpace(nonce))
	if err != nil {
		return Ticket{}, err
	}
	if !now.Before(t.Expires) {
		return Ticket{}, fmt.Errorf("%w: it expired at %d, server's time %d; make a new one", ErrExpired, t.Expires.Unix(), now.Unix())
	}
	if t.Issued.Sub(now) > MaxSkew {
		return Ticket{}, fmt.Errorf("%w: issued at %d, server's time %d; set the clock and make a new one", ErrExpired, t.Issued.Unix(), now.Unix())
	}
	if t.MachineID != "" && t.MachineID != machineID {
		return Ticket{}, fmt.Errorf("%w: field nonce is for %s, this is %s", ErrWrongMachine, t.MachineID, machineID)
	}
	signer, err := VerifySign(t.Nonce(), strings.TrimSpace(sign))
	if err != nil {
		return Ticket{}, err
	}
	if signer != wallet {
		return Ticket{}, fmt.Errorf("%w: field wallet is %s, but %s signed", ErrSignature, wallet, signer)
	}
	return t, nil
}
