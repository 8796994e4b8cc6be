package client

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/node/api"
)

// userName is what Linux and Windows guests use; a first - would be an option.
var userName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`)

// Login is how to reach a guest, parsed: a task comes from another's computer,
// and its fields go into the arguments of a program.
type Login struct {
	TaskID   string
	User     string
	Addr     netip.Addr
	Port     uint16
	HostKeys []ssh.PublicKey
}

// NewLogin checks what a task says of its login.
func NewLogin(task api.Task) (Login, error) {
	if err := checkTaskID(task.TaskID); err != nil {
		return Login{}, err
	}
	addr, err := netip.ParseAddr(task.SSHIP)
	if err != nil || addr.Zone() != "" {
		return Login{}, fmt.Errorf("login of %s: address %q is none", task.TaskID, Printable(task.SSHIP))
	}
	port, err := strconv.ParseUint(task.SSHPort, 10, 16)
	if err != nil || port == 0 {
		return Login{}, fmt.Errorf("login of %s: port %q is none", task.TaskID, Printable(task.SSHPort))
	}
	if !userName.MatchString(task.UserName) {
		return Login{}, fmt.Errorf("login of %s: user %q is none", task.TaskID, Printable(task.UserName))
	}
	login := Login{TaskID: task.TaskID, User: task.UserName, Addr: addr, Port: uint16(port)}
	for _, line := range task.SSHHostKeys {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return Login{}, fmt.Errorf("login of %s: host key %q is none", task.TaskID, Printable(line))
		}
		login.HostKeys = append(login.HostKeys, key)
	}
	if len(login.HostKeys) == 0 {
		return Login{}, fmt.Errorf("login of %s: %w", task.TaskID, errors.New("the machine named no host key to pin"))
	}
	return login, nil
}

// Command is the arguments of ssh that accept these host keys and no others.
// remove deletes the file that pins them; a killed process leaves it in the
// temporary folder, where it holds no secret.
func (l Login) Command(identity string, remote []string) (argv []string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "dbc-ssh-")
	if err != nil {
		return nil, nil, fmt.Errorf("pin host keys: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	// Under a name of its own: an address and port are used again by others.
	alias := "dbc-" + l.TaskID
	var lines strings.Builder
	for _, key := range l.HostKeys {
		lines.WriteString(alias + " " + string(ssh.MarshalAuthorizedKey(key)))
	}
	known := filepath.Join(dir, "known_hosts")
	if err := os.WriteFile(known, []byte(lines.String()), 0o600); err != nil {
		remove()
		return nil, nil, fmt.Errorf("pin host keys: %w", err)
	}
	argv = []string{
		"-o", "HostKeyAlias=" + alias, "-o", "UserKnownHostsFile=" + known, "-o", "GlobalKnownHostsFile=/dev/null",
		"-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no", "-o", "ConnectTimeout=30",
		"-p", strconv.Itoa(int(l.Port)), "-l", l.User,
	}
	if identity != "" {
		argv = append(argv, "-i", identity, "-o", "IdentitiesOnly=yes")
	}
	argv = append(argv, l.Addr.String())
	if len(remote) > 0 {
		argv = append(append(argv, "--"), remote...)
	}
	return argv, remove, nil
}
