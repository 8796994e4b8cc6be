package hw

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Pages are a NUMA node's huge pages of one size.
type Pages struct {
	Node    int
	SizeKiB uint64
	// Total are all that the host set aside, Free those that are unused now.
	Total, Free uint64
}

// ReadPages returns the huge pages of every node and size that the host set aside
// and has a hugetlbfs for: without one QEMU can't use them.
func ReadPages(ctx context.Context, cfg Config) ([]Pages, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	mounted, err := mountedPages(cfg.path("proc/mounts"))
	if err != nil {
		return nil, err
	}
	var list []Pages
	err = cfg.eachNode(func(node int, dir string) error {
		sizes, err := filepath.Glob(filepath.Join(dir, "hugepages", "hugepages-*kB"))
		if err != nil {
			return fmt.Errorf("list huge pages: %w", err)
		}
		for _, size := range sizes {
			p := Pages{Node: node}
			text := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(size), "hugepages-"), "kB")
			for from, to := range map[string]*uint64{"nr_hugepages": &p.Total, "free_hugepages": &p.Free} {
				if *to, err = readNumber(filepath.Join(size, from)); err != nil {
					return fmt.Errorf("read the huge pages of NUMA node %d: %w", node, err)
				}
			}
			if p.SizeKiB, err = strconv.ParseUint(text, 10, 32); err != nil {
				return fmt.Errorf("%w: huge pages of %q kB", ErrUnreadable, text)
			}
			if p.Total > 0 && mounted[p.SizeKiB] {
				list = append(list, p)
			}
		}
		return nil
	})
	return list, err
}

// mountedPages returns the sizes in KiB that a hugetlbfs provides. The kernel
// writes them as pagesize=64K, 2M or 1024M.
func mountedPages(mounts string) (map[uint64]bool, error) {
	text, err := os.ReadFile(mounts)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the mounts: %w", err)
	}
	sizes := map[uint64]bool{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 4 || f[2] != "hugetlbfs" {
			continue
		}
		for option := range strings.SplitSeq(f[3], ",") {
			value, ok := strings.CutPrefix(option, "pagesize=")
			if !ok {
				continue
			}
			number, mib := strings.CutSuffix(value, "M")
			n, err := strconv.ParseUint(strings.TrimSuffix(number, "K"), 10, 32)
			if err != nil {
				return nil, fmt.Errorf("%w: hugetlbfs of %q", ErrUnreadable, value)
			}
			if mib {
				n <<= 10
			}
			sizes[n] = true
		}
	}
	return sizes, nil
}
