package commands

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// look is the interval between two looks at a file: a step may take milliseconds.
const look = time.Millisecond

// killed EVENT PROGRAM ARGS... kills the program, as no program notices, as soon as it
// has printed a line with one of some texts, said:TEXT|TEXT, or a file contains one,
// file:PATH:TEXT. A kill may come late, and the next run then begins behind the file's
// step: the texts that it prints then count as well. It must not have ended before.
func killed(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = append(os.Environ(), environmentOf(ts)...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	how, what, _ := strings.Cut(args[0], ":")
	happened := make(chan bool, 2)
	if how == "said" {
		go func() { happened <- saidBy(out, what) }()
	} else {
		path, text, _ := strings.Cut(what, ":")
		had, _ := os.ReadFile(path)
		go func() {
			if saidBy(out, "Rented|Creating") {
				happened <- true
			}
		}()
		go func() { happened <- holds(path, text, had) }()
	}
	if !<-happened {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		ts.Fatalf("%s never happened: %s", args[0], errOut.String())
	}
	ts.Check(cmd.Process.Kill())
	_ = cmd.Wait()
	ts.Logf("killed at %s", args[0])
}

func saidBy(out io.Reader, texts string) bool {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		for text := range strings.SplitSeq(texts, "|") {
			if strings.HasPrefix(lines.Text(), text) {
				return true
			}
		}
	}
	return false
}

// holds waits until the file contains the text and is another than it was.
func holds(path, text string, had []byte) bool {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(look) {
		if now, err := os.ReadFile(path); err == nil && bytes.Contains(now, []byte(text)) && !slices.Equal(now, had) {
			return true
		}
	}
	return false
}

// environmentOf returns the script's variables that a program of this project reads.
func environmentOf(ts *testscript.TestScript) (env []string) {
	for _, name := range []string{"PATH", "HOME", "DBC_HOME", "DBC_WALLET", "TZ"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}
