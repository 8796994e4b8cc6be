package host

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/node/compute/journal"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	const minutes, hour, day = 600, 3600, 86400
	kept := func(left time.Duration, evictable bool) journal.Task {
		return journal.Task{Rental: journal.Rental{Over: &journal.Over{}}, Keep: journal.Keep{Until: now.Add(left), Evictable: evictable}}
	}
	trial := func(left, end time.Duration) journal.Task {
		return journal.Task{Rental: journal.Rental{ConfirmBy: now.Add(left), End: now.Add(end)}}
	}
	at := func(code notice.Code, left time.Duration, within int64) notice.Notice {
		return notice.Notice{Code: code, At: now.Add(left), WithinSeconds: within}
	}
	disks := func(left time.Duration, within int64, evictable string) notice.Notice {
		n := at(notice.DisksKept, left, within)
		n.Params = notice.Params{"evictable": evictable}
		return n
	}
	vnc := notice.Notice{Code: notice.VNCNotOpened}
	for name, c := range map[string]struct {
		task journal.Task
		want []notice.Notice
	}{
		"far":                     {journal.Task{Rental: journal.Rental{End: now.Add(24*time.Hour + 1)}}, nil},
		"a day":                   {journal.Task{Rental: journal.Rental{End: now.Add(24 * time.Hour)}}, []notice.Notice{at(notice.RentalEnds, 24*time.Hour, day)}},
		"an hour":                 {journal.Task{Rental: journal.Rental{End: now.Add(59 * time.Minute)}}, []notice.Notice{at(notice.RentalEnds, 59*time.Minute, hour)}},
		"minutes":                 {journal.Task{Rental: journal.Rental{End: now.Add(9 * time.Minute)}}, []notice.Notice{at(notice.RentalEnds, 9*time.Minute, minutes)}},
		"now":                     {journal.Task{Rental: journal.Rental{End: now}}, []notice.Notice{at(notice.RentalEnds, 0, minutes)}},
		"trial, all is far":       {trial(20*time.Minute, 72*time.Hour), nil},
		"trial, its last minutes": {trial(9*time.Minute, 72*time.Hour), []notice.Notice{at(notice.TrialEnds, 9*time.Minute, minutes)}},
		"trial, the end is near": {trial(20*time.Minute, time.Hour), []notice.Notice{
			at(notice.TrialEnds, 20*time.Minute, 0), at(notice.TrialRentalEnds, time.Hour, hour),
		}},
		"trial, both are near": {trial(9*time.Minute, 9*time.Minute), []notice.Notice{
			at(notice.TrialEnds, 9*time.Minute, minutes), at(notice.TrialRentalEnds, 9*time.Minute, minutes),
		}},
		"kept":            {kept(25*time.Hour, false), []notice.Notice{disks(25*time.Hour, 0, "false")}},
		"kept, evictable": {kept(time.Hour, true), []notice.Notice{disks(time.Hour, hour, "true")}},
		"over, not kept":  {journal.Task{Rental: journal.Rental{Over: &journal.Over{}, End: now}}, nil},
		"of the create": {
			journal.Task{Rental: journal.Rental{End: now.Add(72 * time.Hour)}, Wanted: journal.Wanted{Pending: true}, Warnings: []notice.Notice{vnc}},
			[]notice.Notice{{Code: notice.ChangePending}, vnc},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.task.ID = "4a1b"
			got := Warnings(c.task, now)
			for i := range c.want {
				c.want[i].TaskID = c.task.ID
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			for _, n := range c.task.Warnings {
				if n.TaskID != "" {
					t.Error("the journal's own was changed")
				}
			}
			for _, n := range got {
				if names, listed := notice.Notices[n.Code]; !listed || len(names) != len(n.Params) {
					t.Errorf("%s has not the parameters that it is listed with", n.Code)
				}
			}
		})
	}
}
