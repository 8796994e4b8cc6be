package fake

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/vm"
)

// guest is what a guest says that it is.
type guest struct {
	name            string
	cpus, memoryMiB int
	model           string
	disks           []disk
}

type disk struct {
	name  string
	bytes int64
}

const (
	// maxLine bounds a line that is typed.
	maxLine  = 64 << 10
	notFound = 127
)

// disksOf returns the disks that a guest can write to. A data disk is a file of its size;
// a system disk is an empty one, whose size is in sizes.
func disksOf(spec vm.Spec, sizes map[string]int64) (disks []disk) {
	for _, d := range spec.Disks {
		if d.ReadOnly {
			continue
		}
		size, known := sizes[d.Path]
		if !known {
			file, err := os.Stat(d.Path)
			if err != nil {
				continue
			}
			size = file.Size()
		}
		disks = append(disks, disk{d.Target, size})
	}
	return disks
}

// run answers a command, or lines until the end of a session without one.
func (g guest) run(command string, io io.ReadWriter) (status uint32) {
	switch strings.TrimSpace(command) {
	case "sh -s", "sh":
		return g.script(io)
	case "":
		fmt.Fprintf(io, "%s is simulated: it knows hostname, uname, uptime, nproc, echo, true, false and exit.\r\n", g.name)
		return g.lines(io)
	}
	for word := range strings.SplitSeq(command, ";") {
		status, _ = g.word(strings.Fields(word), io)
	}
	return status
}

// script answers the probe of dbc vm verify, and other scripts line by line.
func (g guest) script(channel io.ReadWriter) uint32 {
	text, err := io.ReadAll(io.LimitReader(channel, maxLine))
	if err != nil {
		return 1
	}
	if bytes.Equal(bytes.TrimSpace(text), bytes.TrimSpace(probe.Script)) {
		fmt.Fprintf(channel, "dbc-probe 1\ncpus %d\ncpu_model %s\nmem_kib %d\n", g.cpus, g.model, g.memoryMiB<<10)
		for _, d := range g.disks {
			fmt.Fprintf(channel, "disk %s %d %[1]s\n", d.name, d.bytes/512)
		}
		fmt.Fprint(channel, "basic_end\nend\n")
		return 0
	}
	return g.lines(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(text), channel})
}

func (g guest) lines(channel io.ReadWriter) (status uint32) {
	lines := bufio.NewScanner(channel)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		for word := range strings.SplitSeq(lines.Text(), ";") {
			var over bool
			if status, over = g.word(strings.Fields(word), channel); over {
				return status
			}
		}
	}
	return status
}

// word answers one command; over ends the session.
func (g guest) word(argv []string, out io.Writer) (status uint32, over bool) {
	if len(argv) == 0 {
		return 0, false
	}
	switch argv[0] {
	case "hostname":
		fmt.Fprintln(out, g.name)
	case "uname":
		fmt.Fprintln(out, "Linux 0.0.0-fake")
	case "uptime":
		fmt.Fprintln(out, "up 0 min")
	case "nproc":
		fmt.Fprintln(out, g.cpus)
	case "echo":
		fmt.Fprintln(out, strings.Join(argv[1:], " "))
	case "true", ":":
	case "false":
		return 1, false
	case "exit":
		var code uint64
		if len(argv) > 1 {
			code, _ = strconv.ParseUint(argv[1], 10, 8)
		}
		return uint32(code), true
	default:
		fmt.Fprintf(out, "%.100q: a fake guest does not know this\n", argv[0])
		return notFound, false
	}
	return 0, false
}
