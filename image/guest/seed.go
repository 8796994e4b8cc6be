//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/seed/nocloud"
)

const (
	seedMount = "/run/seed"
	seedMax   = 2 * time.Second
	maxFile   = 1 << 20
	// stateFile contains the instance id for which this guest was configured.
	stateFile = "/var/lib/dbc-instance"
)

type seed struct {
	user    nocloud.UserData
	meta    nocloud.MetaData
	network nocloud.NetworkConfig
}

// setUp applies the seed: host name and network at every boot, login user and
// host key once per instance, so that the renter's changes persist.
func setUp(ctx context.Context, s *supervisor) error {
	data, err := readSeed()
	if err != nil {
		return err
	}
	// Try everything: a guest without network is still useful on its console.
	errs := []error{setHostname(data.meta.LocalHostname), setNetwork(data.network)}
	done, _ := os.ReadFile(stateFile)
	if string(done) != data.meta.InstanceID || data.meta.InstanceID == "" {
		errs = append(errs, data.personalize(ctx))
	}
	s.add(sshServer(data.user.SSHPasswordAuth))
	return errors.Join(errs...)
}

// personalize can be repeated after a crash at any line: the state file, which
// marks completion, is written last.
func (d seed) personalize(ctx context.Context) error {
	for _, u := range d.user.Users {
		if err := addUser(u); err != nil {
			return fmt.Errorf("user %q: %w", u.Name, err)
		}
	}
	if err := setHostKey(ctx, d.user.SSHKeys.Private); err != nil {
		return err
	}
	if err := replaceFile(stateFile, []byte(d.meta.InstanceID), 0o644); err != nil {
		return err
	}
	unix.Sync()
	return nil
}

// readSeed looks for the seed on the virtio disks.
func readSeed() (seed, error) {
	device, err := waitForDisk(nocloud.Label, isoLabel, seedMax)
	if err != nil {
		return seed{}, err
	}
	if err := mount(device, seedMount, "iso9660", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return seed{}, err
	}
	defer func() { _ = unix.Unmount(seedMount, 0) }()
	var s seed
	for name, into := range map[string]any{
		nocloud.UserDataFile: &s.user, nocloud.MetaDataFile: &s.meta, nocloud.NetworkConfigFile: &s.network,
	} {
		raw, err := readLimited(filepath.Join(seedMount, name))
		if err != nil {
			return seed{}, err
		}
		if err := yaml.Unmarshal(raw, into); err != nil {
			// The parser's error quotes its input, which may contain a password
			// hash.
			return seed{}, fmt.Errorf("%s is not valid YAML", name)
		}
	}
	return s, nil
}

func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read seed: %w", err)
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read seed: %w", err)
	}
	return raw, nil
}

func setHostname(name string) error {
	if name == "" || strings.ContainsAny(name, " \n") {
		return fmt.Errorf("hostname %q is not usable", name)
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("set hostname: %w", err)
	}
	return errors.Join(
		replaceFile("/etc/hostname", []byte(name+"\n"), 0o644),
		replaceFile("/etc/hosts", []byte("127.0.0.1 localhost\n127.0.1.1 "+name+"\n"), 0o644),
	)
}

// replaceFile writes a file completely or leaves the old one.
func replaceFile(path string, content []byte, mode os.FileMode) error {
	temp := path + ".new"
	if err := os.WriteFile(temp, content, mode); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	// WriteFile keeps the mode of a file that a crash left behind.
	if err := os.Chmod(temp, mode); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
