package host

import (
	"fmt"
	"time"

	"github.com/dbc-network/dbc/node/journal"
)

// UnopenedVNC is what a create is told that asks for a vnc_port.
const UnopenedVNC = "vnc_port is not opened: nothing but what you publish answers on the host"

// The times before an end at which a renter is warned, the last first.
var warnings = []struct {
	before time.Duration
	text   string
}{
	{10 * time.Minute, "10 minutes"}, {time.Hour, "1 hour"}, {24 * time.Hour, "24 hours"},
}

// Warnings of a task at a time: first what its renter is about to lose, then
// what its create had to say. The web app translates them: web/testdata/warnings.json
// holds both to the same sentences.
func Warnings(t journal.Task, now time.Time) []string {
	var list []string
	switch {
	case t.Over == nil && !t.ConfirmBy.IsZero():
		list = append(list, trialWarning(t, now)...)
	case t.Over == nil:
		if within := soon(t.RentEnd, now); within != "" {
			list = append(list, fmt.Sprintf("the rental ends in less than %s, at %s; then the VM is shut down: renew it to go on",
				within, t.RentEnd.UTC().Format(time.RFC3339)))
		}
	case !t.KeepUntil.IsZero():
		list = append(list, keptWarning(t, now))
	}
	if t.Pending {
		list = append(list, "changed CPUs and memory count from the VM's next start")
	}
	return append(list, t.Warnings...)
}

// trialWarning tells of the trial's deadline in its last minutes, and of the
// rental's end where that is near: a trial can't be renewed.
func trialWarning(t journal.Task, now time.Time) []string {
	within := soon(t.RentEnd, now)
	if within == "" && now.Before(t.ConfirmBy.Add(-warnings[0].before)) {
		return nil
	}
	text := fmt.Sprintf("the rental is not confirmed: at %s the rent goes back and the VM is deleted with its disks",
		t.ConfirmBy.UTC().Format(time.RFC3339))
	if within == "" {
		return []string{text + "; confirm it before to go on"}
	}
	return []string{text + fmt.Sprintf("; confirmed before, it ends in less than %s, at %s, and the VM is shut down then: confirm it first, then renew it to go on",
		within, t.RentEnd.UTC().Format(time.RFC3339))}
}

func keptWarning(t journal.Task, now time.Time) string {
	until := t.KeepUntil.UTC().Format(time.RFC3339)
	text := "the rental is over; its disks are kept until " + until
	if within := soon(t.KeepUntil, now); within != "" {
		text = fmt.Sprintf("the rental is over; its disks are deleted in less than %s, at %s", within, until)
	}
	if t.Evictable {
		text += ", or earlier when a new VM needs the room"
	}
	return text + fmt.Sprintf(": rent this machine again and create with restore_task_id %s to go on with them", t.ID)
}

// soon is the sharpest warning that is due before end, "" for none.
func soon(end, now time.Time) string {
	for _, w := range warnings {
		if !now.Before(end.Add(-w.before)) {
			return w.text
		}
	}
	return ""
}
