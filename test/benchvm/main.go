// Command benchvm measures what the compute node adds to libvirt and QEMU: a
// create compared with virsh and the same XML, and the time from rent to login
// compared with the same emulator started directly, in interleaved pairs on a
// devnet with real guests; then ten creates at once.
//
// It needs root, libvirt, QEMU and virsh, the programs that make build builds
// and the image that make tiny builds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/test/computer"
)

// config of a run.
type config struct {
	programs devnet.Programs
	pairs    int
	together int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var cfg config
	programs := flag.String("programs", "bin", "folder of dbc and dbcd")
	images := flag.String("images", "build/images", "folder of tiny.qcow2")
	flag.IntVar(&cfg.pairs, "pairs", 10, "pairs of guests, ours and the emulator's alone, in turns; one more goes before, uncounted")
	flag.IntVar(&cfg.together, "together", 10, "creates at once; 0 for none")
	flag.Parse()
	err := cfg.find(*programs, *images)
	if err == nil {
		err = run(ctx, os.Stdout, cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchvm:", err)
		os.Exit(1)
	}
}

func (c *config) find(programs, images string) error {
	bin, err := filepath.Abs(programs)
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(images)
	c.programs = devnet.Programs{Dbc: filepath.Join(bin, "dbc"), Dbcd: filepath.Join(bin, "dbcd"), Images: folder}
	return err
}

func run(ctx context.Context, out io.Writer, cfg config) error {
	if os.Geteuid() != 0 {
		return errors.New("needs root, for libvirt and a guest's card: run it by make bench-vm")
	}
	t := computer.Begin(out, fmt.Sprintf("%d pairs, %d creates at once", cfg.pairs, cfg.together))
	if err := pairs(ctx, cfg, t); err != nil {
		return err
	}
	if cfg.together == 0 {
		return nil
	}
	return together(ctx, cfg, t)
}
