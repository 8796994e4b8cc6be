// Build makes guest images from the packages of the distribution it runs on
// (Debian 12 or 13, Ubuntu 24.04), without root, loop devices or mounts. They
// boot by BIOS and by UEFI.
//
//	go run ./image/build -out DIR tiny|debian-12 …
//
// It needs apt-get with fetched package lists, dpkg-deb, mkfs.ext4, debugfs,
// mtools, qemu-img and Go; debian-12 also needs mmdebstrap, and newuidmap where
// it is not run by root. An image whose inputs (this program, the guest's
// sources, the distribution) have not changed is left alone; -force takes newer
// packages.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		slog.Error("build image", "err", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	out := flags.String("out", "", "folder for the image and its cache key")
	force := flags.Bool("force", false, "build although nothing changed, with the newest packages")
	if err := flags.Parse(args); err != nil {
		return err
	}
	known := slices.Sorted(maps.Keys(images))
	if *out == "" || flags.NArg() == 0 {
		return fmt.Errorf("usage: build -out DIR [-force] NAME …, of: %s", strings.Join(known, ", "))
	}
	for _, name := range flags.Args() {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no image %q is known, want: %s", name, strings.Join(known, ", "))
		}
	}
	// mkfs.ext4 and debugfs are where a user's PATH does not reach on Debian.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin"); err != nil {
		return fmt.Errorf("set PATH: %w", err)
	}
	for _, name := range flags.Args() {
		if err := produce(ctx, name, *out, *force); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
