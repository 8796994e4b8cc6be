package hwtest

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Build writes a computer's sys and proc below a temporary folder and returns it.
func Build(t testing.TB, description string) (root string) {
	t.Helper()
	b := &builder{root: t.TempDir(), nextNarrow: 0xa0000000, nextWide: 0x4000000000}
	for _, dir := range []string{"sys/bus/pci/devices", "sys/kernel/iommu_groups", "sys/class/iommu", "proc"} {
		b.folder(dir)
	}
	b.write("proc/cpuinfo", cpuinfo("GenuineIntel", "46"))
	lines := bufio.NewScanner(strings.NewReader(description))
	for number := 1; lines.Scan(); number++ {
		if err := b.line(lines.Text()); err != nil {
			t.Fatalf("line %d: %q: %v", number, lines.Text(), err)
		}
	}
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.root
}

// Answers returns the answers of a description, one list of words per line.
func Answers(description string) [][]string {
	var list [][]string
	for line := range strings.Lines(description) {
		if answer, ok := strings.CutPrefix(line, ">"); ok {
			list = append(list, strings.Fields(answer))
		}
	}
	return list
}

type builder struct {
	root string
	// open are the bridges that the current line may be behind.
	open                 []open
	nextNarrow, nextWide uint64
	err                  error
}

type open struct {
	indent  int
	path    string
	config  string
	address string
}

func (b *builder) line(text string) error {
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "", trimmed[0] == '#', trimmed[0] == '>':
		return nil
	case trimmed[0] == '@':
		return b.computer(strings.Fields(trimmed[1:]))
	}
	indent := len(text) - len(strings.TrimLeft(text, " "))
	for len(b.open) > 0 && b.open[len(b.open)-1].indent >= indent {
		b.open = b.open[:len(b.open)-1]
	}
	return b.function(indent, strings.Fields(trimmed))
}

func full(address string) string {
	if strings.Count(address, ":") == 1 {
		return "0000:" + address
	}
	return address
}

// function writes one function's folder, the links to it, and its bus number into
// the bridge above.
func (b *builder) function(indent int, words []string) error {
	if len(words) < 3 {
		return fmt.Errorf("want address, class and ids")
	}
	address := full(words[0])
	parts := strings.Split(address, ":")
	path := "sys/devices/pci" + parts[0] + ":" + parts[1] + "/" + address
	if len(b.open) > 0 {
		above := b.open[len(b.open)-1]
		path = above.path + "/" + address
		b.secondary(above.config, parts[1])
	}
	b.folder(path)
	b.link("sys/bus/pci/devices/"+address, path)
	b.write(path+"/class", "0x"+words[1]+"00")
	ids, subsystem, _ := strings.Cut(words[2], "/")
	if subsystem == "" {
		subsystem = "0000:0000"
	}
	for names, value := range map[string]string{"vendor device": ids, "subsystem_vendor subsystem_device": subsystem} {
		n, v := strings.Fields(names), strings.Split(value, ":")
		b.write(path+"/"+n[0], "0x"+v[0])
		b.write(path+"/"+n[1], "0x"+v[1])
	}
	header := byte(0)
	if words[1] == "0604" {
		header = 1
	}
	config := make([]byte, 64)
	config[0x0e] = header
	b.raw(path+"/config", config)
	if header == 1 {
		b.open = append(b.open, open{indent, path, path + "/config", address})
	}
	b.write(path+"/driver_override", "(null)")
	return b.attributes(path, address, words[3:])
}

func (b *builder) secondary(config, bus string) {
	n, err := strconv.ParseUint(bus, 16, 8)
	raw, readErr := os.ReadFile(filepath.Join(b.root, config))
	if err != nil || readErr != nil || len(raw) < 64 {
		return
	}
	raw[0x19] = byte(n)
	b.raw(config, raw)
}

func (b *builder) attributes(path, address string, words []string) error {
	numa := "-1"
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "group":
			b.folder("sys/kernel/iommu_groups/" + value + "/devices")
			b.link("sys/kernel/iommu_groups/"+value+"/devices/"+address, path)
			b.link(path+"/iommu_group", "sys/kernel/iommu_groups/"+value)
			b.folder("sys/class/iommu/iommu0")
		case "driver":
			b.folder("sys/bus/pci/drivers/" + value)
			b.link(path+"/driver", "sys/bus/pci/drivers/"+value)
		case "numa":
			numa = value
		case "reset":
			b.write(path+"/reset_method", strings.ReplaceAll(value, ",", " "))
		case "rev":
			b.write(path+"/revision", "0x"+value)
		case "vfs":
			has, of, _ := strings.Cut(value, "/")
			b.write(path+"/sriov_numvfs", has)
			b.write(path+"/sriov_totalvfs", of)
		case "pf":
			if err := os.Symlink("../"+full(value), filepath.Join(b.root, path, "physfn")); err != nil {
				return err
			}
		case "boot_vga":
			b.write(path+"/boot_vga", "1")
		case "bars":
			if err := b.bars(path, value); err != nil {
				return err
			}
		case "link":
			now, most, _ := strings.Cut(value, "/")
			for prefix, l := range map[string]string{"current": now, "max": most} {
				speed, width, _ := strings.Cut(l, "x")
				b.write(path+"/"+prefix+"_link_speed", speed+" GT/s PCIe")
				b.write(path+"/"+prefix+"_link_width", width)
			}
		default:
			return fmt.Errorf("unknown attribute %q", word)
		}
	}
	b.write(path+"/numa_node", numa)
	return nil
}

// bars writes a resource file: 64-bit regions take two entries, as in hardware.
func (b *builder) bars(path, list string) error {
	var lines []string
	for bar := range strings.SplitSeq(list, ",") {
		bar, at, placed := strings.Cut(bar, "@")
		bar, dropped := strings.CutSuffix(bar, "?")
		bar, unassigned := strings.CutSuffix(bar, "!")
		bar, wide := strings.CutSuffix(bar, "p")
		size, err := bytesOf(bar)
		if err != nil {
			return err
		}
		flags, next := uint64(0x40200), &b.nextNarrow
		if wide {
			flags, next = 0x14220c, &b.nextWide
		}
		start := (*next + size - 1) / size * size
		switch {
		case placed:
			if start, err = strconv.ParseUint(at, 16, 64); err != nil {
				return err
			}
		case unassigned:
			start = 0
		default:
			*next = start + size
		}
		if dropped {
			b.declare(path, len(lines), wide)
			start, size, flags = 0, 1, 0
		}
		lines = append(lines, fmt.Sprintf("0x%016x 0x%016x 0x%016x", start, start+size-1, flags))
		if wide {
			lines = append(lines, fmt.Sprintf("0x%016x 0x%016x 0x%016x", 0, 0, 0))
		}
	}
	for len(lines) < 13 {
		lines = append(lines, fmt.Sprintf("0x%016x 0x%016x 0x%016x", 0, 0, 0))
	}
	b.write(path+"/resource", strings.Join(lines, "\n"))
	return nil
}

// declare makes a function's registers show a region, which is all that is left
// where the kernel found no room for it.
func (b *builder) declare(path string, index int, wide bool) {
	config, err := os.ReadFile(filepath.Join(b.root, path, "config"))
	if err != nil || index > 5 {
		return
	}
	if at := 0x10 + 4*index; wide {
		config[at], config[at+5] = 0x0c, 0x02 // at 2 TiB, by the firmware
	} else {
		config[at+3] = 0xfd
	}
	b.raw(path+"/config", config)
}

func bytesOf(text string) (uint64, error) {
	if text == "" {
		return 0, fmt.Errorf("no size")
	}
	shift, ok := map[byte]uint{'K': 10, 'M': 20, 'G': 30}[text[len(text)-1]]
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
	if !ok || err != nil {
		return 0, fmt.Errorf("size %q: want 4K, 16M or 32G", text)
	}
	return n << shift, nil
}
