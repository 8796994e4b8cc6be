package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/devnet"
)

func TestDemoThatIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	failed := errors.New("no coins")
	if err := cutShort(ctx, &devnet.Demo{}, failed); !errors.Is(err, failed) || exitCode(err) != exitFailed {
		t.Errorf("a demo that failed: %v", err)
	}
	cancel()
	err := cutShort(ctx, &devnet.Demo{}, nil)
	if exitCode(err) != exitInterrupted || !strings.Contains(err.Error(), "0 of 15 steps") {
		t.Errorf("exit %d: %v", exitCode(err), err)
	}
}
