package client

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/dbc-network/dbc/node/notice"
)

var (
	// ErrUnreachable means: the node gave no answer.
	ErrUnreachable = errors.New("the node can't be reached")
	// ErrUntrusted means: an answer came, but not provably from the machine.
	ErrUntrusted = errors.New("the answer is not signed by the machine")
	// ErrNoWallet means: the keyring has no such wallet.
	ErrNoWallet = errors.New("no such wallet")
	// ErrWords means: the words restore no wallet.
	ErrWords = errors.New("these are no wallet's words: one is missing, misspelt or in another place (there are 24, or 12; a private key has 64 hex digits)")
	// ErrHere means: the keyring has the wallet under another name.
	ErrHere = errors.New("its wallet is here already, under another name")
	// ErrTooDear means: a quote is above what the caller was ready to pay.
	ErrTooDear = errors.New("costs more than the limit")
	// ErrAmount means: not an amount of DBC.
	ErrAmount = errors.New("not an amount")
	// ErrDuration means: not a duration.
	ErrDuration = errors.New("not a duration")
	// ErrTeam means: a team's session can't be signed or sent as it is.
	ErrTeam = errors.New("not a team's session that this can be done with")
	// ErrClosed means: the machine ended a console or screen, and says why.
	ErrClosed = errors.New("closed by the machine")
	// ErrTask means: the VM went into a state from which the awaited one can't come.
	ErrTask = errors.New("the virtual machine failed")
)

// TaskError is an ErrTask with the reason that the node tells.
type TaskError struct{ Reason *notice.Reason }

// Is reports that it is an ErrTask.
func (e *TaskError) Is(target error) bool { return target == ErrTask }

// Error is the reason's code and no more: the program that shows it has the words.
func (e *TaskError) Error() string {
	if e.Reason == nil {
		return ErrTask.Error()
	}
	return ErrTask.Error() + ": " + Printable(string(e.Reason.Code))
}

// NodeError is a node's no.
type NodeError struct {
	// Status is HTTP's, ErrCode the original API's, Code this project's word.
	Status  int
	ErrCode int
	Code    string
	Message string
	// Field, Value and Limit say which part of the request was refused.
	Field, Value, Limit string
	// Proved: the machine itself signed the refusal.
	Proved bool
}

// Is tells of a machine that a client node could not ask: that is ErrUnreachable.
func (e *NodeError) Is(target error) bool { return target == ErrUnreachable && e.unreached() }

// noAnswer is of a request without an answer, for whatever reason.
type noAnswer struct {
	err error
	// sent: some of the request may have left this computer.
	sent bool
}

func (e *noAnswer) Error() string { return e.err.Error() }
func (e *noAnswer) Unwrap() error { return e.err }

// MayHaveHappened reports whether an error of a request leaves open if the machine
// did what it was asked: it was sent, and no answer of the machine came back.
func MayHaveHappened(err error) bool {
	var (
		none   *noAnswer
		answer *NodeError
	)
	switch {
	case errors.As(err, &none):
		return none.sent
	case errors.As(err, &answer):
		return answer.unreached() && answer.Code != codeUnreachable
	}
	return errors.Is(err, ErrUntrusted)
}

// codeUnreachable is a client node's: it got no connection to the machine.
const codeUnreachable = "UNREACHABLE"

// plainer leaves the address of the API out, which the caller did not type.
func plainer(err error) error {
	if wrapped := new(url.Error); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// unreached: a gateway says that it got no answer. What a machine itself says
// of others, such as of its chain, is signed.
func (e *NodeError) unreached() bool {
	return !e.Proved && (e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout)
}

// Error is the node's sentence, with what it is about.
func (e *NodeError) Error() string {
	text := "refused by the node: " + e.Message
	if e.unreached() {
		text = "no answer through the client node: " + e.Message
	}
	if e.Code != "" {
		text += " [" + e.Code + "]"
	}
	if !e.Proved {
		text += " (said by the gateway or unsigned)"
	}
	return text
}
