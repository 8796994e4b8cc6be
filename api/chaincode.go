package api

import "slices"

// ChainMeaning is what an error of the chain stands for. Codespace and Number are what
// the chain's node says of a transaction or a query that was refused.
type ChainMeaning struct {
	Codespace string
	Number    uint32
	// Retry says when the same message can succeed. It is RetryAt, whatever the row
	// says, where the refusal has the parameter retry_at.
	Retry Retry
	Fault Fault
	// Params are the names of the parameters that a refusal can have. Amounts are in
	// udbc, times in RFC 3339 and UTC, durations in seconds.
	Params []string
}

// ParamRetryAt is the parameter that says from when the same message can succeed.
const ParamRetryAt = "retry_at"

// chainMeanings is the one table of the chain's errors: of its modules, and of those
// of the SDK that users meet.
var chainMeanings = []ChainMeaning{
	{"rental", 2, RetryNever, FaultCaller, []string{"rent_id"}},
	{"rental", 3, RetryNever, FaultCaller, nil},
	{"rental", 4, RetryNever, FaultCaller, []string{"max_seconds", "min_seconds", "unit_seconds"}},
	{"rental", 5, RetryLater, FaultMachine, []string{"drain_from", "machine_id", "slots", "slots_in_service", "stake", "stake_required", "state"}},
	{"rental", 6, RetryNever, FaultCaller, []string{"listing_version", "machine_id"}},
	{"rental", 7, RetryNever, FaultCaller, []string{"fee", "max_total", "rent", "total"}},
	{"rental", 8, RetryNever, FaultCaller, []string{"balance", "missing", "needed"}},
	{"rental", 9, RetryNever, FaultCaller, []string{"limit", "open"}},
	{"rental", 10, RetryLater, FaultCaller, []string{"machine_id", ParamRetryAt}},
	{"rental", 11, RetryNever, FaultCaller, []string{"rent_id", "renter"}},
	{"rental", 12, RetryNever, FaultCaller, []string{"limit_seconds", "outage_seconds", "rent_id", ParamRetryAt, "state", "until"}},
	{"rental", 13, RetryNever, FaultCaller, []string{"rent_id", "since", "state"}},
	{"rental", 14, RetryNever, FaultCaller, []string{"rent_ids"}},
	{"rental", 15, RetryNever, FaultCaller, nil},
	{"rental", 16, RetryNever, FaultCaller, nil},
	{"rental", 17, RetryNever, FaultCaller, nil},
	{"rental", 18, RetryNever, FaultChain, nil},

	{"machine", 2, RetryNever, FaultCaller, []string{"challenge_id", "machine_id"}},
	{"machine", 3, RetryNever, FaultCaller, []string{"machine_id", "operator", "owner"}},
	{"machine", 4, RetryNever, FaultCaller, nil},
	{"machine", 5, RetryNever, FaultCaller, nil},
	{"machine", 6, RetryNever, FaultCaller, nil},
	{"machine", 7, RetryNever, FaultCaller, nil},
	{"machine", 8, RetryNever, FaultCaller, nil},
	{"machine", 9, RetryNever, FaultCaller, []string{"limit"}},
	{"machine", 10, RetryNever, FaultCaller, nil},
	{"machine", 11, RetryNever, FaultChain, nil},
	{"machine", 12, RetryNever, FaultMachine, nil},
	{"machine", 13, RetryNever, FaultMachine, nil},
	{"machine", 14, RetryNever, FaultCaller, []string{"least"}},
	{"machine", 15, RetryNever, FaultCaller, []string{"machine_id", "owner"}},
	{"machine", 16, RetryNever, FaultCaller, []string{"gpu_id", "machine_id", ParamRetryAt}},
	{"machine", 17, RetryNever, FaultCaller, []string{"machine_id", "state"}},
	{"machine", 18, RetryLater, FaultCaller, []string{"machine_id", "slots"}},
	{"machine", 19, RetryLater, FaultCaller, []string{"challenge_id", "machine_id"}},
	{"machine", 20, RetryNever, FaultCaller, []string{"challenge_id"}},
	{"machine", 21, RetryNever, FaultCaller, []string{"first", "last"}},
	{"machine", 22, RetryLater, FaultMachine, []string{"machine_id", "stake", "stake_required"}},
	{"machine", 23, RetryLater, FaultCaller, []string{"machine_id", "owner", ParamRetryAt, "stake"}},
	{"machine", 24, RetryLater, FaultMachine, []string{"free", "machine_id", "slots"}},
	{"machine", 26, RetryNever, FaultChain, nil},
	{"machine", 27, RetryNever, FaultMachine, nil},
	{"machine", 28, RetryLater, FaultChain, nil},
	{"machine", 29, RetryNever, FaultCaller, nil},

	{"guard", 2, RetryNever, FaultCaller, nil},
	{"guard", 3, RetryNever, FaultCaller, nil},
	{"guard", 4, RetryNever, FaultCaller, []string{"last", ParamRetryAt}},
	{"guard", 5, RetryLater, FaultChain, []string{ParamRetryAt}},
	{"guard", 6, RetryNever, FaultCaller, []string{"needed"}},
	{"guard", 7, RetryNever, FaultCaller, []string{"gas_wanted", "limit", "size"}},
	{"guard", 8, RetryLater, FaultChain, nil},

	{"sdk", 2, RetryNever, FaultCaller, nil},
	{"sdk", 3, RetryLater, FaultCaller, nil},
	{"sdk", 4, RetryNever, FaultCaller, nil},
	{"sdk", 5, RetryNever, FaultCaller, []string{"balance", "missing", "needed"}},
	{"sdk", 6, RetryNever, FaultCaller, nil},
	{"sdk", 7, RetryNever, FaultCaller, nil},
	{"sdk", 8, RetryNever, FaultCaller, nil},
	{"sdk", 9, RetryNever, FaultCaller, nil},
	{"sdk", 10, RetryNever, FaultCaller, nil},
	{"sdk", 11, RetryNever, FaultCaller, []string{"gas_used", "gas_wanted"}},
	{"sdk", 12, RetryNever, FaultCaller, nil},
	{"sdk", 13, RetryNever, FaultCaller, nil},
	{"sdk", 14, RetryNever, FaultCaller, nil},
	{"sdk", 15, RetryNever, FaultCaller, nil},
	{"sdk", 18, RetryNever, FaultCaller, nil},
	{"sdk", 19, RetryNever, FaultCaller, nil},
	{"sdk", 20, RetryLater, FaultChain, nil},
	{"sdk", 21, RetryNever, FaultCaller, nil},
	{"sdk", 22, RetryNever, FaultCaller, nil},
	{"sdk", 24, RetryNever, FaultCaller, nil},
	{"sdk", 26, RetryLater, FaultChain, nil},
	{"sdk", 28, RetryNever, FaultCaller, nil},
	{"sdk", 29, RetryNever, FaultCaller, nil},
	{"sdk", 30, RetryNever, FaultCaller, nil},
	{"sdk", 32, RetryLater, FaultCaller, []string{"expected", "sequence"}},
	{"sdk", 33, RetryNever, FaultCaller, nil},
	{"sdk", 34, RetryNever, FaultCaller, nil},
	{"sdk", 35, RetryLater, FaultChain, nil},
	{"sdk", 36, RetryNever, FaultCaller, nil},
	{"sdk", 37, RetryNever, FaultCaller, nil},
	{"sdk", 38, RetryNever, FaultCaller, nil},
	{"sdk", 41, RetryNever, FaultCaller, nil},
	{"sdk", 42, RetryNever, FaultCaller, nil},

	{"bank", 2, RetryNever, FaultCaller, nil},
	{"bank", 3, RetryNever, FaultCaller, nil},
	{"bank", 4, RetryNever, FaultCaller, nil},
	{"bank", 5, RetryNever, FaultCaller, nil},
	{"bank", 9, RetryNever, FaultCaller, nil},
}

// ChainMeanings returns a copy of the table.
func ChainMeanings() []ChainMeaning { return slices.Clone(chainMeanings) }

// MeaningOfChain returns the row of an error of the chain. ok is false for an unknown
// one, which is to be treated as one that is never retried.
func MeaningOfChain(codespace string, number uint32) (m ChainMeaning, ok bool) {
	for _, m := range chainMeanings {
		if m.Codespace == codespace && m.Number == number {
			return m, true
		}
	}
	return ChainMeaning{Codespace: codespace, Number: number, Retry: RetryNever, Fault: FaultChain}, false
}

// Told returns those of a refusal's values that the row names, nil without any, and when
// the same message can succeed.
func (m ChainMeaning) Told(values map[string]string) (retry Retry, retryAt string, params map[string]string) {
	for _, name := range m.Params {
		value, ok := values[name]
		if !ok {
			continue
		}
		if params == nil {
			params = map[string]string{}
		}
		params[name] = value
	}
	if at := params[ParamRetryAt]; at != "" {
		return RetryAt, at, params
	}
	return m.Retry, "", params
}
