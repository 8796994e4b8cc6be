package trust

import (
	"errors"
	"fmt"
)

var (
	// ErrDoubt: the chain's word is not believed now.
	ErrDoubt = errors.New("the chain's word can't be believed now")
	// ErrOtherChain: the dbcd serves another chain or genesis.
	ErrOtherChain = fmt.Errorf("%w: another chain", ErrDoubt)
	// ErrFalling: the height fell.
	ErrFalling = fmt.Errorf("%w: the height fell", ErrDoubt)
	// ErrSilent: no block that is new enough.
	ErrSilent = fmt.Errorf("%w: no new block", ErrDoubt)
	// ErrOpen: the rental is open, where it was thought to be over.
	ErrOpen = errors.New("the rental is still open")
)
