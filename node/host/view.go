package host

import (
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/vm"
)

// observed is what a decision depends on, before it is compared with the time.
type observed struct {
	task     journal.Task
	standing lifecycle.Standing
	// doubt: the chain is not believed now.
	doubt bool
	// found is false where the hypervisor has no such domain.
	found  bool
	domain vm.Domain
	now    time.Time
}

// view is what lifecycle decides on.
func (o observed) view() lifecycle.View {
	t, passed := o.task, func(at time.Time) bool { return !o.now.Before(at) }
	return lifecycle.View{
		State: t.Status, DiskChanging: changesDisk(t), Lent: t.RestoredBy != "",
		Standing: o.standing, Doubt: o.doubt, Refunded: t.Over != nil && t.Over.Refunded,
		EndPassed: passed(t.RentEnd), GracePassed: passed(t.RentEnd.Add(ChainGrace)),
		Kept: !t.KeepUntil.IsZero(), KeepPassed: passed(t.KeepUntil),
		Guest: o.guest(), NotedPaused: t.Paused,
		Pressed: !t.StopAt.IsZero(), MinutePassed: passed(t.StopAt),
		Retried: t.Restarts > 0, MayRetry: passed(t.RetryAt),
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
