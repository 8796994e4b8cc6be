// Package computer describes the computer on which a benchmark ran and its
// other load: the numbers mean little without.
package computer

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Now returns one line: processor, cores, the mean load of the last minute, and
// Go's version.
func Now() string {
	return fmt.Sprintf("%s, %d cores, load %s, Go %s", processor(), runtime.NumCPU(), load(), strings.TrimPrefix(runtime.Version(), "go"))
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
