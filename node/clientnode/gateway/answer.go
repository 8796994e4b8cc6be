package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
)

const (
	// maxWhole is how many bytes of an answer are buffered before the first of
	// them is sent. Nearly all answers are shorter: they are sent completely,
	// or replaced by an error.
	maxWhole = 64 << 10
	// maxAnswer bounds in bytes what is passed on.
	maxAnswer = 8 << 20
)

// ErrAnswer means that a client node does not pass on a machine's answer,
// because it is too long, incomplete, or has an invalid status.
var ErrAnswer = errors.New("the machine's answer can't be passed on")

// refusals are the statuses with which a machine refuses a request, statuses
// all that it may answer with.
var (
	refusals = []int{400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503, 504}
	statuses = append([]int{http.StatusOK}, refusals...)
)

// passed are the headers of a machine's answer that reach the renter, with
// their permitted values.
var passed = map[string]*regexp.Regexp{
	"Content-Type":     regexp.MustCompile(`^[\x20-\x7e]{1,100}$`), // sealed replaces it by one of two types
	auth.HeaderMachine: regexp.MustCompile(`^[0-9A-Za-z+/=_-]{1,256}$`),
	auth.HeaderSign:    regexp.MustCompile(`^[0-9A-Za-z+/=_-]{1,256}$`),
	"Retry-After":      regexp.MustCompile(`^[0-9]{1,5}$`),
}

// answer passes a machine's answer on as data. lost is why an earlier answer
// was lost.
func (g *Gateway) answer(w http.ResponseWriter, r *http.Request, res *http.Response, may []int, lost error) {
	start, whole, err := begin(res, may)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	if lost != nil && saysTaken(res.StatusCode, start) {
		g.refuse(w, r, fmt.Errorf("the machine had accepted the request and its answer was lost, check whether it was executed: %w", lost))
		return
	}
	g.headers(w, r)
	for name, fits := range passed {
		if value := res.Header.Get(name); fits.MatchString(value) {
			w.Header().Set(name, value)
		}
	}
	switch {
	case whole:
		w.Header().Set("Content-Length", strconv.Itoa(len(start)))
	case res.ContentLength >= 0:
		w.Header().Set("Content-Length", strconv.FormatInt(res.ContentLength, 10))
	}
	w.WriteHeader(res.StatusCode)
	if _, err := w.Write(start); err != nil {
		g.deps.Log.Debug("an answer could not be sent", "error", err)
		return
	}
	if whole {
		return
	}
	rest := &io.LimitedReader{R: res.Body, N: maxAnswer - int64(len(start)) + 1}
	if _, err = io.Copy(w, rest); err != nil || rest.N == 0 {
		g.deps.Log.Debug("an answer was cut off", "error", err)
		panic(http.ErrAbortHandler) // the caller must not take it for complete
	}
}

// begin reads the start of an answer, or all of it if it is short.
func begin(res *http.Response, may []int) (start []byte, whole bool, err error) {
	if !slices.Contains(may, res.StatusCode) {
		return nil, false, fmt.Errorf("%w: HTTP status %d", ErrAnswer, res.StatusCode)
	}
	if res.ContentLength > maxAnswer {
		return nil, false, fmt.Errorf("%w: more than %d bytes", ErrAnswer, maxAnswer)
	}
	start, err = io.ReadAll(io.LimitReader(res.Body, maxWhole+1))
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return start, len(start) <= maxWhole, nil
}

// saysTaken reports whether the machine refused the request because it had
// already accepted it once.
func saysTaken(status int, answer []byte) bool {
	var reply api.Reply
	return status == http.StatusUnauthorized && json.Unmarshal(answer, &reply) == nil && reply.Code == api.Replayed
}
