package build

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	// bootTools make an image bootable; tinyTools go into the tiny image.
	bootTools = []string{"grub-pc-bin", "grub-efi-amd64-bin", "grub-common"}
	tinyTools = []string{"busybox-static", "dropbear-bin", "openssh-sftp-server", "qemu-guest-agent"}
	// kernels are the metapackages of the small kernel in Debian and Ubuntu.
	// The first one that the distribution has is used.
	kernels = []string{"linux-image-cloud-amd64", "linux-image-virtual"}
	// kernelFiles matches the dependencies of a kernel that are needed.
	kernelFiles = regexp.MustCompile(`^linux-(image|modules)-[0-9]`)
)

func (b *builder) fetchTiny(ctx context.Context) error {
	kernel, err := b.resolveKernel(ctx)
	if err != nil {
		return err
	}
	return b.fetchPackages(ctx, slices.Concat(bootTools, tinyTools), kernel)
}

// fetchPackages asks apt for the packages that a system with these tools and
// nothing else consists of, downloads exactly those and the packages in more,
// and unpacks all of them into one folder. apt verifies their hashes against
// its signed lists.
func (b *builder) fetchPackages(ctx context.Context, tools, more []string) error {
	wanted, err := b.resolve(ctx, tools...)
	if err != nil {
		return err
	}
	debs := filepath.Join(b.work, "debs")
	if err := errors.Join(os.Mkdir(debs, 0o755), os.Mkdir(b.packages, 0o755)); err != nil {
		return err
	}
	args := append([]string{"-qq", "-o", "APT::Sandbox::User=root", "download"}, append(wanted, more...)...)
	if err := runIn(ctx, debs, nil, "apt-get", args...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil || len(files) == 0 {
		return errors.Join(errors.New("apt-get downloaded nothing"), err)
	}
	for _, file := range files {
		if err := runIn(ctx, "", nil, "dpkg-deb", "-x", file, b.packages); err != nil {
			return err
		}
	}
	return os.RemoveAll(debs)
}

func (b *builder) resolveKernel(ctx context.Context) ([]string, error) {
	var errs []error
	for _, meta := range kernels {
		all, err := b.resolve(ctx, meta)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		var kernel []string
		for _, p := range all {
			if kernelFiles.MatchString(p) {
				kernel = append(kernel, p)
			}
		}
		if len(kernel) > 0 {
			return kernel, nil
		}
	}
	return nil, fmt.Errorf("find a kernel: %w", errors.Join(errs...))
}

// resolve returns the dependency closure of packages as name=version, as if
// nothing were installed or downloaded yet: apt lists only what it would fetch,
// and what this computer has must not matter.
func (b *builder) resolve(ctx context.Context, packages ...string) ([]string, error) {
	status := filepath.Join(b.work, "status")
	if err := os.WriteFile(status, nil, 0o644); err != nil {
		return nil, fmt.Errorf("make empty status: %w", err)
	}
	archives := filepath.Join(b.work, "archives")
	if err := os.MkdirAll(filepath.Join(archives, "partial"), 0o755); err != nil {
		return nil, fmt.Errorf("make empty cache: %w", err)
	}
	args := append([]string{
		"install", "--print-uris", "-qq", "-y", "--no-install-recommends",
		"-o", "Dir::State::status=" + status, "-o", "Dir::Cache::archives=" + archives,
	}, packages...)
	raw, err := output(ctx, "", nil, "apt-get", args...)
	if err != nil {
		return nil, fmt.Errorf("resolve %s (are the package lists fetched? apt-get update): %w", strings.Join(packages, ", "), err)
	}
	return parseURIs(string(raw))
}

// parseURIs parses lines of 'uri' name_version_arch.deb size hash.
func parseURIs(raw string) ([]string, error) {
	var found []string
	for line := range strings.Lines(raw) {
		f := strings.Fields(line)
		if len(f) < 2 || !strings.HasSuffix(f[1], ".deb") {
			continue
		}
		name := strings.Split(strings.TrimSuffix(f[1], ".deb"), "_")
		if len(name) != 3 {
			return nil, fmt.Errorf("apt-get printed %q", f[1])
		}
		version, err := url.PathUnescape(name[1])
		if err != nil {
			return nil, fmt.Errorf("apt-get printed %q: %w", f[1], err)
		}
		found = append(found, name[0]+"="+version)
	}
	if len(found) == 0 {
		return nil, errors.New("apt-get printed no packages")
	}
	return found, nil
}
