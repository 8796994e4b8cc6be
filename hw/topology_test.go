package hw_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/hw"
)

func tree(t *testing.T, files map[string]string) hw.Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, "sys/devices/system", name)
		if strings.HasPrefix(name, "proc/") {
			path = filepath.Join(dir, name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return hw.Config{Root: dir}
}

func TestReadTopology(t *testing.T) {
	t.Parallel()
	cfg := tree(t, map[string]string{
		"cpu/online":                             "0-2,5\n",
		"cpu/cpu0/topology/thread_siblings_list": "0,2\n", "cpu/cpu2/topology/thread_siblings_list": "0,2\n",
		"cpu/cpu1/topology/thread_siblings_list": "1\n", // 5 does not say
		"node/node0/cpulist":                     "0,2\n", "node/node1/cpulist": "1,3-5\n", "node/node2/cpulist": "\n",
	})
	got, err := hw.ReadTopology(t.Context(), cfg)
	want := []hw.CPU{{ID: 0, Core: 0, Node: 0}, {ID: 1, Core: 1, Node: 1}, {ID: 2, Core: 0, Node: 0}, {ID: 5, Core: 5, Node: 1}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestReadPages: pages that no hugetlbfs provides do not count.
func TestReadPages(t *testing.T) {
	t.Parallel()
	const large, small = "node/node1/hugepages/hugepages-1048576kB/", "node/node1/hugepages/hugepages-2048kB/"
	both := []hw.Pages{{Node: 1, SizeKiB: 1 << 20, Total: 4, Free: 4}, {Node: 1, SizeKiB: 2048, Total: 512, Free: 500}}
	const usual, own = "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n", "x /a hugetlbfs rw,gid=1,pagesize=1024M 0 0\n"
	for mounts, want := range map[string][]hw.Pages{"": nil, "tmpfs /run tmpfs rw 0 0\n": nil, usual: both[1:], usual + own: both, own: both[:1]} {
		got, err := hw.ReadPages(t.Context(), tree(t, map[string]string{
			large + "nr_hugepages": "4\n", large + "free_hugepages": "4\n", small + "nr_hugepages": "512\n", small + "free_hugepages": "500\n",
			"node/node0/hugepages/hugepages-2048kB/nr_hugepages": "0\n", "node/node0/hugepages/hugepages-2048kB/free_hugepages": "0\n",
			"proc/mounts": mounts,
		}))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", mounts, err, diff)
		}
	}
	if _, err := hw.ReadPages(t.Context(), tree(t, map[string]string{"proc/mounts": "x /a hugetlbfs rw,pagesize=some 0 0"})); !errors.Is(err, hw.ErrUnreadable) {
		t.Errorf("%v, want ErrUnreadable", err)
	}
}

func TestReadTopologyRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "3-1", "-1", "0-99999", "1-2-3"} {
		if _, err := hw.ReadTopology(t.Context(), tree(t, map[string]string{"cpu/online": text})); !errors.Is(err, hw.ErrUnreadable) {
			t.Errorf("%q: %v, want ErrUnreadable", text, err)
		}
	}
	cfg := tree(t, map[string]string{
		"node/node0/hugepages/hugepages-2048kB/nr_hugepages": "many", "node/node0/hugepages/hugepages-2048kB/free_hugepages": "0",
	})
	if _, err := hw.ReadPages(t.Context(), cfg); !errors.Is(err, hw.ErrUnreadable) {
		t.Errorf("%v, want ErrUnreadable", err)
	}
}

func TestReadThisTopology(t *testing.T) {
	t.Parallel()
	cpus, err := hw.ReadTopology(t.Context(), hw.Config{})
	if err != nil || len(cpus) == 0 {
		t.Errorf("%v, %v", cpus, err)
	}
	if _, err := hw.ReadPages(t.Context(), hw.Config{}); err != nil {
		t.Error(err)
	}
}
