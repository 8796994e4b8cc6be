package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/digitalocean/go-libvirt"
	"github.com/digitalocean/go-libvirt/socket/dialers"
)

// endGrace is how long libvirtd, and then an emulator, may take to end.
const endGrace = 20 * time.Second

// Stop destroys every domain of the daemon and then ends it. No process, mount
// or socket remains; definitions do, for the next Start. It may be repeated.
func (d *Daemon) Stop(ctx context.Context) error {
	err := Stop(ctx, d.config)
	if err == nil {
		d.started.Wait()
	}
	return err
}

// Stop is Daemon.Stop for a daemon that another process started. It is not an
// error if none is running.
func Stop(ctx context.Context, config Config) error {
	if err := config.validate(); err != nil {
		return err
	}
	if err := destroyDomains(ctx, config); err != nil {
		// Their processes are ended below anyway.
		config.logger().Warn("can't destroy domains through libvirtd", "err", err)
	}
	if err := endHolder(ctx, config.pidFile()); err != nil {
		return fmt.Errorf("end libvirtd: %w", err)
	}
	if err := endMembers(ctx, config); err != nil {
		return fmt.Errorf("end what is left of libvirtd: %w", err)
	}
	if err := os.RemoveAll(config.socketDir()); err != nil {
		return fmt.Errorf("remove socket folder: %w", err)
	}
	return nil
}

// destroyDomains uses libvirtd, which also removes packet filters and taps. If
// libvirtd died and domains outlived it, it is started again. The second
// attempt is for a libvirtd that died only now.
func destroyDomains(ctx context.Context, config Config) error {
	err := tryDestroy(ctx, config)
	if err == nil {
		return nil
	}
	if p, lookErr := lockHolder(config.pidFile()); lookErr == nil && p != nil {
		p.wait(ctx, time.Second)
		p.close()
	}
	if again := tryDestroy(ctx, config); again != nil {
		return errors.Join(err, again)
	}
	return nil
}

func tryDestroy(ctx context.Context, config Config) error {
	d := &Daemon{config: config}
	if d.isRunning() {
		return destroyThrough(ctx, d.Socket())
	}
	alive, err := members(config)
	for _, p := range alive {
		p.close()
	}
	if err != nil || len(alive) == 0 {
		return err
	}
	if d, err = Start(ctx, config); err != nil {
		return err
	}
	err = errors.Join(destroyThrough(ctx, d.Socket()), endHolder(ctx, config.pidFile()))
	if err == nil {
		d.started.Wait()
	}
	return err
}

func destroyThrough(ctx context.Context, socket string) error {
	conn, err := connect(ctx, socket)
	if err != nil {
		return err
	}
	defer conn.close()
	domains, _, err := conn.lv.ConnectListAllDomains(1, libvirt.ConnectListDomainsActive)
	if err != nil {
		return fmt.Errorf("list domains: %w", err)
	}
	var errs []error
	for _, dom := range domains {
		if err := conn.lv.DomainDestroy(dom); err != nil && !isOff(err) {
			errs = append(errs, fmt.Errorf("destroy %s: %w", dom.Name, err))
		}
	}
	return errors.Join(errs...)
}

// isOff reports whether the domain ended by itself meanwhile.
func isOff(err error) bool {
	var refusal libvirt.Error
	return libvirt.IsNotFound(err) ||
		errors.As(err, &refusal) && refusal.Code == uint32(libvirt.ErrOperationInvalid)
}

// endMembers kills what is left: emulators that libvirtd lost, and those that
// it started to query their capabilities. One of them may have been starting
// another.
func endMembers(ctx context.Context, config Config) error {
	for {
		alive, err := members(config)
		if err != nil || len(alive) == 0 {
			return err
		}
		for _, p := range alive {
			err = errors.Join(err, p.end(ctx, endGrace))
			p.close()
		}
		if err != nil {
			return err
		}
	}
}

func endHolder(ctx context.Context, pidFile string) error {
	p, err := lockHolder(pidFile)
	if err != nil || p == nil {
		return err
	}
	defer p.close()
	return p.end(ctx, endGrace)
}

// connection is a libvirt connection that ends with its ctx.
type connection struct {
	lv    *libvirt.Libvirt
	close func()
}

func connect(ctx context.Context, socket string) (*connection, error) {
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("reach libvirtd: %w", err)
	}
	// The library does not support ctx: cutting the connection ends its calls.
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	lv := libvirt.NewWithDialer(dialers.NewAlreadyConnected(raw))
	if err := lv.ConnectToURI(libvirt.QEMUSystem); err != nil {
		stop()
		_ = raw.Close()
		return nil, fmt.Errorf("speak to libvirtd: %w", err)
	}
	return &connection{lv: lv, close: func() {
		stop()
		_ = raw.Close()
		<-lv.Disconnected()
	}}, nil
}
