package client

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

var units = []struct {
	letter  byte
	seconds uint64
}{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}

// maxSeconds is far above any rental and far below where sums overflow.
const maxSeconds = 1 << 40

// ParseDuration reads days, hours, minutes and seconds: "3d", "2h", "90s",
// "1d12h", and a bare number as days: "3" is three days. Units go from large to small, each at most once. The result is in
// seconds, because that is what the chain counts.
func ParseDuration(s string) (uint64, error) {
	var total uint64
	rest, next := s, 0
	if s != "" && strings.Trim(s, "0123456789") == "" {
		rest += "d"
	}
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end <= 0 {
			return 0, fmt.Errorf("%.64q is %w: such as 3d, 2h, 90s or 1d12h", s, ErrDuration)
		}
		n, err := strconv.ParseUint(rest[:end], 10, 40)
		if err != nil {
			return 0, fmt.Errorf("%.64q is %w: too long", s, ErrDuration)
		}
		for next < len(units) && units[next].letter != rest[end] {
			next++
		}
		if next == len(units) {
			return 0, fmt.Errorf("%.64q is %w: days, hours, minutes and seconds in this order, such as 3d, 2h, 90s or 1d12h", s, ErrDuration)
		}
		if n > maxSeconds/units[next].seconds {
			return 0, fmt.Errorf("%.64q is %w: too long", s, ErrDuration)
		}
		if total += n * units[next].seconds; total > maxSeconds {
			return 0, fmt.Errorf("%.64q is %w: too long", s, ErrDuration)
		}
		rest, next = rest[end+1:], next+1
	}
	if total == 0 {
		return 0, fmt.Errorf("%.64q is %w: more than nothing is needed, such as 3d, 2h or 90s", s, ErrDuration)
	}
	return total, nil
}

// FormatDuration writes seconds as ParseDuration reads them.
func FormatDuration(seconds uint64) string {
	if seconds == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range units {
		if n := seconds / u.seconds; n > 0 {
			fmt.Fprintf(&b, "%d%c", n, u.letter)
			seconds %= u.seconds
		}
	}
	return b.String()
}

// Until says how long it is from now to t, in whole seconds; 0s once past.
func Until(now, t time.Time) string {
	return FormatDuration(uint64(max(t.Sub(now), 0) / time.Second))
}
