package binding

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/hwtest"
)

// The script for the initramfs keeps drivers off the recorded cards, by ids, and
// off nothing else; it can be sourced and run twice.
func TestInitramfs(t *testing.T) {
	t.Parallel()
	f := selected(t, tree(t, two))
	for name, c := range map[string]struct {
		change []string
		kept   string
	}{
		"as recorded":   {nil, "01:00.0 01:00.1 02:00.0 02:00.1"},
		"another model": {[]string{"01:00.0 0300 10de:2684", "01:00.0 0300 10de:2204"}, "01:00.1 02:00.0 02:00.1"},
		"another class": {[]string{"01:00.0 0300", "01:00.0 0302"}, "01:00.1 02:00.0 02:00.1"},
		"driver":        {[]string{"01:00.0 0300 10de:2684/1043:889a", "01:00.0 0300 10de:2684/1043:889a driver=nouveau"}, "01:00.1 02:00.0 02:00.1"},
		"absent":        {[]string{"  01:00.", "  07:00."}, "02:00.0 02:00.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := tree(t, two, systems["both"]...)
			description := two
			for i := 0; i < len(c.change); i += 2 {
				description = strings.ReplaceAll(description, c.change[i], c.change[i+1])
			}
			other := hwtest.Build(t, description)
			if _, err := Bind(config(root), f); err != nil {
				t.Fatal(err)
			}
			for _, script := range []string{debianHook, dracutHook + "/keep.sh"} {
				text, err := os.ReadFile(filepath.Join(root, script))
				if err != nil {
					t.Fatal(err)
				}
				moved := strings.ReplaceAll(string(text), "=/sys/", "="+other+"/sys/") + "\necho end\n"
				for range 2 {
					out, err := exec.CommandContext(t.Context(), "sh", "-euc", moved).CombinedOutput()
					if err != nil || string(out) != "end\n" {
						t.Fatalf("%s: %v: %s", script, err, out)
					}
				}
			}
			var kept []string
			for _, address := range []string{"01:00.0", "01:00.1", "02:00.0", "02:00.1", "03:00.0", "07:00.0"} {
				text, err := os.ReadFile(filepath.Join(other, devices, "0000:"+address, "driver_override"))
				if err == nil && strings.TrimSpace(string(text)) == vfio {
					kept = append(kept, address)
				}
			}
			if got := strings.Join(kept, " "); got != c.kept {
				t.Errorf("kept %s, want %s", got, c.kept)
			}
		})
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", prereqs+"echo more", "script", "prereqs").CombinedOutput()
	if err != nil || len(out) != 0 {
		t.Errorf("%v: %s", err, out)
	}
}
