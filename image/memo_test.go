package image

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestOneReading: a file that many ask about at once is read once; who leaves takes nobody
// with it, and an error is nobody's but theirs who waited for it.
func TestOneReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m memo[string]
		var reads atomic.Int32
		leave, goOn := context.WithCancel(t.Context())
		begun := make(chan struct{})
		left := make(chan error, 1)
		go func() {
			_, err := m.get(leave, version{}, func() (string, error) {
				close(begun)
				<-leave.Done()
				return "", leave.Err()
			})
			left <- err
		}()
		<-begun
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				got, err := m.get(t.Context(), version{}, func() (string, error) {
					reads.Add(1)
					return "digest", nil
				})
				if err != nil || got != "digest" {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := m.get(gone, version{}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("one that left while it waited: %v", err)
		}
		synctest.Wait()
		goOn()
		group.Wait()
		if err := <-left; !errors.Is(err, context.Canceled) || reads.Load() != 1 {
			t.Errorf("%v, then %d readings, want 1", err, reads.Load())
		}
		bad := errors.New("bad")
		for _, want := range []error{bad, nil} {
			if _, err := m.get(t.Context(), version{inode: 1}, func() (string, error) { return "", want }); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		}
	})
}
