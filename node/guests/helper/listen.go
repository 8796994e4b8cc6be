package helper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockSuffix is on the file by which a helper has its socket for itself.
const lockSuffix = ".lock"

// Listen makes the helper's socket for one user: mode 0600 and his, under another
// name first, so that it is never open to anybody else. A second helper is
// ErrRunning. Only the helper's own user may be able to change the socket's folder.
func Listen(ctx context.Context, socket string, uid, gid int) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(socket), 0o755); err != nil {
		return nil, fmt.Errorf("make the socket's folder: %w", err)
	}
	lock, err := hold(socket + lockSuffix)
	if err != nil {
		return nil, err
	}
	listener, err := listen(ctx, socket, uid, gid)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &locked{Listener: listener, lock: lock}, nil
}

func listen(ctx context.Context, path string, uid, gid int) (net.Listener, error) {
	temp := path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("clear the socket's way: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", temp)
	if err != nil {
		return nil, fmt.Errorf("make the socket: %w", err)
	}
	if socket, ok := listener.(*net.UnixListener); ok {
		socket.SetUnlinkOnClose(false) // by then the name may be another's
	}
	if err := errors.Join(os.Chmod(temp, 0o600), os.Lchown(temp, uid, gid), os.Rename(temp, path)); err != nil {
		return nil, errors.Join(fmt.Errorf("protect the socket: %w", err), listener.Close())
	}
	return listener, nil
}

// locked is a listener that ends with its lock.
type locked struct {
	net.Listener
	lock *os.File
}

// Close is net.Listener.
func (l *locked) Close() error {
	// By hand, or a program that is just being started would hold it a moment longer.
	return errors.Join(l.Listener.Close(), unix.Flock(int(l.lock.Fd()), unix.LOCK_UN), l.lock.Close())
}

// hold takes a lock that the kernel drops with the process, however that ends.
func hold(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is held; stop the other one first: %w", path, ErrRunning)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}
