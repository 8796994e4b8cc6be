// Package due serves what is due in a module's end block: each key in a cache
// context, with panics contained, as many as a block may serve, and again later
// if it failed. The module keeps its own queues by time and says what is to be
// done; a key that failed leaves them for a Queue, which delays its next attempt
// longer each time and, where the module wants that, parks it in the end.
package due

import (
	"context"
	"slices"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// TimeKey orders times to the nanosecond; collections has no such key.
var TimeKey = sdk.TimeKey //nolint:staticcheck // deprecated without a replacement in the pinned collections

// Times is a module's own queue: keys by the time at which they are due.
type Times[K any] = collections.KeySet[collections.Pair[time.Time, K]]

// Item is a key and the time since which it is due.
type Item[K any] struct {
	At  time.Time
	Key K
}

// UpTo returns the first items of a queue that are due at a time, at most limit.
// Halted is what the queue's times lack: the chain's halted time, or 0 if halts
// do not move them.
func UpTo[K any](ctx context.Context, queue Times[K], now time.Time, halted time.Duration, limit int) (items []Item[K], err error) {
	if limit <= 0 {
		return nil, nil
	}
	until := collections.NewPrefixUntilPairRange[time.Time, K](now.Add(-halted))
	err = queue.Walk(ctx, until, func(key collections.Pair[time.Time, K]) (bool, error) {
		items = append(items, Item[K]{key.K1().Add(halted), key.K2()})
		return len(items) >= limit, nil
	})
	return items, err
}

// Oldest returns the keys of items of several queues, those first that are due
// for longest, each once and at most limit.
func Oldest[K comparable](limit int, queues ...[]Item[K]) []K {
	items := slices.Concat(queues...)
	slices.SortStableFunc(items, func(a, b Item[K]) int { return a.At.Compare(b.At) })
	keys, seen := []K{}, make(map[K]bool)
	for _, item := range items {
		if !seen[item.Key] && len(keys) < limit {
			seen[item.Key] = true
			keys = append(keys, item.Key)
		}
	}
	return keys
}

// Count returns how many items of a queue are due at a time; halted as for UpTo. It
// reads all of them and is for observers, not for blocks.
func Count[K any](ctx context.Context, queue Times[K], now time.Time, halted time.Duration) (n int, err error) {
	until := collections.NewPrefixUntilPairRange[time.Time, K](now.Add(-halted))
	err = queue.Walk(ctx, until, func(collections.Pair[time.Time, K]) (bool, error) {
		n++
		return false, nil
	})
	return n, err
}
