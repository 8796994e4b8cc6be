package api

import (
	"encoding/json"
	"reflect"
)

// Request is the body of every POST to a machine.
type Request struct {
	// PeerNodesList names the machine in its first entry.
	PeerNodesList []string        `json:"peer_nodes_list"`
	Additional    json.RawMessage `json:"additional"`

	// Wallet, Nonce and Sign are a ticket; absent with the DBC-Auth header.
	Wallet string `json:"wallet,omitempty"`
	Nonce  string `json:"nonce,omitempty"`
	Sign   string `json:"sign,omitempty"`

	// SessionID is of PathSessionID, SessionIDSign by its wallet: instead of a ticket.
	SessionID     string `json:"session_id,omitempty"`
	SessionIDSign string `json:"session_id_sign,omitempty"`
}

// Ticketed reports whether the body carries authority of its own.
func (r Request) Ticketed() bool {
	return r.Wallet != "" || r.Nonce != "" || r.Sign != "" || r.SessionID != "" || r.SessionIDSign != ""
}

// Reply is the body of every answer but those of documents: Message is the
// result where ErrCode is 0, and a sentence otherwise.
type Reply struct {
	ErrCode int             `json:"errcode"`
	Message json.RawMessage `json:"message" untrusted:"4096,lines"`

	Code  Code   `json:"code,omitempty"`
	Field string `json:"field,omitempty"`
	Value string `json:"value,omitempty" untrusted:"128"`
	Limit string `json:"limit,omitempty"`
	Retry Retry  `json:"retry,omitempty"`
	// RetryAt is RFC 3339 in UTC; set where Retry is RetryAt.
	RetryAt string            `json:"retry_at,omitempty"`
	Fault   Fault             `json:"fault,omitempty"`
	Params  map[string]string `json:"params,omitempty" untrusted:"512"`
}

// Caller has the fields that every request to a machine has. A client node's
// own routes ignore them but accept them, so that a collection can send the
// same fields with each request.
type Caller struct {
	PeerNodesList json.RawMessage `json:"peer_nodes_list,omitempty"`
	Wallet        json.RawMessage `json:"wallet,omitempty"`
	Nonce         json.RawMessage `json:"nonce,omitempty"`
	Sign          json.RawMessage `json:"sign,omitempty"`
	SessionID     json.RawMessage `json:"session_id,omitempty"`
	SessionSign   json.RawMessage `json:"session_id_sign,omitempty"`
	RentOrder     json.RawMessage `json:"rent_order,omitempty"`
	Additional    Nothing         `json:"additional,omitempty"`
}

// Nothing is an object without fields, or null.
type Nothing struct{}

// UnmarshalJSON refuses fields, which would otherwise be ignored.
func (Nothing) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "{}", "null", `""`:
		return nil
	}
	return &json.UnmarshalTypeError{Value: "value that is not empty", Type: reflect.TypeFor[Nothing]()}
}
