package budget

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestNobodyTakesMoreThanAShare(t *testing.T) {
	t.Parallel()
	b := New(100, 40)
	greedy, other, third := b.Lease("greedy"), b.Lease("other"), b.Lease("third")
	again := b.Lease("greedy")
	for i, step := range []struct {
		l    *Lease
		n    int64
		want error
	}{
		{greedy, 30, nil},
		{again, 11, ErrFull},
		{again, 10, nil},
		{greedy, 1, ErrFull},
		{other, 40, nil},
		{third, 21, ErrFull},
		{third, 20, nil},
		{third, 0, nil},
		{third, 1, ErrFull},
		{third, -1, ErrFull},
		{third, math.MaxInt64, ErrFull},
		{third, math.MinInt64, ErrFull},
	} {
		if err := step.l.Take(step.n); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v", i, err)
		}
	}
	greedy.Release()
	greedy.Release()
	if err := again.Take(30); err != nil {
		t.Errorf("after the release: %v", err)
	}
	for _, l := range []*Lease{again, other, third} {
		l.Release()
	}
	if b.Used() != 0 || len(b.by) != 0 {
		t.Errorf("%d bytes of %v stay", b.Used(), b.by)
	}
}

// TestAccountsAddUp compares with a sum of what was taken and released.
func TestAccountsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total, share := rapid.Int64Range(0, 50).Draw(t, "total"), rapid.Int64Range(0, 50).Draw(t, "share")
		b := New(total, share)
		names := []string{"a", "b", "c"}
		leases, held := make([]*Lease, 6), make([]int64, 6)
		for i := range leases {
			leases[i] = b.Lease(names[i%3])
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, 5).Draw(t, "lease")
			if rapid.Bool().Draw(t, "release") {
				leases[i].Release()
				held[i] = 0
				continue
			}
			n := rapid.Int64Range(0, 20).Draw(t, "n")
			var all, own int64
			for j := range held {
				all += held[j]
				if j%3 == i%3 {
					own += held[j]
				}
			}
			fits := all+n <= total && own+n <= share
			if err := leases[i].Take(n); (err == nil) != fits {
				t.Fatalf("take %d of %d/%d with %v held: %v", n, total, share, held, err)
			}
			if fits {
				held[i] += n
			}
		}
	})
}
