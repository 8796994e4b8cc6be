// Package detail adds named values to a refusal of the chain, and reads them back from
// the log of a transaction or the message of a query, which are all that a node passes
// on. So a program reads a cooldown's end or the missing amount without reading the
// sentence before it. Nothing of it is part of a block's hashes.
package detail

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"cosmossdk.io/math"
	"google.golang.org/grpc/status"
)

// Mark precedes the values, which are one object in JSON whose values are texts.
const Mark = " details="

// Map has values by name: texts, integers and times. Amounts are in udbc.
type Map map[string]any

// RetryAt is the name of the time from which the same message can succeed.
const RetryAt = "retry_at"

// Add returns err with values, or nil if err is nil. Values that err has already stay,
// unless of the same name.
func Add(err error, values Map) error {
	if err == nil {
		return nil
	}
	all := map[string]string{}
	if before := (*detailed)(nil); errors.As(err, &before) { // not from its sentence, which may quote a sender
		maps.Copy(all, before.values)
	}
	for name, value := range values {
		all[name] = text(value)
	}
	raw, marshalErr := json.Marshal(all)
	if marshalErr != nil { // a map of strings always is JSON
		return err
	}
	return &detailed{err: err, values: all, suffix: Mark + string(raw)}
}

// Funds returns err with what an account has to have, has, and lacks, in udbc.
func Funds(err error, needed uint64, balance math.Int) error {
	missing := math.MaxInt(math.ZeroInt(), math.NewIntFromUint64(needed).Sub(balance))
	return Add(err, Map{"needed": needed, "balance": balance, "missing": missing})
}

func text(value any) string {
	switch v := value.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case []uint64:
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", ","), "[]")
	}
	return fmt.Sprint(value)
}

// Read returns a log without the values in it, and the values; nil if it has none. The
// last ones count: what the sender of a message wrote stands before them.
func Read(log string) (sentence string, values map[string]string) {
	for end := len(log); ; {
		at := strings.LastIndex(log[:end], Mark)
		if at < 0 {
			return log, values
		}
		end = at
		decoder := json.NewDecoder(strings.NewReader(log[at+len(Mark):]))
		var found map[string]string
		if decoder.Decode(&found) != nil {
			continue
		}
		log = log[:at] + log[at+len(Mark)+int(decoder.InputOffset()):]
		if values == nil {
			values = found
		}
	}
}

// detailed is an error with values.
type detailed struct {
	err    error
	values map[string]string
	suffix string
}

// Error returns the sentence, followed by the values.
func (d *detailed) Error() string { return d.err.Error() + d.suffix }

// Unwrap returns the error without these values.
func (d *detailed) Unwrap() error { return d.err }

// Cause returns the same as Unwrap; the SDK looks for an error's code with it.
func (d *detailed) Cause() error { return d.err }

// GRPCStatus returns the status of the error with the values in its message.
func (d *detailed) GRPCStatus() *status.Status {
	s := status.Convert(d.err)
	return status.New(s.Code(), s.Message()+d.suffix)
}
