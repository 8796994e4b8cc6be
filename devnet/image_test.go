package devnet

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestImageUnderADiskStays: a guest's disk holds only what differs from its image,
// so a newer image of the same name ruins it.
func TestImageUnderADiskStays(t *testing.T) {
	t.Parallel()
	from, to, tasks := t.TempDir(), t.TempDir(), t.TempDir()
	source, target := filepath.Join(from, tinyImage), filepath.Join(to, tinyImage)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copied := func(want string, wantUsers int) {
		t.Helper()
		users, err := copyImage(t.Context(), source, target, tasks)
		if err != nil || users != wantUsers {
			t.Fatalf("%d disks, %v, want %d", users, err, wantUsers)
		}
		if got, err := os.ReadFile(target); err != nil || string(got) != want {
			t.Fatalf("%q %v, want %q", got, err, want)
		}
	}
	write("first")
	copied("first", 0)
	write("second one")
	copied("second one", 0) // nothing stands on it
	task := filepath.Join(tasks, "task")
	if err := os.Mkdir(task, 0o700); err != nil {
		t.Fatal(err)
	}
	disk := filepath.Join(task, "system.qcow2")
	if out, err := exec.CommandContext(t.Context(), "qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", target, disk, "1M").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	copied("second one", 0) // the same
	write("the third of them")
	copied("second one", 1)
	if err := os.Remove(disk); err != nil {
		t.Fatal(err)
	}
	copied("the third of them", 0)
}
