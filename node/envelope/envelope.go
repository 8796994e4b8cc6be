// Package envelope writes the answers that a client node gives itself, in the
// form that machines give theirs: {"errcode":0,"message":…}.
package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"unicode/utf8"
)

// Refusal is an answer that says no: what was wrong, where, and the bound.
type Refusal struct {
	Status int
	// ErrCode is the original system's number, never 0; Code is this project's word.
	ErrCode int
	Code    string
	// Message is a sentence for people; the others may be empty.
	Message, Field, Value, Limit string
}

// Error is the sentence.
func (r *Refusal) Error() string { return r.Message }

// BadValue refuses one field of a request.
func BadValue(field, value, limit string) *Refusal {
	return &Refusal{
		Status: http.StatusBadRequest, ErrCode: -4, Code: "BAD_VALUE", Field: field, Value: clip(value), Limit: limit,
		Message: fmt.Sprintf("%s %q: must be %s", field, clip(value), limit),
	}
}

const (
	// MaxEcho bounds in bytes what of a wrong value goes back.
	MaxEcho = 128
	// MaxMessage bounds in bytes a whole sentence with it.
	MaxMessage = 4096
)

// Clip cuts a text that came from a caller to at most so many bytes of whole characters.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

func clip(s string) string { return Clip(s, MaxEcho) }

type reply struct {
	ErrCode int    `json:"errcode"`
	Message any    `json:"message"`
	Code    string `json:"code,omitempty"`
	Field   string `json:"field,omitempty"`
	Value   string `json:"value,omitempty"`
	Limit   string `json:"limit,omitempty"`
}

// Write answers with a result.
func Write(w http.ResponseWriter, message any) { send(w, http.StatusOK, reply{Message: message}) }

// Refuse answers with an error; one that is no *Refusal tells the caller only
// that the node failed, and false says that it belongs in the log.
func Refuse(w http.ResponseWriter, err error) (foreseen bool) {
	r := new(Refusal)
	foreseen = errors.As(err, &r)
	if !foreseen {
		r = &Refusal{
			Status: http.StatusBadGateway, ErrCode: -3, Code: "INTERNAL", Message: "the node failed; its log says why",
		}
	}
	send(w, r.Status, reply{
		ErrCode: r.ErrCode, Message: Clip(r.Message, MaxMessage), Code: r.Code, Field: clip(r.Field), Value: clip(r.Value), Limit: r.Limit,
	})
	return foreseen
}

func send(w http.ResponseWriter, status int, v reply) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		status = http.StatusBadGateway
		body.Reset()
		body.WriteString(`{"errcode":-3,"message":"the node failed","code":"INTERNAL"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// The caller may be gone; nobody is left to tell.
	_, _ = w.Write(bytes.TrimRight(body.Bytes(), "\n"))
}

// Read takes a body of JSON up to a limit of bytes.
func Read(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	body, err := Body(w, r, limit)
	if err == nil {
		err = Strict(body, into)
	}
	if wrong := new(Wrong); errors.As(err, &wrong) {
		return badBody(wrong)
	}
	return err
}

// Body is a request's body, up to a limit of bytes. Every error is a *Wrong.
func Body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return nil, &Wrong{"body", "too long", fmt.Sprintf("at most %d bytes", limit)}
	}
	if err != nil {
		return nil, &Wrong{"body", "cut off", "a JSON object"}
	}
	return body, nil
}

func badBody(w *Wrong) *Refusal {
	return &Refusal{
		Status: http.StatusBadRequest, ErrCode: -32600, Code: "BAD_REQUEST", Field: w.Field, Value: clip(w.Value), Limit: w.Limit,
		Message: "bad request body: " + w.Error(),
	}
}

// Caller are the fields that every request to a machine has. What a client node
// answers itself needs none of them, and takes them, so that a collection can
// send the same with each request.
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

// UnmarshalJSON refuses what would be passed over.
func (Nothing) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "{}", "null", `""`:
		return nil
	}
	return &json.UnmarshalTypeError{Value: "value that is not empty", Type: reflect.TypeFor[Nothing]()}
}

// Method refuses every other method than the one wanted.
func Method(r *http.Request, want string) error {
	if r.Method == want {
		return nil
	}
	return &Refusal{
		Status: http.StatusBadRequest, ErrCode: -32600, Code: "BAD_METHOD", Field: "method", Value: clip(r.Method), Limit: want,
		Message: fmt.Sprintf("method %s: %s wanted", clip(r.Method), want),
	}
}
