package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// binary is the compiled tests of one package, with all mutants in it.
type binary struct {
	path string
	// dir is the package's folder, in which its tests run.
	dir    string
	folder string
	// sum changes with whatever the binary is made of.
	sum string
	// fixed makes the tests that draw at random draw the same each time.
	fixed []string
	// reaching are the tests that reach a mutant, by "folder#id", the quickest first.
	reaching map[string][]*test
}

func build(ctx context.Context, dir, root, overlay, folder string) (*binary, error) {
	b := &binary{
		path: filepath.Join(dir, "bin", strings.ReplaceAll(folder, "/", "-")+".test"),
		dir:  filepath.Join(root, folder), folder: folder,
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlay, "-o", b.path, "./"+folder)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build tests of %s: %w\n%s", folder, err, out)
	}
	file, err := os.Open(b.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return nil, err
	}
	b.sum = hex.EncodeToString(hash.Sum(nil)[:8])
	help, _ := exec.CommandContext(ctx, b.path, "-h").CombinedOutput() // exits with 2
	if bytes.Contains(help, []byte("rapid.seed")) {
		b.fixed = []string{"-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=0s"}
	}
	return b, nil
}

// tests lists the tests, examples and fuzz targets.
func (b *binary) tests(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, b.path, "-test.list", "^(Test|Fuzz|Example)")
	cmd.Dir = b.dir
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list tests of %s: %w", b.folder, err)
	}
	return strings.Fields(string(out)), nil
}

// limits of one run. Processor time tells a loop without an end from a busy computer.
type limits struct {
	wall, cpu time.Duration
}

const (
	// memoryKiB is the address space that a mutant may fill.
	memoryKiB = 6 << 20
	// patience is how long a run may last beyond the multiple of what it took without a mutant.
	patience   = 5 * time.Second
	multiple   = 10
	wallFactor = 6
)

func limitsFor(cpu time.Duration) limits {
	l := multiple*cpu + patience
	return limits{wall: wallFactor * l, cpu: l}
}

// outcome of one run of tests.
type outcome struct {
	failed bool
	// by names the first test that failed, or what else ended the run.
	by        string
	wall, cpu time.Duration
	output    []byte
}

var failure = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// run runs tests with an addition to the environment.
func (b *binary) run(ctx context.Context, tmp string, tests []string, l limits, env string) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, l.wall+patience)
	defer cancel()
	script := fmt.Sprintf(`ulimit -v %d; ulimit -t %d; exec "$0" "$@"`, memoryKiB, int(l.cpu/time.Second)+1)
	args := []string{
		"-c", script, b.path, "-test.run", "^(" + strings.Join(tests, "|") + ")$",
		"-test.failfast", "-test.timeout", l.wall.String(),
	}
	cmd := exec.CommandContext(ctx, "/bin/bash", append(args, b.fixed...)...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = patience
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	o := outcome{wall: time.Since(start), output: out.Bytes()}
	if cmd.ProcessState != nil {
		o.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if err == nil {
		return o, nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) && ctx.Err() == nil {
		return o, fmt.Errorf("run tests of %s: %w", b.folder, err)
	}
	o.failed = true
	switch m := failure.FindSubmatch(o.output); {
	case m != nil:
		o.by = string(m[1])
	case o.cpu >= l.cpu || o.wall >= l.wall:
		o.by = "timeout after " + strconv.Itoa(int(o.cpu.Seconds())) + "s of processor time"
	default:
		o.by = "panic or exit"
	}
	return o, nil
}
