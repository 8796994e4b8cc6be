package client

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/rental"
)

const (
	udbcPerDBC = 1_000_000
	decimals   = 6
)

// FormatDBC formats udbc as DBC with up to six decimals and no trailing zeros:
// "10 DBC", "0.069444 DBC".
func FormatDBC(udbc uint64) string { return rental.DBC(udbc) }

// ParseDBC parses "10", "10.5", "10.5dbc", "10 DBC" and "10500000udbc" to udbc.
// It refuses signs and more than six decimals instead of rounding, and takes what an
// input method writes, "１０．５".
func ParseDBC(s string) (uint64, error) {
	text := strings.ToLower(strings.TrimSpace(rental.HalfWidth(s)))
	if digits, ok := strings.CutSuffix(text, "udbc"); ok {
		return parseDigits(s, strings.TrimSpace(digits))
	}
	text = strings.TrimSpace(strings.TrimSuffix(text, "dbc"))
	whole, fraction, dotted := strings.Cut(text, ".")
	if dotted && (fraction == "" || len(fraction) > decimals) {
		return 0, fmt.Errorf("%.64q is %w: 1 to %d decimals", s, ErrAmount, decimals)
	}
	units, err := parseDigits(s, whole)
	if err != nil {
		return 0, err
	}
	rest, err := parseDigits(s, (fraction + "000000")[:decimals])
	if err != nil {
		return 0, err
	}
	high, low := bits.Mul64(units, udbcPerDBC)
	sum, carry := bits.Add64(low, rest, 0)
	if high != 0 || carry != 0 {
		return 0, fmt.Errorf("%.64q is %w: too large", s, ErrAmount)
	}
	return sum, nil
}

func parseDigits(whole, digits string) (uint64, error) {
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, fmt.Errorf("%.64q is %w of DBC: such as 10.5, with a point and without a sign", whole, ErrAmount)
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.64q is %w of DBC: such as 10.5", whole, ErrAmount)
	}
	return n, nil
}
