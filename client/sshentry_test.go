package client_test

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/client"
)

func entryLogin(t *testing.T) client.Login {
	t.Helper()
	task := goodTask()
	task.TaskID = "Gwi8T4Vs9jGxKeVcYF6jCF" // ssh may not lower its letters
	login, err := client.NewLogin(task)
	if err != nil {
		t.Fatal(err)
	}
	return login
}

// TestConfigEntryReachesSSH: ssh itself reads the block, and takes from it what was
// meant, with paths that have every character that a shell or ssh treats specially.
func TestConfigEntryReachesSSH(t *testing.T) {
	t.Parallel()
	login := entryLogin(t)
	dir := filepath.Join(t.TempDir(), `a "b' %h $(id) ; c\d`)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	said := filepath.Join(dir, "said")
	proxy := filepath.Join(dir, "proxy")
	if err := os.WriteFile(proxy, []byte("#!/bin/sh\nprintf '%s|' \"$@\" > \"$(dirname \"$0\")/said\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	block, known, err := login.ConfigEntry(client.Entry{
		Names: []string{"train.dbc", login.TaskID + ".dbc"}, Known: filepath.Join(dir, "known"), Identities: []string{filepath.Join(dir, "id")},
		Proxy: []string{proxy, "--home", dir, "a b", "%n", "$HOME", "'"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(known, "train.dbc ssh-ed25519 ") || strings.Count(known, "\n") != 1 {
		t.Errorf("known hosts %q", known)
	}
	config := filepath.Join(t.TempDir(), "config")
	hostile := block + "\nHost *\n    User mallory\n    ProxyCommand none\n    StrictHostKeyChecking no\n    UserKnownHostsFile /dev/null\n    HostKeyAlias other\n    ControlPath /tmp/%h\n"
	if err := os.WriteFile(config, []byte(hostile), 0o600); err != nil {
		t.Fatal(err)
	}
	id := strings.ToLower(login.TaskID) // as ssh does
	for _, host := range []string{"train.dbc", login.TaskID + ".dbc"} {
		out, err := exec.CommandContext(t.Context(), "ssh", "-G", "-F", config, "--", host).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, want := range []string{"user dbc\n", "hostkeyalias train.dbc\n", "stricthostkeychecking true\n", "hostname " + id + ".dbc\n", "controlpath /tmp/" + id + ".dbc\n", "forwardagent no\n", "permitlocalcommand no\n"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: no %q in\n%s", host, want, out)
			}
		}
		if strings.Contains(string(out), "mallory") || strings.Contains(string(out), "userknownhostsfile /dev/null") {
			t.Errorf("%s", out)
		}
	}
	_ = exec.CommandContext(t.Context(), "ssh", "-F", config, "train.dbc", "true").Run() // the proxy ends at once
	words, err := os.ReadFile(said)
	if want := strings.Join([]string{"--home", dir, "a b", "%n", "$HOME", "'", ""}, "|"); err != nil || string(words) != want {
		t.Errorf("the proxy got %q, want %q (%v)", words, want, err)
	}
}

func TestConfigEntryRefuses(t *testing.T) {
	t.Parallel()
	login := entryLogin(t)
	good := client.Entry{Names: []string{"a.dbc"}, Known: "/k", Proxy: []string{"/dbc"}}
	for name, change := range map[string]func(*client.Entry){
		"no name":         func(e *client.Entry) { e.Names = nil },
		"a pattern":       func(e *client.Entry) { e.Names = []string{"*"} },
		"two lines":       func(e *client.Entry) { e.Names = []string{"a\nProxyCommand id"} },
		"two words":       func(e *client.Entry) { e.Names = []string{"a *"} },
		"an option":       func(e *client.Entry) { e.Names = []string{"-oProxyCommand=id"} },
		"a line in known": func(e *client.Entry) { e.Known = "/k\nProxyCommand id" },
		"a line in proxy": func(e *client.Entry) { e.Proxy = []string{"/dbc\nHost *"} },
		"a line in a key": func(e *client.Entry) { e.Identities = []string{"/k\r"} },
	} {
		e := good
		change(&e)
		if block, _, err := login.ConfigEntry(e); err == nil {
			t.Errorf("%s: %s", name, block)
		}
	}
}

func TestShellWords(t *testing.T) {
	t.Parallel()
	words := []string{"plain", "", "a b", "'", `"`, "$(id)", "`id`", "a\\b", "*", "~", "!x", "é"}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '%s\\n' "+client.ShellWords(words)).Output()
	if got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"); err != nil || !slices.Equal(got, words) {
		t.Errorf("%q (%v)", got, err)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	login := entryLogin(t)
	argv, remove, err := login.Copy(client.SSH{Identities: []string{"/a b"}, Remote: nil}, true, []string{"/x", login.GuestPath("y z")})
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	all := strings.Join(argv, " ")
	for _, want := range []string{"-s -F none -P ", " -r ", "-o StrictHostKeyChecking=yes", `-o IdentityFile="/a b"`, "-o User=dbc -- /x "} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
	if strings.Contains(all, "SessionType") {
		t.Error("scp fails with a session type")
	}
	login.Addr = netip.MustParseAddr("2001:db8::1")
	if got := login.GuestPath("a"); got != "[2001:db8::1]:a" {
		t.Error(got)
	}
}
