package host

import (
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

// observed is what a decision depends on, before times are compared with now.
type observed struct {
	task     journal.Task
	standing lifecycle.Standing
	// doubt is set while the chain is not believed.
	doubt bool
	// found is false where the hypervisor has no such domain.
	found  bool
	domain vm.Domain
	now    time.Time
}

// view returns what lifecycle decides on.
func (o observed) view() lifecycle.View {
	t, passed := o.task, func(at time.Time) bool { return !o.now.Before(at) }
	return lifecycle.View{
		State: t.Progress.State, DiskChanging: changesDisk(t), Lent: t.Keep.LentTo != "",
		Standing: o.standing, Doubt: o.doubt, Refunded: t.Rental.Over != nil && t.Rental.Over.Refunded,
		EndPassed: passed(t.Rental.End), GracePassed: passed(t.Rental.End.Add(ChainGrace)),
		Kept: !t.Keep.Until.IsZero(), KeepPassed: passed(t.Keep.Until),
		Guest: o.guest(), NotedPaused: t.Progress.Paused,
		Pressed: !t.Progress.StopAt.IsZero(), MinutePassed: passed(t.Progress.StopAt),
		Retried: t.Progress.Restarts > 0, MayRetry: passed(t.Progress.RetryAt),
	}
}

func (o observed) guest() lifecycle.Guest {
	switch {
	case !o.found:
		return lifecycle.Absent
	case o.domain.State == vm.StateRunning:
		return lifecycle.Up
	case o.domain.State == vm.StatePaused:
		return lifecycle.Paused
	case o.domain.State == vm.StateStopping:
		return lifecycle.Stopping
	case o.domain.Reason == vm.ReasonGuest:
		return lifecycle.OffByGuest
	}
	return lifecycle.Off
}
