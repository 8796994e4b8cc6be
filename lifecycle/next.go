package lifecycle

import "slices"

// Action is what the compute node does with a VM.
type Action string

// The actions.
const (
	Nothing Action = ""
	// Build carries on with the steps of a create.
	Build Action = "build"
	// StartAgain defines and starts a VM that was lost.
	StartAgain Action = "start again"
	// EndGracefully asks the guest to power off because its rental is over.
	EndGracefully Action = "end gracefully"
	// Finish stops the VM hard, gives back all but its disks and closes the task.
	Finish Action = "finish"
	// Wipe stops the VM, deletes its disks and forgets the task.
	Wipe Action = "wipe"
	// Pause and Resume stop and start the guest's CPUs.
	Pause  Action = "pause"
	Resume Action = "resume"
	// Boot, PressPower, Stop and PressReset do what a renter requested: start,
	// ask the guest to power off, stop it hard, reset it.
	Boot       Action = "start"
	PressPower Action = "press the power button"
	Stop       Action = "stop"
	PressReset Action = "press the reset button"
	// ArrangeDisks adds, grows and deletes data disks.
	ArrangeDisks Action = "arrange disks"
	// NoteStopped writes down that the VM is off as requested, NoteClosed that its
	// guest went off by itself, NoteRunning that it runs.
	NoteStopped Action = "note stopped"
	NoteClosed  Action = "note closed"
	NoteRunning Action = "note running"
)

// Rule is a line of the policy: the first one that applies decides.
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
	believed  = func(v View) bool { return !v.Doubt }
	onlyDisks = func(v View) bool { return v.Kept && v.Guest == Absent }
	resting   = func(v View) bool { return v.State.Is(Resting) }
	always    = func(View) bool { return true }
)

var rules = []Rule{
	{"another VM has its disks", func(v View) bool { return v.Lent }, Nothing},
	{"it is deleting", in(Deleting), Wipe},

	{"over; refunded or never made; the chain is believed", all(over, refunded, believed), Wipe},
	{"over; refunded or never made; in doubt, and it is up", all(over, refunded, func(v View) bool { return v.Guest.isUp() }), Finish},
	{"over; refunded or never made; in doubt", all(over, refunded), Nothing},
	{
		"over; only disks are left, and their time is not past, or the chain is in doubt",
		all(over, onlyDisks, func(v View) bool { return v.Doubt || !v.KeepPassed }), Nothing,
	},
	{"over; only disks are left", all(over, onlyDisks), Wipe},
	{"over; it is down, paused or not made yet", all(over, func(v View) bool { return !v.Guest.isUp() || v.Guest == Paused || v.State == Creating }), Finish},
	{"over; the guest was not asked to power off yet", all(over, func(v View) bool { return !v.Pressed }), EndGracefully},
	{"over; the guest's minute is not past", all(over, func(v View) bool { return !v.MinutePassed }), Nothing},
	{"over; the guest's minute is past", over, Finish},

	{"in doubt; it is being made", all(inDoubt, in(Creating)), Nothing},
	{"in doubt; it runs after its last known end and the grace", all(inDoubt, guest(Up), func(v View) bool { return v.GracePassed }), Pause},
	{"in doubt; its last known end is past", all(inDoubt, func(v View) bool { return v.EndPassed }), Nothing},

	{"starting", in(Starting), Boot},
	{"resetting", in(Resetting), PressReset},
	{"shutting down or restarting; it is down", all(stops, down), NoteStopped},
	{"shutting down or restarting; the guest was not asked to power off yet", all(stops, func(v View) bool { return !v.Pressed }), PressPower},
	{"shutting down or restarting; the guest's minute is not past", all(stops, func(v View) bool { return !v.MinutePassed }), Nothing},
	{"shutting down, powering off or restarting", in(ShuttingDown, PoweringOff, Restarting), Stop},

	{"open; it is being made", all(open, in(Creating)), Build},
	{
		"open; a disk is to be changed, and it rests, on if it is to be on",
		all(open, resting, func(v View) bool { return v.DiskChanging && (v.State != Running || v.Guest == Up) }), ArrangeDisks,
	},
	{"it is to run and stands still", View.still, Resume},
	{"open; it runs again and is noted as paused", all(open, in(Running), guest(Up), func(v View) bool { return v.NotedPaused && v.MayRetry }), NoteRunning},
	{"open; it is to run and its guest powered off", all(open, in(Running), guest(OffByGuest)), NoteClosed},
	{"it is to run and was lost", View.gone, StartAgain},
	{"open; it is to be off and runs", all(open, in(Closed, StartError), guest(Up)), NoteRunning},
	{"it was lost and did not start again", View.lost, StartAgain},
	{"else", always, Nothing},
}

// Rules returns the policy in its order. The caller owns the slice.
func Rules() []Rule { return slices.Clone(rules) }

// Next is what is to be done with a VM now.
func Next(v View) Action {
	for _, r := range rules {
		if r.applies(v) {
			return r.Then
		}
	}
	return Nothing
}

// Outdated reports whether an action was chosen before the VM's state became what
// it is: what it would do has been done, or is no longer wished for.
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

// GivesWay reports whether an action that is under way is interrupted by the next
// one: what it did not finish is taken up again, or undone with all else.
func GivesWay(underWay, next Action) bool {
	switch underWay {
	case Build, StartAgain, Boot, ArrangeDisks:
	default:
		return false
	}
	switch next {
	case Finish, Wipe, EndGracefully:
		return true
	case Stop, PressPower, NoteStopped: // requested while the guest's first start is waited for
		return underWay == Build
	}
	return false
}
