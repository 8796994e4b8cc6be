package economics

import "math/rand/v2"

// Lives is how many lives of a host a cell has, Life how long each takes.
const (
	Lives = 40
	Life  = 180 * Day
)

// Run returns the sum of a host's lives.
func Run(h Host, r Rules, m Market, seed uint64) (sum Outcome) {
	dice := rand.New(rand.NewPCG(seed, uint64(h)))
	for range Lives {
		sum.add(life(h, r, m, Life, dice))
	}
	return sum
}

// Markets are those of the sweep: short and long rentals, markets in which slots are
// scarce and in which they are not, careless and careful renters, lies that save little
// and much.
func Markets() (all []Market) {
	for _, rental := range []int64{2 * Day, 5 * Day, 20 * Day} {
		for _, gap := range []int64{Day / 4, Day, 2 * Day} {
			for _, notices := range []int64{Day / 4, Day, 3 * Day} {
				for _, lie := range []int64{100, 250, 400} {
					all = append(all, Market{
						Rental: rental, Gap: gap, Notices: notices, NoticesGone: 2 * Hour,
						Changed: 200, Power: 950, False: 5,
						Cost: map[Host]int64{Honest: 500, Liar: lie, Switcher: max(lie, 150), Absent: 20},
					})
				}
			}
		}
	}
	return all
}

// Verdict is what a rule does to one kind of liar over all markets.
type Verdict struct {
	// Pays are the markets in which lying leaves more than honesty, of Markets in which
	// honesty leaves something.
	Pays, Markets int
	// Worst is the largest lead of a lie, in thousandths of a day's rent for each day.
	Worst int64
	// Cheated is the share of the liar's time that renters paid without getting what is
	// listed, in thousandths: the mean over the markets.
	Cheated int64
}

// worthwhile is the least profit, in thousandths of a day's rent, for which somebody hosts.
const worthwhile = 50

// Judge runs a kind of host beside honest ones in every market of the sweep.
func Judge(h Host, r Rules, seed uint64) (v Verdict) {
	var cheated []int64
	for _, m := range Markets() {
		honest := Run(Honest, r, m, seed).Profit(m.Cost[Honest])
		if honest < worthwhile {
			continue // nobody hosts there
		}
		lies := Run(h, r, m, seed)
		lead := lies.Profit(m.Cost[h]) - honest
		if v.Markets == 0 || lead > v.Worst {
			v.Worst = lead
		}
		v.Markets++
		if lead >= 0 {
			v.Pays++
		}
		cheated = append(cheated, lies.Cheated*1000/lies.Time)
	}
	if len(cheated) > 0 {
		var sum int64
		for _, c := range cheated {
			sum += c
		}
		v.Cheated = sum / int64(len(cheated))
	}
	return v
}

// Recommended reports whether rules are in the region in which no lie pays: nineteen of
// twenty renters measure in the trial and again within two hours, and may leave within one.
func Recommended(r Rules) bool {
	return r.Measured >= 950 && r.Again >= 950 && r.AgainWithin <= 2*Hour && r.Notice > 0 && r.Notice <= Hour
}

// Table are the rules of the published table.
func Table() (all []Rules) {
	for _, notice := range []int64{0, 7 * Day, Day, 6 * Hour, Hour} {
		for _, share := range [][2]int64{{0, 0}, {500, 0}, {950, 0}, {950, 950}, {1000, 1000}} {
			all = append(all, Rules{Measured: share[0], Again: share[1], AgainWithin: 2 * Hour, Notice: notice})
		}
	}
	return all
}
