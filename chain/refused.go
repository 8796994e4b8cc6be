package chain

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/detail"
)

// Refused is a refusal by the chain, with its reason.
type Refused struct {
	// Codespace and Code identify the registered error. Codespace "grpc" is a
	// refused query without one, with gRPC's status code.
	Codespace string
	Code      uint32
	// Log is the answer of the chain's node: the module's message with
	// additions by the SDK.
	Log string
	// GasWanted and GasUsed are those of a transaction in a block, else 0.
	GasWanted, GasUsed int64
}

// outOfGas is the SDK's number of a transaction that needed more gas.
const outOfGas = 11

// Meaning is what a program needs to know of a refusal.
type Meaning struct {
	Retry api.Retry
	// RetryAt is in RFC 3339; set where Retry is api.RetryAt.
	RetryAt string
	Fault   api.Fault
	// Params are the values that api.ChainMeaning names, nil without any.
	Params map[string]string
}

// Meaning returns when the message can succeed, and what the chain says of the refusal
// besides its sentence.
func (r *Refused) Meaning() Meaning {
	row, _ := api.MeaningOfChain(r.Codespace, r.Code)
	_, values := detail.Read(r.Log)
	if r.Codespace == sdkerrors.RootCodespace && r.Code == outOfGas && r.GasWanted > 0 {
		values = map[string]string{"gas_wanted": strconv.FormatInt(r.GasWanted, 10), "gas_used": strconv.FormatInt(r.GasUsed, 10)}
	}
	m := Meaning{Fault: row.Fault}
	m.Retry, m.RetryAt, m.Params = row.Told(values)
	return m
}

// Error returns the module's own message.
func (r *Refused) Error() string {
	return fmt.Sprintf("refused by the chain: %s [%s/%d]", r.Reason(), r.Codespace, r.Code)
}

// The SDK's additions: which message of a transaction failed and how, and the
// code of a query's error, for which gRPC has no field.
var (
	sdkFrame = regexp.MustCompile(`^(?:failed to simulate tx: )?(?:failed to execute message; )?message index: \d+: `)
	sdkCode  = regexp.MustCompile(`^codespace (\S+) code (\d+): `)
)

// Reason returns Log without the SDK's additions and the values for programs. It is for display only;
// programs decide by Codespace and Code.
func (r *Refused) Reason() string {
	said, _ := detail.Read(r.Log)
	reason := sdkCode.ReplaceAllString(sdkFrame.ReplaceAllString(said, ""), "")
	// The registered error's description comes first and, if the pure rules
	// said the same, appears twice.
	if first, rest, ok := strings.Cut(reason, ": "); ok && strings.HasPrefix(rest, first+": ") {
		return rest
	}
	return reason
}

// refusedQuery extracts the registered error from a query's status.
func refusedQuery(status uint32, message string) *Refused {
	r := &Refused{Codespace: "grpc", Code: status, Log: message}
	if m := sdkCode.FindStringSubmatch(message); m != nil {
		if code, err := strconv.ParseUint(m[2], 10, 32); err == nil {
			r.Codespace, r.Code = m[1], uint32(code)
		}
	}
	return r
}
