package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var days = regexp.MustCompile(`^([0-9]{1,5})(?:d|$)`)

// parseDuration reads what people write: 72h, 3d, 1d12h, 90m, and 3 for
// three days. The chain
// decides whether the length is one that it takes.
func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("duration %q: must be whole seconds above zero, as 72h, 3d, 1d12h or 90m", text)
	rest, total := strings.TrimSpace(text), time.Duration(0)
	if match := days.FindStringSubmatch(rest); match != nil {
		n, err := strconv.Atoi(match[1])
		if err != nil {
			return 0, wrong
		}
		total, rest = time.Duration(n)*24*time.Hour, rest[len(match[0]):]
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 || d > 100_000*24*time.Hour {
			return 0, wrong
		}
		total += d
	}
	if total <= 0 || total%time.Second != 0 {
		return 0, wrong
	}
	return total, nil
}
