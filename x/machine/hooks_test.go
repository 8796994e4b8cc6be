package machine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

// listener records its calls in a list that several share.
type listener struct {
	name  string
	calls *[]string
	fail  error
}

var _ machine.MachineHooks = listener{}

func (l listener) record(format string, args ...any) error {
	*l.calls = append(*l.calls, l.name+": "+fmt.Sprintf(format, args...))
	return l.fail
}

func (l listener) AfterMachineOffline(_ context.Context, id string, since time.Time, challenge uint64) error {
	return l.record("offline %s %d %d", id, since.Unix(), challenge)
}

func (l listener) AfterMachineOnline(_ context.Context, id string, since, now time.Time) error {
	return l.record("online %s %d %d", id, since.Unix(), now.Unix())
}

func (l listener) AfterChallengeClosed(_ context.Context, id string, challenge uint64, answered bool) error {
	return l.record("closed %s %d %t", id, challenge, answered)
}

// Every listener hears of everything, in order, and none after one that failed.
func TestSeveralListeners(t *testing.T) {
	t.Parallel()
	failure := errors.New("hook")
	for name, test := range map[string]struct {
		call func(machine.MachineHooks) error
		want string
	}{
		"offline": {func(h machine.MachineHooks) error { return h.AfterMachineOffline(t.Context(), "m", time.Unix(7, 0), 3) }, "offline m 7 3"},
		"online": {func(h machine.MachineHooks) error {
			return h.AfterMachineOnline(t.Context(), "m", time.Unix(7, 0), time.Unix(9, 0))
		}, "online m 7 9"},
		"closed": {func(h machine.MachineHooks) error { return h.AfterChallengeClosed(t.Context(), "m", 3, true) }, "closed m 3 true"},
	} {
		var calls []string
		first, second := listener{"first", &calls, nil}, listener{"second", &calls, nil}
		require.NoError(t, test.call(machine.NewMultiMachineHooks(first, second)), name)
		require.Equal(t, []string{"first: " + test.want, "second: " + test.want}, calls, name)

		calls, first.fail = nil, failure
		require.ErrorIs(t, test.call(machine.NewMultiMachineHooks(first, second)), failure, name)
		require.Equal(t, []string{"first: " + test.want}, calls, name)

		require.NoError(t, test.call(machine.NewMultiMachineHooks()), name)
	}
}
