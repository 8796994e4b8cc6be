package libvirt

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/vm"
)

// TestReleased covers guests that hear questions only from some time on, and
// release the disk a second after they heard one.
func TestReleased(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		hearsAfter time.Duration
		asked      error
		want       error
	}{
		"hears at once":                  {0, nil, nil},
		"starts, and hears later":        {6 * time.Second, nil, nil},
		"does not hear within the limit": {time.Minute, nil, vm.ErrHeld},
		"the question fails":             {0, refused, refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				var heard time.Time
				ask := func() error {
					if heard.IsZero() && time.Since(begun) >= c.hearsAfter {
						heard = time.Now()
					}
					return c.asked
				}
				held := func() (bool, error) { return heard.IsZero() || time.Since(heard) < time.Second, nil }
				if err := released(t.Context(), ask, held); !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if took := time.Since(begun); took > detachLimit+time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}
