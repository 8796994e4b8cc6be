package client_test

import (
	"os"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node/api"
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
	argv, remove, err := login.Command("/key", []string{"uptime"})
	if err != nil {
		t.Fatal(err)
	}
	var known string
	for _, arg := range argv {
		if path, ok := strings.CutPrefix(arg, "UserKnownHostsFile="); ok {
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
