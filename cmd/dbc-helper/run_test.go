package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestCommandLine tells what becomes of command lines that serve nobody.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":          {[]string{"--help"}, 0, "dbc-helper --home /etc/dbc"},
		"a wrong flag":  {[]string{"--colour"}, codeUsage, "colour"},
		"an argument":   {[]string{"start"}, codeUsage, `"start"`},
		"version":       {[]string{"--version"}, 0, version},
		"no home":       {[]string{"--home", t.TempDir()}, 1, "core.conf"},
		"reset nothing": {[]string{"reset-card"}, 1, "want flr"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if code := run(t.Context(), c.args, &out, &out); code != c.code || !strings.Contains(out.String(), c.says) {
				t.Errorf("code %d, want %d: %s", code, c.code, out.String())
			}
		})
	}
}
