package libvirt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/digitalocean/go-libvirt"
	"golang.org/x/sys/unix"
	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

// makeSocketDir creates a folder for the emulator's user to put its socket in.
// It leaves a folder alone that belongs to anyone but root and emulators.
func (d *Driver) makeSocketDir(dir string, uid int) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make socket folder: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at socket folder: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || !info.IsDir():
		return fmt.Errorf("%w: socket's folder %s is not a folder", vm.ErrBadSpec, dir)
	case int(stat.Uid) == uid:
		return nil
	case int(stat.Uid) != os.Geteuid() && int(stat.Uid) != d.uid:
		return fmt.Errorf("%w: socket's folder %s belongs to user %d", vm.ErrBadSpec, dir, stat.Uid)
	}
	if err := os.Lchown(dir, uid, d.gid); err != nil {
		return fmt.Errorf("give away socket folder: %w", err)
	}
	return nil
}

// Console implements vm.Driver.
func (d *Driver) Console(ctx context.Context, id vm.UUID) (net.Conn, error) {
	return d.connect(ctx, id, func(l *libvirtxml.DomainDeviceList) string {
		for _, serial := range l.Serials {
			if serial.Source != nil && serial.Source.UNIX != nil {
				return serial.Source.UNIX.Path
			}
		}
		return ""
	})
}

// VNC implements vm.Driver.
func (d *Driver) VNC(ctx context.Context, id vm.UUID) (net.Conn, error) {
	return d.connect(ctx, id, func(l *libvirtxml.DomainDeviceList) string {
		for _, graphic := range l.Graphics {
			if graphic.VNC == nil {
				continue
			}
			for _, listener := range graphic.VNC.Listeners {
				if listener.Socket != nil {
					return listener.Socket.Socket
				}
			}
		}
		return ""
	})
}

// connect asks libvirt for the running domain's socket, because its definition
// may have changed since it was started.
func (d *Driver) connect(ctx context.Context, id vm.UUID, where func(*libvirtxml.DomainDeviceList) string) (net.Conn, error) {
	dom, now, err := d.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if now.State == vm.StateOff || now.State == vm.StateCrashed {
		return nil, vm.ErrNotRunning
	}
	domain, err := d.live(ctx, dom)
	if err != nil {
		return nil, err
	}
	path := where(domain.Devices)
	if path == "" {
		return nil, fmt.Errorf("domain %s has no such socket; restart it: %w", dom.Name, vm.ErrNotRunning)
	}
	conn, err := d.dialSocket(ctx, path, d.owner(domain))
	if err != nil && !d.isActive(ctx, id) {
		return nil, vm.ErrNotRunning // it ended meanwhile
	}
	return conn, err
}

// live returns the running domain's own description.
func (d *Driver) live(ctx context.Context, dom libvirt.Domain) (*libvirtxml.Domain, error) {
	text, err := call(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) (string, error) { return l.DomainGetXMLDesc(dom, 0) })
	if err != nil {
		return nil, fmt.Errorf("read domain: %w", err)
	}
	var domain libvirtxml.Domain
	if err := domain.Unmarshal(text); err != nil {
		return nil, fmt.Errorf("read domain: %w", err)
	}
	if domain.Devices == nil {
		domain.Devices = &libvirtxml.DomainDeviceList{}
	}
	return &domain, nil
}

// dialSocket follows no link: the folder belongs to the emulator's user, and a
// guest that broke out must not make us connect to another socket of the
// computer. The inode is held while it is checked and connected to.
func (d *Driver) dialSocket(ctx context.Context, path string, uid int) (net.Conn, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, fmt.Errorf("look at socket: %w", err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFSOCK || int(stat.Uid) != uid && int(stat.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%w: %s is no socket of the emulator's", vm.ErrBadSpec, path)
	}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		return nil, fmt.Errorf("connect to socket: %w", err)
	}
	return conn, nil
}
