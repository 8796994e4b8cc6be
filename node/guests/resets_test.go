package guests

import (
	"context"
	"errors"
	"testing"

	"github.com/dbc-network/dbc/hw/vfio"
)

func TestResetsAreCounted(t *testing.T) {
	t.Parallel()
	stuck := errors.New("stuck")
	var fail error
	reset := func(context.Context, []vfio.Step) error { return fail }
	counts := new(Resets)
	for _, fail = range []error{nil, stuck, nil} {
		if err := counts.count(reset)(t.Context(), nil); !errors.Is(err, fail) {
			t.Errorf("%v, want %v", err, fail)
		}
	}
	if done, failed := counts.Counts(); done != 2 || failed != 1 {
		t.Errorf("%d done, %d failed", done, failed)
	}
	var none *Resets
	if err := none.count(reset)(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if done, failed := none.Counts(); done+failed != 0 {
		t.Errorf("%d, %d", done, failed)
	}
}
