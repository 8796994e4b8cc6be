package devnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/dbc-network/dbc/client"
)

// sshRetry is the interval for a guest whose sshd does not listen yet.
const sshRetry = time.Second

// sshFailed is ssh's exit code when it could not connect.
const sshFailed = 255

// logIn runs the real ssh with only the host keys that the machine signed.
func (d *Demo) logIn(ctx context.Context) (happened, command string, err error) {
	line, err := runSSH(ctx, d.first, d.key.path, "hostname; uname -sr; uptime")
	if err != nil {
		return "", "", err
	}
	words := strings.Join(strings.Fields(client.Printable(strings.ReplaceAll(line, "\n", " | "))), " ")
	return fmt.Sprintf("the guest says %q", strings.TrimSuffix(words, " |")),
		fmt.Sprintf("dbc ssh %s -i %s", d.first.task.TaskID, d.key.path), nil
}

// runSSH runs one command in a guest and returns its output. It retries while
// the guest refuses connections, but never after a host key other than the
// signed one.
func runSSH(ctx context.Context, r rented, key, remote string) (string, error) {
	login, err := client.NewLogin(r.task)
	if err != nil {
		return "", err
	}
	argv, remove, err := login.Command(client.SSH{Identities: []string{key}, Remote: []string{remote}})
	if err != nil {
		return "", err
	}
	defer remove()
	argv = append([]string{"-o", "BatchMode=yes"}, argv...)
	for {
		var out, said bytes.Buffer
		cmd := exec.CommandContext(ctx, "ssh", argv...)
		cmd.Stdout, cmd.Stderr = &out, &said
		err := cmd.Run()
		if err == nil {
			return out.String(), nil
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != sshFailed || bytes.Contains(said.Bytes(), []byte("HOST IDENTIFICATION")) {
			return "", fmt.Errorf("ssh: %w: %s", err, client.Printable(said.String()))
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("ssh: %w: %s", context.Cause(ctx), client.Printable(said.String()))
		case <-time.After(sshRetry):
		}
	}
}
