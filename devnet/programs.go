package devnet

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// packages are what installs a program where it is missing.
var packages = map[string]string{"dbcd": "the package dbc-chain, or the tarball of the release"}

// findProgram returns a program that an environment variable of its name in capitals
// names, or that PATH has. expected is where it was looked for first.
func findProgram(name, expected string) (string, error) {
	variable := strings.ToUpper(name)
	if path := os.Getenv(variable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s names %s, which %w: %w", variable, path, ErrMissing, err)
		}
		return path, nil
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("%s %w: neither at %s nor in PATH, and %s names none; %s has it, and make build in a checkout makes it",
		name, ErrMissing, expected, variable, packages[name])
}
