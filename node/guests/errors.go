package guests

import (
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/vm"
)

var (
	// ErrRefused means: a value is not what a step takes.
	ErrRefused = errors.New("refused by the helper")
	// ErrConsent means: the renter's own signature is needed, and is missing or another.
	ErrConsent = errors.New("not what the renter signed")
)

func refuse(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s is %v, allowed: %s", ErrRefused, field, value, rule)
}

func badSpec(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s is %q, allowed: %s", vm.ErrBadSpec, field, fmt.Sprint(value), rule)
}
