package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Daemon is a running private libvirtd.
type Daemon struct {
	config  Config
	started sync.WaitGroup
}

// Start starts the daemon of config.Dir, or takes over one left behind by a
// process that has ended; its domains keep running either way. The caller must
// be root. The daemon outlives the caller unless Stop is called.
func Start(ctx context.Context, config Config) (*Daemon, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	if err := checkRoot(); err != nil {
		return nil, err
	}
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	d := &Daemon{config: config}
	for {
		ended, err := d.launch(program)
		if err != nil {
			return nil, err
		}
		if err = d.await(ctx, ended); err == nil {
			return d, nil
		}
		// Try again if the one to take over was dying, or if ours ended because
		// one whose starter was killed had locked the pid file first.
		if !errors.Is(err, errEnded) || ended != nil && !d.isRunning() {
			return nil, err
		}
	}
}

// Socket returns the path of the daemon's unix socket, for libvirt.Config.
func (d *Daemon) Socket() string { return d.config.socket() }

func findProgram() (string, error) {
	for _, path := range []string{"/usr/sbin/libvirtd", "/usr/bin/libvirtd"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: no libvirtd; install libvirt-daemon and libvirt-daemon-system", ErrMissing)
}

// launch starts libvirtd unless it is running. The channel is closed when it
// ends; it is nil if another process started it.
func (d *Daemon) launch(program string) (<-chan struct{}, error) {
	if d.isRunning() {
		d.config.logger().Info("private libvirtd taken over", "dir", d.config.Dir)
		return nil, nil
	}
	if err := d.config.prepare(); err != nil {
		return nil, err
	}
	if err := d.config.refuseOwn(); err != nil {
		return nil, err
	}
	cmd, err := d.config.spawn(program)
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	d.started.Go(func() {
		defer close(ended)
		reap(cmd)
	})
	return ended, nil
}

// reap waits for the child so that it does not remain a zombie. Its log says
// how it ended.
func reap(cmd *exec.Cmd) { _ = cmd.Wait() }

func (d *Daemon) isRunning() bool {
	p, err := lockHolder(d.config.pidFile())
	if err != nil || p == nil {
		return false
	}
	p.close()
	return true
}

// refuseOwn prevents the computer's own libvirt from being taken for the
// daemon: Stop ends every process that sees the folder in libvirt's place.
func (c Config) refuseOwn() error {
	own, err := os.Stat(c.path("lib"))
	if err != nil {
		return fmt.Errorf("look at daemon's folder: %w", err)
	}
	system, err := os.Stat("/var/lib/libvirt")
	if err == nil && os.SameFile(own, system) {
		return fmt.Errorf("%w: dir is %q, which is the computer's own libvirt", ErrBadConfig, c.Dir)
	}
	return nil
}

var errEnded = errors.New("libvirtd ended")

// await returns when the daemon answers.
func (d *Daemon) await(ctx context.Context, ended <-chan struct{}) error {
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		conn, err := connect(ctx, d.Socket())
		if err == nil {
			conn.close()
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w in time: %w", ErrNotStarted, err)
		case <-ended:
			return fmt.Errorf("%w: %w: %s", ErrNotStarted, errEnded, d.lastWords())
		case <-retry.C:
			if ended == nil && !d.isRunning() {
				return errEnded
			}
		}
	}
}

// lastWords returns the last lines of the daemon's logs.
func (d *Daemon) lastWords() string {
	var words []string
	for _, name := range []string{"stdio.log", "libvirtd.log"} {
		data, err := os.ReadFile(d.config.path("log", name))
		if err != nil || len(data) == 0 {
			continue
		}
		words = append(words, strings.TrimSpace(string(data[max(0, len(data)-512):])))
	}
	return strings.Join(words, "; ")
}

// checkRoot reports early what mount would report cryptically.
func checkRoot() error {
	if unix.Geteuid() != 0 {
		return fmt.Errorf("%w: user is %d, allowed: root", ErrBadConfig, unix.Geteuid())
	}
	return nil
}
