package helper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

var (
	// ErrPeer means: the caller is not the user that the helper serves.
	ErrPeer = errors.New("not the helper's user")
	// ErrVersion means: node and helper speak different versions.
	ErrVersion = errors.New("node and helper are of different versions")
	// ErrRoot means: the helper was started with privileges, or by a configuration, that
	// it cannot keep a node in bounds with.
	ErrRoot = errors.New("not with these privileges")
	// ErrSplit means: the state is that of a node without a helper.
	ErrSplit = errors.New("the node's state was not prepared for a helper")
	// ErrBinding means: the helper is bound to another chain or machine, or to none yet.
	ErrBinding = errors.New("helper is bound otherwise")
	// ErrRunning means: another helper serves this computer.
	ErrRunning = errors.New("another helper runs on this computer")
)

// kinds are the errors that cross the socket as what they are; of all others only
// the text does.
var kinds = map[string]error{
	"peer": ErrPeer, "version": ErrVersion, "binding": ErrBinding, "refused": guests.ErrRefused, "consent": guests.ErrConsent, "record": record.ErrUnknown, "shared": record.ErrShared, "full": record.ErrFull,
	"no domain": vm.ErrNotFound, "unavailable": vm.ErrUnavailable, "bad spec": vm.ErrBadSpec, "running": vm.ErrRunning,
	"not running": vm.ErrNotRunning, "agent": vm.ErrAgent, "held": vm.ErrHeld,
	"no image": image.ErrNotFound, "unsafe image": image.ErrUnsafe, "image name": image.ErrName, "disk too small": image.ErrTooSmall,
	"bad binding": network.ErrBadBinding, "foreign link": network.ErrForeign, "overlap": network.ErrOverlap,
	"file name": taskdir.ErrName, "file size": taskdir.ErrSize, "no file": fs.ErrNotExist, "bad seed": seed.ErrInvalid,
}

func refuse(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s is %v, allowed: %s", guests.ErrRefused, field, value, rule)
}

// encode makes an error of a step ready for the socket.
func encode(err error) error {
	if err == nil {
		return nil
	}
	fault := &steps.Fault{Slot: saySlotError(err)}
	for name, kind := range kinds {
		if errors.Is(err, kind) {
			fault.Kinds = append(fault.Kinds, name)
		}
	}
	code := codes.FailedPrecondition
	switch {
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	}
	text := err.Error()
	text = strings.ToValidUTF8(text[:min(len(text), textLimit)], "?") // in this order: the limit may cut a character
	told, detailErr := status.New(code, text).WithDetails(fault)
	if detailErr != nil {
		return status.Error(codes.Internal, detailErr.Error())
	}
	return told.Err()
}

// decode is encode's other side. What did not come from a step says that the
// helper is away, which is vm.ErrUnavailable: the step is then tried again.
func decode(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	told := status.Convert(err)
	for _, detail := range told.Details() {
		if fault, ok := detail.(*steps.Fault); ok {
			f := &failure{text: told.Message()}
			if refused := hearSlotError(fault.GetSlot()); refused != nil {
				f.kinds = append(f.kinds, refused)
			}
			for _, name := range fault.Kinds {
				if kind, known := kinds[name]; known {
					f.kinds = append(f.kinds, kind)
				}
			}
			return f
		}
	}
	switch told.Code() {
	case codes.Unimplemented:
		return fmt.Errorf("%w: %s; run both from the same program", ErrVersion, told.Message())
	case codes.ResourceExhausted, codes.Internal, codes.InvalidArgument:
		return fmt.Errorf("%w: %s", guests.ErrRefused, told.Message())
	}
	return fmt.Errorf("%w: the node's helper does not answer; start it (dbc-helper): %s", vm.ErrUnavailable, told.Message())
}

// failure is an error of a step as the node sees it.
type failure struct {
	text  string
	kinds []error
}

// Error is the helper's text.
func (f *failure) Error() string { return f.text }

// Unwrap are the known errors that it is.
func (f *failure) Unwrap() []error { return f.kinds }
