package economics

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var (
	update = flag.Bool("update", false, "write the table into README.md")
	seeds  = flag.Uint64("seeds", 3, "how many seeds")
)

var liars = []Host{Liar, Switcher, Absent}

// TestLyingPaysNowhere: in the recommended region no lie leaves more than honesty, in any
// market of the sweep.
func TestLyingPaysNowhere(t *testing.T) {
	t.Parallel()
	for _, again := range []int64{Hour / 2, Hour, 2 * Hour} {
		for _, share := range []int64{950, 1000} {
			for _, notice := range []int64{Hour / 2, Hour} {
				r := Rules{Measured: share, Again: share, AgainWithin: again, Notice: notice}
				if !Recommended(r) {
					t.Fatalf("%+v is not in the region", r)
				}
				for seed := range *seeds {
					for _, h := range liars {
						if v := Judge(h, r, seed); v.Pays > 0 || v.Markets != 72 {
							t.Errorf("seed %d, %+v: %s: %+v", seed, r, h, v)
						}
					}
				}
			}
		}
	}
}

// TestOutsideLyingPays: the test above can fail: without measuring, without an exit, and
// with the guide's rule that nobody leaves, lies pay.
func TestOutsideLyingPays(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]Rules{
		"nobody measures":       {Notice: Hour},
		"nobody measures again": {Measured: 1000, Notice: Hour},
		"nobody may leave":      {Measured: 1000, Again: 1000, AgainWithin: Hour},
		"a week's notice":       {Measured: 1000, Again: 1000, AgainWithin: Hour, Notice: 7 * Day},
	} {
		paid := 0
		for _, h := range liars {
			paid += Judge(h, r, 1).Pays
		}
		if Recommended(r) || paid == 0 {
			t.Errorf("%s: %d", name, paid)
		}
	}
}

// TestHonestLoseNothing: measuring takes from an honest host at most the half hours of
// trials that failed by mistake, a hundredth of a day's rent at the most, and no rule
// takes anything else.
func TestHonestLoseNothing(t *testing.T) {
	t.Parallel()
	const tolerance = 10 // thousandths of a day's rent
	for _, m := range Markets() {
		for _, notice := range []int64{Hour, Day} {
			without := honest(Rules{Notice: notice}, m)
			with := honest(Rules{Measured: 1000, Again: 1000, AgainWithin: 2 * Hour, Notice: notice}, m)
			if without-with > tolerance {
				t.Errorf("notice %d, rentals of %d, gaps of %d: %d without measuring, %d with it", notice, m.Rental, m.Gap, without, with)
			}
		}
	}
}

// honest is the profit over many lives: the mean has to be finer than the tolerance.
func honest(r Rules, m Market) int64 {
	var sum Outcome
	for seed := range uint64(8) {
		sum.add(Run(Honest, r, m, seed))
	}
	return sum.Profit(m.Cost[Honest])
}

// TestExact: lives without chance are computed exactly.
func TestExact(t *testing.T) {
	t.Parallel()
	everybody := Rules{Measured: 1000, Again: 1000, AgainWithin: 1, Notice: Hour}
	m := Market{Rental: 5 * Day, Gap: Day, Notices: Day, NoticesGone: Day, Power: 1000, Cost: map[Host]int64{}}
	if o := Run(Liar, everybody, m, 1); o.Rentals != 0 || o.Earned != 0 || o.Cancelled == 0 {
		t.Errorf("each liar is found in the trial: %+v", o)
	}
	for _, h := range []Host{Switcher, Absent} {
		if o := Run(h, everybody, m, 1); o.Rentals == 0 || o.Earned > o.Rentals*(Hour+1) || o.Cheated != o.Earned {
			t.Errorf("each %s is left at once, after the notice: %+v", h, o)
		}
	}
	if o := Run(Honest, everybody, m, 1); o.Cancelled != 0 || o.Cheated != 0 || o.Earned < o.Time*4/5 {
		t.Errorf("%+v", o)
	}
	if got := (Outcome{Time: Day, Earned: Day / 2}).Profit(100); got != 400 {
		t.Error(got)
	}
}

// TestTable: README.md has the table of this code.
func TestTable(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- table -->\n", "<!-- end -->\n"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the table")
	}
	want := before + begin + table() + end + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Error("README.md is not current: go test ./economics -run TestTable -update")
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("| notice | measured | again | liar | switcher | absent |\n|---|---|---|---|---|---|\n")
	for _, r := range Table() {
		notice := fmt.Sprintf("%d h", r.Notice/Hour)
		if r.Notice == 0 {
			notice = "no exit"
		}
		fmt.Fprintf(&b, "| %s | %d %% | %d %% |", notice, r.Measured/10, r.Again/10)
		for _, h := range liars {
			v := Judge(h, r, 1)
			cell := fmt.Sprintf("%d of %d, %+.0f %%, %d %%", v.Pays, v.Markets, float64(v.Worst)/10, v.Cheated/10)
			if v.Pays == 0 {
				cell = "**" + cell + "**"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	return b.String()
}
