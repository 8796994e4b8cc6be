// Package accel determines whether the computer's hardware acceleration can run
// guests. On some cloud machines /dev/kvm can be opened and creates a virtual
// machine, and yet guests hang, so it runs one.
package accel

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// Kind is how guests are run.
type Kind string

// Ways to run guests.
const (
	// KVM runs them on the CPU itself.
	KVM Kind = "kvm"
	// Software emulates the CPU, some ten times slower. It is for tests.
	Software Kind = "tcg"
)

// probeLimit bounds one run. With working KVM it takes a tenth of a second.
const probeLimit = 3 * time.Second

// probe is the boot sector built from probe.S.
//
//go:generate sh -c "as --64 -o probe.o probe.S && ld -Ttext=0x7c00 --oformat=binary -o probe.bin probe.o && rm probe.o"
//go:embed probe.bin
var probe []byte

// Config is what Find needs.
type Config struct {
	// Emulator is QEMU's path.
	Emulator string
	// Cache is a folder that only root may write to; "" means /run/dbc.
	Cache string
	// Logger defaults to slog.Default().
	Logger *slog.Logger
}

// key is everything that the result depends on: after a reboot the computer may
// have other firmware settings.
type key struct {
	Kernel   string `json:"kernel"`
	Emulator string `json:"emulator"`
	BootID   string `json:"boot_id"`
}

type record struct {
	Key  key  `json:"key"`
	Kind Kind `json:"kind"`
}

// Find returns how guests run on this computer. The result is cached until the
// computer reboots or kernel or QEMU change.
func Find(ctx context.Context, config Config) (Kind, error) {
	if config.Cache == "" {
		config.Cache = "/run/dbc"
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	k, err := thisHost(ctx, config.Emulator)
	if err != nil {
		return "", err
	}
	path := filepath.Join(config.Cache, "accel.json")
	if data, err := os.ReadFile(path); err == nil {
		var r record
		if json.Unmarshal(data, &r) == nil && r.Key == k && (r.Kind == KVM || r.Kind == Software) {
			return r.Kind, nil
		}
	}
	kind := Software
	if err := tryKVM(ctx, config.Emulator); err == nil {
		kind = KVM
	} else if ctx.Err() != nil {
		return "", ctx.Err()
	} else {
		config.Logger.Info("KVM doesn't run guests here", "err", err)
	}
	if err := remember(path, record{k, kind}); err != nil {
		return "", err
	}
	return kind, nil
}

func tryKVM(ctx context.Context, emulator string) error {
	if _, err := os.Stat("/dev/kvm"); err != nil {
		return err
	}
	return Probe(ctx, emulator, KVM)
}

// Probe runs the boot sector: real mode, long mode, a thousand CPUID
// instructions, a loop, and an exit that only a guest that got through can
// cause.
func Probe(ctx context.Context, emulator string, kind Kind) error {
	dir, err := os.MkdirTemp("", "dbc-probe-")
	if err != nil {
		return fmt.Errorf("make folder for probe: %w", err)
	}
	defer os.RemoveAll(dir)
	image := filepath.Join(dir, "probe.bin")
	// A disk of one sector has no cylinder, and SeaBIOS cannot boot it.
	if err := os.WriteFile(image, append(bytes.Clone(probe), make([]byte, 1<<20-len(probe))...), 0o600); err != nil {
		return fmt.Errorf("write probe: %w", err)
	}
	cpu := "host"
	limit := probeLimit
	if kind == Software {
		cpu, limit = "max", 10*probeLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, emulator,
		"-machine", "q35,accel="+string(kind), "-cpu", cpu, "-m", "32",
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio",
		"-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
		"-drive", "file="+image+",format=raw,if=none,id=probe,readonly=on",
		"-device", "virtio-blk-pci,drive=probe,bootindex=0")
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	return classify(err, out.Bytes(), trouble.String())
}

// success is QEMU's exit code for the value 0x10 written to isa-debug-exit:
// (0x10 << 1) | 1.
const success = 33

func classify(err error, serial []byte, trouble string) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != success {
		trouble = trouble[:min(len(trouble), 200)]
		return fmt.Errorf("probe did not come through: %w: %s", err, strings.TrimSpace(trouble))
	}
	if !bytes.HasSuffix(bytes.TrimSpace(serial), []byte("RLCK")) {
		return fmt.Errorf("probe said %.40q", serial)
	}
	return nil
}

func thisHost(ctx context.Context, emulator string) (key, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return key{}, fmt.Errorf("ask for kernel: %w", err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return key{}, fmt.Errorf("read boot id: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*probeLimit)
	defer cancel()
	version, err := exec.CommandContext(ctx, emulator, "--version").Output()
	if err != nil {
		return key{}, fmt.Errorf("ask for QEMU's version: %w", err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	return key{
		Kernel:   unix.ByteSliceToString(name.Release[:]),
		Emulator: emulator + " " + first,
		BootID:   strings.TrimSpace(string(boot)),
	}, nil
}

func remember(path string, r record) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make cache folder: %w", err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write probe's result: %w", err)
	}
	if err := renameio.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write probe's result: %w", err)
	}
	return nil
}
