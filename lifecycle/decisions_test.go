package lifecycle

import (
	"slices"
	"testing"
)

// TestDecisions has pairs of views that differ in what one rule asks for.
func TestDecisions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		view View
		want Action
	}{
		"over, refunded":                     {View{State: Running, Standing: Over, Refunded: true}, Wipe},
		"over, never created":                {View{State: CreateError, Standing: Over}, Wipe},
		"over, refunded, in doubt, paused":   {View{State: Running, Standing: Over, Refunded: true, Doubt: true, Guest: Paused}, Finish},
		"over, refunded, in doubt, off":      {View{State: Running, Standing: Over, Refunded: true, Doubt: true, Guest: Off}, Nothing},
		"over, up":                           {View{State: Running, Standing: Over, Guest: Up}, EndGracefully},
		"over, stopping":                     {View{State: Running, Standing: Over, Guest: Stopping}, EndGracefully},
		"over, off":                          {View{State: Running, Standing: Over, Guest: Off}, Finish},
		"over, paused":                       {View{State: Running, Standing: Over, Guest: Paused}, Finish},
		"over, being created":                {View{State: Creating, Standing: Over, Guest: Up}, Finish},
		"in doubt, past its end":             {View{State: Running, Guest: Up, EndPassed: true}, Nothing},
		"in doubt, past its grace period":    {View{State: Running, Guest: Up, EndPassed: true, GracePassed: true}, Pause},
		"in doubt, start requested":          {View{State: Starting}, Boot},
		"in doubt, start requested, ended":   {View{State: Starting, EndPassed: true}, Nothing},
		"in doubt, powered off by its guest": {View{State: Running, Guest: OffByGuest, MayRetry: true}, Nothing},
		"in doubt, disk change":              {View{State: Closed, Guest: Off, DiskChanging: true}, Nothing},
		"disk change, off":                   {View{State: Closed, Standing: Open, Guest: Off, DiskChanging: true}, ArrangeDisks},
		"disk change, up":                    {View{State: Running, Standing: Open, Guest: Up, DiskChanging: true}, ArrangeDisks},
		"disk change, paused":                {View{State: Running, Standing: Open, Guest: Paused, DiskChanging: true, MayRetry: true}, Resume},
		"disk change, lost":                  {View{State: Running, Standing: Open, Guest: Off, DiskChanging: true, MayRetry: true}, StartAgain},
		"disk change, never created":         {View{State: CreateError, Standing: Open, DiskChanging: true}, Nothing},
		"paused, just tried":                 {View{State: Running, Standing: Open, Guest: Paused}, Nothing},
		"lost, just tried":                   {View{State: Running, Standing: Open, Guest: Off}, Nothing},
		"up, noted as paused":                {View{State: Running, Standing: Open, Guest: Up, NotedPaused: true, MayRetry: true}, NoteRunning},
		"up, noted as paused, just tried":    {View{State: Running, Standing: Open, Guest: Up, NotedPaused: true}, Nothing},
		"up":                                 {View{State: Running, Standing: Open, Guest: Up, MayRetry: true}, Nothing},
		"powered off by its guest":           {View{State: Running, Standing: Open, Guest: OffByGuest, MayRetry: true}, NoteClosed},
		"not started again":                  {View{State: StartError, Standing: Open, Retried: true, MayRetry: true}, StartAgain},
		"not started again, just tried":      {View{State: StartError, Standing: Open, Retried: true}, Nothing},
		"not started, as requested":          {View{State: StartError, Standing: Open, MayRetry: true}, Nothing},
		"not started again, paused":          {View{State: StartError, Standing: Open, Guest: Paused, Retried: true, MayRetry: true}, Nothing},
	} {
		if got := Next(c.view); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestOutdated lists the states in which each action may still be taken.
func TestOutdated(t *testing.T) {
	t.Parallel()
	current := map[Action][]State{
		Build: {Creating}, Boot: {Starting}, PressReset: {Resetting},
		PressPower: {ShuttingDown, Restarting}, NoteStopped: {ShuttingDown, Restarting},
		Stop:       {ShuttingDown, Restarting, PoweringOff},
		StartAgain: {Running, StartError}, Resume: {Running}, NoteClosed: {Running},
		NoteRunning: {Running, Closed, StartError},
	}
	for action, states := range current {
		for _, row := range table {
			if got, want := Outdated(row.State, action), !slices.Contains(states, row.State); got != want {
				t.Errorf("%s in %s is outdated: %v", action, row.State, got)
			}
		}
	}
	for _, action := range []Action{Nothing, Wipe, Finish, EndGracefully, Pause, ArrangeDisks} {
		if Outdated(Running, action) {
			t.Errorf("%q depends on the state", action)
		}
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	for _, row := range table {
		off := slices.Contains([]State{Closed, StartError, CreateError, Deleting}, row.State)
		if row.State.IsOff() != off {
			t.Errorf("%s is off: %v", row.State, !off)
		}
	}
	for state, failed := range map[State]State{Creating: CreateError, Starting: StartError, Restarting: RestartError, Running: ""} {
		if got := state.OnFailure(); got != failed {
			t.Errorf("%s fails as %q", state, got)
		}
	}
	if State("asleep").Is(0) {
		t.Error("an unknown state has a kind")
	}
}

func TestPermittedIn(t *testing.T) {
	t.Parallel()
	failures := []State{PoweroffError, ResetError, RestartError, ShutdownError}
	for request, want := range map[Request][]State{
		SetPassword:  {Running},
		ForceRestart: append([]State{Running}, failures...),
		Start:        append([]State{Closed, StartError}, failures...),
	} {
		slices.Sort(want)
		if got := PermittedIn(request); !slices.Equal(got, want) {
			t.Errorf("%s in %q, want %q", request, got, want)
		}
	}
}

// TestCallersOwnTheTables changes what callers were given.
func TestCallersOwnTheTables(t *testing.T) {
	t.Parallel()
	if len(Table()) != len(table) || len(Rules()) != len(rules) {
		t.Fatal("not all of it")
	}
	Table()[0].State, Rules()[0].When = "changed", "changed"
	if table[0].State != Creating || rules[0].When == "changed" {
		t.Error("a caller changed the table")
	}
}
