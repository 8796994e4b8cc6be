//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/dbc-network/dbc/seed/crypt"
	"github.com/dbc-network/dbc/seed/nocloud"
)

const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
	shadowFile = "/etc/shadow"
	hostKey    = "/etc/dropbear/hostkey"

	userID = 1000
	locked = "!"
)

var (
	loginName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
	// A hash contains no colon, which would start another field, and no line
	// break.
	shadowHash = regexp.MustCompile(`^\$[0-9a-z]+\$[./0-9A-Za-z=,$]+$`)
)

// addUser creates this guest's only login user, or updates it.
func addUser(u nocloud.User) error {
	if !loginName.MatchString(u.Name) || u.Name == "root" {
		return errors.New("the name is not usable")
	}
	hash := locked
	if !u.LockPassword && u.Password != "" {
		if !shadowHash.MatchString(u.Password) {
			return errors.New("the password's hash is not usable")
		}
		hash = u.Password
	}
	home := "/home/" + u.Name
	id := fmt.Sprintf("%d:%d", userID, userID)
	err := errors.Join(
		setRecord(passwdFile, u.Name, "x:"+id+"::"+home+":"+shell(u.Shell), 0o644),
		setRecord(groupFile, u.Name, fmt.Sprintf("x:%d:", userID), 0o644),
		setRecord(shadowFile, u.Name, hash+":19000:0:99999:7:::", 0o600),
	)
	if err != nil {
		return err
	}
	dir := filepath.Join(home, ".ssh")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make home: %w", err)
	}
	keys := filepath.Join(dir, "authorized_keys")
	if err := replaceFile(keys, []byte(strings.Join(u.AuthorizedKeys, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	for _, path := range []string{home, dir, keys} {
		if err := os.Chown(path, userID, userID); err != nil {
			return fmt.Errorf("make home: %w", err)
		}
	}
	return os.Chmod(home, 0o700)
}

// shell returns the requested shell if this guest has it.
func shell(wish string) string {
	if _, err := os.Stat(wish); err == nil && !strings.ContainsAny(wish, ":\n") {
		return wish
	}
	return "/bin/sh"
}

// setRecord replaces the line of name in a file in passwd format, or adds it.
func setRecord(path, name, rest string, mode os.FileMode) error {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read %s: %w", path, err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(line, name+":") {
			b.WriteString(strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	b.WriteString(name + ":" + rest + "\n")
	return replaceFile(path, []byte(b.String()), mode)
}

// chpasswd reads lines of user:password, or user:hash if encrypted is set, as
// the guest agent writes them.
func chpasswd(r io.Reader, encrypted bool) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, secret, ok := strings.Cut(lines.Text(), ":")
		if !ok || !known(name) {
			return errors.New("no such user")
		}
		if !encrypted {
			var err error
			if secret, err = crypt.Hash(secret); err != nil {
				return err
			}
		}
		if !shadowHash.MatchString(secret) {
			return errors.New("the hash is not usable")
		}
		if err := setRecord(shadowFile, name, secret+":19000:0:99999:7:::", 0o600); err != nil {
			return err
		}
	}
	return lines.Err()
}

func known(name string) bool {
	raw, err := os.ReadFile(shadowFile)
	return err == nil && loginName.MatchString(name) && strings.Contains("\n"+string(raw), "\n"+name+":")
}

// setHostKey converts the seed's key to dropbear's format. The key goes through
// a file that only root can read, and the result is moved into place by a
// rename.
func setHostKey(ctx context.Context, private string) error {
	source, target := "/run/hostkey", hostKey+".new"
	if err := os.WriteFile(source, []byte(private), 0o600); err != nil {
		return fmt.Errorf("set host key: %w", err)
	}
	defer func() { _ = os.Remove(source) }()
	if out, err := exec.CommandContext(ctx, "/usr/bin/dropbearconvert", "openssh", "dropbear", source, target).CombinedOutput(); err != nil {
		return fmt.Errorf("set host key: %w: %.200q", err, out)
	}
	if err := os.Rename(target, hostKey); err != nil {
		return fmt.Errorf("set host key: %w", err)
	}
	return nil
}
