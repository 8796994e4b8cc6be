package chain

import "testing"

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
