package rental

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// durationUnits go from large to small; the first name of each is the one that
// FormatDuration writes.
var durationUnits = []struct {
	seconds uint64
	names   []string
}{
	{86_400, []string{"d", "day", "days", "天", "日"}},
	{3_600, []string{"h", "hr", "hrs", "hour", "hours", "小时", "个小时", "时"}},
	{60, []string{"m", "min", "mins", "minute", "minutes", "分", "分钟"}},
	{1, []string{"s", "sec", "secs", "second", "seconds", "秒", "秒钟"}},
}

const (
	asciiDigits = "0123456789"
	// maxSpelled, in seconds, is far above any rental and far below an overflow.
	maxSpelled = 1 << 40
)

// ParseDuration parses days, hours, minutes and seconds as people write them:
// "3d", "1d12h", "2h 30m", "90 min", "1天12小时", with full-width digits too. A
// bare number is in days, as in the guide. Units go from large to small, each at
// most once. The result is in seconds, the chain's unit. The error is
// ErrSpelling. The web app's parseDuration accepts the same (testdata/durations.json).
func ParseDuration(text string) (uint64, error) {
	rest := strings.ToLower(strings.TrimSpace(HalfWidth(text)))
	if rest != "" && strings.Trim(rest, asciiDigits) == "" {
		rest += durationUnits[0].names[0]
	}
	var total uint64
	for next := 0; rest != ""; next++ {
		unit := strings.TrimLeft(rest, asciiDigits)
		digits := rest[:len(rest)-len(unit)]
		unit = strings.TrimLeft(unit, " ")
		rest = strings.TrimLeft(unit, "abcdefghijklmnopqrstuvwxyz天日个小时分钟秒")
		unit = unit[:len(unit)-len(rest)]
		rest = strings.TrimLeft(rest, " ,")
		for next < len(durationUnits) && !slices.Contains(durationUnits[next].names, unit) {
			next++
		}
		if digits == "" || next == len(durationUnits) {
			return 0, fmt.Errorf("%.64q is %w: days, hours, minutes and seconds in this order, such as 3d, 2h, 90s or 1d12h", text, ErrSpelling)
		}
		n, err := strconv.ParseUint(digits, 10, 40)
		if err != nil || n > maxSpelled/durationUnits[next].seconds {
			return 0, fmt.Errorf("%.64q is %w: too long", text, ErrSpelling)
		}
		if total += n * durationUnits[next].seconds; total > maxSpelled {
			return 0, fmt.Errorf("%.64q is %w: too long", text, ErrSpelling)
		}
	}
	if total == 0 {
		return 0, fmt.Errorf("%.64q is %w: more than nothing is needed, such as 3d, 2h or 90s", text, ErrSpelling)
	}
	return total, nil
}

// HalfWidth replaces what a Chinese or Japanese input method makes of ASCII.
func HalfWidth(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '\u3000':
			return ' '
		case r == '、':
			return ','
		case r == '。':
			return '.'
		}
		return r
	}, text)
}

// FormatDuration formats seconds in the shortest of the forms that
// ParseDuration parses: "1d12h", and "0s" for none.
func FormatDuration(seconds uint64) string {
	if seconds == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range durationUnits {
		if n := seconds / u.seconds; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.names[0])
			seconds %= u.seconds
		}
	}
	return b.String()
}
