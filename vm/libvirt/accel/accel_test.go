package accel

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func exit(code string) error { return exec.Command("sh", "-c", "exit "+code).Run() }

func TestJudge(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err    error
		serial string
		want   bool
	}{
		"came through":           {exit("33"), "RLCK", true},
		"firmware's words first": {exit("33"), "SeaBIOS\r\nRLCK", true},
		"stuck after long mode":  {exit("33"), "RL", false},
		"ended otherwise":        {exit("1"), "RLCK", false},
		"ended well":             {nil, "RLCK", false},
		"did not start":          {errors.New("no such file"), "", false},
	}
	for name, c := range cases {
		if err := classify(c.err, []byte(c.serial), ""); (err == nil) != c.want {
			t.Errorf("%s: %v, want success %v", name, err, c.want)
		}
	}
}

func TestProbeIsABootSector(t *testing.T) {
	t.Parallel()
	if len(probe) != 512 || probe[510] != 0x55 || probe[511] != 0xaa {
		t.Errorf("probe.bin has %d bytes, want a boot sector", len(probe))
	}
}

// TestFindRemembers uses an emulator that counts its runs.
func TestFindRemembers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	emulator := filepath.Join(dir, "qemu")
	count := filepath.Join(dir, "count")
	script := "#!/bin/sh\nif [ \"$1\" = --version ]; then cat " + dir + "/version; exit 0; fi\necho >> " + count + "\nexit 1\n"
	write := func(path, text string, mode os.FileMode) {
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(emulator, script, 0o755)
	config := Config{Emulator: emulator, Cache: filepath.Join(dir, "cache")}
	runs := func() int {
		data, _ := os.ReadFile(count)
		return len(data)
	}
	write(filepath.Join(dir, "version"), "1", 0o644)
	for range 3 {
		if kind, err := Find(t.Context(), config); err != nil || kind != Software {
			t.Fatalf("find: %v, %v", kind, err)
		}
	}
	first := runs()
	if first > 1 {
		t.Errorf("probed %d times, want once", first)
	}
	write(filepath.Join(dir, "version"), "2", 0o644)
	if _, err := Find(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if runs() != 2*first {
		t.Errorf("probed %d times after another QEMU came, want %d", runs(), 2*first)
	}
}
