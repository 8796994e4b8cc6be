package auth

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrMalformed is returned for a header, ticket, key or signature that is
	// not in the format of the contract.
	ErrMalformed = errors.New("malformed authority")
	// ErrSignature is returned for a well-formed signature that does not
	// verify.
	ErrSignature = errors.New("wrong signature")
	// ErrClockSkew is returned when a request's time is too far from the
	// server's.
	ErrClockSkew = errors.New("time of the request is too far from the server's")
	// ErrReplayed is returned by implementations of Replay for a nonce that was
	// used before.
	ErrReplayed = errors.New("nonce was used before")
	// ErrForgotten is returned for a request from a time whose nonces were
	// already discarded, because the server's clock was ahead for a while. The
	// same request, signed again later, is accepted.
	ErrForgotten = errors.New("request is from a time whose nonces were discarded; sign again in a few minutes")
	// ErrExpired is returned for a ticket that has expired or is not valid yet.
	ErrExpired = errors.New("ticket is not valid now")
	// ErrWrongMachine is returned for a ticket made for another machine.
	ErrWrongMachine = errors.New("made for another machine")
	// ErrNoSession is returned for a session that this machine does not know.
	ErrNoSession = errors.New("no such session")
)

// SkewError is an ErrClockSkew that carries both clocks, so that the caller can
// be told the server's time.
type SkewError struct {
	Sent, Server time.Time
}

// Error states the field, the value, the limit and the remedy.
func (e *SkewError) Error() string {
	return fmt.Sprintf("%v: sent %d, server's time %d, at most %d seconds apart; set the clock and sign again",
		ErrClockSkew, e.Sent.Unix(), e.Server.Unix(), int64(MaxSkew/time.Second))
}

// Unwrap makes errors.Is(err, ErrClockSkew) true.
func (e *SkewError) Unwrap() error { return ErrClockSkew }
