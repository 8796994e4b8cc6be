package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dbc-network/dbc/client/profile"
)

// file writes a configuration and reads it.
func file(t *testing.T, text string) (*profile.File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), profile.FileName)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return profile.Read(path)
}

const two = `# mine
use = "test" # the usual one

[profile.test]
network = "dbc-testnet-1"
# a wallet of that network
wallet = 'alice'

[profile.home]
node = "direct"
output = "json"
`

func TestRead(t *testing.T) {
	t.Parallel()
	f, err := file(t, two)
	if err != nil {
		t.Fatal(err)
	}
	if f.Current != "test" || len(f.Profiles) != 2 || f.Profiles["test"]["wallet"] != "alice" || f.Profiles["home"]["node"] != "direct" {
		t.Errorf("%+v", f)
	}
	if values, err := f.Named(profile.None); err != nil || values != nil {
		t.Errorf("none: %v, %v", values, err)
	}
	if _, err := f.Named("prod"); !errors.Is(err, profile.ErrNoProfile) || !strings.Contains(err.Error(), "home, test") {
		t.Errorf("%v", err)
	}
	if f, err := profile.Read(filepath.Join(t.TempDir(), "none.toml")); err != nil || len(f.Profiles) != 0 {
		t.Errorf("no file: %+v, %v", f, err)
	}
}

// TestRefused: by file, line, key, reason and remedy; a value is never repeated.
func TestRefused(t *testing.T) {
	t.Parallel()
	const words = "abandon ability able about above absent absorb abstract absurd abuse access accident"
	for name, c := range map[string]struct{ text, says string }{
		"unknown key":        {"[profile.a]\ncolour = \"red\"\n", ":2: colour: unknown key; use one of: chain-id, grpc, home, language"},
		"wrong value":        {"[profile.a]\n\ntimeout = \"soon\"\n", ":3: timeout: wrong value; want a time such as 30s"},
		"zero time":          {"[profile.a]\ntimeout = \"0s\"\n", ":2: timeout: wrong value"},
		"language":           {"[profile.a]\nlanguage = \"de\"\n", ":2: language: wrong value; want one of: en, zh"},
		"relative network":   {"[profile.a]\nnetwork = \"./dbc-mainnet-1\"\n", ":2: network: wrong value; want name of a network, or the absolute path of its folder"},
		"network of a name":  {"[profile.a]\nnetwork = \"nets/mine\"\n", ":2: network: wrong value"},
		"relative home":      {"[profile.a]\nhome = \"dbc\"\n", ":2: home: wrong value; want an absolute path"},
		"yes":                {"[profile.a]\nyes = true\n", ":2: yes: a profile answers no question"},
		"yes as text":        {"[profile.a]\nyes = \"true\"\n", ":2: yes: a profile answers no question"},
		"dry run":            {"[profile.a]\ndry-run = false\n", ":2: dry-run: "},
		"gas price":          {"[profile.a]\nmax-gas-price = \"9udbc\"\n", ":2: max-gas-price: the limit of what a transaction costs"},
		"json":               {"[profile.a]\njson = true\n", ":2: json: this key is spelled otherwise; write output = \"json\""},
		"passphrase":         {"[profile.a]\npassphrase = \"hunter2\"\n", ":2: passphrase: this file holds no secrets"},
		"mnemonic":           {"[profile.a]\nmnemonic = \"" + words + "\"\n", ":2: mnemonic: this file holds no secrets"},
		"words as a wallet":  {"[profile.a]\nwallet = \"" + words + "\"\n", ":2: wallet: wrong value; want name or address"},
		"password in a URL":  {"[profile.a]\nnode = \"https://me:hunter2@node.example\"\n", ":2: node: wrong value; want http(s)://host:port without user and password"},
		"password in gRPC":   {"[profile.a]\ngrpc = \"me:hunter2@node.example:9090\"\n", ":2: grpc: wrong value"},
		"password in a path": {"[profile.a]\nrpc = \"https://node.example/?key=hunter2\"\n", ":2: rpc: wrong value"},
		"a number":           {"[profile.a]\ntimeout = 5\n", ":2: timeout: not a text; write the value in quotes"},
		"two lines":          {"[profile.a]\nwallet = \"\"\"\na\"\"\"\n", ":2: wallet: "},
		"no profile":         {"network = \"dbc-testnet-1\"\n", ":1: network: it belongs to no profile; move it below [profile.NAME]"},
		"other table":        {"[profiles.a]\n", ":1: profiles.a: unknown part; want [profile.NAME]"},
		"a profile none":     {"[profile.none]\n", ":1: profile.none: unknown part"},
		"array":              {"[[profile.a]]\n", ":1: profile.a: unknown part"},
		"dots":               {"[profile.a]\nnode.url = \"direct\"\n", ":2: node.url: a key with dots"},
		"inline":             {"profile = { a = { node = \"direct\" } }\n", ":1: profile: it belongs to no profile"},
		"use of none such":   {"use = \"b\"\n[profile.a]\n", ":1: use: no such profile; name one of: a"},
		"no TOML":            {"[profile.a]\nnode = direct\n", ":2: not TOML"},
		"twice":              {"[profile.a]\nnode = \"direct\"\nnode = \"direct\"\n", "not TOML"},
		"long":               {"#" + strings.Repeat("x", 1<<16), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := file(t, c.text)
			refusal := new(profile.Refusal)
			if !errors.As(err, &refusal) || !errors.Is(err, profile.ErrFile) || !strings.Contains(err.Error(), c.says) || refusal.Remedy == "" {
				t.Fatalf("%v, want %s", err, c.says)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "abandon") {
				t.Errorf("it repeats a secret: %v", err)
			}
		})
	}
}

// TestOthersMayNotWrite: whoever writes the file chooses the node that is believed.
func TestOthersMayNotWrite(t *testing.T) {
	t.Parallel()
	f, err := file(t, two)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(f.Path, 0o664); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.Read(f.Path); !errors.Is(err, profile.ErrFile) || !strings.Contains(err.Error(), "chmod 0600 "+f.Path) {
		t.Errorf("%v", err)
	}
	if _, err := profile.Read(filepath.Dir(f.Path)); !errors.Is(err, profile.ErrFile) {
		t.Errorf("a folder: %v", err)
	}
}

// TestPipe: nobody waits for a writer.
func TestPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), profile.FileName)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() { _, err := profile.Read(path); read <- err }()
	select {
	case err := <-read:
		if !errors.Is(err, profile.ErrFile) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it waits")
	}
}

// TestByteOrderMark: an editor of Windows begins the file with one.
func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	f, err := file(t, "\ufeff"+two)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Set("test", "wallet", "bob"); err != nil {
		t.Fatal(err)
	}
	if f, err = profile.Read(f.Path); err != nil || f.Current != "test" || f.Profiles["test"]["wallet"] != "bob" {
		t.Errorf("%+v, %v", f, err)
	}
}

// TestTogether: of changes at one time none is lost.
func TestTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", profile.FileName)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			name := "p" + strconv.Itoa(i)
			if err := profile.Change(t.Context(), path, func(f *profile.File) error { return f.Set(name, "wallet", name) }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if f, err := profile.Read(path); err != nil || len(f.Profiles) != 8 {
		t.Errorf("%+v, %v", f, err)
	}
}

// TestEdit: what is written keeps all other lines, is for its user alone, and is read
// back; what is wrong is not written.
func TestEdit(t *testing.T) {
	t.Parallel()
	f, err := file(t, two)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(f.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func() error{
		func() error { return f.Set("test", "wallet", "bob") },
		func() error { return f.Set("test", "language", "zh") },
		func() error { return f.Set("third", "home", `/srv/a "b"\é`) },
		func() error { return f.Use("home") },
		func() error { _, err := f.Unset("home", "output"); return err },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
	want := `# mine
use = "home"

[profile.test]
network = "dbc-testnet-1"
# a wallet of that network
wallet = "bob"
language = "zh"

[profile.home]
node = "direct"

[profile.third]
home = "/srv/a \"b\"\\é"
`
	text, err := os.ReadFile(f.Path)
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
	if info, err := os.Stat(f.Path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if f.Profiles["third"]["home"] != `/srv/a "b"\é` {
		t.Errorf("%q", f.Profiles["third"]["home"])
	}
	if gone, err := f.Unset("home", "wallet"); gone || err != nil {
		t.Errorf("unset what is not there: %v, %v", gone, err)
	}
	for name, err := range map[string]error{
		"yes": f.Set("test", "yes", "true"), "unknown": f.Set("test", "colour", "red"), "secret": f.Set("test", "passphrase", "hunter2"),
		"name": f.Set("../x", "node", "direct"), "none": f.Set("none", "node", "direct"), "value": f.Set("test", "node", "a\nb"), "use": f.Use("fourth"),
	} {
		if !errors.Is(err, profile.ErrFile) && !errors.Is(err, profile.ErrNoProfile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after, err := os.ReadFile(f.Path); err != nil || string(after) != want {
		t.Errorf("a refused change was written: %v\n%s", err, after)
	}
}

// TestFirst: a first profile is the one that counts, and the folder is made.
func TestFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", profile.FileName)
	f, err := profile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Set("default", "wallet", "alice"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "use = \"default\"\n\n[profile.default]\nwallet = \"alice\"\n" {
		t.Errorf("%v\n%s", err, text)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(two)
	f.Add("use = \"none\"\n")
	f.Add("[profile.a]\nhome = \"\\u002fsrv\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := file(t, text)
		if err != nil {
			return
		}
		for name, values := range read.Profiles {
			for key, value := range values {
				// What was read can be written, and is read the same.
				if err := read.Set(name, key, value); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				if read.Profiles[name][key] != value {
					t.Fatalf("%q: %q became %q", text, value, read.Profiles[name][key])
				}
			}
		}
	})
}
