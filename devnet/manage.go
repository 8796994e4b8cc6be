package devnet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/client"
)

// Stop ends the running devnet of a home and returns when all of it is gone. If
// none is running, it removes what a killed one may have left.
func Stop(ctx context.Context, home string, programs Programs) error {
	info, err := Read(home)
	if errors.Is(err, ErrNotRunning) {
		mark, fake, err := readFakeMark(newPaths(home))
		if err != nil || fake {
			return errors.Join(err, mark.remove(newPaths(home)), os.RemoveAll(newPaths(home).info))
		}
		return clean(ctx, home, programs, false)
	}
	if err != nil {
		return err
	}
	process := info.Processes[supervisor]
	if info.Fake {
		// The process may be a test's.
		if err := info.order(ctx, http.MethodPost, pathStop, nil, nil); err != nil {
			return err
		}
		return waitGone(ctx, home)
	}
	if err := process.signal(syscall.SIGTERM); err != nil {
		return err
	}
	return process.wait(ctx)
}

// Reset deletes the devnet of a home: chain, node and the guests' disks.
// Wallets are kept. It refuses to delete a running one.
func Reset(ctx context.Context, home string, programs Programs) error {
	if _, err := Read(home); !errors.Is(err, ErrNotRunning) {
		return errors.Join(err, fmt.Errorf("%w: dbc devnet stop ends it", ErrRunning))
	}
	if mark, fake, err := readFakeMark(newPaths(home)); err != nil {
		return err
	} else if fake {
		err = mark.removeData()
		if err != nil {
			return err
		}
	} else if err := clean(ctx, home, programs, true); err != nil {
		return err
	}
	if err := ForgetDemoWallets(home); err != nil {
		return err
	}
	p := newPaths(home)
	// Delete the chain last: without it a half-deleted devnet starts afresh.
	for _, path := range []string{p.info, p.mining, p.client, p.demo, p.demoMark, p.fakeMark, p.id, p.logs, filepath.Join(client.Outbox(home), ChainID), filepath.Dir(p.chain)} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("delete the devnet: %w", err)
		}
	}
	return nil
}

// waitGone returns when a home has no running devnet.
func waitGone(ctx context.Context, home string) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := Read(home); err != nil {
			if errors.Is(err, ErrNotRunning) {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the devnet to end: %w", context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// clean starts a privileged side to remove what is left, if anything is.
func clean(ctx context.Context, home string, programs Programs, wipe bool) error {
	if err := checkCopy(home); err != nil {
		return err
	}
	if _, err := os.Stat(DataDir(home)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	p := newPaths(home)
	s, err := startSide(ctx, filepath.Join(p.logs, "host.log"), order{
		Do: "clean", Home: home, Dbc: programs.Dbc, Wipe: wipe,
	})
	if err != nil {
		return err
	}
	_, err = s.await(ctx, "clean")
	return errors.Join(err, s.end(sideGrace))
}
