// Package httpapi has what the HTTP APIs of both nodes share: the checks of Host
// and Origin, reading bodies, and writing results and refusals as package api
// describes them.
package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/untrusted"
)

const (
	// soon and afterAMinute are after how long a caller may try again that was
	// too fast or sees blocks earlier, or that met a part of the node which does not work.
	soon         = time.Second
	afterAMinute = time.Minute

	failed = "the node failed; its log says why"
)

// Answer is a reply with its status.
type Answer struct {
	Status int
	Reply  api.Reply
	// After is the value of the header Retry-After; 0 means none.
	After time.Duration
}

// OK returns the answer with a result, whose untrusted texts are cleaned. A result may
// say its status itself.
func OK(message any) (Answer, error) {
	text, err := encode(untrusted.Clean(message))
	status := http.StatusOK
	if says, ok := message.(interface{ HTTPStatus() int }); ok {
		status = says.HTTPStatus()
	}
	return Answer{Status: status, Reply: api.Reply{Message: text}}, err
}

// Refusal returns the answer that refuses a request with err, given by a node
// whose own fault is own. Of an error that nobody foresaw the caller is told
// nothing: foreseen is false, and the error belongs in the log.
func (c Codes) Refusal(err error, own api.Fault) (a Answer, foreseen bool) {
	code, foreseen := c.Of(err)
	m := api.MeaningOf(code)
	a = Answer{Status: m.Status, Reply: api.Reply{ErrCode: m.ErrCode, Code: code, Retry: m.Retry, Fault: m.Fault}}
	if a.Reply.Fault == "" {
		a.Reply.Fault = own
	}
	switch {
	case m.Status == http.StatusTooManyRequests, code == api.ChainBehind:
		a.After = soon
	case m.Status == http.StatusServiceUnavailable:
		a.After = afterAMinute
	}
	text := failed
	if foreseen {
		text = err.Error()
	}
	if r := new(api.Refusal); foreseen && errors.As(err, &r) {
		a.Reply.Field, a.Reply.Value = untrusted.Text(r.Field, api.MaxEcho), untrusted.Text(r.Value, api.MaxEcho)
		a.Reply.Limit, a.Reply.Params = untrusted.Text(r.Limit, api.MaxMessage), r.Params
		if !r.At.IsZero() {
			a.Reply.RetryAt = r.At.UTC().Format(time.RFC3339)
			a.After = max(time.Until(r.At), soon)
		}
	}
	if a.Reply.Message, err = encode(untrusted.Lines(text, api.MaxMessage)); err != nil {
		a.Reply.Message = json.RawMessage(`""`)
	}
	return a, foreseen
}

// Headers sets the headers of an answer in JSON.
func (a Answer) Headers(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if a.After > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((a.After+time.Second-1)/time.Second), 10))
	}
}

// Body returns the answer's body.
func (a Answer) Body() []byte {
	body, err := encode(a.Reply)
	if err != nil { // it consists of texts and of JSON
		panic(err)
	}
	return body
}

// Send sends the answer. The caller may be gone, and then there is nobody left
// to tell.
func (a Answer) Send(w http.ResponseWriter) {
	a.Tell(w)
	a.Headers(w.Header())
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body())
}

// Tell tells a refusal's code to the writer that counts refusals, if there is one.
func (a Answer) Tell(w http.ResponseWriter) {
	for a.Reply.Code != "" {
		if counts, ok := w.(interface{ Refused(code api.Code) }); ok {
			counts.Refused(a.Reply.Code)
			return
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = inner.Unwrap()
	}
}

// Write sends a result of a client node.
func Write(w http.ResponseWriter, message any) {
	a, err := OK(message)
	if err != nil {
		a, _ = Codes{}.Refusal(err, api.FaultNode)
	}
	a.Send(w)
}

// Refuse sends a refusal of a client node. It returns false for an error that
// nobody foresaw, which belongs in the log.
func Refuse(w http.ResponseWriter, err error) (foreseen bool) {
	a, foreseen := Codes{}.Refusal(err, api.FaultNode)
	a.Send(w)
	return foreseen
}

// BadValue refuses one field of a request.
func BadValue(field, value, limit string) *api.Refusal {
	r := api.Refuse(api.BadValue, field, value, limit)
	r.Message = fmt.Sprintf("%s %q: must be %s", r.Field, r.Value, limit)
	return r
}

// Method refuses every method but the wanted one.
func Method(r *http.Request, want string) error {
	if r.Method == want {
		return nil
	}
	return &api.Refusal{Kind: ErrMethod, Field: "method", Value: r.Method, Limit: want}
}

// encode writes JSON without HTML escapes or a closing line.
func encode(v any) (json.RawMessage, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode reply: %w", err)
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
