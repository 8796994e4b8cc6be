package build

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// wantedModules are the drivers of a guest on q35 with virtio devices, and the
// file systems of root and seed. Their dependencies are added automatically,
// and what the kernel has built in is left out. crc32c is the name that ext4
// requests.
var wantedModules = []string{
	"virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "isofs",
	"virtio_net", "virtio_console", "virtio_rng", "button", "evdev",
}

// optionalModules exist in some kernels only.
var optionalModules = map[string]bool{"crc32c_generic": true}

// kernel is the kernel found in the packages.
type kernel struct {
	image string
	// files maps module names to paths. builtin are the names of modules
	// without a file.
	files   map[string]string
	builtin map[string]bool
}

func (b *builder) findKernel() (kernel, error) {
	images, err := filepath.Glob(filepath.Join(b.packages, "boot", "vmlinuz-*"))
	if err != nil || len(images) != 1 {
		return kernel{}, fmt.Errorf("want one kernel, found %d", len(images))
	}
	release := strings.TrimPrefix(filepath.Base(images[0]), "vmlinuz-")
	k := kernel{image: images[0], files: map[string]string{}, builtin: map[string]bool{}}
	var dir string
	for _, lib := range []string{"lib", "usr/lib"} {
		if d := filepath.Join(b.packages, lib, "modules", release); exists(filepath.Join(d, "kernel")) {
			dir = d
		}
	}
	if dir == "" {
		return kernel{}, fmt.Errorf("no modules for kernel %s", release)
	}
	list, err := os.ReadFile(filepath.Join(dir, "modules.builtin"))
	if err != nil {
		return kernel{}, fmt.Errorf("read built-in modules: %w", err)
	}
	for _, path := range strings.Fields(string(list)) {
		k.builtin[moduleName(path)] = true
	}
	err = filepath.WalkDir(filepath.Join(dir, "kernel"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.Contains(d.Name(), ".ko") {
			k.files[moduleName(path)] = path
		}
		return err
	})
	return k, err
}

// moduleName returns the kernel's name of a module file: virtio_rng for
// virtio-rng.ko.xz.
func moduleName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".ko")
	return strings.ReplaceAll(name, "-", "_")
}

type module struct {
	name    string
	content []byte
}

// closure returns the wanted modules and all their dependencies, in an order in
// which they load.
func (k kernel) closure(wanted []string) ([]module, error) {
	var loaded []module
	seen := map[string]bool{}
	var visit func(name string) error
	visit = func(name string) error {
		if seen[name] || k.builtin[name] {
			return nil
		}
		seen[name] = true
		path, ok := k.files[name]
		if !ok {
			if optionalModules[name] {
				return nil
			}
			return fmt.Errorf("the kernel has no module %s", name)
		}
		content, err := readModule(path)
		if err != nil {
			return fmt.Errorf("read module %s: %w", name, err)
		}
		deps, err := dependencies(content)
		if err != nil {
			return fmt.Errorf("read module %s: %w", name, err)
		}
		for _, dep := range deps {
			if err := visit(dep); err != nil {
				return err
			}
		}
		loaded = append(loaded, module{name, content})
		return nil
	}
	for _, name := range wanted {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return loaded, nil
}

// readModule decompresses a module: Debian 13 has .ko.xz, Ubuntu .ko.zst.
func readModule(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = f
	switch filepath.Ext(path) {
	case ".xz":
		r, err = xz.NewReader(f)
	case ".zst":
		r, err = zstd.NewReader(f)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// dependencies reads a module's dependencies from its section .modinfo: strings
// that end in NUL, one of them depends=a,b.
func dependencies(content []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	section := f.Section(".modinfo")
	if section == nil {
		return nil, errors.New("no .modinfo")
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for field := range bytes.SplitSeq(info, []byte{0}) {
		if list, ok := bytes.CutPrefix(field, []byte("depends=")); ok && len(list) > 0 {
			return strings.Split(strings.ReplaceAll(string(list), "-", "_"), ","), nil
		}
	}
	return nil, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
