package host

import (
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/api"
)

var (
	// ErrInvalid means that a value is not valid for its field.
	ErrInvalid = errors.New("not allowed")
	// ErrPortTaken means that a port is already published or in use on the host.
	ErrPortTaken = errors.New("the port is taken")
	// ErrShare means that more was asked for than is left of the rental's share.
	ErrShare = errors.New("more than is left of the rental's share")
	// ErrClearing means that the previous rental still holds what this one pays for.
	ErrClearing = errors.New("still being cleared of the rental before")
	// ErrCard means that a card of the rental is missing or did not come back from
	// its last use.
	ErrCard = errors.New("the card can't be given to a VM")
	// ErrDisk means that the host's disk has no room.
	ErrDisk = errors.New("not enough room on the host's disk")
	// errImageReplaced means that the image under a VM's system disk is another file now.
	errImageReplaced = errors.New("the image under the disk was replaced")
	// ErrImage means that the machine has no such image.
	ErrImage = errors.New("no such image")
	// ErrExists means that the task id is taken.
	ErrExists = errors.New("the task exists already")
	// ErrNotFound means that no task of the caller has the id.
	ErrNotFound = errors.New("no such task")
	// ErrBusy means that another operation on the VM is going on.
	ErrBusy = errors.New("another operation is going on")
	// ErrState means that the VM's state does not allow the request.
	ErrState = errors.New("not in this state")
	// ErrNotSupported means that the machine can't do this yet.
	ErrNotSupported = errors.New("not supported")
	// ErrAgent means that the guest's agent is missing, did not answer or refused.
	ErrAgent = errors.New("the guest's agent did not do it")
	// errNotReady means that a guest does not answer on SSH yet.
	errNotReady = errors.New("the guest does not answer on SSH")
)

// Refusal says which value of a request was refused; its Kind is one of the
// sentinels above.
type Refusal = api.Refusal

func refuse(kind error, field string, value any, limit, remedy string) *Refusal {
	return &Refusal{Kind: kind, Field: field, Value: fmt.Sprint(value), Limit: limit, Remedy: remedy}
}
