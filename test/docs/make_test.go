package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMakeSaysWhatItTakes: demo and test say first what they do and how long it takes, and
// the README says the same.
func TestMakeSaysWhatItTakes(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	for _, target := range []string{"demo", "test"} {
		if !strings.Contains(makefile, "\n"+target+": say-"+target+" ") {
			t.Errorf("the first thing that make %s does is not say-%s", target, target)
		}
		out, err := exec.CommandContext(t.Context(), "make", "-s", "-C", root, "say-"+target).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "make "+target+" ") || !strings.Contains(string(out), "minutes") {
			t.Errorf("make %s begins with %q (%v)", target, out, err)
		}
	}
	took := regexp.MustCompile(`about (\d+) minutes on two cores`).FindStringSubmatch(makefile)
	if took == nil {
		t.Fatal("make test does not say how long it takes")
	}
	for page, said := range map[string]string{"README.md": took[0], "CONTRIBUTING.md": took[0], "README.zh.md": took[1] + " 分钟"} {
		if !strings.Contains(read(t, page), said) {
			t.Errorf("%s does not say %q of make test, as the Makefile does", page, said)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
