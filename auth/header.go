package auth

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	headerVersion = "v1"
	sessionLen    = 64
	maxHeader     = 512
	// maxUnix is the last second of the year 9999; later times are refused.
	maxUnix = 253402300799
)

// Credential is a parsed HeaderName. Nothing in it has been verified.
type Credential struct {
	Wallet string
	// Time is in Unix seconds.
	Time  int64
	Nonce string
	Sign  string
	// Session is "" if the wallet signed the request itself.
	Session string
}

// Header returns the value of HeaderName. session is "" for the wallet's own
// signature.
func Header(wallet string, t int64, nonce, sign, session string) string {
	h := strings.Join([]string{headerVersion, wallet, strconv.FormatInt(t, 10), nonce, sign}, " ")
	if session != "" {
		h += " " + session
	}
	return h
}

// ParseHeader parses exactly the format that Header writes: single spaces,
// lower-case hex, a canonical number.
func ParseHeader(header string) (Credential, error) {
	if len(header) > maxHeader {
		return Credential{}, fmt.Errorf("%w: %s has %d bytes, at most %d", ErrMalformed, HeaderName, len(header), maxHeader)
	}
	f := strings.Split(header, " ")
	if (len(f) != 5 && len(f) != 6) || f[0] != headerVersion {
		return Credential{}, fmt.Errorf("%w: %s: want %q", ErrMalformed, HeaderName, "v1 wallet unix_seconds nonce sign [session]")
	}
	if err := CheckWallet(f[1]); err != nil {
		return Credential{}, err
	}
	t, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil || strconv.FormatInt(t, 10) != f[2] {
		return Credential{}, fmt.Errorf("%w: time of %s is not a plain number of unix seconds", ErrMalformed, HeaderName)
	}
	if err := checkTime(t); err != nil {
		return Credential{}, err
	}
	if err := checkNonce(f[3]); err != nil {
		return Credential{}, err
	}
	if _, _, err := decodeSign(f[4]); err != nil {
		return Credential{}, err
	}
	c := Credential{Wallet: f[1], Time: t, Nonce: f[3], Sign: f[4]}
	if len(f) == 6 {
		if _, err := decodeHex(f[5], sessionLen); err != nil {
			return Credential{}, fmt.Errorf("%w: field session: %w", ErrMalformed, err)
		}
		c.Session = f[5]
	}
	return c, nil
}

func checkTime(t int64) error {
	if t <= 0 || t > maxUnix {
		return fmt.Errorf("%w: time %d is not within 1-%d unix seconds", ErrMalformed, t, int64(maxUnix))
	}
	return nil
}
