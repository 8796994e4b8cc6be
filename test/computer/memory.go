package computer

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory of a process in bytes, as the kernel counts it.
type Memory struct {
	// Resident is the sum of Own and File, and Peak its maximum so far.
	Resident, Peak int64
	// Own is memory without a file behind it: heap, stacks, buffers.
	Own int64
	// File is memory read from the program's file and others: the kernel shares
	// it among processes and reclaims it when needed. Depending on the kernel
	// it counts between what was touched and the whole program.
	File int64
}

func (m Memory) String() string {
	return fmt.Sprintf("%d MiB: %d its own, %d of its program's file; %d at most so far",
		m.Resident>>20, m.Own>>20, m.File>>20, m.Peak>>20)
}

// MemoryOf returns a process's current memory.
func MemoryOf(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	var m Memory
	found := 0
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		to := map[string]*int64{"VmRSS": &m.Resident, "VmHWM": &m.Peak, "RssAnon": &m.Own, "RssFile": &m.File}[name]
		if to == nil {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil {
			return Memory{}, fmt.Errorf("%s of process %d: %w", name, pid, err)
		}
		*to = kib << 10
		found++
	}
	if found != 4 {
		return Memory{}, fmt.Errorf("process %d tells %d of 4 counts of its memory", pid, found)
	}
	return m, nil
}
