package commands

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// words are the scripts' own commands.
var words = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits": exits, "equal": equal, "field": field, "until": until, "freeport": freePort, "banner": banner, "silence": silence, "post": post,
	"team": team, "killed": killed,
}

// pause is the interval between two attempts.
const pause = 300 * time.Millisecond

// exits N PROGRAM ARGS... expects the exit code N.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code, exit := 0, new(exec.ExitError)
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if args[0] != strconv.Itoa(code) {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// equal A B keeps the last output, unlike exec test.
func equal(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] != args[1] {
		ts.Fatalf("%q, want %q", args[0], args[1])
	}
}

// field VARIABLE PATH extracts a value from the JSON that was printed last. A
// path consists of names and numbers separated by dots.
func field(ts *testscript.TestScript, neg bool, args []string) {
	var value any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	decoder.UseNumber()
	ts.Check(decoder.Decode(&value))
	found := true
	for name := range strings.SplitSeq(args[1], ".") {
		if name == "" {
			continue // "." is the whole document
		}
		switch v := value.(type) {
		case map[string]any:
			value, found = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if found = err == nil && i < len(v); found {
				value = v[i]
			}
		default:
			found = false
		}
		if !found {
			break
		}
	}
	switch {
	case neg && found:
		ts.Fatalf("%s is there: %v", args[1], value)
	case !neg && !found:
		ts.Fatalf("no %s in %s", args[1], ts.ReadFile("stdout"))
	case found:
		ts.Setenv(args[0], fmt.Sprint(value))
	}
}

// until TEXT PROGRAM ARGS... repeats until the program succeeds and prints the text.
func until(ts *testscript.TestScript, _ bool, args []string) {
	// The script's deadline ends an endless loop.
	for {
		if err := ts.Exec(args[1], args[2:]...); err == nil && strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		if time.Now().After(begun.Add(limit)) {
			ts.Fatalf("%q never came", args[0])
		}
		<-time.After(pause)
	}
}

// begun is the start for the limit of until: the library's deadline ends
// programs, not loops.
var begun = time.Now()

// freePort VARIABLE sets a port of this computer that nobody uses.
func freePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

// banner ADDRESS TEXT connects until the greeting of the other side contains
// the text.
func banner(ts *testscript.TestScript, _ bool, args []string) {
	for said := []byte(nil); ; <-time.After(pause) {
		conn, err := net.DialTimeout("tcp", args[0], time.Minute)
		if err == nil {
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			said = make([]byte, 64)
			n, _ := conn.Read(said)
			_ = conn.Close()
			if strings.Contains(string(said[:n]), args[1]) {
				return
			}
		}
		if time.Now().After(begun.Add(limit)) {
			ts.Fatalf("%s never said %q: %v, %q", args[0], args[1], err, said)
		}
	}
}

// silence PORT drops what this computer sends to a published port, until the script ends.
func silence(ts *testscript.TestScript, _ bool, args []string) {
	const table = "dbc_commands_test"
	rules := fmt.Sprintf("table inet %s {\n\tchain output {\n\t\ttype filter hook output priority -200\n\t\ttcp dport %s drop\n\t}\n}\n", table, args[0])
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		ts.Fatalf("nft: %v: %s", err, out)
	}
	ts.Defer(func() { _ = exec.Command("nft", "delete", "table", "inet", table).Run() })
}

// post STATUS URL FILE sends a file, in which the script's variables are
// expanded, expects the HTTP status, and prints the answer.
func post(ts *testscript.TestScript, _ bool, args []string) {
	body := ts.ReadFile(args[2])
	for _, name := range []string{"MACHINE", "TASK", "RENT", "SESSION", "WALLET", "NONCE", "SIGN"} {
		body = strings.ReplaceAll(body, "$"+name, ts.Getenv(name))
	}
	res, err := http.Post(args[1], "application/json", bytes.NewReader([]byte(body)))
	ts.Check(err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	ts.Check(err)
	if args[0] != strconv.Itoa(res.StatusCode) {
		ts.Fatalf("HTTP %d, want %s: %s", res.StatusCode, args[0], answer)
	}
	ts.Check(ts.Exec("printf", "%s", string(answer)))
}

// team FILE MEMBER... signs a transaction of the wallet team with its members,
// and sends it.
func team(ts *testscript.TestScript, _ bool, args []string) {
	options := []string{
		"--chain-id", "dbc-devnet-1", "--node", ts.Getenv("RPC"), "--keyring-backend", "test", "--keyring-dir", filepath.Join(ts.Getenv("DBC_HOME"), "keys"),
	}
	run := func(words ...string) {
		ts.Check(ts.Exec("dbcd", append(append([]string{"tx"}, words...), options...)...))
	}
	signs := []string{}
	for _, member := range args[1:] {
		signs = append(signs, args[0]+"."+member)
		run("sign", args[0], "--from", member, "--multisig", ts.Getenv("TEAM"), "--output-document", args[0]+"."+member)
	}
	run(append(append([]string{"multi-sign", args[0], "team"}, signs...), "--output-document", args[0]+".signed")...)
	run("broadcast", args[0]+".signed", "--output", "json")
	field(ts, false, []string{"CODE", "code"})
	if code := ts.Getenv("CODE"); code != "0" {
		ts.Fatalf("the chain refuses %s: %s", args[0], ts.ReadFile("stdout"))
	}
}
