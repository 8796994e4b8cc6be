package rental

import (
	"fmt"
	"strconv"
	"time"
)

// Limits bound the length of a rental. All of them are whole seconds.
type Limits struct {
	// Unit divides every duration.
	Unit time.Duration
	// Min is the shortest first duration.
	Min time.Duration
	// Max is the longest time from now until the end of a rental.
	Max time.Duration
}

// Duration checks the length of a new rental, which is given in seconds.
func (l Limits) Duration(seconds uint64) (time.Duration, error) {
	d, err := l.units("duration_seconds", seconds, l.Min)
	if err != nil {
		return 0, err
	}
	if d < l.Min {
		return 0, fmt.Errorf("%w: duration_seconds is %d (%s), the least is %d (%s)", ErrDuration, seconds, FormatDuration(seconds), int64(l.Min/time.Second), days(l.Min))
	}
	return d, nil
}

// Renewal checks the length, in seconds, that is added to a rental ending at
// end. There is no minimum: the rental met it when it was created.
func (l Limits) Renewal(end, now time.Time, seconds uint64) (time.Duration, error) {
	d, err := l.units("add_duration_seconds", seconds, l.Unit)
	if err != nil {
		return 0, err
	}
	if limit := now.Add(l.Max); end.Add(d).After(limit) {
		left := max(0, limit.Sub(end).Truncate(l.Unit))
		return 0, fmt.Errorf("%w: add_duration_seconds is %d (%s), the end may lie at most %s from now, so add at most %d (%s)",
			ErrDuration, seconds, FormatDuration(seconds), days(l.Max), int64(left/time.Second), days(left))
	}
	return d, nil
}

// units returns an error that names the nearest allowed values from least
// upwards.
func (l Limits) units(field string, seconds uint64, least time.Duration) (time.Duration, error) {
	most := uint64(l.Max / time.Second)
	if seconds == 0 || seconds > most {
		return 0, fmt.Errorf("%w: %s is %d (%s), allowed are %d to %d (%s to %s)", ErrDuration, field, seconds, FormatDuration(seconds), int64(least/time.Second), most, days(least), days(l.Max))
	}
	d := time.Duration(seconds) * time.Second
	if rest := d % l.Unit; rest != 0 {
		lower, upper := max(least, d-rest), max(least, d-rest+l.Unit)
		take := strconv.FormatInt(int64(lower/time.Second), 10)
		if upper > lower && upper <= l.Max {
			take += " or " + strconv.FormatInt(int64(upper/time.Second), 10)
		}
		return 0, fmt.Errorf("%w: %s is %d (%s), it must be a multiple of %d (%s): take %s", ErrDuration, field, seconds, FormatDuration(seconds), int64(l.Unit/time.Second), days(l.Unit), take)
	}
	return d, nil
}

// days formats a length for people who typed it in days: 60d, 1h30m, 90s.
func days(d time.Duration) string { return FormatDuration(uint64(d / time.Second)) }
