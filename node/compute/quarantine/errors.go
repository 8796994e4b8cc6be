package quarantine

import "errors"

var (
	// ErrNoOperator means that this computer has no operator key.
	ErrNoOperator = errors.New("no operator_key in core.conf; set it, or send dbcd tx machine set-slots")
	// ErrNotOperator means that the key is not the machine's operator's.
	ErrNotOperator = errors.New("operator_key is another account's")
	// ErrRecord means that the file of slots taken out cannot be read.
	ErrRecord = errors.New("the record of slots that were taken out of service cannot be read")
)
