// Build makes guest images from the packages of the distribution it runs on
// (Debian 12 or 13, Ubuntu 24.04), without root, loop devices or mounts. They
// boot by BIOS and by UEFI.
//
//	go run ./image/build/program -out DIR tiny|debian-12 …
//
// It needs apt-get with current package lists, dpkg-deb, mkfs.ext4, debugfs,
// mtools, qemu-img and Go; debian-12 also needs mmdebstrap, and newuidmap unless
// it runs as root. An image whose inputs (this program, the guest's sources, the
// distribution) have not changed is not rebuilt; -force rebuilds it with newer
// packages.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/dbc-network/dbc/image/build"
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
	known := build.Names()
	if *out == "" || flags.NArg() == 0 {
		return fmt.Errorf("usage: build -out DIR [-force] NAME …, of: %s", strings.Join(known, ", "))
	}
	for _, name := range flags.Args() {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no image %q is known, want: %s", name, strings.Join(known, ", "))
		}
	}
	for _, name := range flags.Args() {
		if err := build.Produce(ctx, name, *out, *force); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
