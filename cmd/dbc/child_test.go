package main

import (
	"crypto/ed25519"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestChildrenGetNoPassphrase: neither ssh nor what its configuration starts
// receives the passphrase of the wallets.
func TestChildrenGetNoPassphrase(t *testing.T) {
	w := newWorld(t)
	b := w.add(t, 1, taskOne)
	guest, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = guest.Close() })
	key, err := ssh.NewPublicKey(b.key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	at := guest.Addr().(*net.TCPAddr)
	b.tasks[0].UserName, b.tasks[0].SSHIP, b.tasks[0].SSHPort = "dbc", "127.0.0.1", strconv.Itoa(at.Port)
	b.tasks[0].SSHHostKeys = []string{string(ssh.MarshalAuthorizedKey(key))}
	bin := t.TempDir()
	said := filepath.Join(bin, "said")
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte("#!/bin/sh\nexport -p >>"+said+"\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv(passphraseEnv, "opens all wallets")
	if code, out, errOut := w.dbc(t, "ssh", taskOne); code != exitDone {
		t.Fatalf("%d %s%s", code, out, errOut)
	}
	text, err := os.ReadFile(said)
	if err != nil || strings.Contains(string(text), "opens all wallets") {
		t.Errorf("a child was told the passphrase: %v", err)
	}
}
