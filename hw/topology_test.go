package hw_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/hw"
)

func tree(t *testing.T, files map[string]string) hw.Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, "sys/devices/system", name)
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
		"node/node1/hugepages/hugepages-2048kB/nr_hugepages": "512\n", "node/node1/hugepages/hugepages-2048kB/free_hugepages": "500\n",
		"node/node1/hugepages/hugepages-1048576kB/nr_hugepages": "0\n", "node/node1/hugepages/hugepages-1048576kB/free_hugepages": "0\n",
	})
	got, err := hw.ReadTopology(t.Context(), cfg)
	want := []hw.CPU{{ID: 0, Core: 0, Node: 0}, {ID: 1, Core: 1, Node: 1}, {ID: 2, Core: 0, Node: 0}, {ID: 5, Core: 5, Node: 1}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	pages, err := hw.ReadPages(t.Context(), cfg)
	if diff := cmp.Diff([]hw.Pages{{Node: 1, SizeKiB: 2048, Total: 512, Free: 500}}, pages); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
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
