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

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/api"
)

const (
	// maxWhole bounds in bytes what of an answer is held before the first of it
	// goes on. Nearly all answers are shorter: they come whole or as an error.
	maxWhole = 64 << 10
	// maxAnswer bounds in bytes what is passed on.
	maxAnswer = 8 << 20
)

// ErrAnswer means: a machine's answer is none that a client node passes on: too
// long, broken off, or with a status that is no answer.
var ErrAnswer = errors.New("the machine's answer can't be passed on")

// refusals are the statuses by which a machine says no, statuses all that it answers with.
var (
	refusals = []int{400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503, 504}
	statuses = append([]int{http.StatusOK}, refusals...)
)

// passed are the headers of a machine's answer that reach the renter, by what
// they may say.
var passed = map[string]*regexp.Regexp{
	"Content-Type":     regexp.MustCompile(`^[\x20-\x7e]{1,100}$`), // sealed makes one of two of it
	auth.HeaderMachine: regexp.MustCompile(`^[0-9A-Za-z+/=_-]{1,256}$`),
	auth.HeaderSign:    regexp.MustCompile(`^[0-9A-Za-z+/=_-]{1,256}$`),
	"Retry-After":      regexp.MustCompile(`^[0-9]{1,5}$`),
}

// answer passes a machine's answer on as data. lost is why an earlier one did
// not come.
func (g *Gateway) answer(w http.ResponseWriter, r *http.Request, res *http.Response, may []int, lost error) {
	start, whole, err := begin(res, may)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	if lost != nil && saysTaken(res.StatusCode, start) {
		g.refuse(w, r, fmt.Errorf("the machine had taken the request and its answer was lost, look whether it was done: %w", lost))
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
		g.deps.Log.Debug("an answer was not taken", "error", err)
		return
	}
	if whole {
		return
	}
	rest := &io.LimitedReader{R: res.Body, N: maxAnswer - int64(len(start)) + 1}
	if _, err = io.Copy(w, rest); err != nil || rest.N == 0 {
		g.deps.Log.Debug("an answer was cut off", "error", err)
		panic(http.ErrAbortHandler) // the caller must not take it for whole
	}
}

// begin reads the start of an answer, and all of it where it is short.
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

// saysTaken: the machine refuses to take a request twice.
func saysTaken(status int, answer []byte) bool {
	var reply api.Reply
	return status == http.StatusUnauthorized && json.Unmarshal(answer, &reply) == nil && reply.Code == api.CodeReplayed
}
