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

	"github.com/dbc-network/dbc/api"
)

// userName matches the names used on Linux and Windows guests. A leading -
// would be an option.
var userName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`)

// Login is how to reach a guest, parsed. A task comes from another computer,
// and its fields become arguments of a program.
type Login struct {
	TaskID   string
	User     string
	Addr     netip.Addr
	Port     uint16
	HostKeys []ssh.PublicKey
}

// NewLogin validates the login data of a task.
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

// SSH configures how ssh is run.
type SSH struct {
	// Identities are files with private keys, or with public keys whose private
	// halves an agent has. They are tried before Keys.
	Identities []string
	// Keys are ssh options that name further keys, as read by UserKeys. Without
	// any, ssh uses its default files and the agent.
	Keys []string
	// ForwardAgent and ForwardX11 let the guest use this computer's keys and
	// screen. Whoever controls the guest's computer can do so too.
	ForwardAgent, ForwardX11 bool
	// Batch has ssh ask nobody for anything: neither for a password nor for a key's.
	Batch bool
	// Remote is the command to run in the guest. Empty means a shell.
	Remote []string
}

// Command returns the arguments of an ssh that accepts these host keys and no
// others. It reads no configuration file: proxies, algorithms, environments and
// commands in it are meant for other hosts, and a pinned option must have no
// exception. remove deletes the file with the pinned keys. A killed process
// leaves that file in the temporary folder; it contains no secret.
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
		argv = append(argv, "-o", "IdentityFile="+sshPath(file))
	}
	if len(how.Identities) > 0 {
		// An agent with many keys would exceed the guest's limit of attempts
		// first.
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

// sshPath returns a path as the value of an ssh option, in which ssh expands %.
func sshPath(path string) string { return quoteOption(strings.ReplaceAll(path, "%", "%%")) }

// quoteOption keeps ssh from splitting an option's value into words.
func quoteOption(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// alias names the guest itself, because an address and port are reused by
// others.
func (l Login) alias() string { return "dbc-" + l.TaskID }

func (l Login) knownHosts() []byte {
	var lines strings.Builder
	for _, key := range l.HostKeys {
		lines.WriteString(l.alias() + " " + string(ssh.MarshalAuthorizedKey(key)))
	}
	return []byte(lines.String())
}

// options also states what is ssh's default today. IgnoreUnknown lets an older
// ssh skip options it does not know.
func (l Login) options(known string, how SSH) []string {
	return []string{
		"IgnoreUnknown=*",
		// The machine vouches for the guest's identity, and nothing else does.
		"HostKeyAlias=" + l.alias(), "UserKnownHostsFile=" + sshPath(known), "GlobalKnownHostsFile=/dev/null",
		"KnownHostsCommand=none", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "VerifyHostKeyDNS=no", "CheckHostIP=no",
		"NoHostAuthenticationForLocalhost=no", "HostKeyAlgorithms=" + l.algorithms(),
		// Do not reuse the connection of another guest that had this address.
		"ControlMaster=no", "ControlPath=none",
		// How to connect, and what to run.
		"HostName=" + l.Addr.String(), "AddressFamily=any", "CanonicalizeHostname=no", "ProxyCommand=none", "ProxyJump=none",
		"ConnectTimeout=30", "RemoteCommand=none", "PermitLocalCommand=no", "RequestTTY=auto",
		"BatchMode=" + yesNo(how.Batch), "SessionType=default", "StdinNull=no", "ForkAfterAuthentication=no",
		// Expose nothing of this computer to the guest unless requested.
		"ForwardAgent=" + yesNo(how.ForwardAgent), "ForwardX11=" + yesNo(how.ForwardX11), "ForwardX11Trusted=no",
		"ClearAllForwardings=yes", "Tunnel=no", "GSSAPIDelegateCredentials=no", "HostbasedAuthentication=no",
	}
}

// algorithms returns those by which the pinned keys sign. A user's own list may
// lack them.
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
