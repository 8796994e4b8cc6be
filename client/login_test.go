package client_test

import (
	"bufio"
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
)

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

func goodTask() api.Task {
	return api.Task{
		TaskSummary: api.TaskSummary{TaskID: "abc"}, SSHIP: "127.0.0.1", SSHPort: "5682", UserName: "dbc",
		SSHHostKeys: []string{hostKey},
	}
}

func TestLoginPinsTheHostKeys(t *testing.T) {
	t.Parallel()
	login, err := client.NewLogin(goodTask())
	if err != nil {
		t.Fatal(err)
	}
	argv, remove, err := login.Command(client.SSH{Identities: []string{"/key"}, Remote: []string{"uptime"}})
	if err != nil {
		t.Fatal(err)
	}
	var known string
	for _, arg := range argv {
		if path, ok := strings.CutPrefix(arg, "UserKnownHostsFile="); ok {
			path = strings.Trim(path, `"`)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			known = string(text)
			remove()
			if _, err := os.Stat(path); err == nil {
				t.Error("the file stays")
			}
		}
	}
	if known != "dbc-abc "+hostKey+"\n" {
		t.Errorf("known hosts %q", known)
	}
	if got := strings.Join(argv[len(argv)-3:], " "); got != "127.0.0.1 -- uptime" {
		t.Errorf("ends in %q", got)
	}
}

func TestLoginRefusesWhatWouldReachArguments(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*api.Task){
		"option as user":    func(t *api.Task) { t.UserName = "-oProxyCommand=x" },
		"no user":           func(t *api.Task) { t.UserName = "" },
		"name as address":   func(t *api.Task) { t.SSHIP = "-oProxyCommand=x" },
		"address with zone": func(t *api.Task) { t.SSHIP = "fe80::1%$(x)" },
		"port":              func(t *api.Task) { t.SSHPort = "22 -o x" },
		"port 0":            func(t *api.Task) { t.SSHPort = "0" },
		"no host key":       func(t *api.Task) { t.SSHHostKeys = nil },
		"host key":          func(t *api.Task) { t.SSHHostKeys = []string{"* ssh-rsa x"} },
		"task":              func(t *api.Task) { t.TaskID = "a b" },
	} {
		task := goodTask()
		spoil(&task)
		if login, err := client.NewLogin(task); err == nil {
			t.Errorf("%s: %+v passed", name, login)
		}
	}
}

// hostile is a user configuration that overrides everything.
const hostile = `
Host *
  UseKeychain yes
  ForwardAgent yes
  ForwardX11 yes
  ForwardX11Trusted yes
  RemoteCommand tmux attach
  RequestTTY force
  ProxyJump bastion.example
  HostName elsewhere.example
  HostKeyAlgorithms ssh-rsa
  HostKeyAlias other
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  KnownHostsCommand /bin/echo x
  NoHostAuthenticationForLocalhost yes
  VerifyHostKeyDNS yes
  ControlMaster auto
  ControlPath /tmp/%C
  LocalCommand touch /tmp/x
  PermitLocalCommand yes
  RemoteForward 9000 localhost:22
  LocalForward 9001 localhost:22
  DynamicForward 9002
  Tunnel yes
  SessionType none
  StdinNull yes
  ForkAfterAuthentication yes
  AddressFamily inet6
  User root
  Port 1
  GSSAPIDelegateCredentials yes
  HostbasedAuthentication yes
  PubkeyAuthentication no
  PreferredAuthentications password
  PubkeyAcceptedAlgorithms ssh-dss
  KexAlgorithms diffie-hellman-group14-sha1
  Ciphers aes128-cbc
  MACs hmac-md5
  BatchMode yes
  BindAddress 192.0.2.1
  SendEnv *
  SetEnv X=y
  EscapeChar none
  LogLevel QUIET
  NumberOfPasswordPrompts 0
  PubkeyAcceptedAlgorithms rsa-sha2-512
  IdentityFile "~/.ssh/work key"
  IdentityAgent /run/agent
  CertificateFile ~/.ssh/cert.pub
`

// TestSSHIsNotTheUsersConfiguration asks the installed ssh what it would do.
func TestSSHIsNotTheUsersConfiguration(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(hostile), 0o600); err != nil {
		t.Fatal(err)
	}
	login, err := client.NewLogin(goodTask())
	if err != nil {
		t.Fatal(err)
	}
	base := map[string]string{
		"forwardagent": "no", "forwardx11": "no", "forwardx11trusted": "no", "hostname": "127.0.0.1", "port": "5682", "user": "dbc",
		"hostkeyalgorithms": "ssh-ed25519", "hostkeyalias": "dbc-abc", "stricthostkeychecking": "true", "globalknownhostsfile": "/dev/null",
		"nohostauthenticationforlocalhost": "no", "verifyhostkeydns": "false", "controlmaster": "false",
		"permitlocalcommand": "no", "clearallforwardings": "yes", "tunnel": "false", "sessiontype": "default", "stdinnull": "no",
		"forkafterauthentication": "no", "addressfamily": "any", "gssapidelegatecredentials": "no", "hostbasedauthentication": "no",
		"requesttty": "auto", "updatehostkeys": "false", "canonicalizehostname": "false", "checkhostip": "no",
		"pubkeyauthentication": "true", "batchmode": "no", "loglevel": "INFO", "numberofpasswordprompts": "3", "escapechar": "~",
		// None of these may be set at all.
		"bindaddress": "", "setenv": "", "sendenv": "", "preferredauthentications": "",
		"remotecommand": "", "proxyjump": "", "proxycommand": "", "controlpath": "", "knownhostscommand": "",
		"remoteforward": "", "localforward": "", "dynamicforward": "",
	}
	for name, c := range map[string]struct {
		how  client.SSH
		also map[string]string
	}{
		"nothing asked": {client.SSH{}, nil},
		// Only the keys are taken from the file.
		"keys": {client.SSH{Keys: client.UserKeys(t.Context(), "ssh", "127.0.0.1", "-F", config)}, map[string]string{
			"identityfile": "~/.ssh/work key", "identityagent": "/run/agent", "certificatefile": "~/.ssh/cert.pub",
		}},
		"agent":  {client.SSH{ForwardAgent: true}, map[string]string{"forwardagent": "yes"}},
		"screen": {client.SSH{ForwardX11: true}, map[string]string{"forwardx11": "yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			argv, remove, err := login.Command(c.how)
			if err != nil {
				t.Fatal(err)
			}
			defer remove()
			got := effective(t, append([]string{"-G"}, argv...))
			want := maps.Clone(base)
			maps.Copy(want, c.also)
			for _, option := range slices.Sorted(maps.Keys(want)) {
				if none := got[option] == "none" && want[option] == ""; got[option] != want[option] && !none {
					t.Errorf("%s is %q, want %q", option, got[option], want[option])
				}
			}
		})
	}
}

// TestSSHTakesNoFile verifies that the last -F, which is ours, wins.
func TestSSHTakesNoFile(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(hostile), 0o600); err != nil {
		t.Fatal(err)
	}
	login, err := client.NewLogin(goodTask())
	if err != nil {
		t.Fatal(err)
	}
	argv, remove, err := login.Command(client.SSH{})
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	got := effective(t, append([]string{"-G", "-F", config}, argv...))
	for _, option := range []string{"ciphers", "macs", "kexalgorithms", "pubkeyacceptedalgorithms"} {
		if list := got[option]; !strings.Contains(list, ",") {
			t.Errorf("%s is the file's: %q", option, list)
		}
	}
	if broken := client.UserKeys(t.Context(), "ssh", "127.0.0.1", "-F", filepath.Join(t.TempDir(), "none")); broken != nil {
		t.Errorf("a file that is not there names %q", broken)
	}
}

func effective(t *testing.T, argv []string) map[string]string {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "ssh", argv...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	options := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		options[name] = value
	}
	return options
}
