package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const someKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAenSH0vZmMQdTxtMB2z5IfLnL8VUh+yqBKHjk03o+ws"

// TestKeyArguments: how --ssh-key and -i are given by people, and what they are told.
func TestKeyArguments(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Chdir(home)
	if keys, files, err := publicKeys(nil); len(keys)+len(files) > 0 || err != nil {
		t.Errorf("without any: %q, %q, %v", keys, files, err)
	}
	dir := filepath.Join(home, ".ssh")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id_ed25519_sk.pub", "my key.pub"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(someKey+" me\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if keys, files, err := publicKeys(nil); len(keys) != 1 || !slices.Equal(files, []string{filepath.Join(dir, "id_ed25519_sk.pub")}) || err != nil {
		t.Errorf("that of a security key: %q, %q, %v", keys, files, err)
	}
	// A shell leaves the ~ of --ssh-key=~/… as it is.
	if keys, files, err := publicKeys([]string{"~/.ssh/my key.pub"}); len(keys) != 1 || !slices.Equal(files, []string{filepath.Join(dir, "my key.pub")}) || err != nil {
		t.Errorf("below ~: %q, %q, %v", keys, files, err)
	}
	for arg, want := range map[string]string{
		someKey: "--ssh-key wants the file of a key, not the key itself", dir: "is a folder; give one of its files that end in .pub",
		"none.pub": "none.pub: no such file", "": "no such file",
	} {
		if _, _, err := publicKeys([]string{arg}); err == nil || exitCode(err) != exitUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", arg, err, want)
		}
	}
	for arg, want := range map[string]string{"none": "-i none: no such file", dir: "is a folder"} {
		if _, err := identityFiles([]string{arg}); err == nil || exitCode(err) != exitUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("-i %q: %v, want %q", arg, err, want)
		}
	}
	if files, err := identityFiles([]string{"~/.ssh/my key.pub"}); !slices.Equal(files, []string{filepath.Join(dir, "my key.pub")}) || err != nil {
		t.Errorf("%q, %v", files, err)
	}
}

// TestLoginKeys: the keys that a virtual machine was made with log in without being named.
func TestLoginKeys(t *testing.T) {
	home, dir := t.TempDir(), filepath.Join(t.TempDir(), "a\nline")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, name := range []string{"x", "x.pub", "agent.pub", "odd"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := keepLoginKeys(home, taskOne, []string{"./x.pub", "agent.pub", "odd", "gone.pub"}); err != nil {
		t.Fatal(err)
	}
	t.Chdir(home)
	want := []string{filepath.Join(dir, "x"), filepath.Join(dir, "agent.pub"), filepath.Join(dir, "odd")}
	if got := identities(home, taskOne); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := identities(home, taskTwo); got != nil {
		t.Errorf("of another: %q", got)
	}
	if err := keepLoginKeys(home, "../../x", []string{"x.pub"}); err == nil {
		t.Error("wrote outside of its folder")
	}
	old, _ := loginKeys(home, taskTwo)
	if err := os.WriteFile(old, []byte("/bin/sh.pub\n/bin/true.pub\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := identities(home, taskTwo); !slices.Equal(got, []string{"/bin/sh", "/bin/true"}) {
		t.Errorf("written by an earlier version: %q", got)
	}
	forgetLoginKeys(home, taskOne)
	if got := identities(home, taskOne); got != nil {
		t.Errorf("deleted: %q", got)
	}
}
