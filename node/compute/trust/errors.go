package trust

import (
	"errors"
	"fmt"
)

var (
	// ErrDoubt means that the chain cannot be trusted now.
	ErrDoubt = errors.New("the chain can't be trusted now")
	// ErrOtherChain means that the dbcd serves another chain or genesis.
	ErrOtherChain = fmt.Errorf("%w: another chain", ErrDoubt)
	// ErrFalling means that the height fell.
	ErrFalling = fmt.Errorf("%w: the height fell", ErrDoubt)
	// ErrSilent means that there is no recent block.
	ErrSilent = fmt.Errorf("%w: no new block", ErrDoubt)
	// ErrOpen means that a rental is open that was assumed to be over.
	ErrOpen = errors.New("the rental is still open")
)
