package vm

import "errors"

// ErrNotFound: no domain of this driver has the UUID.
var ErrNotFound = errors.New("no such domain")

// ErrUnavailable: the hypervisor can't be reached now; nothing is known of the domains.
var ErrUnavailable = errors.New("hypervisor is out of reach")

// ErrBadSpec: the specification breaks a rule of Spec.
var ErrBadSpec = errors.New("bad domain specification")
