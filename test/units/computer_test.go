package units

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbc-network/dbc/test/netns"
)

const (
	repository = "../.."
	address    = "203.0.113.7" // deploy's README has it, and computer.sh
	// patience ends a wait in vain; nothing is measured by it.
	patience = 5 * time.Minute
)

// computer is a container with systemd, and the network outside it.
type computer struct {
	t       *testing.T
	first   string
	outside *netns.Space
	// dir has the renter's key for logins from outside.
	dir string
}

// boot returns when everything that starts with the computer is running.
func boot(t *testing.T) *computer {
	t.Helper()
	c := &computer{t: t, outside: netns.New(t), dir: t.TempDir()}
	whole, err := filepath.Abs(repository)
	c.must(err)
	folder := t.TempDir()
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "./computer.sh", folder, whole)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	c.must(err)
	c.must(c.outside.Do(cmd.Start))
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	c.first = strings.TrimSpace(line)
	if _, numeric := strconv.Atoi(c.first); err != nil || numeric != nil {
		t.Fatalf("no computer: %v: %s", err, &said)
	}
	c.until("systemd", func() bool {
		_, err := os.Stat(filepath.Join("/proc", c.first, "root/run/systemd/private"))
		return err == nil
	})
	if state := c.run("systemctl is-system-running --wait || systemctl --failed"); state != "running" {
		t.Fatalf("the computer is %s", state)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.run("journalctl -b -o short-precise -u 'dbc-*' -u libvirtd | tail -n 60"))
		}
	})
	return c
}

func (c *computer) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// until polls, because neither systemd nor a guest reports when it is done.
func (c *computer) until(what string, done func() bool) {
	c.t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); !done(); <-again.C {
		if time.Now().After(end) {
			c.t.Fatalf("%s: in vain", what)
		}
	}
}

// try runs a script on the computer as root and returns its output.
func (c *computer) try(script string) (string, error) {
	cmd := exec.Command("nsenter", "--target", c.first, "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup",
		"env", "-i", "HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-ec", script)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s%s", script, err, out, &said)
	}
	return strings.TrimSpace(string(out)), err
}

func (c *computer) run(script string) string {
	c.t.Helper()
	out, err := c.try(script)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// ask runs a command that prints JSON.
func (c *computer) ask(reply any, script string) {
	c.t.Helper()
	if out := c.run(script); json.Unmarshal([]byte(out), reply) != nil {
		c.t.Fatalf("%s: %s", script, out)
	}
}

// login runs a command in a guest, from outside the computer.
func (c *computer) login(v vm, command string) (string, error) {
	known := filepath.Join(c.dir, v.TaskID)
	var lines strings.Builder
	for _, key := range v.HostKeys {
		fmt.Fprintf(&lines, "[%s]:%s %s\n", address, v.Port, key)
	}
	if err := os.WriteFile(known, []byte(lines.String()), 0o600); err != nil {
		return "", err
	}
	cmd := exec.Command("ssh", "-i", filepath.Join(c.dir, "key"), "-o", "UserKnownHostsFile="+known, "-o", "StrictHostKeyChecking=yes",
		"-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-F", "none", "-p", v.Port, v.User+"@"+address, command)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := c.outside.Do(cmd.Start); err != nil {
		return "", err
	}
	err := cmd.Wait()
	return strings.TrimSpace(out.String()), err
}
