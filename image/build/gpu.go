package build

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/dbc-network/dbc/image"
)

// gpuImages are those that hosts build for their renters, by name without extension.
var gpuImages = map[string]kind{"ubuntu-24.04-gpu": ubuntuGPU}

// GPUNames returns the images with a driver, which GPU makes.
func GPUNames() []string {
	var names []string
	for name := range gpuImages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var (
	// ErrHere means that images cannot be built on this computer: what it lacks.
	ErrHere = errors.New("images can't be built here")
	// ErrPackages means that packages could not be fetched or installed.
	ErrPackages = errors.New("packages could not be installed")
)

// programs are what a build runs, and the package of Debian and Ubuntu with each.
var programs = map[string]string{
	"mmdebstrap": "mmdebstrap", "apt-get": "apt", "dpkg-deb": "dpkg", "mkfs.ext4": "e2fsprogs", "debugfs": "e2fsprogs",
	"mformat": "mtools", "qemu-img": "qemu-utils",
}

// keyrings are the packages with the keys of archives.
var keyrings = map[string]string{ubuntuKeyring: "ubuntu-keyring"}

// Built is what a build made.
type Built struct {
	image.Image
	Manifest image.Manifest
	Took     time.Duration
}

// GPU builds an image with a driver from the distribution's own packages, in the
// store's folder, and adds it to the store with its manifest. The
// driver is downloaded from the distribution by who runs this; the project hands none
// on. done is told of each step. image.ErrExists if the store has it already.
func GPU(ctx context.Context, store *image.Store, name string, done func(step string, took time.Duration)) (Built, error) {
	k, ok := gpuImages[name]
	if !ok {
		return Built{}, fmt.Errorf("%w: no image %.64q is known, there are: %s", image.ErrName, name, strings.Join(GPUNames(), ", "))
	}
	file := name + ".qcow2"
	if _, err := store.Find(ctx, file); !errors.Is(err, image.ErrNotFound) {
		if err == nil {
			err = fmt.Errorf("%w: %s; delete it first", image.ErrExists, file)
		}
		return Built{}, err
	}
	began := time.Now()
	dir, err := store.Folder()
	if err != nil {
		return Built{}, err
	}
	b, err := newBuilder(k, name, dir, done)
	if err != nil {
		return Built{}, err
	}
	if b.beside {
		err = fmt.Errorf("%w: %s is being built", image.ErrBusy, file)
	} else {
		err = store.ClearBuild(file)
	}
	if err != nil {
		return Built{}, errors.Join(err, b.end())
	}
	built, err := b.gpu(ctx, store, k, file)
	built.Took = time.Since(began)
	return built, errors.Join(err, b.end())
}

func (b *builder) gpu(ctx context.Context, store *image.Store, k kind, file string) (Built, error) {
	if err := b.possible(); err != nil {
		return Built{}, err
	}
	if err := b.build(ctx, k.steps); err != nil {
		return Built{}, fmt.Errorf("%w; wanted: %s", err, strings.Join(k.system.packages, " "))
	}
	m, err := b.describe()
	if err == nil {
		m.Digest, m.Size, err = digest(b.out)
	}
	if err != nil {
		return Built{}, err
	}
	img, err := store.Add(ctx, b.out, file, m)
	return Built{Image: img, Manifest: m}, err
}

// possible looks for what the build needs before it downloads anything.
func (b *builder) possible() error {
	if runtime.GOARCH != "amd64" || runtime.GOOS != "linux" {
		return fmt.Errorf("%w: they are built on linux/amd64, this is %s/%s", ErrHere, runtime.GOOS, runtime.GOARCH)
	}
	var missing []string
	for program, of := range programs {
		if _, err := exec.LookPath(program); err != nil && !slices.Contains(missing, of) {
			missing = append(missing, of)
		}
	}
	if _, err := os.Stat(b.system.keyring); err != nil {
		missing = append(missing, keyrings[b.system.keyring])
	}
	if slices.Sort(missing); len(missing) > 0 {
		return fmt.Errorf("%w: apt-get install %s", ErrHere, strings.Join(missing, " "))
	}
	return nil
}

// looked are packages that renters look for, where they are installed.
var looked = []string{"docker.io", "rsync", "openssh-server", "qemu-guest-agent", "cloud-init", "python3", "nvidia-container-toolkit"}

// describe returns the manifest of what was unpacked, without the image's file.
func (b *builder) describe() (image.Manifest, error) {
	release, err := pairs(filepath.Join(b.root, "usr/lib/os-release"), "=")
	if err != nil {
		return image.Manifest{}, err
	}
	packages, err := installed(filepath.Join(b.root, "var/lib/dpkg/status"))
	if err != nil {
		return image.Manifest{}, err
	}
	m := image.Manifest{
		Schema: image.ManifestSchema, Built: time.Now().UTC().Truncate(time.Second), OS: release["ID"], Version: release["VERSION_ID"],
		Contents: []image.Content{}, Login: "dbc", CloudInit: packages["cloud-init"] != "", Ready: "ssh", Firmware: []string{"bios", "uefi"}, Bus: "virtio",
		MinDiskGiB: uint64(b.layout.size+1<<30-1) >> 30, Licences: []image.Licence{}, Texts: "/usr/share/doc/*/copyright",
	}
	for _, name := range looked {
		if v := packages[name]; v != "" {
			m.Contents = append(m.Contents, image.Content{Package: name, Version: v})
		}
	}
	kernel, err := os.Readlink(filepath.Join(b.root, b.system.kernel[0]))
	if err != nil {
		return image.Manifest{}, fmt.Errorf("find the kernel: %w", err)
	}
	m.Kernel = strings.TrimPrefix(filepath.Base(kernel), "vmlinuz-")
	if v := packages[b.system.driver]; v != "" {
		version, _, _ := strings.Cut(v, "-")
		m.Driver = &image.Driver{Vendor: "nvidia", Version: version, Open: true}
		m.Licences = append(m.Licences, image.LicenceNVIDIA)
	}
	return m, b.hasDriver(m)
}

// driverModule is the driver's file.
var driverModule = regexp.MustCompile(`^nvidia\.ko(\.(gz|xz|zst))?$`)

// hasDriver checks that the driver's modules are for the kernel that boots.
func (b *builder) hasDriver(m image.Manifest) error {
	if m.Driver == nil {
		return fmt.Errorf("%w: no driver was installed", ErrPackages)
	}
	var found bool
	err := filepath.WalkDir(filepath.Join(b.root, "usr/lib/modules", m.Kernel), func(_ string, d os.DirEntry, err error) error {
		found = found || err == nil && driverModule.MatchString(d.Name())
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: kernel %s has no nvidia module", ErrPackages, m.Kernel)
	}
	return err
}

// pairs reads lines of NAME and VALUE, which may be quoted.
func pairs(path, between string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	found := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), between); ok {
			found[name] = strings.Trim(value, `"`)
		}
	}
	return found, lines.Err()
}

// installed returns the versions of the packages in dpkg's status file.
func installed(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("find what is installed: %w", err)
	}
	defer func() { _ = f.Close() }()
	found := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	name := ""
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "Package: "); ok {
			name = v
		} else if v, ok := strings.CutPrefix(lines.Text(), "Version: "); ok {
			found[name] = v
		}
	}
	return found, lines.Err()
}

func digest(path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return "", 0, fmt.Errorf("read the image: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), n, f.Sync()
}
