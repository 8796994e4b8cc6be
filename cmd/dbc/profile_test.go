package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// configured is a home with a configuration file.
func configured(t *testing.T, text string) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("DBC_HOME", home)
	path := filepath.Join(home, "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const profiles = `use = "test"

[profile.test]
network = "dbc-testnet-1"
node = "http://node.example:5050"
wallet = "alice"
timeout = "9m"
output = "json"
language = "zh"

[profile.plain]
wallet = "bob"
`

// TestPrecedence: flag, then variable, then profile, then default.
func TestPrecedence(t *testing.T) {
	configured(t, profiles)
	s, err := given(t)
	if err != nil {
		t.Fatal(err)
	}
	if s.network != "dbc-testnet-1" || s.chainID != "dbc-testnet-1" || s.node != "http://node.example:5050" || s.wallet != "alice" || s.timeout.String() != "9m0s" || !s.json || s.language != "zh" {
		t.Errorf("%+v", s)
	}
	if s.origins["wallet"] != "profile test" {
		t.Errorf("wallet is from %q", s.origins["wallet"])
	}
	t.Setenv("DBC_WALLET", "carol")
	if s, err = given(t); err != nil || s.wallet != "carol" {
		t.Errorf("the variable: %q, %v", s.wallet, err)
	}
	if s, err = given(t, "--wallet", "dave", "--json=false"); err != nil || s.wallet != "dave" || s.json {
		t.Errorf("the flag: %q, %v, %v", s.wallet, s.json, err)
	}
	t.Setenv("DBC_WALLET", "")
	if s, err = given(t, "--profile", "plain"); err != nil || s.wallet != "bob" || s.network != "" || s.json {
		t.Errorf("another profile: %+v, %v", s, err)
	}
	t.Setenv("DBC_PROFILE", "plain")
	if s, err = given(t); err != nil || s.wallet != "bob" {
		t.Errorf("by the variable: %q, %v", s.wallet, err)
	}
	if s, err = given(t, "--profile", "none"); err != nil || s.wallet != "" || s.network != "" {
		t.Errorf("no profile: %+v, %v", s, err)
	}
	if _, err = given(t, "--profile", "prod"); err == nil || exitCode(err) != exitUsage || !strings.Contains(err.Error(), "plain, test") {
		t.Errorf("an unknown one: %v", err)
	}
}

// TestNothingIsMixed: whoever names another place gets nothing of the profile's.
func TestNothingIsMixed(t *testing.T) {
	configured(t, profiles)
	for _, args := range [][]string{{"--chain-id", "dbc-1"}, {"--rpc", "http://127.0.0.1:1"}, {"--grpc", "127.0.0.1:1"}} {
		s, err := given(t, args...)
		if err != nil || s.network != "" || s.node != "" || s.wallet != "alice" {
			t.Errorf("%v: network %q, node %q, wallet %q, %v", args, s.network, s.node, s.wallet, err)
		}
	}
	if s, err := given(t, "--node", "direct"); err != nil || s.network != "dbc-testnet-1" || s.node != "direct" {
		t.Errorf("a node alone: %q, %q, %v", s.network, s.node, err)
	}
}

// TestWrittenForSSH: what was written for ssh goes where it went then, whatever profile is
// chosen since.
func TestWrittenForSSH(t *testing.T) {
	path := configured(t, "")
	words, err := proxyWords(&settings{told: &endpoints{}}, filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	configured(t, profiles)
	s, err := given(t, words[2:]...)
	if err != nil || s.network != "" || s.node != "" {
		t.Errorf("of this home: network %q, node %q, %v", s.network, s.node, err)
	}
	if err := os.WriteFile(path, []byte(profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = given(t, words[2:]...); err != nil || s.network != "" || s.node != "" {
		t.Errorf("of that home: network %q, node %q, %v", s.network, s.node, err)
	}
}

// TestWrongFile: every command refuses it by file, line and key, but those of a node, and
// those that help to find it.
func TestWrongFile(t *testing.T) {
	path := configured(t, "[profile.a]\nyes = true\n")
	dbc := func(args ...string) (int, string) {
		var out, said bytes.Buffer
		code := run(t.Context(), args, strings.NewReader(""), &out, &said)
		return code, out.String() + said.String()
	}
	for _, args := range [][]string{{"rentals"}, {"wallet", "list"}, {"config", "list"}, {"config", "set", "wallet", "alice"}} {
		if code, said := dbc(args...); code != exitUsage || !strings.Contains(said, path+":2: yes: a profile answers no question") {
			t.Errorf("%v: %d %s", args, code, said)
		}
	}
	for _, args := range [][]string{{"config", "path"}, {"version"}, {"node", "init", "--role", "client", "--home", t.TempDir(), "--set", "chain_id=dbc-devnet-1"}} {
		if code, said := dbc(args...); code != exitDone {
			t.Errorf("%v: %d %s", args, code, said)
		}
	}
}

// TestConfigCommands goes through them.
func TestConfigCommands(t *testing.T) {
	home := t.TempDir()
	t.Setenv("DBC_HOME", home)
	for _, step := range []struct {
		line string
		code int
		says string
	}{
		{"config list", exitDone, "No profiles yet"},
		{"config set wallet alice", exitDone, "Profile default of " + filepath.Join(home, "config.toml")},
		{"config set network dbc-testnet-1 --profile test", exitDone, "Profile test"},
		{"config set output json --profile test", exitDone, "Profile test"},
		{"config get wallet", exitDone, "alice (profile default)"},
		{"config get network", exitDone, "not set (default)"},
		{"config get network --profile test", exitDone, `"value": "dbc-testnet-1"`},
		{"config use test", exitDone, "go by test"},
		{"config list --profile default", exitDone, "default (counts)\n  wallet = alice\ntest\n"},
		{"config unset output", exitDone, "Profile test"},
		{"config unset output", exitDone, "Profile test has no output"},
		{"config use prod", exitUsage, "default, test"},
		{"config set yes true", exitUsage, "answers no question"},
		{"config set passphrase hunter2", exitUsage, "holds no secrets"},
		{"config get yes", exitUsage, "unknown key"},
		{"config set wallet bob --dry-run", exitUsage, "--dry-run"},
		{"config set wallet bob --profile none", exitUsage, "is no profile"},
		{"config path", exitDone, filepath.Join(home, "config.toml")},
	} {
		var out, said bytes.Buffer
		code := run(t.Context(), strings.Fields(step.line), strings.NewReader(""), &out, &said)
		if code != step.code || !strings.Contains(out.String()+said.String(), step.says) || strings.Contains(said.String(), "hunter2") {
			t.Errorf("%s: %d, %s%s", step.line, code, out.String(), said.String())
		}
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"config", "list", "--json"}, strings.NewReader(""), &out, &out); code != exitDone {
		t.Fatalf("%d %s", code, out.String())
	}
	var reply configReply
	if err := json.Unmarshal(out.Bytes(), &reply); err != nil || reply.Current != "test" || reply.Profiles["default"]["wallet"] != "alice" {
		t.Errorf("%v: %s", err, out.String())
	}
	t.Setenv("DBC_CONFIG", filepath.Join(home, "other.toml"))
	out.Reset()
	if code := run(t.Context(), []string{"config", "path"}, strings.NewReader(""), &out, &out); code != exitDone || !strings.Contains(out.String(), "other.toml") {
		t.Errorf("%d %s", code, out.String())
	}
}

// terminals returns both ends of a pseudo terminal.
func terminals(t *testing.T) (near, far *os.File) {
	t.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	if err := unix.IoctlSetPointerInt(int(near.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(near.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if far, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return near, far
}

// TestVariableAnswersNobody: DBC_YES counts where nobody can be asked; on a terminal the
// question comes all the same, and a flag answers it.
func TestVariableAnswersNobody(t *testing.T) {
	t.Setenv("DBC_HOME", t.TempDir())
	t.Setenv("DBC_YES", "true")
	for name, c := range map[string]struct {
		args   []string
		typed  string
		asked  bool
		agreed bool
	}{
		"nobody there":         {nil, "", false, true},
		"on a terminal, no":    {nil, "n\n", true, false},
		"on a terminal, yes":   {nil, "yes\n", true, true},
		"a flag on a terminal": {[]string{"--yes"}, "n\n", false, true},
	} {
		var said bytes.Buffer
		s := &settings{}
		root, _ := newRootCommand(s)
		var answer error
		root.AddCommand(&cobra.Command{Use: "danger", RunE: func(cmd *cobra.Command, _ []string) error { answer = s.sure(cmd, "All is gone."); return nil }})
		root.SetArgs(append([]string{"danger"}, c.args...))
		root.SetErr(&said)
		root.SetIn(strings.NewReader(""))
		if c.typed != "" {
			near, far := terminals(t)
			if _, err := near.WriteString(c.typed); err != nil {
				t.Fatal(err)
			}
			root.SetIn(far)
		}
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.close()
		if asked := strings.Contains(said.String(), "All is gone. Go on?"); asked != c.asked || (answer == nil) != c.agreed {
			t.Errorf("%s: asked %v, answer %v", name, asked, answer)
		}
	}
}
