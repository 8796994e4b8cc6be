package trust

import (
	"errors"
	"fmt"
)

var (
	// ErrDoubt means: the chain's word is not believed now.
	ErrDoubt = errors.New("the chain's word can't be believed now")
	// ErrOtherChain means: the dbcd serves another chain or genesis.
	ErrOtherChain = fmt.Errorf("%w: another chain", ErrDoubt)
	// ErrFalling means: the height fell.
	ErrFalling = fmt.Errorf("%w: the height fell", ErrDoubt)
	// ErrSilent means: no block that is new enough.
	ErrSilent = fmt.Errorf("%w: no new block", ErrDoubt)
	// ErrOpen means: the rental is open, where it was thought to be over.
	ErrOpen = errors.New("the rental is still open")
)
