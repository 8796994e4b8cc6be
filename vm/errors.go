package vm

import "errors"

var (
	// ErrNotFound means that no domain of this driver has the UUID.
	ErrNotFound = errors.New("no such domain")

	// ErrUnavailable means that the hypervisor cannot be reached now, and
	// nothing is known about the domains.
	ErrUnavailable = errors.New("hypervisor is out of reach")

	// ErrBadSpec means that the specification breaks a rule of Spec.
	ErrBadSpec = errors.New("bad domain specification")

	// ErrRunning means that the domain must be off for this.
	ErrRunning = errors.New("domain is running")

	// ErrNotRunning means that the domain must be running for this.
	ErrNotRunning = errors.New("domain is not running")

	// ErrAgent means that the guest agent is missing, did not answer in time,
	// or refused.
	ErrAgent = errors.New("guest agent did not do it")

	// ErrHeld means that the guest did not release a device.
	ErrHeld = errors.New("guest holds the device")
)
