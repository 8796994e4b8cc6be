package host

import (
	"strconv"
	"time"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/notice"
)

// The times before an end at which a renter is warned, the last first.
var warnings = []time.Duration{10 * time.Minute, time.Hour, 24 * time.Hour}

// Warnings of a task at a time: first what its renter is about to lose, then
// what its create had to say.
func Warnings(t journal.Task, now time.Time) []notice.Notice {
	var list []notice.Notice
	switch {
	case t.Over == nil && !t.ConfirmBy.IsZero():
		list = trialWarnings(t, now)
	case t.Over == nil:
		if within := soon(t.RentEnd, now); within != 0 {
			list = append(list, notice.Notice{Code: notice.RentalEnds, At: t.RentEnd.UTC(), WithinSeconds: within})
		}
	case !t.KeepUntil.IsZero():
		list = append(list, notice.Notice{
			Code: notice.DisksKept, At: t.KeepUntil.UTC(), WithinSeconds: soon(t.KeepUntil, now),
			Params: notice.Params{notice.Evictable: strconv.FormatBool(t.Evictable)},
		})
	}
	if t.Pending {
		list = append(list, notice.Notice{Code: notice.ChangePending})
	}
	list = append(list, t.Warnings...)
	for i := range list {
		list[i].TaskID = t.ID
	}
	return list
}

// trialWarnings tell of the trial's deadline in its last minutes, and of the
// rental's end where that is near: a trial can't be renewed.
func trialWarnings(t journal.Task, now time.Time) []notice.Notice {
	within := soon(t.RentEnd, now)
	last := !now.Before(t.ConfirmBy.Add(-warnings[0]))
	if within == 0 && !last {
		return nil
	}
	deadline := notice.Notice{Code: notice.TrialEnds, At: t.ConfirmBy.UTC()}
	if last {
		deadline.WithinSeconds = int64(warnings[0].Seconds())
	}
	list := []notice.Notice{deadline}
	if within != 0 {
		list = append(list, notice.Notice{Code: notice.TrialRentalEnds, At: t.RentEnd.UTC(), WithinSeconds: within})
	}
	return list
}

// soon is the sharpest warning that is due before end, in seconds; 0 for none.
func soon(end, now time.Time) int64 {
	for _, before := range warnings {
		if !now.Before(end.Add(-before)) {
			return int64(before.Seconds())
		}
	}
	return 0
}
