package economics

import "math/rand/v2"

// Outcome is the sum of one host's life, in seconds and paid seconds.
type Outcome struct {
	Time, Earned int64
	// Cheated is paid time in which the renter did not get what is listed.
	Cheated int64
	// Rentals were confirmed, Cancelled were not.
	Rentals, Cancelled int64
}

// Profit returns what a day leaves, in thousandths of a day's rent.
func (o Outcome) Profit(cost int64) int64 {
	if o.Time == 0 {
		return -cost
	}
	return o.Earned*1000/o.Time - cost
}

func (o *Outcome) add(other Outcome) {
	o.Time += other.Time
	o.Earned += other.Earned
	o.Cheated += other.Cheated
	o.Rentals += other.Rentals
	o.Cancelled += other.Cancelled
}

// life runs one slot of a host for a time.
func life(h Host, r Rules, m Market, time int64, dice *rand.Rand) (o Outcome) {
	for o.Time < time {
		o.Time += lasting(dice, m.Gap)
		if chance(dice, r.Measured) && chance(dice, fails(h, m)) {
			o.Time += trial
			o.Cancelled++
			continue
		}
		paid := lasting(dice, m.Rental)
		if leaves := leaving(h, r, m, paid, dice); leaves < paid {
			paid = leaves
		}
		o.Time += paid
		o.Earned += paid
		o.Rentals++
		if h != Honest {
			o.Cheated += paid
		}
	}
	return o
}

// fails is the share of measurements in a trial that fail.
func fails(h Host, m Market) int64 {
	if h == Liar {
		return m.Power
	}
	return m.False
}

// leaving returns when a rental of this length ends because its renter leaves, in seconds
// from its confirmation; at its end if he stays, or has to.
func leaving(h Host, r Rules, m Market, rental int64, dice *rand.Rand) int64 {
	if r.Notice == 0 {
		return rental
	}
	decides := rental
	switch h {
	case Honest:
		if chance(dice, m.Changed) {
			decides = dice.Int64N(rental + 1)
		}
	case Liar, Switcher:
		decides = lasting(dice, m.Notices)
	case Absent:
		decides = lasting(dice, m.NoticesGone)
	}
	power := m.Power
	switch h {
	case Honest:
		power = m.False
	case Absent:
		power = 1000 // nothing answers
	case Liar, Switcher:
	}
	if chance(dice, r.Again) && chance(dice, power) {
		decides = min(decides, dice.Int64N(r.AgainWithin+1))
	}
	return min(rental, decides+r.Notice)
}

func chance(dice *rand.Rand, thousandths int64) bool { return dice.Int64N(1000) < thousandths }

// lasting draws a length of at least a second from an exponential distribution.
func lasting(dice *rand.Rand, mean int64) int64 {
	return max(1, int64(dice.ExpFloat64()*float64(mean)))
}
