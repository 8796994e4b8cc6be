package economics

// Day is a day in seconds, and a day's rent.
const Day int64 = 86_400

// Hour is an hour in seconds, and an hour's rent.
const Hour int64 = 3_600

// trial is how long a slot is taken by a renter who measures and cancels.
const trial = Hour / 2

// Host is a way to do business.
type Host int

const (
	// Honest gives what is listed.
	Honest Host = iota
	// Liar gives less than listed in every virtual machine.
	Liar
	// Switcher gives what is listed during the trial, and less afterwards.
	Switcher
	// Absent switches its computer off after the trial. Its keys are on a server, which
	// answers every challenge for it.
	Absent
)

// hostNames are the names in the table.
var hostNames = map[Host]string{Honest: "honest", Liar: "liar", Switcher: "switcher", Absent: "absent"}

func (h Host) String() string { return hostNames[h] }

// Rules are what protocol, listing and renters' programs decide. Shares are in thousandths.
type Rules struct {
	// Measured is the share of renters whose program measures during the trial, Again
	// that of renters whose program measures once more, at a time drawn within
	// AgainWithin of the confirmation.
	Measured, Again int64
	AgainWithin     int64
	// Notice is the listing's exit notice; 0 means that nobody leaves before the end.
	Notice int64
}

// Market is what nobody decides. Lengths are means of exponential distributions.
type Market struct {
	// Rental is what renters rent for, Gap the time from a free slot to the next renter.
	Rental, Gap int64
	// Notices is when a renter who does not measure notices a lesser card, NoticesGone
	// when he notices that the machine is gone.
	Notices, NoticesGone int64
	// Changed is the share of renters of an honest machine who want to leave early, at a
	// time drawn within their rental, because their plans changed.
	Changed int64
	// Power is the share of measurements that find the lie, False that of measurements
	// of an honest machine that fail.
	Power, False int64
	// Cost is what a host spends for each day, in thousandths of a day's rent.
	Cost map[Host]int64
}
