package vm_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
)

const (
	pageKiB   = 2048
	hugePages = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
	// guestPages hold the memory of one guest.
	guestPages = 64
)

// TestHugePages verifies that a guest's memory is in huge pages as long as it
// runs, and that a guest for which there are not enough does not start. A
// host's kernel may have no room for them: then no guest starts, and the node's
// check finds that beforehand.
func TestHugePages(t *testing.T) {
	needRoot(t)
	mountPages(t)
	granted := reservePages(t, guestPages)
	t.Logf("the kernel granted %d of %d pages", granted, guestPages)
	before := freePages(t)
	d, _ := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir := folder(t)
	start := func(name string) (vm.Spec, error) {
		spec := specIn(dir)(t, name)
		spec.MemoryMiB, spec.Placement.PageKiB = guestPages*pageKiB>>10, pageKiB
		if err := driver.Define(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		return spec, driver.Start(t.Context(), spec.UUID)
	}
	first, err := start("first")
	if before < guestPages {
		refused(t, driver, first.UUID, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the guest's first word", func() bool {
		log, err := os.ReadFile(first.ConsoleLog)
		return err == nil && strings.Contains(string(log), "guest")
	})
	if free := freePages(t); free != before-guestPages {
		t.Errorf("%d pages were free, with a guest of %d there are %d", before, guestPages, free)
	}
	if kib := inHugePages(t, first.UUID); kib < guestPages*pageKiB {
		t.Errorf("%d KiB of the guest's memory are in huge pages, want %d", kib, guestPages*pageKiB)
	}
	if before < 2*guestPages {
		second, err := start("second")
		refused(t, driver, second.UUID, err)
	}
	if err := driver.Stop(t.Context(), first.UUID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pages to be free again", func() bool { return freePages(t) == before })
}

// refused expects that the guest did not start, and does not run.
func refused(t *testing.T, driver *libvirt.Driver, id vm.UUID, err error) {
	t.Helper()
	got, getErr := driver.Get(t.Context(), id)
	if err == nil || getErr != nil || got.State != vm.StateOff && got.State != vm.StateCrashed {
		t.Errorf("without enough huge pages: %v; the guest is %+v, %v", err, got, getErr)
	}
	t.Logf("refused: %v", err)
}

// mountPages mounts a hugetlbfs if the host has none. A kernel without it has
// no huge pages either.
func mountPages(t *testing.T) {
	t.Helper()
	const dir = "/dev/hugepages"
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(mounts, []byte(" hugetlbfs ")) {
		return
	}
	if err := os.Mkdir(dir, 0o755); err == nil {
		t.Cleanup(func() { _ = os.Remove(dir) })
	} else if !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	if err := unix.Mount("hugetlbfs", dir, "hugetlbfs", 0, "pagesize=2M"); err != nil {
		t.Logf("no hugetlbfs: %v", err)
		return
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount the huge pages: %v", err)
		}
	})
}

// reservePages asks the kernel for the given number of additional pages, and
// releases them in the end.
func reservePages(t *testing.T, more int) (granted int) {
	t.Helper()
	read := func() int {
		text, err := os.ReadFile(hugePages)
		if errors.Is(err, os.ErrNotExist) {
			return 0
		}
		n, numErr := strconv.Atoi(strings.TrimSpace(string(text)))
		if err := errors.Join(err, numErr); err != nil {
			t.Fatal(err)
		}
		return n
	}
	had := read()
	set := func(n int) error { return os.WriteFile(hugePages, []byte(strconv.Itoa(n)), 0o644) }
	if err := set(had + more); err != nil {
		t.Logf("the kernel sets no pages aside: %v", err)
		return 0
	}
	t.Cleanup(func() {
		if err := set(had); err != nil {
			t.Errorf("give the pages back: %v", err)
		}
	})
	return read() - had
}

// freePages returns those that the node would find for a guest.
func freePages(t *testing.T) (free int) {
	t.Helper()
	list, err := hw.ReadPages(t.Context(), hw.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if p.SizeKiB == pageKiB {
			free += int(p.Free)
		}
	}
	return free
}

// inHugePages returns how many KiB of its emulator's memory a guest has in huge
// pages.
func inHugePages(t *testing.T, id vm.UUID) (kib int) {
	t.Helper()
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		line, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(line, []byte("-uuid\x00"+id)) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "smaps_rollup"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) == 3 && strings.HasSuffix(f[0], "_Hugetlb:") {
				n, err := strconv.Atoi(f[1])
				if err != nil {
					t.Fatal(err)
				}
				kib += n
			}
		}
	}
	return kib
}
