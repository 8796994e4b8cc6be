package auth

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrMalformed means: a header, ticket, key or signature is not written as the
	// contract says.
	ErrMalformed = errors.New("malformed authority")
	// ErrSignature means: it is well written, but the signature does not fit.
	ErrSignature = errors.New("wrong signature")
	// ErrClockSkew means: a request's time is too far from the server's.
	ErrClockSkew = errors.New("time of the request is too far from the server's")
	// ErrReplayed means: the nonce was used before. Replay implementations return it.
	ErrReplayed = errors.New("nonce was used before")
	// ErrForgotten means: the request is of a time whose nonces are forgotten, since
	// the server's clock was ahead for a while. Signed again later it passes.
	ErrForgotten = errors.New("request is of a time whose nonces are forgotten; sign again in some minutes")
	// ErrExpired means: a ticket is past its expiry, or not valid yet.
	ErrExpired = errors.New("ticket is not valid now")
	// ErrWrongMachine means: a ticket was made for another machine.
	ErrWrongMachine = errors.New("made for another machine")
	// ErrNoSession means: the session is not known here.
	ErrNoSession = errors.New("no such session")
)

// SkewError is ErrClockSkew with both clocks, so that the caller can be told
// the server's.
type SkewError struct {
	Sent, Server time.Time
}

// Error names the field, the value, the limit and the remedy.
func (e *SkewError) Error() string {
	return fmt.Sprintf("%v: sent %d, server's time %d, at most %d seconds apart; set the clock and sign again",
		ErrClockSkew, e.Sent.Unix(), e.Server.Unix(), int64(MaxSkew/time.Second))
}

// Unwrap makes errors.Is(err, ErrClockSkew) true.
func (e *SkewError) Unwrap() error { return ErrClockSkew }
