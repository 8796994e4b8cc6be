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

// kind is how one image is made.
type kind struct {
	layout layout
	steps  []step
}

type step struct {
	name string
	do   func(*builder, context.Context) error
}

// images are by their names, without the ending.
var images = map[string]kind{"tiny": tiny, "debian-12": debian}

// builder holds the folders of one build, all below work.
type builder struct {
	layout layout
	work   string
	// packages is where all packages are unpacked, one over another; root and
	// initrd are the trees that become the image.
	packages, root, initrd string
	out                    string
	// owners are the files of root that are not root's in the guest, by path
	// relative to root.
	owners map[string]owner
}

// produce makes DIR/NAME.qcow2. The image appears by a rename and its cache key
// after it: a crash before either makes the next run build again.
func produce(ctx context.Context, name, dir string, force bool) error {
	if runtime.GOARCH != "amd64" || runtime.GOOS != "linux" {
		return fmt.Errorf("images are built on linux/amd64, this is %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find output folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	target := filepath.Join(dir, name+".qcow2")
	key, err := inputsKey(ctx)
	if err != nil {
		return err
	}
	if !force && upToDate(target, key) {
		slog.Info("image is up to date", "path", target)
		return nil
	}
	began := time.Now()
	work, err := os.MkdirTemp(dir, "."+name+"-")
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	b := &builder{
		layout: images[name].layout, work: work, packages: filepath.Join(work, "packages"), root: filepath.Join(work, "root"),
		initrd: filepath.Join(work, "initrd"), out: filepath.Join(work, "disk.qcow2"),
	}
	err = b.build(ctx, images[name].steps)
	if err == nil {
		err = publish(b.out, target, key)
	}
	if err := errors.Join(err, os.RemoveAll(work)); err != nil {
		return err
	}
	slog.Info("image built", "path", target, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}

func (b *builder) build(ctx context.Context, steps []step) error {
	for _, s := range steps {
		began := time.Now()
		if err := s.do(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		slog.Info("step done", "step", s.name, "took", time.Since(began).Round(time.Millisecond).String())
	}
	return nil
}
