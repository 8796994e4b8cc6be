package devnet

import (
	"os"
	"path/filepath"
	"testing"
)

func TestHomeIsTheSameByAnyPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	home, link := filepath.Join(dir, "home"), filepath.Join(dir, "link")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(home, link); err != nil {
		t.Fatal(err)
	}
	if DataDir(home) != DataDir(link) {
		t.Errorf("%s has %s, through a link %s", home, DataDir(home), DataDir(link))
	}
	if missing := "devnets/first"; DataDir(filepath.Join(home, missing)) != DataDir(filepath.Join(link, missing)) {
		t.Error("a home that is not there yet becomes another one when it is")
	}
	if DataDir(home) == DataDir(dir) {
		t.Error("two homes share their disks")
	}
}
