package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// errUpgrade ends a daemon at the height of an upgrade that it can't execute.
var errUpgrade = errors.New("this program can't execute the chain's upgrade")

// upgradeGrace is how long a daemon that can't go on waits to be replaced.
// cosmovisor looks for the plan several times a second and asks the daemon for its
// height meanwhile, which takes seconds on a busy computer; an end in between it
// takes for a failure, and starts nothing.
const upgradeGrace = 30 * time.Second

// awaitSuccessor returns err, why consensus ended. At an upgrade it first waits for
// whoever replaces this program, and then says which one is needed.
func (d daemon) awaitSuccessor(ctx context.Context, err error) error {
	if !errors.Is(err, errConsensusFailed) {
		return err
	}
	plan, pending := pendingUpgrade(d.svrCtx.Config.RootDir, d.app.CommitMultiStore().LastCommitID().Version+1)
	if !pending {
		return err
	}
	d.svrCtx.Logger.Info("waiting to be replaced for an upgrade", "name", plan.Name, "height", plan.Height)
	timer := time.NewTimer(upgradeGrace)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-timer.C:
		return fmt.Errorf("%w: %q at height %d; start the program that the proposal names, with the same home", errUpgrade, plan.Name, plan.Height)
	}
}

// pendingUpgrade returns the plan that x/upgrade left in a home, if it is for the
// height that comes next.
func pendingUpgrade(home string, next int64) (plan upgradetypes.Plan, pending bool) {
	text, err := os.ReadFile(filepath.Join(home, "data", upgradetypes.UpgradeInfoFilename))
	if err != nil || json.Unmarshal(text, &plan) != nil {
		return plan, false
	}
	return plan, plan.Height == next
}
