package vm

import "errors"

var (
	// ErrNotFound says that no domain of this driver has the UUID.
	ErrNotFound = errors.New("no such domain")

	// ErrUnavailable says that the hypervisor can't be reached now; nothing is known of the domains.
	ErrUnavailable = errors.New("hypervisor is out of reach")

	// ErrBadSpec says that the specification breaks a rule of Spec.
	ErrBadSpec = errors.New("bad domain specification")

	// ErrRunning says that the domain must be off for this.
	ErrRunning = errors.New("domain is running")

	// ErrNotRunning says that the domain must be running for this.
	ErrNotRunning = errors.New("domain is not running")

	// ErrAgent says that the guest's agent is not there, did not answer in time, or refused.
	ErrAgent = errors.New("guest agent did not do it")

	// ErrHeld says that the guest did not let go of a device.
	ErrHeld = errors.New("guest holds the device")
)
