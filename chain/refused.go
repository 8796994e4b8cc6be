package chain

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Refused is the chain's no, with its reason.
type Refused struct {
	// Codespace and Code name the registered error; codespace "grpc" is a
	// refused query without one, with gRPC's status codes.
	Codespace string
	Code      uint32
	// Log is what the chain's node answered, with the SDK's words around the
	// module's.
	Log string
}

// Error is the module's own sentence.
func (r *Refused) Error() string {
	return fmt.Sprintf("refused by the chain: %s [%s/%d]", r.Reason(), r.Codespace, r.Code)
}

// The SDK's words: which message of a transaction failed, and how, and the
// code of a query's error, which gRPC has no field for.
var (
	sdkFrame = regexp.MustCompile(`^(?:failed to simulate tx: )?(?:failed to execute message; )?message index: \d+: `)
	sdkCode  = regexp.MustCompile(`^codespace (\S+) code (\d+): `)
)

// Reason is Log without the SDK's words. They are for reading only: what the
// program decides by is Codespace and Code.
func (r *Refused) Reason() string {
	reason := sdkCode.ReplaceAllString(sdkFrame.ReplaceAllString(r.Log, ""), "")
	// The registered error's description comes first and, where the pure rules
	// said the same, once more.
	if first, rest, ok := strings.Cut(reason, ": "); ok && strings.HasPrefix(rest, first+": ") {
		return rest
	}
	return reason
}

// refusedQuery reads the registered error out of a query's status.
func refusedQuery(status uint32, message string) *Refused {
	r := &Refused{Codespace: "grpc", Code: status, Log: message}
	if m := sdkCode.FindStringSubmatch(message); m != nil {
		if code, err := strconv.ParseUint(m[2], 10, 32); err == nil {
			r.Codespace, r.Code = m[1], uint32(code)
		}
	}
	return r
}
