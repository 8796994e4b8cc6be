package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestSSHSpeaksForItself: what ran in the guest may end in any way; dbc only
// reports an ssh that did not run.
func TestSSHSpeaksForItself(t *testing.T) {
	t.Parallel()
	ended := exec.CommandContext(t.Context(), "sh", "-c", "exit 7").Run()
	for name, c := range map[string]struct {
		err  error
		code int
		said string
	}{
		"the guest's":   {fmt.Errorf("ssh: %w", ended), 7, ""},
		"another's":     {errors.New("ssh: signal: killed"), 1, "dbc: ssh: signal: killed\n"},
		"not by an ssh": {nil, 7, "dbc: exit status 7\n"},
	} {
		err := error(&sshError{c.err})
		if c.err == nil {
			err = ended
		}
		var said strings.Builder
		report(&cobra.Command{}, &settings{}, &said, err)
		if exitCode(err) != c.code || said.String() != c.said {
			t.Errorf("%s: %d %q, want %d %q", name, exitCode(err), said.String(), c.code, c.said)
		}
	}
}
