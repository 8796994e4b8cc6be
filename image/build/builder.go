package build

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// kind says how an image is built.
type kind struct {
	layout layout
	// system is the distribution's, of an image that consists of one.
	system system
	steps  []step
}

type step struct {
	name string
	do   func(*builder, context.Context) error
}

// images are indexed by their names without the extension.
var images = map[string]kind{"tiny": tiny, "debian-12": debian}

// Names returns the images of demo and tests, which Produce makes.
func Names() []string { return slices.Sorted(maps.Keys(images)) }

// builder has the folders of one build, all below work.
type builder struct {
	layout layout
	system system
	work   string
	// packages is where all packages are unpacked into one folder; root and
	// initrd are the trees that become the image.
	packages, root, initrd string
	out                    string
	// owners are the files of root that do not belong to root in the guest, by
	// path relative to root.
	owners map[string]owner
	// held is the lock of work, which says that the build is under way.
	held *os.File
	// beside says that another build of the same image is under way.
	beside bool
	// done is told of each step, and how long it took.
	done func(step string, took time.Duration)
}

// Produce builds DIR/NAME.qcow2 from this source tree. The image appears by a rename and its cache
// key after it, so that after a crash before either of them the next run builds
// again.
func Produce(ctx context.Context, name, dir string, force bool) error {
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
	b, err := newBuilder(images[name], name, dir, func(step string, took time.Duration) {
		slog.Info("step done", "step", step, "took", took.Round(time.Millisecond).String())
	})
	if err != nil {
		return err
	}
	err = b.build(ctx, images[name].steps)
	if err == nil {
		err = publish(b.out, target, key)
	}
	if err := errors.Join(err, b.end()); err != nil {
		return err
	}
	slog.Info("image built", "path", target, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}

// newBuilder makes a folder for the work, in that of the image: both are moved to
// their place by a rename. What killed builds left there is deleted.
func newBuilder(k kind, name, dir string, done func(step string, took time.Duration)) (*builder, error) {
	// On Debian mkfs.ext4 and debugfs are not on a user's PATH.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin"); err != nil {
		return nil, fmt.Errorf("set PATH: %w", err)
	}
	work, held, err := makeWork(dir, name)
	if err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	beside, err := clearLeft(dir, name, work)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(work), held.Close())
	}
	return &builder{
		layout: k.layout, system: k.system, work: work, packages: filepath.Join(work, "packages"), root: filepath.Join(work, "root"),
		initrd: filepath.Join(work, "initrd"), out: filepath.Join(work, "disk.qcow2"), held: held, beside: beside, done: done,
	}, nil
}

// end deletes the folder of the work.
func (b *builder) end() error { return errors.Join(os.RemoveAll(b.work), b.held.Close()) }

func (b *builder) build(ctx context.Context, steps []step) error {
	for _, s := range steps {
		began := time.Now()
		if err := s.do(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		b.done(s.name, time.Since(began))
	}
	return nil
}
