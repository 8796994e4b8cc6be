package probe

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"
)

// Script is what runs in the guest, for a POSIX shell that reads it from its
// standard input.
//
//go:embed script.sh
var Script []byte

// Limit is how long the script may take: seconds, and a minute for each vendor's
// program that does not answer.
const Limit = 3 * time.Minute

// A Shell runs a script in a guest.
type Shell interface {
	// Run returns what the script wrote to its standard output, at most limit bytes
	// of it, also together with an error. The error wraps ErrLogin where the script
	// never ran, ErrHere where that is the fault of this computer, ErrLong where there
	// was more.
	Run(ctx context.Context, script []byte, limit int) ([]byte, error)
}

// Verify returns the comparison of a promise with the guest behind a shell. Whatever
// machine and guest do is a result, also that they did nothing until ctx's deadline. The
// error is ErrHere, or the cause for which ctx was cancelled.
func Verify(ctx context.Context, p Promise, shell Shell) ([]Result, error) {
	limited, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	answer, failed := shell.Run(limited, Script, MaxAnswer)
	switch {
	case failed != nil && errors.Is(ctx.Err(), context.Canceled):
		return nil, fmt.Errorf("look into the guest: %w", context.Cause(ctx))
	case errors.Is(failed, ErrHere):
		return nil, fmt.Errorf("look into the guest: %w", failed)
	}
	guest, err := Parse(answer)
	why := Result{Level: Unmeasured}
	line := new(LineError)
	switch {
	case errors.Is(failed, ErrLogin):
		why.Code, why.Params = CodeNoLogin, params("said", failed)
	case errors.Is(failed, ErrLong), errors.Is(err, ErrLong):
		// Who answers too much is not believed in what came first.
		why.Code, why.Params = CodeTooLong, params("bytes", MaxAnswer)
	case err == nil:
		// One that hangs has told its basic facts before it asked a driver.
		return Compare(p, guest), nil
	case errors.Is(err, ErrCut), len(answer) == 0:
		why.Code = CodeNoAnswer
	case errors.As(err, &line):
		why.Code, why.Params = CodeUnreadable, params("line", line.Line)
	}
	return Unread(p, why), nil
}
