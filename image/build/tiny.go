package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const (
	tinyName     = "tiny"
	guestProgram = "github.com/dbc-network/dbc/image/guest"
)

// builder holds the folders of one build, all below work.
type builder struct {
	work string
	// packages is where all packages are unpacked, one over another; root and
	// initrd are the trees that become the image.
	packages, root, initrd string
	out                    string
}

// buildTiny makes DIR/tiny.qcow2. The image appears by a rename and its cache
// key after it: a crash before either makes the next run build again.
func buildTiny(ctx context.Context, dir string, force bool) error {
	if runtime.GOARCH != "amd64" || runtime.GOOS != "linux" {
		return fmt.Errorf("the tiny image is built on linux/amd64, this is %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	target := filepath.Join(dir, tinyName+".qcow2")
	key, err := inputsKey(ctx)
	if err != nil {
		return err
	}
	if !force && upToDate(target, key) {
		slog.Info("image is up to date", "path", target)
		return nil
	}
	began := time.Now()
	work, err := os.MkdirTemp(dir, "."+tinyName+"-")
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	b := &builder{
		work: work, packages: filepath.Join(work, "packages"), root: filepath.Join(work, "root"),
		initrd: filepath.Join(work, "initrd"), out: filepath.Join(work, "tiny.qcow2"),
	}
	err = b.build(ctx)
	if err == nil {
		err = publish(b.out, target, key)
	}
	if err := errors.Join(err, os.RemoveAll(work)); err != nil {
		return err
	}
	slog.Info("image built", "path", target, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}

func (b *builder) build(ctx context.Context) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"fetch packages", b.fetchPackages},
		{"compile the guest's init", b.compileInit},
		{"make the initramfs", b.makeInitrd},
		{"make the root", b.makeRoot},
		{"make the disk", b.makeDisk},
	} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		slog.Info("step done", "step", step.name, "took", time.Since(began).Round(time.Millisecond).String())
	}
	return nil
}

func (b *builder) compileInit(ctx context.Context) error {
	return runIn(ctx, "", []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"},
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(b.work, "init"), guestProgram)
}
