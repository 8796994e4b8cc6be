package chain

import (
	"maps"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dbc-network/dbc/api"
)

func TestRefusedQuery(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, message, codespace, reason string
		code                             uint32
	}{
		{"registered", "codespace rental code 5: machine not rentable: slots is 4", "rental", "machine not rentable: slots is 4", 5},
		{"said twice", "codespace rental code 4: duration out of bounds: duration out of bounds: it is 45", "rental", "duration out of bounds: it is 45", 4},
		{"not registered", "invalid request", "grpc", "invalid request", 3},
		{"code too large", "codespace rental code 99999999999: no", "grpc", "no", 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := refusedQuery(3, c.message)
			if r.Codespace != c.codespace || r.Code != c.code || r.Reason() != c.reason {
				t.Errorf("%q is %s %d %q", c.message, r.Codespace, r.Code, r.Reason())
			}
		})
	}
}

func TestRefusedReason(t *testing.T) {
	t.Parallel()
	for log, want := range map[string]string{
		"failed to simulate tx: failed to execute message; message index: 0: rent_id is 77: rental not found": "rent_id is 77: rental not found",
		"failed to execute message; message index: 12: no":                                                    "no",
		"insufficient fees; got: 1udbc required: 2udbc: insufficient fee":                                     "insufficient fees; got: 1udbc required: 2udbc: insufficient fee",
	} {
		if got := (&Refused{Log: log}).Reason(); got != want {
			t.Errorf("%q reads %q, want %q", log, got, want)
		}
	}
}

// TestRefusedMeaning reads from what a node passes on when a message can succeed, never
// from its sentence.
func TestRefusedMeaning(t *testing.T) {
	t.Parallel()
	const at = "2026-11-30T09:00:00Z"
	cases := []struct {
		name    string
		refused Refused
		want    Meaning
		reason  string
	}{
		{
			"a cooldown",
			Refused{Codespace: "rental", Code: 10, Log: `message index: 0: take another: too soon details={"machine_id":"m","retry_at":"` + at + `"}`},
			Meaning{api.RetryAt, at, api.FaultCaller, map[string]string{"machine_id": "m", "retry_at": at}},
			"take another: too soon",
		},
		{
			"out of gas",
			Refused{Codespace: "sdk", Code: 11, Log: "out of gas", GasWanted: 5, GasUsed: 7},
			Meaning{Retry: api.RetryNever, Fault: api.FaultCaller, Params: map[string]string{"gas_wanted": "5", "gas_used": "7"}},
			"out of gas",
		},
		{
			"names of another error",
			Refused{Codespace: "rental", Code: 15, Log: `x details={"retry_at":"` + at + `"}`},
			Meaning{Retry: api.RetryNever, Fault: api.FaultCaller},
			"x",
		},
		{"an unknown error", Refused{Codespace: "new", Code: 4, Log: "x"}, Meaning{Retry: api.RetryNever, Fault: api.FaultChain}, "x"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := c.refused.Meaning()
			if got.Retry != c.want.Retry || got.RetryAt != c.want.RetryAt || got.Fault != c.want.Fault || !maps.Equal(got.Params, c.want.Params) {
				t.Errorf("%+v", got)
			}
			if reason := c.refused.Reason(); reason != c.reason {
				t.Errorf("reads %q", reason)
			}
		})
	}
}

// TestQueryErrorsAreSentences: the values that a node passes on are for programs.
func TestQueryErrorsAreSentences(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.NotFound, codes.Unavailable, codes.FailedPrecondition} {
		err := queryError(t.Context(), "ask for rental 5", status.Error(code, `it never was: rental not found details={"rent_id":"5"}`))
		if text := err.Error(); strings.Contains(text, "details=") || !strings.Contains(text, "it never was") {
			t.Errorf("%s: %s", code, text)
		}
	}
}
