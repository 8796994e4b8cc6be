package hwtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func cpuinfo(vendor, bits string) string {
	if vendor == "arm64" {
		return "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
	}
	flag := "vmx"
	if vendor == "AuthenticAMD" {
		flag = "svm"
	}
	return fmt.Sprintf("processor\t: 0\nvendor_id\t: %s\nflags\t\t: fpu %s\naddress sizes\t: %s bits physical, 48 bits virtual\n", vendor, flag, bits)
}

// computer writes what a line with @ describes.
func (b *builder) computer(words []string) error {
	rest := strings.Join(words[1:], " ")
	least := map[string]int{"cpu": 2, "iommu": 2, "nodes": 2, "chassis": 2, "iomem": 3, "mount": 4, "route": 3, "file": 2, "link": 3, "cmdline": 1}
	if n, ok := least[words[0]]; !ok || len(words) < n {
		return errors.New("unknown, or too short")
	}
	switch words[0] {
	case "cpu":
		b.write("proc/cpuinfo", cpuinfo(words[1], strings.Join(words[2:], "")))
	case "cmdline":
		b.write("proc/cmdline", rest)
	case "iommu":
		dir := "sys/class/iommu/" + words[1]
		b.folder(dir)
		if len(words) > 2 {
			mgaw, err := strconv.ParseUint(words[2], 10, 6)
			if err != nil {
				return err
			}
			b.folder(dir + "/intel-iommu")
			b.write(dir+"/intel-iommu/cap", strconv.FormatUint(0xc40400462|(mgaw-1)<<16, 16))
		}
	case "nodes":
		n, err := strconv.Atoi(words[1])
		if err != nil {
			return err
		}
		for i := range n {
			b.folder("sys/devices/system/node/node" + strconv.Itoa(i))
		}
	case "chassis":
		b.folder("sys/class/dmi/id")
		b.write("sys/class/dmi/id/chassis_type", words[1])
	case "iomem":
		b.write("proc/iomem", "00000000-00000fff : Reserved\n  "+words[1]+" : "+words[2])
	case "mount":
		b.append("proc/mounts", words[1]+" "+words[2]+" ext4 rw 0 0\n")
		return b.held("sys/class/block/"+filepath.Base(words[1]), words[3], "block/"+filepath.Base(words[1]))
	case "route":
		b.append("proc/net/route", "Iface\tDestination\tGateway\n"+words[1]+"\t00000000\t0101A8C0\t0003\n")
		return b.held("sys/class/net/"+words[1], words[2], "net/"+words[1])
	case "file":
		b.write(words[1], strings.ReplaceAll(strings.Join(words[2:], " "), `\n`, "\n"))
	case "link":
		b.folder(filepath.Dir(words[1]))
		b.note(os.Symlink(words[2], filepath.Join(b.root, words[1])))
	}
	return b.err
}

// held links a disk or network to the function it belongs to, which is listed above it.
func (b *builder) held(from, address, below string) error {
	path, err := os.Readlink(filepath.Join(b.root, "sys/bus/pci/devices", full(address)))
	if err != nil {
		return err
	}
	b.link(from, filepath.Join("sys/bus/pci/devices", path, below))
	return b.err
}

func (b *builder) folder(path string) {
	b.note(os.MkdirAll(filepath.Join(b.root, path), 0o755))
}

func (b *builder) write(path, text string) { b.raw(path, []byte(text+"\n")) }

func (b *builder) raw(path string, data []byte) {
	b.folder(filepath.Dir(path))
	b.note(os.WriteFile(filepath.Join(b.root, path), data, 0o644))
}

func (b *builder) append(path, text string) {
	have, _ := os.ReadFile(filepath.Join(b.root, path))
	b.write(path, strings.TrimSuffix(string(have)+text, "\n"))
}

// link makes a relative link, as sysfs does.
func (b *builder) link(from, to string) {
	b.folder(filepath.Dir(from))
	relative, err := filepath.Rel(filepath.Dir(from), to)
	b.note(err)
	b.note(os.Symlink(relative, filepath.Join(b.root, from)))
}

func (b *builder) note(err error) {
	if err != nil && b.err == nil {
		b.err = err
	}
}
