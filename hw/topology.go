package hw

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// CPU is a logical CPU that is online, with the kernel's numbers.
type CPU struct {
	ID int
	// Core is the lowest ID of the threads that share a core with it.
	Core int
	// Node is its NUMA node; 0 if the kernel knows none.
	Node int
}

// maxCPU bounds what a list may name; the kernel's own bound is 8192.
const maxCPU = 8192

// ReadTopology returns the CPUs that are online, by ID. If the kernel does not
// say which share a core, each has its own.
func ReadTopology(ctx context.Context, cfg Config) ([]CPU, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	online, err := readList(cfg.path("sys/devices/system/cpu/online"))
	if err != nil {
		return nil, fmt.Errorf("read the CPUs that are online: %w", err)
	}
	nodes, err := cpuNodes(cfg)
	if err != nil {
		return nil, err
	}
	cpus := make([]CPU, 0, len(online))
	for _, id := range online {
		siblings, err := readList(cfg.path(fmt.Sprintf("sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", id)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			siblings = []int{id}
		case err != nil:
			return nil, fmt.Errorf("read the threads of CPU %d: %w", id, err)
		}
		core := id
		for _, s := range siblings {
			core = min(core, s)
		}
		cpus = append(cpus, CPU{ID: id, Core: core, Node: nodes[id]})
	}
	return cpus, nil
}

// cpuNodes returns the NUMA node of each CPU.
func cpuNodes(cfg Config) (map[int]int, error) {
	nodes := map[int]int{}
	err := cfg.eachNode(func(node int, dir string) error {
		cpus, err := readList(filepath.Join(dir, "cpulist"))
		if err != nil {
			return fmt.Errorf("read the CPUs of NUMA node %d: %w", node, err)
		}
		for _, id := range cpus {
			nodes[id] = node
		}
		return nil
	})
	return nodes, err
}

func (cfg Config) path(name string) string {
	if cfg.Root == "" {
		return "/" + name
	}
	return filepath.Join(cfg.Root, name)
}

func (cfg Config) eachNode(f func(node int, dir string) error) error {
	dirs, err := filepath.Glob(cfg.path("sys/devices/system/node/node[0-9]*"))
	if err != nil {
		return fmt.Errorf("list NUMA nodes: %w", err)
	}
	for _, dir := range dirs {
		node, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), "node"))
		if err != nil {
			continue
		}
		if err := f(node, dir); err != nil {
			return err
		}
	}
	return nil
}

func readNumber(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%w: %s", ErrUnreadable, path)
	}
	return n, nil
}

// readList parses the kernel's "0-3,8": ascending, without repetition.
func readList(path string) ([]int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []int
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), ",") {
		if part == "" {
			continue // a node without CPUs
		}
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, err1 := strconv.Atoi(low)
		last, err2 := strconv.Atoi(high)
		if err := errors.Join(err1, err2); err != nil || first < 0 || last < first || last >= maxCPU {
			return nil, fmt.Errorf("%w: %s says %.100q", ErrUnreadable, path, part)
		}
		for n := first; n <= last; n++ {
			list = append(list, n)
		}
	}
	return list, nil
}
