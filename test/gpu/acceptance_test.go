package gpu

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// standIn is a dbc that notes how it was called, says what would give its host away,
// and fails where fail names its arguments.
const standIn = `#!/bin/sh
echo "$*" >>"$WORLD/calls"
grep -qxF "$*" "$WORLD/fail" 2>/dev/null && { echo "refused" >&2; exit 1; }
echo '{"uuid": "GPU-0a1b2c3d-4444-5555-6666-777788889999", "serial": "1320", "holder": "x", "ip": "203.0.113.7"}'
echo '["dbc1q9c8rlx5h9vd3qkq5p6x0t5x9c2vkq3mzsf5xy", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "12D3KooWabc", "02:00:00:00:00:01"]'
`

// TestAcceptance runs scripts/gpu-acceptance.sh with a dbc that stands in: up to the
// reboot, on after it, again after a failure, and with a report that gives nobody away.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	world := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(world, name)
		must(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	dbc, boot := write("dbc", standIn, 0o755), write("boot", "one\n", 0o644)
	run := func(args ...string) (report, said string, calls []string, ok bool) {
		_ = os.Remove(filepath.Join(world, "calls"))
		cmd := exec.CommandContext(t.Context(), repository+"/scripts/gpu-acceptance.sh", append([]string{"--state", filepath.Join(world, "state")}, args...)...)
		cmd.Env = append(os.Environ(), "DBC="+dbc, "BOOT_ID="+boot, "WORLD="+world)
		var out, err strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &err
		ok = cmd.Run() == nil
		text, _ := os.ReadFile(filepath.Join(world, "calls"))
		return out.String(), err.String(), strings.Split(strings.TrimSpace(string(text)), "\n"), ok
	}
	want := func(step string, calls []string, want ...string) {
		t.Helper()
		if got := strings.Join(calls, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", step, got, strings.Join(want, "\n"))
		}
	}
	write("fail", "host gpu bind --json\n", 0o644)
	_, said, calls, ok := run()
	want("nothing to bind", calls, "host inventory --json", "host doctor --all --json --node-home /etc/dbc", "host gpu bind --json")
	if ok || !strings.Contains(said, "nothing was bound") {
		t.Errorf("%s", said)
	}
	write("fail", "", 0o644)
	for range 2 { // nothing is done twice
		report, said, again, ok := run()
		if !ok || report != "" || !strings.Contains(said, "reboot, then run this again") {
			t.Errorf("%v %s: %s", ok, report, said)
		}
		calls = again
	}
	want("before the reboot", calls, "")
	write("boot", "two\n", 0o644)
	write("fail", "host gpu slots --json --node-home /etc/dbc\n", 0o644)
	_, said, calls, ok = run("--wallet", "owner")
	want("without a helper", calls, "host gpu apply --json", "host doctor --all --json --node-home /etc/dbc", "host gpu facts --json", "host gpu slots --json --node-home /etc/dbc")
	if ok || !strings.Contains(said, "set the node up") {
		t.Errorf("%s", said)
	}
	write("fail", "host doctor --reset-test --json --node-home /etc/dbc\n", 0o644)
	report, _, calls, ok := run("--wallet", "owner", "--image", "debian-12.qcow2")
	want("after the reboot", calls, "host gpu slots --json --node-home /etc/dbc", "host doctor --reset-test --json --node-home /etc/dbc",
		"host doctor --self-rent --yes --json --node-home /etc/dbc --wallet owner --image debian-12.qcow2", "host gpu slots --json --node-home /etc/dbc", "--version")
	if !ok || !strings.Contains(report, "--- reset-test: ended with 1\n") || !strings.Contains(report, "refused") || !strings.Contains(report, "--- self-rent: ended with 0\n") {
		t.Errorf("%v: %s", ok, report)
	}
	for _, private := range []string{"0a1b2c3d", "1320", "203.0.113.7", "dbc1q9c", "3d4017c3", "12D3KooWabc", "02:00:00"} {
		if strings.Contains(report, private) {
			t.Errorf("%q is reported", private)
		}
	}
}
