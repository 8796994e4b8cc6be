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
	if err := CheckTaskID(task.TaskID); err != nil {
		return Login{}, err
	}
	addr, err := netip.ParseAddr(task.SSHIP)
	if err != nil || addr.Zone() != "" {
		return Login{}, fmt.Errorf("login of %s: address %.64q is none", task.TaskID, Printable(task.SSHIP))
	}
	port, err := strconv.ParseUint(task.SSHPort, 10, 16)
	if err != nil || port == 0 {
		return Login{}, fmt.Errorf("login of %s: port %.64q is none", task.TaskID, Printable(task.SSHPort))
	}
	if !userName.MatchString(task.UserName) {
		return Login{}, fmt.Errorf("login of %s: user %.64q is none", task.TaskID, Printable(task.UserName))
	}
	login := Login{TaskID: task.TaskID, User: task.UserName, Addr: addr, Port: uint16(port)}
	for _, line := range task.SSHHostKeys {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return Login{}, fmt.Errorf("login of %s: host key %.64q is none", task.TaskID, Printable(line))
		}
		login.HostKeys = append(login.HostKeys, key)
	}
	if len(login.HostKeys) == 0 {
		return Login{}, fmt.Errorf("login of %s: %w", task.TaskID, errors.New("the machine named no host key to pin"))
	}
	return login, nil
}

// SSH says how ssh is to be run.
type SSH struct {
	// Identities are files of private keys, or of public ones whose halves an
	// agent has. They come before what Keys names.
	Identities []string
	// Keys are options of ssh that say which other keys there are, as UserKeys
	// reads them; without any, ssh takes its usual files and the agent.
	Keys []string
	// ForwardAgent and ForwardX11 let the guest use this computer's keys and
	// screen; whoever has the guest's host can do so too.
	ForwardAgent, ForwardX11 bool
	// Remote is what to run in the guest; nothing is a shell.
	Remote []string
}

// Command is the arguments of ssh that accept these host keys and no others. No
// configuration file is read: what it says of ways, algorithms, environments and
// commands is for other hosts, and a pinned option has no exception.
// remove deletes the file that pins them; a killed process leaves it in the
// temporary folder, where it holds no secret.
func (l Login) Command(how SSH) (argv []string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "dbc-ssh-")
	if err != nil {
		return nil, nil, fmt.Errorf("pin host keys: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	known := filepath.Join(dir, "known_hosts")
	if err := os.WriteFile(known, l.knownHosts(), 0o600); err != nil {
		remove()
		return nil, nil, fmt.Errorf("pin host keys: %w", err)
	}
	argv = []string{"-F", "none"}
	for _, option := range l.options(known, how) {
		argv = append(argv, "-o", option)
	}
	argv = append(argv, "-p", strconv.Itoa(int(l.Port)), "-l", l.User)
	for _, file := range how.Identities {
		argv = append(argv, "-i", file)
	}
	if len(how.Identities) > 0 {
		// An agent with many keys would use up the guest's patience before.
		argv = append(argv, "-o", "IdentitiesOnly=yes")
	}
	for _, option := range how.Keys {
		argv = append(argv, "-o", option)
	}
	argv = append(argv, l.Addr.String())
	if len(how.Remote) > 0 {
		argv = append(append(argv, "--"), how.Remote...)
	}
	return argv, remove, nil
}

// alias is a name of the guest's own: an address and port are used again by others.
func (l Login) alias() string { return "dbc-" + l.TaskID }

func (l Login) knownHosts() []byte {
	var lines strings.Builder
	for _, key := range l.HostKeys {
		lines.WriteString(l.alias() + " " + string(ssh.MarshalAuthorizedKey(key)))
	}
	return []byte(lines.String())
}

// options also say what is ssh's default today. IgnoreUnknown lets an older ssh
// pass over what it does not know.
func (l Login) options(known string, how SSH) []string {
	return []string{
		"IgnoreUnknown=*",
		// The guest is who the machine said, and nothing else vouches for it.
		"HostKeyAlias=" + l.alias(), "UserKnownHostsFile=" + known, "GlobalKnownHostsFile=/dev/null",
		"KnownHostsCommand=none", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "VerifyHostKeyDNS=no", "CheckHostIP=no",
		"NoHostAuthenticationForLocalhost=no", "HostKeyAlgorithms=" + l.algorithms(),
		// A connection of another guest that had this address is not taken over.
		"ControlMaster=no", "ControlPath=none",
		// The way there, and what runs.
		"HostName=" + l.Addr.String(), "AddressFamily=any", "CanonicalizeHostname=no", "ProxyCommand=none", "ProxyJump=none",
		"ConnectTimeout=30", "RemoteCommand=none", "PermitLocalCommand=no", "RequestTTY=auto",
		"SessionType=default", "StdinNull=no", "ForkAfterAuthentication=no",
		// The guest gets nothing of this computer unless asked for.
		"ForwardAgent=" + yesNo(how.ForwardAgent), "ForwardX11=" + yesNo(how.ForwardX11), "ForwardX11Trusted=no",
		"ClearAllForwardings=yes", "Tunnel=no", "GSSAPIDelegateCredentials=no", "HostbasedAuthentication=no",
	}
}

// algorithms by which the pinned keys sign; a user's own list may have none of them.
func (l Login) algorithms() string {
	var list []string
	for _, key := range l.HostKeys {
		if key.Type() == ssh.KeyAlgoRSA {
			list = append(list, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
			continue
		}
		list = append(list, key.Type())
	}
	return strings.Join(list, ",")
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
