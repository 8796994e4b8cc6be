package rental

import (
	"fmt"
	"strconv"
	"time"
)

// Limits bound the length of a rental. All are whole seconds.
type Limits struct {
	// Unit: every duration is a multiple of it.
	Unit time.Duration
	// Min is the shortest first duration.
	Min time.Duration
	// Max is how far from now an end may lie.
	Max time.Duration
}

// Duration checks the length of a new rental, in seconds.
func (l Limits) Duration(seconds uint64) (time.Duration, error) {
	d, err := l.units("duration_seconds", seconds, l.Min)
	if err != nil {
		return 0, err
	}
	if d < l.Min {
		return 0, fmt.Errorf("%w: duration_seconds is %d, the least is %d (%s)", ErrDuration, seconds, int64(l.Min/time.Second), days(l.Min))
	}
	return d, nil
}

// Renewal checks the length that is added to a rental that ends at end, in
// seconds. The minimum was met when it was rented.
func (l Limits) Renewal(end, now time.Time, seconds uint64) (time.Duration, error) {
	d, err := l.units("add_duration_seconds", seconds, l.Unit)
	if err != nil {
		return 0, err
	}
	if limit := now.Add(l.Max); end.Add(d).After(limit) {
		left := max(0, limit.Sub(end).Truncate(l.Unit))
		return 0, fmt.Errorf("%w: add_duration_seconds is %d, the end may lie at most %s from now, so add at most %d (%s)",
			ErrDuration, seconds, days(l.Max), int64(left/time.Second), days(left))
	}
	return d, nil
}

// units names values of at least least that would do.
func (l Limits) units(field string, seconds uint64, least time.Duration) (time.Duration, error) {
	most := uint64(l.Max / time.Second)
	if seconds == 0 || seconds > most {
		return 0, fmt.Errorf("%w: %s is %d, allowed are %d to %d (%s to %s)", ErrDuration, field, seconds, int64(least/time.Second), most, days(least), days(l.Max))
	}
	d := time.Duration(seconds) * time.Second
	if rest := d % l.Unit; rest != 0 {
		lower, upper := max(least, d-rest), max(least, d-rest+l.Unit)
		take := strconv.FormatInt(int64(lower/time.Second), 10)
		if upper > lower && upper <= l.Max {
			take += " or " + strconv.FormatInt(int64(upper/time.Second), 10)
		}
		return 0, fmt.Errorf("%w: %s is %d, it must be a multiple of %d: take %s", ErrDuration, field, seconds, int64(l.Unit/time.Second), take)
	}
	return d, nil
}

// days spells a length for people who typed one in days: 60d, 1h30m, 90s.
func days(d time.Duration) string {
	text := ""
	for _, u := range []struct {
		letter string
		length time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / u.length; n > 0 {
			text += strconv.FormatInt(int64(n), 10) + u.letter
			d %= u.length
		}
	}
	if text == "" {
		return "0s"
	}
	return text
}
