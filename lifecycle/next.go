package lifecycle

import "slices"

// Action is what the compute node does with a VM.
type Action string

// The actions.
const (
	Nothing Action = ""
	// Build continues with the steps of a create.
	Build Action = "build"
	// StartAgain defines and starts a VM that was lost.
	StartAgain Action = "start again"
	// EndGracefully asks the guest to power off because its rental is over.
	EndGracefully Action = "end gracefully"
	// Finish stops the VM hard, releases everything but its disks and closes
	// the task.
	Finish Action = "finish"
	// Wipe stops the VM, deletes its disks and removes the task.
	Wipe Action = "wipe"
	// Pause and Resume stop and start the guest's CPUs.
	Pause  Action = "pause"
	Resume Action = "resume"
	// Boot, PressPower, Stop and PressReset do what a renter requested: start
	// the VM, ask the guest to power off, stop the VM hard, reset it.
	Boot       Action = "start"
	PressPower Action = "press the power button"
	Stop       Action = "stop"
	PressReset Action = "press the reset button"
	// ArrangeDisks adds, grows and deletes data disks.
	ArrangeDisks Action = "arrange disks"
	// NoteStopped records that the VM is off as requested, NoteClosed that its
	// guest powered itself off, NoteRunning that it runs.
	NoteStopped Action = "note stopped"
	NoteClosed  Action = "note closed"
	NoteRunning Action = "note running"
)

// Rule is a row of the policy. The first rule that applies decides.
type Rule struct {
	// When is the condition in words.
	When    string
	applies func(View) bool
	Then    Action
}

func in(states ...State) func(View) bool {
	return func(v View) bool { return slices.Contains(states, v.State) }
}

func all(conditions ...func(View) bool) func(View) bool {
	return func(v View) bool {
		for _, holds := range conditions {
			if !holds(v) {
				return false
			}
		}
		return true
	}
}

func standing(s Standing) func(View) bool { return func(v View) bool { return v.Standing == s } }

func guest(guests ...Guest) func(View) bool {
	return func(v View) bool { return slices.Contains(guests, v.Guest) }
}

var (
	over    = standing(Over)
	inDoubt = standing(InDoubt)
	open    = standing(Open)
	down    = guest(Absent, Off, OffByGuest)
	stops   = in(ShuttingDown, Restarting)

	refunded  = func(v View) bool { return v.Refunded || v.State == CreateError }
	trusted   = func(v View) bool { return !v.Doubt }
	onlyDisks = func(v View) bool { return v.Kept && v.Guest == Absent }
	resting   = func(v View) bool { return v.State.Is(Resting) }
	always    = func(View) bool { return true }
)

var rules = []Rule{
	{"another VM has its disks", func(v View) bool { return v.Lent }, Nothing},
	{"deleting", in(Deleting), Wipe},

	{"over; refunded or never created; the chain is trusted", all(over, refunded, trusted), Wipe},
	{"over; refunded or never created; in doubt, and it is up", all(over, refunded, func(v View) bool { return v.Guest.isUp() }), Finish},
	{"over; refunded or never created; in doubt", all(over, refunded), Nothing},
	{
		"over; only disks are left, and either their time is not past or the chain is in doubt",
		all(over, onlyDisks, func(v View) bool { return v.Doubt || !v.KeepPassed }), Nothing,
	},
	{"over; only disks are left", all(over, onlyDisks), Wipe},
	{"over; it is down, paused or not created yet", all(over, func(v View) bool { return !v.Guest.isUp() || v.Guest == Paused || v.State == Creating }), Finish},
	{"over; the guest has not been asked to power off yet", all(over, func(v View) bool { return !v.Pressed }), EndGracefully},
	{"over; the guest's minute is not past", all(over, func(v View) bool { return !v.MinutePassed }), Nothing},
	{"over; the guest's minute is past", over, Finish},

	{"in doubt; it is being created", all(inDoubt, in(Creating)), Nothing},
	{"in doubt; it is running past its last known end and the grace period", all(inDoubt, guest(Up), func(v View) bool { return v.GracePassed }), Pause},
	{"in doubt; its last known end is past", all(inDoubt, func(v View) bool { return v.EndPassed }), Nothing},

	{"starting", in(Starting), Boot},
	{"resetting", in(Resetting), PressReset},
	{"shutting down or restarting; it is down", all(stops, down), NoteStopped},
	{"shutting down or restarting; the guest has not been asked to power off yet", all(stops, func(v View) bool { return !v.Pressed }), PressPower},
	{"shutting down or restarting; the guest's minute is not past", all(stops, func(v View) bool { return !v.MinutePassed }), Nothing},
	{"shutting down, powering off or restarting", in(ShuttingDown, PoweringOff, Restarting), Stop},

	{"open; it is being created", all(open, in(Creating)), Build},
	{
		"open; a disk change is pending, and it is at rest, up if it should be up",
		all(open, resting, func(v View) bool { return v.DiskChanging && (v.State != Running || v.Guest == Up) }), ArrangeDisks,
	},
	{"it should run but is paused", View.still, Resume},
	{"open; it runs again but is recorded as paused", all(open, in(Running), guest(Up), func(v View) bool { return v.NotedPaused && v.MayRetry }), NoteRunning},
	{"open; it should run but its guest powered off", all(open, in(Running), guest(OffByGuest)), NoteClosed},
	{"it should run but was lost", View.gone, StartAgain},
	{"open; it should be off but runs", all(open, in(Closed, StartError), guest(Up)), NoteRunning},
	{"it was lost and did not start again", View.lost, StartAgain},
	{"otherwise", always, Nothing},
}

// Rules returns the policy in order. The caller owns the slice.
func Rules() []Rule { return slices.Clone(rules) }

// Next returns what to do with a VM now.
func Next(v View) Action {
	for _, r := range rules {
		if r.applies(v) {
			return r.Then
		}
	}
	return Nothing
}

// Outdated reports whether an action was chosen before the VM reached its
// current state, so that it has been done already or is no longer wanted.
func Outdated(state State, chosen Action) bool {
	switch chosen {
	case Build:
		return state != Creating
	case Boot:
		return state != Starting
	case PressReset:
		return state != Resetting
	case PressPower, NoteStopped:
		return state != ShuttingDown && state != Restarting
	case Stop:
		return state != ShuttingDown && state != Restarting && state != PoweringOff
	case StartAgain:
		return state != Running && state != StartError
	case Resume, NoteClosed:
		return state != Running
	case NoteRunning:
		return state != Running && state != Closed && state != StartError
	}
	return false
}

// GivesWay reports whether an action in progress is interrupted by the next
// one. Its unfinished work is resumed later, or undone with everything else.
func GivesWay(underWay, next Action) bool {
	switch underWay {
	case Build, StartAgain, Boot, ArrangeDisks:
	default:
		return false
	}
	switch next {
	case Finish, Wipe, EndGracefully:
		return true
	case Stop, PressPower, NoteStopped: // requested while the guest's first start is awaited
		return underWay == Build
	}
	return false
}
