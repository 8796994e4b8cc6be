package build

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
)

// runIn runs a program in a folder with additional environment variables. Its
// output is part of the error.
func runIn(ctx context.Context, dir string, env []string, name string, args ...string) error {
	_, err := output(ctx, dir, env, name, args...)
	return err
}

func output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "LC_ALL=C"), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s%s", name, err, bytes.TrimSpace(stderr.Bytes()), tail(stdout.Bytes()))
	}
	return stdout.Bytes(), nil
}

func tail(b []byte) []byte {
	const most = 2000
	return b[max(0, len(b)-most):]
}
