package build

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// makeInitrd packs the guest's init and the modules that it loads first.
// Compression is light, because guests also unpack it under emulation.
func (b *builder) makeInitrd(context.Context) error {
	k, err := b.findKernel()
	if err != nil {
		return err
	}
	modules, err := k.closure(wantedModules)
	if err != nil {
		return err
	}
	program, err := os.ReadFile(filepath.Join(b.work, "init"))
	if err != nil {
		return err
	}
	f, err := os.Create(b.initrd)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		return err
	}
	a := &archive{w: z}
	for _, dir := range []string{"dev", "proc", "sys", "newroot", "modules", "modules/first"} {
		a.dir(dir, 0o755)
	}
	a.device("dev/console", 0o600, 5, 1)
	a.file("init", 0o755, program)
	for i, m := range modules {
		a.file(fmt.Sprintf("modules/first/%02d-%s.ko", i, m.name), 0o644, m.content)
	}
	return errors.Join(a.close(), z.Close(), f.Close())
}
