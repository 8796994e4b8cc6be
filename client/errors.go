package client

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
)

var (
	// ErrUnreachable means that the node did not answer.
	ErrUnreachable = errors.New("the node can't be reached")
	// ErrUntrusted means that an answer arrived that is not provably the
	// machine's.
	ErrUntrusted = errors.New("the answer is not signed by the machine")
	// ErrAnswer means that the machine signed an answer that no node sends.
	ErrAnswer = errors.New("the machine's answer is not in order")
	// ErrAmount means that a text is not an amount of DBC.
	ErrAmount = errors.New("not an amount")
	// ErrTeam means that a team's session cannot be signed or sent in its
	// current form.
	ErrTeam = errors.New("not possible with this team's session")
	// ErrClosed means that the machine closed a console or screen. The error
	// text has the machine's reason.
	ErrClosed = errors.New("closed by the machine")
	// ErrTask means that the VM reached a state from which the awaited one is
	// unreachable.
	ErrTask = errors.New("the virtual machine failed")
)

// TaskError is an ErrTask with the reason that the node gave.
type TaskError struct{ Reason *notice.Reason }

// Is reports whether target is ErrTask.
func (e *TaskError) Is(target error) bool { return target == ErrTask }

// Error returns only the reason's code. The program that shows the error has
// the text.
func (e *TaskError) Error() string {
	if e.Reason == nil {
		return ErrTask.Error()
	}
	return ErrTask.Error() + ": " + Printable(string(e.Reason.Code))
}

// NodeError is a refusal by a node.
type NodeError struct {
	// Status is the HTTP status, ErrCode the error number of the original API,
	// Code the error code of this project.
	Status  int
	ErrCode int
	Code    api.Code
	Message string
	// Field, Value and Limit say which part of the request was refused.
	Field, Value, Limit string
	// Retry says when the same request can succeed, RetryAt from when, Fault where
	// the cause is. A node of an older version leaves them empty. Params are further
	// values, by name: 32 at most. All texts are printable.
	Retry   api.Retry
	RetryAt string
	Fault   api.Fault
	Params  map[string]string
	// Proved reports that the machine itself signed the refusal.
	Proved bool
}

// Is reports ErrUnreachable for a machine that a client node could not reach.
func (e *NodeError) Is(target error) bool { return target == ErrUnreachable && e.unreached() }

// noAnswer is the error of a request that got no answer, for whatever reason.
type noAnswer struct {
	err error
	// sent reports that some of the request may have left this computer.
	sent bool
}

func (e *noAnswer) Error() string { return e.err.Error() }
func (e *noAnswer) Unwrap() error { return e.err }

// MayHaveHappened reports whether it is unknown if the machine did what was
// requested: the request was sent, and no answer of the machine came back.
func MayHaveHappened(err error) bool {
	var (
		none   *noAnswer
		answer *NodeError
	)
	switch {
	case errors.As(err, &none):
		return none.sent
	case errors.As(err, &answer):
		return answer.unreached() && answer.Code != api.Unreachable && answer.Code != api.AnotherNode
	}
	return errors.Is(err, ErrUntrusted)
}

// plainer removes the API's address from an error, because the caller did not
// type it.
func plainer(err error) error {
	if wrapped := new(url.Error); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// unreached reports whether a gateway could not reach the machine. What a
// machine says itself about a third party, such as its chain, is signed.
func (e *NodeError) unreached() bool {
	return !e.Proved && (e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout)
}

// Error returns the node's message and what it refers to.
func (e *NodeError) Error() string {
	text := "refused by the node: " + e.Message
	if e.unreached() {
		text = "no answer through the client node: " + e.Message
	}
	if e.Code != "" {
		text += " [" + string(e.Code) + "]"
	}
	if !e.Proved {
		text += " (said by the gateway or unsigned)"
	}
	return text
}
