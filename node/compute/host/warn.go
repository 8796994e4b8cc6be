package host

import (
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// The times before an end at which a renter is warned, the last first.
var warnings = []time.Duration{10 * time.Minute, time.Hour, 24 * time.Hour}

// Warnings returns a task's warnings at a time: first what its renter is about
// to lose, then what its create reported.
func Warnings(t journal.Task, now time.Time) []notice.Notice {
	var list []notice.Notice
	switch {
	case t.Rental.Over == nil && !t.Rental.ConfirmBy.IsZero():
		list = trialWarnings(t, now)
	case t.Rental.Over == nil:
		if within := soon(t.Rental.End, now); within != 0 {
			list = append(list, notice.Notice{Code: notice.RentalEnds, At: t.Rental.End.UTC(), WithinSeconds: within})
		}
	case !t.Keep.Until.IsZero():
		list = append(list, notice.Notice{
			Code: notice.DisksKept, At: t.Keep.Until.UTC(), WithinSeconds: soon(t.Keep.Until, now),
			Params: notice.Params{notice.Evictable: strconv.FormatBool(t.Keep.Evictable)},
		})
	}
	if t.Wanted.Pending {
		list = append(list, notice.Notice{Code: notice.ChangePending})
	}
	list = append(list, t.Warnings...)
	for i := range list {
		list[i].TaskID = t.ID
	}
	return list
}

// trialWarnings warns of the trial's deadline in its last minutes, and of the
// rental's end where that is near: a trial can't be renewed.
func trialWarnings(t journal.Task, now time.Time) []notice.Notice {
	within := soon(t.Rental.End, now)
	last := !now.Before(t.Rental.ConfirmBy.Add(-warnings[0]))
	if within == 0 && !last {
		return nil
	}
	deadline := notice.Notice{Code: notice.TrialEnds, At: t.Rental.ConfirmBy.UTC()}
	if last {
		deadline.WithinSeconds = int64(warnings[0].Seconds())
	}
	list := []notice.Notice{deadline}
	if within != 0 {
		list = append(list, notice.Notice{Code: notice.TrialRentalEnds, At: t.Rental.End.UTC(), WithinSeconds: within})
	}
	return list
}

// soon returns the shortest warning period in which end lies, in seconds; 0 for none.
func soon(end, now time.Time) int64 {
	for _, before := range warnings {
		if !now.Before(end.Add(-before)) {
			return int64(before.Seconds())
		}
	}
	return 0
}
