//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/seed/crypt"
)

func TestSetRecord(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "shadow")
	for i, step := range []struct{ name, rest, want string }{
		{"root", "*::", "root:*::\n"},
		{"dbc", "!::", "root:*::\ndbc:!::\n"},
		{"db", "x::", "root:*::\ndbc:!::\ndb:x::\n"},
		{"dbc", "$6$a$b::", "root:*::\ndb:x::\ndbc:$6$a$b::\n"},
	} {
		if err := setRecord(path, step.name, step.rest, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != step.want {
			t.Errorf("step %d: got %q, want %q", i, got, step.want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestHashesThatWouldBreakTheFileAreRefused(t *testing.T) {
	t.Parallel()
	good, err := crypt.Hash("secret")
	if err != nil || !shadowHash.MatchString(good) {
		t.Errorf("%s, %v", good, err)
	}
	for _, bad := range []string{"", "secret", good + ":0", good + "\nroot::0:", "*", "!"} {
		if shadowHash.MatchString(bad) {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestChpasswdTakesNoUnknownUser(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"nobody-here:secret", "no colon", ":secret", "../x:secret"} {
		if chpasswd(strings.NewReader(bad+"\n"), false) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	iso := make([]byte, 17*2048)
	copy(iso[16*2048:], "\x01CD001")
	copy(iso[16*2048+40:], "CIDATA                          ")
	ext := make([]byte, 4096)
	ext[1024+56], ext[1024+57] = 0x53, 0xef
	copy(ext[1024+120:], "dbc-tiny")
	for _, c := range []struct {
		content []byte
		read    func(*os.File) string
		want    string
	}{
		{iso, isoLabel, "cidata"}, {ext, ext4Label, rootLabel}, {iso, ext4Label, ""}, {ext, isoLabel, ""}, {nil, isoLabel, ""}, {nil, ext4Label, ""},
	} {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(c.content); err != nil {
			t.Fatal(err)
		}
		if got := c.read(f); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		_ = f.Close()
	}
}
