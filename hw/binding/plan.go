package binding

import (
	_ "embed" // the unit's text
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

//go:embed dbc-gpu-bind.service
var unit string

const (
	unitPath  = "etc/systemd/system/dbc-gpu-bind.service"
	wantsPath = "etc/systemd/system/sysinit.target.wants/dbc-gpu-bind.service"
	// modules are loaded at boot, since the helper may not load any.
	modulesPath = "etc/modules-load.d/dbc-gpu.conf"
	modules     = "# Written by dbc host gpu bind; dbc host gpu unbind removes it.\nvfio\nvfio_iommu_type1\nvfio_pci\n"

	debianInitramfs = "etc/initramfs-tools"
	debianHook      = debianInitramfs + "/scripts/init-top/dbc-gpu-bind"
	dracut          = "usr/lib/dracut/modules.d"
	dracutHook      = dracut + "/45dbc-gpu-bind"
)

// item is one file, or with a target a symbolic link.
type item struct {
	path   string
	text   []byte
	mode   fs.FileMode
	target string
}

// plan returns the files that bind these cards, in order, and the commands that
// have to run afterwards.
func plan(root *os.Root, program string, f File) (items []item, commands [][]string, err error) {
	text, err := f.Marshal()
	if err != nil {
		return nil, nil, err
	}
	items = []item{
		{path: Path, text: text, mode: 0o644},
		{path: modulesPath, text: []byte(modules), mode: 0o644},
		{path: unitPath, text: []byte(strings.Replace(unit, "PROGRAM", program, 1)), mode: 0o644},
	}
	commands = [][]string{{"systemctl", "daemon-reload"}}
	keep := keepers(f)
	if isFolder(root, debianInitramfs) {
		items = append(items, item{path: debianHook, text: []byte("#!/bin/sh\n" + written + prereqs + keep), mode: 0o755})
		commands = append(commands, []string{"update-initramfs", "-u", "-k", "all"})
	}
	if isFolder(root, dracut) {
		items = append(items,
			item{path: dracutHook + "/module-setup.sh", text: []byte("#!/bin/bash\n" + written + dracutSetup), mode: 0o755},
			item{path: dracutHook + "/keep.sh", text: []byte("#!/bin/sh\n" + written + keep), mode: 0o755})
		commands = append(commands, []string{"dracut", "--regenerate-all", "--force"})
	}
	return append(items, item{path: wantsPath, target: "../dbc-gpu-bind.service"}), commands, nil
}

func isFolder(root *os.Root, name string) bool {
	info, err := root.Stat(name)
	return err == nil && info.IsDir()
}

const (
	written = "# Written by dbc host gpu bind; dbc host gpu unbind removes it.\n"
	// initramfs-tools asks each script for its prerequisites.
	prereqs     = "[ \"${1-}\" = prereqs ] && exit 0\n"
	dracutSetup = "check() { return 0; }\ndepends() { return 0; }\ninstall() { inst_hook pre-udev 00 \"$moddir/keep.sh\"; }\n"

	// keepSh keeps every other driver off a card, without a module of its own: an
	// override outlives the initramfs, and the boot unit does the rest. It calls no
	// program, and dracut sources it into its own shell, so it never exits.
	keepSh = `# Keeps drivers off the cards that are passed to VMs, each by its ids.
dbc_keep() {
	dbc_dir=/sys/bus/pci/devices/$1
	shift
	[ -e "$dbc_dir/driver_override" ] || return 0
	[ -e "$dbc_dir/driver" ] && return 0
	for dbc_name in vendor device subsystem_vendor subsystem_device class; do
		read -r dbc_value <"$dbc_dir/$dbc_name" || return 0
		[ "$dbc_name" != class ] || dbc_value=${dbc_value%??}
		[ "$dbc_value" = "$1" ] || return 0
		shift
	done
	echo vfio-pci >"$dbc_dir/driver_override"
}
`
)

// keepers writes the script for the initramfs, filling in numbers only.
func keepers(f File) string {
	text := keepSh
	for _, s := range f.Slots {
		for _, fn := range s.Functions {
			text += fmt.Sprintf("dbc_keep %s 0x%04x 0x%04x 0x%04x 0x%04x 0x%04x\n", fn.Address,
				fn.IDs.Vendor, fn.IDs.Device, fn.Subsystem.Vendor, fn.Subsystem.Device, fn.kind())
		}
	}
	return text
}

func (f Function) kind() uint16 {
	var kind uint16
	_, _ = fmt.Sscanf(f.Class, "%04x", &kind) // check has validated it
	return kind
}

// plain matches what a unit's command line takes without quotes.
var plain = regexp.MustCompile(`^/[A-Za-z0-9/._+-]+$`)

// CheckProgram refuses a program that the boot unit must not start: one that
// somebody other than root could change, or that may not be available yet.
func CheckProgram(program string) error {
	if !plain.MatchString(program) || filepath.Clean(program) != program {
		return fmt.Errorf("%w: %q", ErrProgram, program)
	}
	systems, err := fileSystems("/", "/usr")
	if err != nil {
		return err
	}
	for at := program; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			return fmt.Errorf("look at the program: %w", err)
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%w: %s is a link", ErrProgram, at)
		}
		if err := owned(info); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrProgram, at, err)
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if at == program && (!info.Mode().IsRegular() || !ok || !systems[stat.Dev]) {
			return fmt.Errorf("%w: %s is no file of the root file system, which is all that is mounted then", ErrProgram, at)
		}
		if at == "/" {
			return nil
		}
	}
}

// fileSystems returns the device numbers of the file systems that these files are on,
// as the system's own type, which differs between systems.
func fileSystems(names ...string) (map[any]bool, error) {
	all := map[any]bool{}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("look at the root file system: %w", err)
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			all[stat.Dev] = true
		}
	}
	return all, nil
}
