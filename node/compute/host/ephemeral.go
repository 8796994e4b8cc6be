package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// netSettings is where Linux says which ports it assigns to outgoing
// connections (ip-sysctl.rst, ip_local_port_range).
const netSettings = "/proc/sys/net/ipv4"

// ephemeralRange holds the ports that the kernel assigns itself, except the
// reserved ones.
type ephemeralRange struct {
	first, last uint16
	reserved    []portSpan
}

type portSpan struct{ first, last uint16 }

// readEphemeral reads the kernel's settings below dir.
func readEphemeral(dir string) (ephemeralRange, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "ip_local_port_range"))
	if err != nil {
		return ephemeralRange{}, fmt.Errorf("read the kernel's own ports: %w", err)
	}
	reserved, err := os.ReadFile(filepath.Join(dir, "ip_local_reserved_ports"))
	if err != nil {
		return ephemeralRange{}, fmt.Errorf("read the reserved ports: %w", err)
	}
	return parseEphemeral(string(raw), string(reserved))
}

func parseEphemeral(local, reserved string) (ephemeralRange, error) {
	ends := strings.Fields(local)
	if len(ends) != 2 {
		return ephemeralRange{}, fmt.Errorf("read the kernel's own ports: %q is not two numbers", local)
	}
	span, err := parseSpan(ends[0] + "-" + ends[1])
	if err != nil {
		return ephemeralRange{}, err
	}
	e := ephemeralRange{first: span.first, last: span.last}
	for item := range strings.SplitSeq(strings.TrimSpace(reserved), ",") {
		if item == "" {
			continue
		}
		span, err := parseSpan(item)
		if err != nil {
			return ephemeralRange{}, err
		}
		e.reserved = append(e.reserved, span)
	}
	return e, nil
}

func parseSpan(text string) (portSpan, error) {
	low, high, ranged := strings.Cut(text, "-")
	if !ranged {
		high = low
	}
	first, err := strconv.ParseUint(low, 10, 16)
	if err != nil {
		return portSpan{}, fmt.Errorf("read the kernel's ports: %w", err)
	}
	last, err := strconv.ParseUint(high, 10, 16)
	if err != nil {
		return portSpan{}, fmt.Errorf("read the kernel's ports: %w", err)
	}
	return portSpan{uint16(first), uint16(last)}, nil
}

func (e ephemeralRange) holds(port uint16) bool {
	if port < e.first || port > e.last {
		return false
	}
	for _, s := range e.reserved {
		if s.first <= port && port <= s.last {
			return false
		}
	}
	return true
}
