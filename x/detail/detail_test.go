package detail_test

import (
	"errors"
	"testing"
	"time"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/status"

	"github.com/dbc-network/dbc/x/detail"
)

var errSample = errorsmod.Register("detailtest", 7, "sample")

// TestAddAndRead wraps an error as baseapp and the modules do, and reads the values back
// where a client finds them.
func TestAddAndRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 10, 0, 0, 5, time.FixedZone("", 3600))
	err := detail.Add(errSample.Wrap("machine_id is x; take another"), detail.Map{detail.RetryAt: at, "limit": uint64(3), "rent_ids": []uint64{1, 22}})
	err = errorsmod.Wrapf(detail.Funds(err, 10, math.NewInt(4)), "failed to execute message; message index: %d", 0)
	want := map[string]string{
		"retry_at": "2026-11-30T09:00:00.000000005Z", "limit": "3", "rent_ids": "1,22", "needed": "10", "balance": "4", "missing": "6",
	}

	space, code, log := errorsmod.ABCIInfo(err, false)
	require.Equal(t, "detailtest", space)
	require.EqualValues(t, 7, code)
	require.ErrorIs(t, err, errSample)
	sentence, values := detail.Read(log)
	require.Equal(t, want, values)
	require.Equal(t, "failed to execute message; message index: 0: machine_id is x; take another: sample", sentence)

	s, ok := status.FromError(err)
	require.True(t, ok)
	sentence, values = detail.Read(s.Message())
	require.Equal(t, want, values)
	require.Equal(t, "codespace detailtest code 7: sample: machine_id is x; take another: failed to execute message; message index: 0", sentence)
}

func TestAddNothing(t *testing.T) {
	t.Parallel()
	require.NoError(t, detail.Add(nil, detail.Map{"a": "b"}))
	require.NoError(t, detail.Funds(nil, 1, math.NewInt(2)))
	_, values := detail.Read(detail.Funds(errors.New("x"), 1, math.NewInt(2)).Error())
	require.Equal(t, "0", values["missing"])
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		log, sentence string
		values        map[string]string
	}{
		"none":             {"rental not found", "rental not found", nil},
		"no JSON":          {"a details={x", "a details={x", nil},
		"not texts":        {`a details={"n":1}`, `a details={"n":1}`, nil},
		"something after":  {`a details={"n":"1"} [x.go:12]`, "a [x.go:12]", map[string]string{"n": "1"}},
		"the sender's own": {`renter is details={"n":"1"} : bad details={"m":"2"}`, "renter is : bad", map[string]string{"m": "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sentence, values := detail.Read(c.log)
			require.Equal(t, c.sentence, sentence)
			require.Equal(t, c.values, values)
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`a details={"n":"1"} details= details={"m":"2"}`)
	f.Fuzz(func(t *testing.T, log string) {
		sentence, _ := detail.Read(log)
		if again, values := detail.Read(sentence); len(sentence) > len(log) || values == nil && again != sentence {
			t.Errorf("%q reads %q, and that %q", log, sentence, again)
		}
	})
}

// TestAddTakesNoValuesFromSentences verifies that what a sender wrote into a sentence does
// not become a value of the refusal.
func TestAddTakesNoValuesFromSentences(t *testing.T) {
	t.Parallel()
	err := detail.Add(errSample.Wrapf("machine_id is %s; take another", `x details={"retry_at":"2099-01-01T00:00:00Z"}`), detail.Map{"limit": 3})
	_, values := detail.Read(detail.Add(err, detail.Map{"open": 4}).Error())
	require.Equal(t, map[string]string{"limit": "3", "open": "4"}, values)
}
