package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/test/mutation/switches"
)

const (
	// memoryKiB is the address space that a test binary may use.
	memoryKiB = 6 << 20
	// patience is how long a test may exceed the multiple of its time without a
	// mutant. Processor time distinguishes an endless loop from a busy computer.
	patience   = time.Second
	multiple   = 10
	wallFactor = 10
	// grace is how long a process has to start and to end by itself.
	grace = time.Minute
)

// worker keeps a process of a binary, which runs one test after another.
type worker struct {
	*binary
	// env is added to the environment of the process, if it is not empty.
	env string
	// runs counts the tests of the process.
	runs    int
	cmd     *exec.Cmd
	orders  *os.File
	answers *json.Decoder
	files   []*os.File
	output  tail
}

// outcome of one test.
type outcome struct {
	switches.Answer
	// over is true when the process was ended because the test took too long;
	// died when it ended for that or another reason.
	over, died bool
}

// limitFor returns the processor time that a test may take with a mutant.
func limitFor(cpu time.Duration) time.Duration { return multiple*cpu + patience }

// do runs a test, in the process of the last one if there is one.
func (w *worker) do(ctx context.Context, o switches.Order) (outcome, error) {
	if w.cmd == nil {
		if err := w.start(); err != nil {
			return outcome{}, err
		}
	}
	w.output.reset()
	w.runs++
	o.Wall = wallFactor * o.CPU
	pid := w.cmd.Process.Pid
	kill := func() { _ = syscall.Kill(-pid, syscall.SIGKILL) }
	watch := time.AfterFunc(o.Wall+grace, kill)
	defer watch.Stop()
	defer context.AfterFunc(ctx, kill)()
	var a switches.Answer
	err := json.NewEncoder(w.orders).Encode(o)
	if err == nil {
		err = w.answers.Decode(&a)
	}
	if err == nil {
		return outcome{Answer: a}, nil
	}
	out := outcome{died: true, over: w.stop() == switches.OverCode || !watch.Stop()}
	out.Failed = true
	return out, ctx.Err()
}

func (w *worker) start() error {
	ordersIn, orders, err := os.Pipe()
	if err != nil {
		return err
	}
	answers, answersOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, ordersIn.Close(), orders.Close())
	}
	script := fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, memoryKiB)
	args := append([]string{"-c", script, w.path, "-test.timeout=0"}, w.fixed...)
	cmd := exec.Command("/bin/bash", args...) //nolint:noctx // do kills it
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "TMPDIR="+w.tmp, switches.ServeVar+"=1", "GOMAXPROCS=1")
	if w.env != "" {
		cmd.Env = append(cmd.Env, w.env)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.ExtraFiles = []*os.File{ordersIn, answersOut}
	cmd.Stdout, cmd.Stderr = &w.output, &w.output
	cmd.WaitDelay = grace
	err = cmd.Start()
	err = errors.Join(err, ordersIn.Close(), answersOut.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("start tests of %s: %w", w.folder, err), orders.Close(), answers.Close())
	}
	w.cmd, w.orders, w.answers, w.runs = cmd, orders, json.NewDecoder(answers), 0
	w.files = []*os.File{orders, answers}
	return nil
}

// stop ends the process, and returns its exit status.
func (w *worker) stop() int {
	if w.cmd == nil {
		return 0
	}
	_ = w.orders.Close()
	watch := time.AfterFunc(patience, func() { _ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL) })
	_ = w.cmd.Wait() // its status is what counts
	watch.Stop()
	status := w.cmd.ProcessState.ExitCode()
	for _, f := range w.files {
		_ = f.Close()
	}
	w.cmd = nil
	return status
}

// tail keeps the end of what a process writes.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 32 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailSize; extra > 0 {
		t.text = bytes.Clone(t.text[extra:])
	}
	return len(p), nil
}

func (t *tail) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
