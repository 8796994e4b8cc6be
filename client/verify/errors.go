package verify

import "errors"

var (
	// ErrForeign means that the machine names a rental or a VM that is not the asked one,
	// or no open one of this wallet on this machine: with a smaller one's promise, a VM
	// would be compared with less than its renter pays for.
	ErrForeign = errors.New("not what was asked for")
	// ErrGPUs means that a VM was said to have more GPUs than its rental.
	ErrGPUs = errors.New("more GPUs than the rental's slots have")
	// ErrTask means that what the machine says of the VM is not of its form.
	ErrTask = errors.New("the machine's answer about the VM can't be read")
)
