package page

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Reader is somebody who follows pages in one shell. What a command prints on
// either stream is in order, as in a terminal; there is no input but what the page
// redirects.
type Reader struct {
	t     *testing.T
	dir   string
	env   []string
	bound Bound
	shell *program
	// terminals are what stays, by name.
	terminals map[string]*program
	mark      string
}

// program is what runs until the test ends.
type program struct {
	in    io.Writer
	lines chan string
	// left is closed when nobody waits for its lines any more: the last ones are
	// kept then, for a test that fails.
	left chan struct{}
	last []string
	// end interrupts it and waits for it; it may be repeated.
	end func()
}

// maxLast is how many lines of what stays a failed test shows.
const maxLast = 30

// NewReader starts a shell in dir, which ends with the test.
func NewReader(t *testing.T, dir string, env []string) *Reader {
	t.Helper()
	r := &Reader{t: t, dir: dir, env: append(os.Environ(), env...), bound: Bound{}, terminals: map[string]*program{}, mark: fmt.Sprintf("step-%d-ended ", os.Getpid())}
	r.shell = r.start("exec bash --norc --noprofile 2>&1")
	r.tell("set -o pipefail")
	return r
}

func (r *Reader) start(script string) *program {
	r.t.Helper()
	// Where the tests run in the background, an interrupt is ignored by all that they
	// start, and what stays would never end.
	cmd := exec.Command("env", "--default-signal=INT", "bash", "-c", script) //nolint:noctx // it runs until the test ends, which ends it
	cmd.Dir, cmd.Env = r.dir, r.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	r.must(err)
	out, err := cmd.StdoutPipe()
	r.must(err)
	r.must(cmd.Start())
	p := &program{in: in, lines: make(chan string), left: make(chan struct{})}
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(p.lines)
		text := bufio.NewScanner(out)
		text.Buffer(nil, 1<<20)
		for text.Scan() {
			select {
			case p.lines <- text.Text():
			case <-p.left:
				p.last = append(p.last, text.Text())
				p.last = p.last[max(0, len(p.last)-maxLast):]
			}
		}
	})
	p.end = sync.OnceFunc(func() {
		_ = in.Close()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) // Ctrl-C
		for range p.lines {                                // what it still says
		}
		reading.Wait()
		_ = cmd.Wait()
		if r.t.Failed() && len(p.last) > 0 {
			r.t.Logf("what stayed printed last:\n%s", strings.Join(p.last, "\n"))
		}
	})
	r.t.Cleanup(p.end)
	return p
}

func (r *Reader) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *Reader) tell(text string) {
	r.t.Helper()
	_, err := io.WriteString(r.shell.in, text+"\n")
	r.must(err)
}

// Follow executes the steps of blocks, each once the one before has ended.
func (r *Reader) Follow(blocks []Block) {
	r.t.Helper()
	for _, b := range blocks {
		r.end(b)
		for i, step := range b.Steps {
			where := fmt.Sprintf("%s:%d: %s", b.Page, step.Line, step.Command)
			began := time.Now()
			if b.Stays && i == len(b.Steps)-1 {
				r.terminals[b.Terminal] = r.leave(where, step)
			} else {
				r.follow(where, step)
			}
			r.t.Logf("%6.1f s  %s", time.Since(began).Seconds(), where)
		}
	}
}

// end presses Ctrl-C where the block says so.
func (r *Reader) end(b Block) {
	r.t.Helper()
	if b.Ends == "" {
		return
	}
	p := r.terminals[b.Ends]
	if p == nil {
		r.t.Fatalf("%s:%d: nothing stays as %s", b.Page, b.Line, b.Ends)
	}
	p.end()
	delete(r.terminals, b.Ends)
}

// Prepare runs a script that is on no page.
func (r *Reader) Prepare(script string) {
	r.t.Helper()
	r.follow("prepare", Step{Command: script, Silent: true})
}

// follow executes one step. Only where the page shows an error, one is right.
func (r *Reader) follow(where string, step Step) {
	r.t.Helper()
	r.tell("{ " + r.bound.Command(step.Command) + "\n} </dev/null; printf '\\n" + r.mark + "%d\\n' $?")
	var got []string
	for status := -1; status < 0; {
		line := r.next(r.shell, where, got)
		if code, ended := strings.CutPrefix(line, r.mark); ended {
			var err error
			status, err = strconv.Atoi(code)
			r.must(err)
			got = trim(got)
			if refused := slices.ContainsFunc(step.Output, isError); status != 0 && !refused {
				r.t.Fatalf("%s: exit code %d: %s", where, status, strings.Join(got, "\n"))
			}
			continue
		}
		got = append(got, strings.TrimRight(line, " "))
	}
	if step.Silent {
		return
	}
	if err := r.bound.Compare(trim(step.Output), got); err != nil {
		r.t.Errorf("%s: %v\nIt printed:\n%s", where, err, strings.Join(got, "\n"))
	}
}

func isError(line string) bool {
	return strings.HasPrefix(line, "dbc: ") || strings.HasPrefix(line, "Error: ")
}

// leave starts a command that stays, and returns when it has printed what the page
// shows.
func (r *Reader) leave(where string, step Step) *program {
	r.t.Helper()
	p := r.start("exec 2>&1; " + r.bound.Command(step.Command))
	defer close(p.left)
	want, got := trim(step.Output), []string(nil)
	for len(want) > 0 {
		got = append(got, strings.TrimRight(r.next(p, where, got), " "))
		err := r.bound.Compare(want, got)
		if err == nil {
			return p
		}
		if len(got) >= len(want) && !slices.Contains(want, anything) {
			r.t.Fatalf("%s: %v\nIt printed:\n%s", where, err, strings.Join(got, "\n"))
		}
	}
	return p
}

// next returns the next line that a program prints.
func (r *Reader) next(p *program, where string, got []string) string {
	r.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			r.t.Fatalf("%s: it ended after it printed:\n%s", where, strings.Join(got, "\n"))
		}
		return line
	case <-time.After(patience):
		r.t.Fatalf("%s: no end in %v; it printed:\n%s", where, patience, strings.Join(got, "\n"))
	}
	return ""
}

// patience is far above what a slow computer needs: it ends a step that hangs.
const patience = 10 * time.Minute

// trim removes the empty lines at both ends.
func trim(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
