// Package envelope writes the answers that a client node gives itself, in the
// form that machines give theirs: {"errcode":0,"message":…}.
package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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

// maxEcho bounds what of a wrong value goes back.
const maxEcho = 128

func clip(s string) string {
	if len(s) > maxEcho {
		return s[:maxEcho] + "…"
	}
	return s
}

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
		ErrCode: r.ErrCode, Message: r.Message, Code: r.Code, Field: r.Field, Value: r.Value, Limit: r.Limit,
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
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return &Refusal{
			Status: http.StatusBadRequest, ErrCode: -32600, Code: "BAD_REQUEST", Field: "body",
			Limit: fmt.Sprintf("a JSON object of at most %d bytes", limit), Message: "bad request body: " + err.Error(),
		}
	}
	if decoder.More() {
		return &Refusal{
			Status: http.StatusBadRequest, ErrCode: -32600, Code: "BAD_REQUEST", Field: "body",
			Limit: "one JSON object", Message: "bad request body: more than one value",
		}
	}
	return nil
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
