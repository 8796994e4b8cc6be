package lifecycle

import (
	"errors"
	"slices"
	"testing"
)

// views calls look with every possible view.
func views(look func(View)) {
	bits := []func(*View, bool){
		func(v *View, b bool) { v.DiskChanging = b }, func(v *View, b bool) { v.Lent = b }, func(v *View, b bool) { v.Doubt = b },
		func(v *View, b bool) { v.Refunded = b }, func(v *View, b bool) { v.EndPassed = b }, func(v *View, b bool) { v.GracePassed = b },
		func(v *View, b bool) { v.Kept = b }, func(v *View, b bool) { v.KeepPassed = b }, func(v *View, b bool) { v.NotedPaused = b },
		func(v *View, b bool) { v.Pressed = b }, func(v *View, b bool) { v.MinutePassed = b }, func(v *View, b bool) { v.Retried = b },
		func(v *View, b bool) { v.MayRetry = b },
	}
	for _, row := range table {
		for _, s := range []Standing{InDoubt, Open, Over} {
			for g := Absent; g <= Up; g++ {
				for mask := range 1 << len(bits) {
					v := View{State: row.State, Standing: s, Guest: g}
					for i, set := range bits {
						set(&v, mask>>i&1 == 1)
					}
					if !v.GracePassed || v.EndPassed { // the grace period ends after the rental
						look(v)
					}
				}
			}
		}
	}
}

// TestPolicy checks the node's promises for every view of a VM.
func TestPolicy(t *testing.T) {
	t.Parallel()
	reached := map[Action]bool{}
	wrong := func(v View, a Action, why string) { t.Fatalf("%s: %q for %+v", why, a, v) }
	views(func(v View) {
		a := Next(v)
		reached[a] = true
		destroys := a == Wipe || a == Finish || a == EndGracefully
		wished := slices.Contains([]Action{Boot, PressPower, Stop, PressReset, NoteStopped}, a)
		switch {
		case v.Lent && a != Nothing:
			wrong(v, a, "another VM has its disks")
		case destroys && v.Standing != Over && v.State != Deleting:
			wrong(v, a, "the rental is not over")
		case a == Wipe && v.Doubt && v.State != Deleting:
			wrong(v, a, "data is deleted in doubt")
		case a == Wipe && v.State != Deleting && v.State != CreateError && !v.Refunded && (!v.Kept || !v.KeepPassed):
			wrong(v, a, "kept disks are deleted before their time")
		case v.Standing == InDoubt && v.EndPassed && v.State != Deleting && a != Nothing && a != Pause:
			wrong(v, a, "something is granted after the last known end")
		case a == Pause && v.Standing != InDoubt:
			wrong(v, a, "paused though the chain is trusted")
		case wished && !v.State.Is(Asked):
			wrong(v, a, "nobody requested it")
		case v.Standing == Over && !v.Lent && v.Guest == Up && a == Nothing && (!v.Pressed || v.MinutePassed):
			wrong(v, a, "a guest outlives its rental")
		case a == Build && v.State != Creating:
			wrong(v, a, "it was made already")
		case a == StartAgain && (v.Guest.isUp() || v.Standing == Over):
			wrong(v, a, "nothing was lost")
		case Outdated(v.State, a):
			wrong(v, a, "outdated as it is chosen")
		}
	})
	for _, r := range rules {
		if !reached[r.Then] {
			t.Errorf("no view leads to %q", r.Then)
		}
	}
}

// TestEveryRuleDecides verifies that no rule is shadowed by earlier ones.
func TestEveryRuleDecides(t *testing.T) {
	t.Parallel()
	decided := make([]bool, len(rules))
	views(func(v View) {
		decided[slices.IndexFunc(rules, func(r Rule) bool { return r.applies(v) })] = true
	})
	for i, r := range rules {
		if !decided[i] {
			t.Errorf("never decides: %s", r.When)
		}
	}
}

// TestAskedStatesEnd verifies that a request is carried out while the rental is
// open and leads to a state at rest, even if it fails.
func TestAskedStatesEnd(t *testing.T) {
	t.Parallel()
	views(func(v View) {
		if v.Standing == Open && v.State.Is(Asked) && !v.Lent && Next(v) == Nothing && (v.MinutePassed || !v.Pressed) {
			t.Fatalf("stuck: %+v", v)
		}
	})
	for _, row := range table {
		if pending := row.Kind == Asked || row.Kind == Making; pending != (row.Failed != "") {
			t.Errorf("%s fails as %q", row.State, row.Failed)
		} else if pending && row.Failed.Is(Asked) {
			t.Errorf("%s fails as %s, which does not rest", row.State, row.Failed)
		}
	}
}

func TestTableIsClosed(t *testing.T) {
	t.Parallel()
	seen := map[State]bool{}
	for _, row := range table {
		if seen[row.State] {
			t.Errorf("%s stands twice", row.State)
		}
		seen[row.State] = true
	}
	for _, row := range table {
		for request, to := range row.Requests {
			if !slices.Contains(Requests(), request) || !seen[to] {
				t.Errorf("%s, %s, %s", row.State, request, to)
			}
			if to == row.State && request != Modify && request != ChangeDisks && request != SetPassword {
				t.Errorf("%s changes nothing in %s", request, row.State)
			}
		}
	}
	if got := len(States()); got != len(table)+3 {
		t.Errorf("%d states", got)
	}
	if _, ok := Of("asleep"); ok || State("asleep").Is(Resting) || State("asleep").OnFailure() != "" {
		t.Error("an unknown state has a row")
	}
}

func TestPermit(t *testing.T) {
	t.Parallel()
	made, changing, booting := Work{}, Work{DiskChanging: true}, Work{Started: true}
	for _, c := range []struct {
		state   State
		work    Work
		request Request
		to      State
		err     error
	}{
		{Running, made, Shutdown, ShuttingDown, nil},
		{Running, made, Modify, Running, nil},
		{Running, changing, Shutdown, "", ErrBusy},
		{Running, made, Start, "", ErrState},
		{Closed, made, Start, Starting, nil},
		{Closed, made, SetPassword, "", ErrState},
		{ShuttingDown, made, PowerOff, PoweringOff, nil},
		{ShuttingDown, made, Restart, "", ErrState},
		{Starting, made, PowerOff, "", ErrBusy},
		{CreateError, made, Start, "", ErrState},
		{CreateError, made, Delete, Deleting, nil},
		{Deleting, made, Delete, "", ErrBusy},
		{Creating, made, Delete, Deleting, nil},
		{Creating, made, PowerOff, "", ErrBusy},
		{Creating, booting, PowerOff, PoweringOff, nil},
		{Creating, booting, Shutdown, ShuttingDown, nil},
		{Creating, booting, Restart, "", ErrBusy},
		{Creating, booting, Modify, "", ErrBusy},
		{"asleep", made, Delete, "", ErrState},
	} {
		if to, err := Permit(c.state, c.work, c.request); to != c.to || !errors.Is(err, c.err) {
			t.Errorf("%s in %s %+v: %q, %v; want %q, %v", c.request, c.state, c.work, to, err, c.to, c.err)
		}
	}
}

func TestGivesWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		underWay, next Action
		want           bool
	}{
		{Build, Wipe, true},
		{Build, Stop, true},
		{Build, PressPower, true},
		{StartAgain, Finish, true},
		{ArrangeDisks, EndGracefully, true},
		{Boot, Stop, false},
		{Wipe, Finish, false},
		{Build, Build, false},
		{Resume, Wipe, false},
	} {
		if got := GivesWay(c.underWay, c.next); got != c.want {
			t.Errorf("%s gives way to %s: %v", c.underWay, c.next, got)
		}
	}
}
