package main

import (
	"context"
	"errors"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
)

// clearPoll is the pause between questions whether slots are clear. Tests shorten it.
var clearPoll = 2 * time.Second

// whenClear makes a virtual machine, and tries again while the machine still clears the
// slots of the rental before, which takes it some seconds. When ctx ends meanwhile, the
// error is the machine's refusal.
func whenClear(ctx context.Context, wait *waiting, create func(context.Context) (api.Task, error)) (api.Task, error) {
	task, err := create(ctx)
	if !isClearing(err) {
		return task, err
	}
	wait.say("the slots are still cleared of the rental before")
	again := time.NewTicker(clearPoll)
	defer again.Stop()
	for isClearing(err) {
		select {
		case <-again.C:
			task, err = create(ctx)
		case <-ctx.Done():
			return task, err
		}
	}
	return task, err
}

// isClearing reports whether the slots are being cleared or reset after their last rental.
func isClearing(err error) bool {
	var refused *client.NodeError
	return errors.As(err, &refused) && refused.Code == api.StillClearing
}
