package api

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// Nothing from a request reaches the host but numbers that these parsers made.

const (
	sshPort = 22
	// auto leaves the choice of a port to the node.
	auto = "auto"
	// maxGiB bounds sizes, so that sums can't overflow.
	maxGiB = 1 << 20
)

// limits are the machine's.
type limits struct {
	portFirst, portLast uint16
}

func badValue(field, value, limit string) error {
	return &api.Refusal{Kind: host.ErrInvalid, Field: field, Value: value, Limit: limit}
}

// parseCreate is an order without its rental.
func parseCreate(c api.Create, lim limits) (o host.Order, err error) {
	o = host.Order{
		TaskID: c.TaskID, RestoreTaskID: c.RestoreTaskID, Image: c.ImageName, Desc: c.Desc,
		GPUs: host.All, CPUs: host.All, PortFirst: lim.portFirst, PortLast: lim.portLast,
	}
	if o.Firmware, err = host.ParseBiosMode(c.BiosMode); err != nil {
		return o, err
	}
	for _, line := range c.SSHPublicKeys {
		o.AuthorizedKeys = append(o.AuthorizedKeys, strings.TrimSpace(line)) // a .pub file ends with a newline
	}
	if o.Ports, err = parsePorts(c, lim); err != nil {
		return o, err
	}
	if c.GPUCount != "" {
		if o.GPUs, err = parseNumber[int]("gpu_count", c.GPUCount, 0, 1024); err != nil {
			return o, err
		}
	}
	if c.CPUCores != "" {
		if o.CPUs, err = parseNumber[int]("cpu_cores", c.CPUCores, 1, 4096); err != nil {
			return o, err
		}
	}
	if c.DiskSize != "" {
		if o.DataGiB, err = parseNumber[uint64]("disk_size", c.DiskSize, 0, maxGiB); err != nil {
			return o, err
		}
	}
	if c.VNCPort != "" {
		if _, err = parseNumber[uint16]("vnc_port", c.VNCPort, 5900, 65535); err != nil {
			return o, err
		}
		o.Warnings = append(o.Warnings, notice.Notice{Code: notice.VNCNotOpened})
	}
	return o, parseMemory(c, &o)
}

func parseMemory(c api.Create, o *host.Order) (err error) {
	switch {
	case c.MemSize != "" && c.MemRate != "":
		return badValue("mem_rate", string(c.MemRate), "mem_rate or mem_size, not both")
	case c.MemRate != "":
		o.MemoryMillionths, err = parseRate("mem_rate", string(c.MemRate))
	case c.MemSize != "":
		o.MemoryMiB, err = parseNumber[uint64]("mem_size", c.MemSize, 1, maxGiB)
		o.MemoryMiB *= 1024
	}
	return err
}

func parseNumber[T int | uint16 | uint64](field string, value api.Text, low, high T) (T, error) {
	limit := fmt.Sprintf("%d-%d", low, high)
	// No leading zero either: who writes 0700 may mean an octal number.
	if len(value) > 10 || (len(value) > 1 && value[0] == '0') || strings.TrimLeft(string(value), "0123456789") != "" {
		return 0, badValue(field, string(value), limit)
	}
	n, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil || n < uint64(low) || n > uint64(high) {
		return 0, badValue(field, string(value), limit)
	}
	return T(n), nil
}

var rate = regexp.MustCompile(`^(?:0|1|0?\.[0-9]{1,6}|0\.[0-9]{1,6}|1\.0{1,6})$`)

// parseRate is a fraction in millionths, exactly: no floating point decides
// over what was paid for.
func parseRate(field, value string) (uint64, error) {
	const limit = "more than 0, at most 1, up to six decimals"
	if !rate.MatchString(value) {
		return 0, badValue(field, value, limit)
	}
	whole, decimals, _ := strings.Cut(value, ".")
	digits := whole + (decimals + "000000")[:6]
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || n == 0 || n > 1_000_000 {
		return 0, badValue(field, value, limit)
	}
	return n, nil
}

// parsePorts returns the ports of ssh_port and custom_port, named.
func parsePorts(c api.Create, lim limits) ([]journal.Port, error) {
	var (
		first uint16
		err   error
	)
	if c.SSHPort != "" && c.SSHPort != auto {
		if first, err = parseNumber("ssh_port", c.SSHPort, lim.portFirst, lim.portLast); err != nil {
			return nil, err
		}
	}
	sources, err := parseSources("ssh_sources", c.SSHSources)
	if err != nil {
		return nil, err
	}
	ports := []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: first, Guest: sshPort, Sources: sources}}
	for _, text := range c.CustomPort {
		more, err := parseCustomPort("custom_port", text, lim)
		if err != nil {
			return nil, err
		}
		if ports = append(ports, more...); len(ports) > host.MaxPorts {
			return nil, badValue("custom_port", text, fmt.Sprintf("at most %d ports in all", host.MaxPorts))
		}
	}
	journal.NamePorts(ports)
	return ports, nil
}

// parseCustomPort takes the original's "tcp,P", "udp,P:Q", "tcp,A-B" and
// "tcp,A-B:C-D", the host's port first and the guest's after the colon, and
// "tcp,auto:Q", whose host port the node chooses. The sources of the port may follow
// after further commas.
func parseCustomPort(field, text string, lim limits) ([]journal.Port, error) {
	limit := fmt.Sprintf("tcp or udp, a comma, then P, P:Q, A-B or A-B:C-D with host ports %d-%d, or auto:Q; then networks that may connect, each after a comma", lim.portFirst, lim.portLast)
	parts := strings.Split(text, ",")
	if len(parts) < 2 || (parts[0] != "tcp" && parts[0] != "udp") || len(parts[1]) > 32 {
		return nil, badValue(field, text, limit)
	}
	ports, ok := parseMapping(parts[1], lim)
	if !ok {
		return nil, badValue(field, text, limit)
	}
	if len(ports) > host.MaxPorts {
		return nil, badValue(field, text, fmt.Sprintf("at most %d ports in all", host.MaxPorts))
	}
	sources, err := parseSources(field, parts[2:])
	if err != nil {
		return nil, err
	}
	for i := range ports {
		ports[i].Protocol, ports[i].Sources = parts[0], sources
	}
	return ports, nil
}

// parseMapping returns the ports of P, P:Q, A-B, A-B:C-D or auto:Q.
func parseMapping(text string, lim limits) ([]journal.Port, bool) {
	outside, inside, mapped := strings.Cut(text, ":")
	if outside == auto {
		guest, err := parseNumber[uint16]("", api.Text(inside), 1, 65535)
		return []journal.Port{{Guest: guest}}, mapped && err == nil
	}
	a, b, ok := parseRange(outside, lim.portFirst, lim.portLast)
	if !ok {
		return nil, false
	}
	c := a
	if mapped {
		var d uint16
		if c, d, ok = parseRange(inside, 1, 65535); !ok || d-c != b-a {
			return nil, false
		}
	}
	var ports []journal.Port
	for i := range min(int(b-a)+1, host.MaxPorts+1) { // one too many is refused
		ports = append(ports, journal.Port{Host: a + uint16(i), Guest: c + uint16(i)})
	}
	return ports, true
}

// parseSources returns IPv4 networks, each once; an address stands for itself alone.
func parseSources(field string, texts []string) (sources []netip.Prefix, err error) {
	if len(texts) > host.MaxSources {
		return nil, badValue(field, strconv.Itoa(len(texts))+" networks", fmt.Sprintf("at most %d networks for one port", host.MaxSources))
	}
	for _, text := range texts {
		source, err := netip.ParsePrefix(text)
		if addr, notAddr := netip.ParseAddr(text); notAddr == nil {
			source, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil || !source.Addr().Is4() || source != source.Masked() {
			return nil, badValue(field, text, "IPv4 addresses and networks, such as 203.0.113.7 or 203.0.113.0/24")
		}
		if !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	return sources, nil
}

func parseRange(text string, low, high uint16) (from, to uint16, ok bool) {
	first, last, ranged := strings.Cut(text, "-")
	from, err := parseNumber("", api.Text(first), low, high)
	if err != nil {
		return 0, 0, false
	}
	if !ranged {
		return from, from, true
	}
	to, err = parseNumber("", api.Text(last), low, high)
	return from, to, err == nil && from <= to
}
