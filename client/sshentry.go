package client

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"
)

// ErrPath means that a path cannot be written into a configuration of ssh.
var ErrPath = errors.New("it has a line end or another control character, which a configuration of ssh cannot contain: choose another")

// Entry says how a configuration of ssh finds a guest.
type Entry struct {
	// Names are what a user types, the first of which the pinned keys go by. The last one
	// is the guest's for good. Each has letters, digits, dots, dashes and underscores only.
	Names []string
	// Known is the file of pinned host keys.
	Known string
	// Proxy is the program that connects, with its arguments.
	Proxy []string
	// Identities are files of keys that log in, if known.
	Identities []string
}

// hostWord matches a name that is no pattern and no option for ssh.
var hostWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// entryOptions are the options of Command that also hold for sessions that are not
// dbc's own: who the guest is, and what it gets of this computer.
var entryOptions = []string{
	"IgnoreUnknown", "HostKeyAlias", "UserKnownHostsFile", "GlobalKnownHostsFile", "KnownHostsCommand", "StrictHostKeyChecking", "UpdateHostKeys",
	"VerifyHostKeyDNS", "CheckHostIP", "NoHostAuthenticationForLocalhost", "HostKeyAlgorithms", "CanonicalizeHostname", "PermitLocalCommand",
	"ForwardAgent", "ForwardX11", "ForwardX11Trusted", "Tunnel", "GSSAPIDelegateCredentials", "HostbasedAuthentication",
}

// ConfigEntry returns a Host block of a configuration of ssh, and the lines for the
// file of pinned keys. Everything in it is parsed or quoted: neither the host nor the
// guest can add an option.
func (l Login) ConfigEntry(e Entry) (block, known string, err error) {
	if len(e.Names) == 0 || slices.ContainsFunc(e.Names, func(n string) bool { return !hostWord.MatchString(n) }) {
		return "", "", fmt.Errorf("names %.200q of %s: not what ssh takes for names of hosts", e.Names, l.TaskID)
	}
	for _, path := range slices.Concat(e.Proxy, e.Identities, []string{e.Known}) {
		if strings.ContainsFunc(path, unicode.IsControl) {
			return "", "", fmt.Errorf("%.200q: %w", path, ErrPath)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Host %s\n", strings.Join(e.Names, " "))
	alias := e.Names[0]
	for _, option := range l.options(e.Known, SSH{}) {
		name, value, _ := strings.Cut(option, "=")
		if name == "HostKeyAlias" {
			value = alias
		}
		if slices.Contains(entryOptions, name) {
			fmt.Fprintf(&b, "    %s %s\n", name, value)
		}
	}
	// The proxy finds the way at each dial. A user's ControlPath has HostName in it: a name
	// that moves must not lead into the connection that is kept to what had it before.
	fmt.Fprintf(&b, "    HostName %s\n    User %s\n", e.Names[len(e.Names)-1], l.User)
	for _, file := range e.Identities {
		fmt.Fprintf(&b, "    IdentityFile %s\n", sshPath(file))
	}
	fmt.Fprintf(&b, "    ProxyCommand %s\n", strings.ReplaceAll(ShellWords(e.Proxy), "%", "%%"))
	var keys strings.Builder
	for _, key := range l.HostKeys {
		keys.WriteString(alias + " " + string(ssh.MarshalAuthorizedKey(key)))
	}
	return b.String(), keys.String(), nil
}

// plainWord needs no quotes in any shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@+=:,./-]+$`)

// ShellWords quotes words for a POSIX shell.
func ShellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		if quoted[i] = word; !plainWord.MatchString(word) {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// Fingerprints returns the pinned keys as ssh shows them, such as SHA256:….
func (l Login) Fingerprints() []string {
	prints := make([]string, len(l.HostKeys))
	for i, key := range l.HostKeys {
		prints[i] = ssh.FingerprintSHA256(key)
	}
	return prints
}

// Copy returns the arguments of an scp that accepts the pinned host keys and no
// others. Sources and target are GuestPath's results or paths of this computer that
// begin with a slash, so that scp takes none for an option or another computer's.
// remove deletes the file with the pinned keys.
func (l Login) Copy(how SSH, recursive bool, paths []string) (argv []string, remove func(), err error) {
	command, remove, err := l.Command(how)
	if err != nil {
		return nil, nil, err
	}
	// By SFTP no shell of the guest reads the paths.
	argv = []string{"-s", "-F", "none", "-P", strconv.Itoa(int(l.Port))}
	if recursive {
		argv = append(argv, "-r")
	}
	for i, word := range command[:len(command)-1] {
		if word == "-o" && !strings.HasPrefix(command[i+1], "SessionType=") { // scp sets it
			argv = append(argv, "-o", command[i+1])
		}
	}
	return append(append(argv, "-o", "User="+l.User, "--"), paths...), remove, nil
}

// GuestPath returns a path in the guest as an argument of scp, in which * and ? match
// names unless a backslash precedes them.
func (l Login) GuestPath(path string) string {
	host := l.Addr.String()
	if l.Addr.Is6() {
		host = "[" + host + "]"
	}
	return host + ":" + path
}
