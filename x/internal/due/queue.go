package due

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cosmossdk.io/collections"
	collcodec "cosmossdk.io/collections/codec"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// maxAttempts is after how many failures a key is parked.
	maxAttempts = 10
	// firstDelay doubles with each failure: up to maxAttempts times before a key is
	// parked, and up to maxDelays times where none is, so that what waits for such a
	// key is late by half an hour once the cause is gone.
	firstDelay = time.Minute
	maxDelays  = 5
)

// Config of a queue.
type Config[K comparable] struct {
	// Name is that of the keys, such as "rentals": it begins the names of the
	// collections, and stands in logs.
	Name string
	// Retries and Failures are prefixes of the module's store.
	Retries, Failures collections.Prefix
	Key               collcodec.KeyCodec[K]
	// Parks: a key is no longer tried by itself after ten failures, until a message
	// takes it up. Without it the delay stays at its longest.
	Parks bool
}

// Queue holds the keys that failed.
type Queue[K comparable] struct {
	name     string
	parks    bool
	retries  Times[K] // by next attempt, without parked ones
	failures collections.Map[K, collections.Pair[uint32, time.Time]]
}

// Failure is what became of a key so far.
type Failure struct {
	Attempts uint32
	// Next is the time of the next attempt, or when it would be if it were not
	// parked.
	Next time.Time
	// Parked: no attempt is made by itself.
	Parked bool
}

// Handler is a module's side of a queue.
type Handler[K comparable] interface {
	// Settle does what is due. It calls Clear of a key that has nothing more to do.
	Settle(ctx context.Context, key K) error
	// Leave removes a key that failed from the module's own queues.
	Leave(ctx context.Context, key K) error
	// Failed reports a failure, for example by an event.
	Failed(ctx context.Context, key K, failure Failure, cause error) error
}

// NewQueue adds a queue to a module's store.
func NewQueue[K comparable](sb *collections.SchemaBuilder, cfg Config[K]) Queue[K] {
	return Queue[K]{
		name: cfg.Name, parks: cfg.Parks,
		retries: collections.NewKeySet(sb, cfg.Retries, cfg.Name+"_retries", collections.PairKeyCodec(TimeKey, cfg.Key)),
		failures: collections.NewMap(sb, cfg.Failures, cfg.Name+"_failures", cfg.Key,
			collcodec.KeyToValueCodec(collections.PairKeyCodec(collections.Uint32Key, TimeKey))),
	}
}

// Serve settles keys in their order and starts none once that took maxGas, by the
// gas that a message would pay for the same work. One that fails is put off and
// holds up no other.
func (q Queue[K]) Serve(ctx context.Context, keys []K, maxGas uint64, h Handler[K]) error {
	meter := sdk.UnwrapSDKContext(ctx).GasMeter()
	before := meter.GasConsumed()
	for _, key := range keys {
		if meter.GasConsumed()-before >= maxGas {
			return nil
		}
		if failed := contain(func() error { return q.Attempt(ctx, key, h.Settle) }); failed != nil {
			if err := q.Fail(ctx, key, failed, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// Attempt runs an action on a key; a failing one leaves no trace. A panic counts
// as a failure, except one about gas, which ends a transaction.
func (q Queue[K]) Attempt(ctx context.Context, key K, action func(context.Context, K) error) error {
	return attempt(ctx, q.name, key, func(ctx context.Context) error { return action(ctx, key) })
}

// Fail puts a key off whose attempt failed: longer each time, and for good once
// it is parked.
func (q Queue[K]) Fail(ctx context.Context, key K, cause error, h Handler[K]) error {
	failure, _, err := q.Get(ctx, key)
	if err != nil {
		return err
	}
	if err := q.retries.Remove(ctx, collections.Join(failure.Next, key)); err != nil {
		return err
	}
	if err := h.Leave(ctx, key); err != nil {
		return err
	}
	attempts := failure.Attempts + 1
	longest := uint32(maxDelays)
	if q.parks {
		longest = maxAttempts
	}
	failure = q.failure(attempts, sdk.UnwrapSDKContext(ctx).BlockTime().Add(firstDelay<<min(attempts-1, longest)))
	if err := q.failures.Set(ctx, key, collections.Join(failure.Attempts, failure.Next)); err != nil {
		return err
	}
	if !failure.Parked {
		if err := q.retries.Set(ctx, collections.Join(failure.Next, key)); err != nil {
			return err
		}
	}
	return h.Failed(ctx, key, failure, cause)
}

func (q Queue[K]) failure(attempts uint32, next time.Time) Failure {
	return Failure{Attempts: attempts, Next: next, Parked: q.parks && attempts >= maxAttempts}
}

// Due returns the keys whose next attempt is due, at most limit.
func (q Queue[K]) Due(ctx context.Context, limit int) ([]Item[K], error) {
	return UpTo(ctx, q.retries, sdk.UnwrapSDKContext(ctx).BlockTime(), 0, limit)
}

// Get returns a key's failures so far, and false if it has none.
func (q Queue[K]) Get(ctx context.Context, key K) (Failure, bool, error) {
	stored, err := q.failures.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return Failure{}, false, nil
	}
	if err != nil {
		return Failure{}, false, err
	}
	return q.failure(stored.K1(), stored.K2()), true, nil
}

// Has reports whether a key failed and is not settled yet.
func (q Queue[K]) Has(ctx context.Context, key K) (bool, error) { return q.failures.Has(ctx, key) }

// Clear forgets a key's failures. It reports whether there were any: then the key
// is in none of the module's own queues.
func (q Queue[K]) Clear(ctx context.Context, key K) (bool, error) {
	failure, failed, err := q.Get(ctx, key)
	if err != nil || !failed {
		return false, err
	}
	if err := q.retries.Remove(ctx, collections.Join(failure.Next, key)); err != nil {
		return false, err
	}
	return true, q.failures.Remove(ctx, key)
}

// Check returns an error unless each failure is of a key that exists and has its
// next attempt, except a parked one, and no other attempt is planned. It reads the
// whole queue.
func (q Queue[K]) Check(ctx context.Context, exists func(K) bool) error {
	planned := 0
	if err := q.failures.Walk(ctx, nil, func(key K, stored collections.Pair[uint32, time.Time]) (bool, error) {
		failure := q.failure(stored.K1(), stored.K2())
		has, err := q.retries.Has(ctx, collections.Join(failure.Next, key))
		if err != nil {
			return true, err
		}
		if !exists(key) {
			return true, fmt.Errorf("%s %v: failed %d times and does not exist", q.name, key, failure.Attempts)
		}
		if has == failure.Parked {
			return true, fmt.Errorf("%s %v: failed %d times, parked %t, next attempt planned %t", q.name, key, failure.Attempts, failure.Parked, has)
		}
		if has {
			planned++
		}
		return false, nil
	}); err != nil {
		return err
	}
	return q.retries.Walk(ctx, nil, func(key collections.Pair[time.Time, K]) (bool, error) {
		if planned--; planned < 0 {
			return true, fmt.Errorf("%s: more attempts are planned than failed, such as one of %v", q.name, key.K2())
		}
		return false, nil
	})
}

// Count returns how many keys have failed and are not settled yet, and how many of
// them are parked. It reads the whole queue and is for observers, not for blocks.
func (q Queue[K]) Count(ctx context.Context) (failed, parked int, err error) {
	err = q.failures.Walk(ctx, nil, func(_ K, stored collections.Pair[uint32, time.Time]) (bool, error) {
		failed++
		if q.failure(stored.K1(), stored.K2()).Parked {
			parked++
		}
		return false, nil
	})
	return failed, parked, err
}
