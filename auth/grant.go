package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	grantWord  = "dbc-session-v1"
	grantLines = 7
	// MaxGrant is the maximum length of a grant's text in bytes.
	MaxGrant = 1024
	// MaxSessionLife is the longest validity of a session: that of the longest
	// rental.
	MaxSessionLife = 60 * 24 * time.Hour
)

// Grant allows the holder of a key to act in one rental until the grant
// expires. The wallet signs its text once.
type Grant struct {
	ChainID, MachineID string
	RentID             uint64
	// PublicKey is the session's public key: 33 bytes in hex.
	PublicKey string
	Scope     Scope
	// Expiry is in Unix seconds. The session is no longer valid at Expiry.
	Expiry int64
}

// Text returns the text to sign.
func (g Grant) Text() string {
	return strings.Join([]string{
		grantWord, g.ChainID, g.MachineID, strconv.FormatUint(g.RentID, 10), g.PublicKey, g.Scope.String(),
		strconv.FormatInt(g.Expiry, 10),
	}, "\n")
}

// ID returns the session's id.
func (g Grant) ID() string {
	sum := sha256.Sum256([]byte(g.Text()))
	return hex.EncodeToString(sum[:])
}

// ParseGrant parses exactly the format that Text writes.
func ParseGrant(text string) (Grant, error) {
	if len(text) > MaxGrant {
		return Grant{}, fmt.Errorf("%w: field grant has %d bytes, at most %d", ErrMalformed, len(text), MaxGrant)
	}
	f := strings.Split(text, "\n")
	if len(f) != grantLines || f[0] != grantWord {
		return Grant{}, fmt.Errorf("%w: field grant: want %d lines that begin with %s", ErrMalformed, grantLines, grantWord)
	}
	g := Grant{ChainID: f[1], MachineID: f[2], PublicKey: f[4], Scope: Scope(f[5])}
	var err error
	if g.RentID, err = strconv.ParseUint(f[3], 10, 64); err != nil {
		return Grant{}, fmt.Errorf("%w: field grant: the rental is no number", ErrMalformed)
	}
	if g.Expiry, err = strconv.ParseInt(f[6], 10, 64); err != nil {
		return Grant{}, fmt.Errorf("%w: field grant: the expiry is no number", ErrMalformed)
	}
	if err := g.Validate(); err != nil {
		return Grant{}, err
	}
	if g.Text() != text {
		return Grant{}, fmt.Errorf("%w: field grant is not written canonically", ErrMalformed)
	}
	return g, nil
}

// Validate refuses fields that no valid grant has.
func (g Grant) Validate() error {
	if g.ChainID == "" || strings.ContainsFunc(g.ChainID, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return fmt.Errorf("%w: field grant: the chain id is empty or has a space", ErrMalformed)
	}
	if _, err := machineKey(g.MachineID); err != nil {
		return err
	}
	if g.RentID == 0 {
		return fmt.Errorf("%w: field grant: the rental is 0", ErrMalformed)
	}
	if _, err := g.Address(); err != nil {
		return err
	}
	if _, err := ParseScope(string(g.Scope)); err != nil {
		return err
	}
	return checkTime(g.Expiry)
}

// Address returns the address of the session key, which signs its ADR-036
// documents.
func (g Grant) Address() (string, error) {
	raw, err := decodeHex(g.PublicKey, 2*pubKeySize)
	if err != nil {
		return "", fmt.Errorf("%w: the session's public key: %w", ErrMalformed, err)
	}
	return Address(raw)
}

// Multisig is a legacy multisig wallet of the SDK with signatures of its
// members.
type Multisig struct {
	Threshold int
	// PublicKeys are the members' public keys in the wallet's order, each 33
	// bytes in hex.
	PublicKeys []string
	// Signs are the members' own signatures, in any order.
	Signs []string
}

// SignGrant signs a grant with the wallet, or as one member of a multisig
// wallet.
func SignGrant(ctx context.Context, s Signer, g Grant) (sign string, err error) {
	if err := g.Validate(); err != nil {
		return "", err
	}
	if sign, err = s.Sign(ctx, g.Text()); err != nil {
		return "", fmt.Errorf("sign session: %w", err)
	}
	return sign, nil
}

// VerifyGrant returns the wallet that signed the grant: that of sign, or multi
// if given. The session key must not be a key of that wallet: its signatures
// could be passed off as the wallet's own, without the session's limits.
func VerifyGrant(g Grant, sign string, multi *Multisig, chainID, machineID string, now time.Time) (wallet string, err error) {
	switch expires := time.Unix(g.Expiry, 0); {
	case g.ChainID != chainID || g.MachineID != machineID:
		return "", fmt.Errorf("%w: field grant is for machine %s of %s, this is %s of %s",
			ErrWrongMachine, g.MachineID, g.ChainID, machineID, chainID)
	case !now.Before(expires):
		return "", fmt.Errorf("%w: the grant expired at %d, server's time %d; sign a new one", ErrExpired, g.Expiry, now.Unix())
	case expires.Sub(now) > MaxSessionLife+MaxSkew:
		return "", fmt.Errorf("%w: the grant expires at %d, at most %d days from now", ErrMalformed, g.Expiry, MaxSessionLife/(24*time.Hour))
	case (sign == "") == (multi == nil):
		return "", fmt.Errorf("%w: want either sign or multisig", ErrMalformed)
	}
	key, err := g.Address()
	if err != nil {
		return "", err
	}
	var members []string
	if multi != nil {
		wallet, members, err = multi.verify(g.Text())
	} else {
		wallet, err = VerifySign(g.Text(), strings.TrimSpace(sign))
		members = []string{wallet}
	}
	if err != nil {
		return "", err
	}
	if slices.Contains(members, key) {
		return "", fmt.Errorf("%w: the session's key is the wallet's own; make a fresh one", ErrMalformed)
	}
	return wallet, nil
}
