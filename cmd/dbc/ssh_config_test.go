package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
)

const guestKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

// loginTask is a virtual machine that one can log in to.
func loginTask(id string, change func(*api.Task)) api.Task {
	task := api.Task{
		TaskSummary: api.TaskSummary{TaskID: id, Status: "running", RentOrder: "1", Desc: "{{ lookup('pipe', 'id') }}"},
		SSHIP:       "192.0.2.7", SSHPort: "5682", UserName: "dbc", SSHHostKeys: []string{guestKey},
	}
	if change != nil {
		change(&task)
	}
	return task
}

// TestSSHConfig: names are the user's alone, keys are pinned, and ssh reads what was
// written.
func TestSSHConfig(t *testing.T) {
	w := newWorld(t)
	b := w.add(t, 1)
	b.tasks = []api.Task{loginTask(taskOne, nil), loginTask(taskTwo, nil)}
	file := filepath.Join(t.TempDir(), "dbc.conf")
	if code, out, errOut := w.dbc(t, "vm", "name", taskOne, "train"); code != exitDone {
		t.Fatalf("%d %s%s", code, out, errOut)
	}
	code, out, errOut := w.dbc(t, "ssh-config", "--file", file, "--json")
	if code != exitDone {
		t.Fatalf("%d %s%s", code, out, errOut)
	}
	for _, host := range []string{"train.dbc", taskOne + ".dbc", taskTwo + ".dbc"} {
		said, err := exec.CommandContext(t.Context(), "ssh", "-G", "-F", file, host).CombinedOutput()
		if err != nil || !strings.Contains(string(said), "stricthostkeychecking true") || !strings.Contains(string(said), " ssh-proxy ") {
			t.Errorf("%s: %v %s", host, err, said)
		}
	}
	known, err := os.ReadFile(strings.TrimSuffix(file, ".conf") + ".known_hosts")
	if err != nil || string(known) != taskTwo+".dbc "+guestKey+"\n"+"train.dbc "+guestKey+"\n" {
		t.Errorf("%q %v", known, err)
	}
	for _, path := range []string{file, filepath.Join(w.home, "ssh", "dbc-devnet-1.json")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", path, info, err)
		}
	}
	// A name finds it in every command; another's word for it does not.
	if code, out, errOut := w.dbc(t, "vm", "show", "train"); code != exitDone || !strings.Contains(out, taskOne) {
		t.Errorf("by name: %d %s%s", code, out, errOut)
	}
	// A machine that does not answer keeps what was known of it.
	b.down = true
	if code, _, _ := w.dbc(t, "ssh-config", "--file", file); code != exitUnreachable {
		t.Errorf("the only one down: %d", code)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "train.dbc") {
		t.Errorf("%s %v", text, err)
	}
	other := w.add(t, 2)
	other.tasks = []api.Task{loginTask(taskThree, nil)}
	if code, _, errOut := w.dbc(t, "ssh-config", "--file", file); code != exitIncomplete {
		t.Errorf("one down: %d %s", code, errOut)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "train.dbc") || !strings.Contains(string(text), taskThree) {
		t.Errorf("%s %v", text, err)
	}
}

// TestHostileHosts: a machine cannot write a line of ssh's configuration or a template
// of Ansible's.
func TestHostileHosts(t *testing.T) {
	for name, change := range map[string]func(*api.Task){
		"user":      func(t *api.Task) { t.UserName = "dbc\n    ProxyCommand id" },
		"address":   func(t *api.Task) { t.SSHIP = "192.0.2.7\nHost *" },
		"zone":      func(t *api.Task) { t.SSHIP = "fe80::1%$(id)" },
		"port":      func(t *api.Task) { t.SSHPort = "22 -o ProxyCommand=id" },
		"key":       func(t *api.Task) { t.SSHHostKeys = []string{"x\n* ssh-ed25519 AAAA"} },
		"no key":    func(t *api.Task) { t.SSHHostKeys = nil },
		"user jinj": func(t *api.Task) { t.UserName = "{{x}}" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.add(t, 1).tasks = []api.Task{loginTask(taskOne, change), loginTask(taskTwo, nil)}
			file := filepath.Join(t.TempDir(), "dbc.conf")
			code, out, errOut := w.dbc(t, "inventory", "--list", "--file", file)
			if code != exitDone || !strings.Contains(errOut, "left out") || strings.Contains(out, taskOne) || strings.Contains(out, "{{") {
				t.Errorf("%d %s%s", code, out, errOut)
			}
			text, err := os.ReadFile(file)
			if err != nil || strings.Count(string(text), "\nHost ") != 1 || strings.Contains(string(text), "Command id") {
				t.Errorf("%s %v", text, err)
			}
		})
	}
}

// TestKeyComment: what stands behind a key is dropped.
func TestKeyComment(t *testing.T) {
	w := newWorld(t)
	w.add(t, 1).tasks = []api.Task{loginTask(taskOne, func(t *api.Task) { t.SSHHostKeys = []string{guestKey + " {{ evil }} *"} })}
	file := filepath.Join(t.TempDir(), "dbc.conf")
	if code, out, errOut := w.dbc(t, "ssh-config", "--file", file, "--print"); code != exitDone || strings.Contains(out, "evil") {
		t.Errorf("%d %s%s", code, out, errOut)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("--print wrote a file")
	}
}

func TestAnsibleInventory(t *testing.T) {
	w := newWorld(t)
	w.add(t, 1).tasks = []api.Task{loginTask(taskOne, nil), loginTask(taskTwo, func(t *api.Task) { t.Status = "closed" })}
	file := filepath.Join(t.TempDir(), "dbc.conf")
	code, out, errOut := w.dbc(t, "inventory", "--list", "--file", file)
	var got struct {
		DBC  hostGroup `json:"dbc"`
		One  hostGroup `json:"rental_1"`
		Meta struct {
			Vars map[string]hostVars `json:"hostvars"`
		} `json:"_meta"`
	}
	if err := json.Unmarshal([]byte(out), &got); code != exitDone || err != nil {
		t.Fatalf("%d %v %s%s", code, err, out, errOut)
	}
	host := taskOne + ".dbc"
	if len(got.DBC.Hosts) != 1 || got.DBC.Hosts[0] != host || len(got.One.Hosts) != 1 || got.Meta.Vars[host].SSHArgs != "-F "+file || got.Meta.Vars[host].Port != 5682 {
		t.Errorf("%s", out)
	}
	if code, out, _ := w.dbc(t, "inventory", "--host", host, "--file", file); code != exitDone || !strings.Contains(out, `"ansible_user": "dbc"`) {
		t.Errorf("%d %s", code, out)
	}
	for _, args := range [][]string{{"inventory"}, {"inventory", "--list", "--host", "x"}} {
		if code, _, _ := w.dbc(t, args...); code != exitUsage {
			t.Errorf("%v: %d", args, code)
		}
	}
	if code, _, _ := w.dbc(t, "inventory", "--host", "other.dbc", "--file", file); code != exitRefused {
		t.Errorf("an unknown host: %d", code)
	}
}

func TestIncludes(t *testing.T) {
	t.Parallel()
	const dir, file = "/home/me/.ssh", "/home/me/.ssh/dbc.conf"
	for text, want := range map[string]bool{
		"":                                               false,
		`Include "/home/me/.ssh/dbc.conf"`:               true,
		"  include dbc.conf":                             true,
		"Include *.conf other":                           true,
		"Include other":                                  false,
		"# Include dbc.conf":                             false,
		"Host *\n  Include dbc.conf":                     false,
		"Match all\nInclude dbc.conf":                    false,
		"Include \"a\" \"dbc.conf\"":                     true,
		"# mine\n\nInclude a\nInclude dbc.conf":          true,
		"User x\nInclude dbc.conf":                       false,
		"StrictHostKeyChecking no\nInclude dbc.conf":     false,
		"UserKnownHostsFile=/dev/null\nInclude dbc.conf": false,
	} {
		if got := includes([]byte(text), dir, file); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestIncludeAsks: the user's own file changes only after a yes, and then keeps what
// it had.
func TestIncludeAsks(t *testing.T) {
	w := newWorld(t)
	w.add(t, 1).tasks = []api.Task{loginTask(taskOne, nil)}
	home := t.TempDir()
	t.Setenv("HOME", home)
	own := filepath.Join(home, ".ssh", "config")
	if err := os.MkdirAll(filepath.Dir(own), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "dotfile"), []byte("Host mine\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../dotfile", own); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := w.dbc(t, "ssh-config"); code != exitDone || !strings.Contains(out, `Include "`) {
		t.Errorf("%d %s%s", code, out, errOut)
	}
	if text, _ := os.ReadFile(own); string(text) != "Host mine\n" {
		t.Errorf("changed without a yes: %s", text)
	}
	want := includeLine(filepath.Join(home, ".ssh", "dbc.conf")) + "\n\nHost mine\n"
	for range 2 {
		if code, out, errOut := w.dbc(t, "ssh-config", "--yes"); code != exitDone {
			t.Errorf("%d %s%s", code, out, errOut)
		}
		if text, _ := os.ReadFile(own); string(text) != want {
			t.Errorf("%s", text)
		}
	}
	if info, err := os.Lstat(own); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v %v", info, err)
	}
}
