package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
)

// otherKey is a host key that a lying machine names.
const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID364RohJ+3qeWD1GGdF/dxTQ/UuB0ry41CL7uJIqd4J"

// TestNoOthersHostKey: a machine's key is accepted for its own virtual machines only,
// whatever ids it lists. ssh compares the names of pinned keys without regard to case.
func TestNoOthersHostKey(t *testing.T) {
	for name, listed := range map[string]string{
		"the user's name": "train", "the name in capitals": "TRAIN", "the other's id": taskOne, "that id in capitals": strings.ToUpper(taskOne),
	} {
		t.Run(name, func(t *testing.T) {
			for seeds := range 2 { // the order of machines must not matter
				w := newWorld(t)
				honest := w.add(t, byte(1+seeds))
				honest.tasks = []api.Task{loginTask(taskOne, nil)}
				if code, out, errOut := w.dbc(t, "vm", "name", taskOne, "train"); code != exitDone {
					t.Fatalf("%d %s%s", code, out, errOut)
				}
				w.add(t, byte(2-seeds)).tasks = []api.Task{loginTask(listed, func(t *api.Task) { t.SSHHostKeys = []string{otherKey} }), loginTask(taskTwo, nil)}
				config, known, errOut := writtenSSH(t, w)
				if strings.Contains(known, otherKey) || !strings.Contains(known, "train.dbc "+guestKey) || !strings.Contains(known, taskTwo+".dbc ") {
					t.Errorf("pinned:\n%s", known)
				}
				if strings.Count(config, "Host train.dbc "+taskOne+".dbc\n") != 1 || strings.Count(config, "\nHost ") != 2 || !strings.Contains(errOut, "left out") {
					t.Errorf("%s\n%s", errOut, config)
				}
			}
		})
	}
}

// TestAnIDOfTwoMachines: without a name nothing tells which of them has it.
func TestAnIDOfTwoMachines(t *testing.T) {
	w := newWorld(t)
	w.add(t, 1).tasks = []api.Task{loginTask(taskOne, nil)}
	w.add(t, 2).tasks = []api.Task{loginTask(taskOne, func(t *api.Task) { t.SSHHostKeys = []string{otherKey} }), loginTask(taskTwo, nil)}
	if config, known, errOut := writtenSSH(t, w); strings.Contains(config+known, taskOne) || !strings.Contains(config, taskTwo) || !strings.Contains(errOut, "left out") {
		t.Errorf("%s\n%s\n%s", errOut, config, known)
	}
}

// TestAMovedNameOfALostMachine: a name that moved away from a machine that does not
// answer does not stay with what is remembered of it.
func TestAMovedNameOfALostMachine(t *testing.T) {
	w := newWorld(t)
	old := w.add(t, 1)
	old.tasks = []api.Task{loginTask(taskOne, func(t *api.Task) { t.SSHHostKeys = []string{otherKey} })}
	w.add(t, 2).tasks = []api.Task{loginTask(taskTwo, nil)}
	for _, id := range []string{taskOne, taskTwo} {
		if code, out, errOut := w.dbc(t, "vm", "name", id, "train"); code != exitDone {
			t.Fatalf("%d %s%s", code, out, errOut)
		}
		if id == taskOne {
			_, _, _ = writtenSSH(t, w)
			old.down = false
		}
	}
	old.down = true
	config, known, errOut := writtenSSH(t, w)
	if strings.Contains(known, "train.dbc "+otherKey) || strings.Count(config, "Host train.dbc ") != 1 || !strings.Contains(config, "Host "+taskOne+".dbc\n") {
		t.Errorf("%s\n%s\n%s", errOut, config, known)
	}
}

// writtenSSH runs dbc ssh-config and returns what it wrote.
func writtenSSH(t *testing.T, w *world) (config, known, errOut string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dbc.conf")
	code, out, errOut := w.dbc(t, "ssh-config", "--file", file)
	if code != exitDone && code != exitIncomplete {
		t.Fatalf("%d %s%s", code, out, errOut)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(strings.TrimSuffix(file, ".conf") + ".known_hosts")
	if err != nil {
		t.Fatal(err)
	}
	return string(text), string(keys), errOut
}

// TestNoOthersSSHConfig: hosts of another wallet keep their file, unless its owner's
// own command, dbc ssh-config, is to write it.
func TestNoOthersSSHConfig(t *testing.T) {
	w := newWorld(t)
	w.add(t, 1).tasks = []api.Task{loginTask(taskOne, nil)}
	if _, _, err := w.ring(t).Create("bob"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dbc.conf")
	if code, out, errOut := w.dbc(t, "ssh-config", "--wallet", "alice", "--file", file); code != exitDone {
		t.Fatalf("%d %s%s", code, out, errOut)
	}
	had, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	code, out, errOut := w.dbc(t, "inventory", "--wallet", "bob", "--list", "--file", file)
	if text, err := os.ReadFile(file); err != nil || string(text) != string(had) || code != exitUsage || !strings.Contains(errOut, "--file") {
		t.Errorf("%v %d %s%s", err, code, out, errOut)
	}
	for _, args := range [][]string{{"inventory", "--wallet", "alice", "--list"}, {"ssh-config", "--wallet", "bob"}, {"inventory", "--wallet", "bob", "--list"}} {
		if code, out, errOut := w.dbc(t, append(args, "--file", file)...); code != exitDone {
			t.Errorf("%v: %d %s%s", args, code, out, errOut)
		}
	}
}
