package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
)

// TestVersionsAscend: what is built between two releases is a semantic version, after
// the one and before the other.
func TestVersionsAscend(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("version.sh")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	path := filepath.Join(root, "scripts", "version.sh")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, script, 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(argv ...string) string {
		t.Helper()
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org", "GIT_CEILING_DIRECTORIES="+filepath.Dir(root))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", argv, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	last := ""
	next := func(when, want string) {
		t.Helper()
		got := run(path)
		if want != "" && got != want || !semver.IsValid("v"+got) || last != "" && semver.Compare("v"+last, "v"+got) >= 0 {
			t.Errorf("%s: %q, want %q after %q", when, got, want, last)
		}
		last = got
	}
	next("no repository", "0.1.0-dev")
	run("git", "init", "-q")
	run("git", "add", "scripts")
	run("git", "commit", "-q", "-m", "first")
	next("before any release", "")
	run("git", "tag", "v0.1.0")
	next("a release", "0.1.0")
	run("git", "commit", "-q", "--allow-empty", "-m", "second")
	next("after it", "")
	run("git", "tag", "v0.2.0-rc.1")
	next("a candidate", "0.2.0-rc.1")
	if err := os.WriteFile(path, append(script, '\n'), 0o755); err != nil {
		t.Fatal(err)
	}
	next("changed, not committed", "")
	if !strings.HasSuffix(last, ".dirty") {
		t.Errorf("%q does not say that it differs from its commit", last)
	}
	run("git", "commit", "-q", "-a", "-m", "third")
	run("git", "tag", "v0.2.0")
	next("the release", "0.2.0")
}
