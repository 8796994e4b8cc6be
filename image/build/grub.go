package build

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dbc-network/dbc/image/gpt"
)

const (
	// Offsets that grub-bios-setup patches in boot.S and diskboot.S: where the
	// core is, the jump that it disables for hard disks, where the rest of the
	// core is, and the length of the boot code.
	grubCoreAt   = 0x5c
	grubDriveAt  = 0x66
	grubRestAt   = 0x1f4
	bootCodeSize = 440

	// efiLoader is what UEFI starts from a disk that none of its variables
	// name.
	efiLoader = "::/EFI/BOOT/BOOTX64.EFI"
)

// core is GRUB for one kind of firmware. root is the location of the image's
// second partition; without a disk it is on the disk that the core was loaded
// from.
type core struct {
	format, root string
	modules      []string
}

var (
	biosCore = core{"i386-pc", "(hd0,gpt2)", []string{"biosdisk", "part_gpt", "ext2", "linux", "boot"}}
	efiCore  = core{"x86_64-efi", "(,gpt2)", []string{"part_gpt", "ext2", "linux", "boot", "efi_gop"}}
)

// makeCore builds GRUB's core with grub-mkimage and libraries from the
// packages, and returns its path.
func (b *builder) makeCore(ctx context.Context, c core) (string, error) {
	mkimage, err := b.find("usr/bin/grub-mkimage")
	if err != nil {
		return "", err
	}
	ld, err := b.findLibrary(loader)
	if err != nil {
		return "", err
	}
	paths := make([]string, len(libraryFolders))
	for i, dir := range libraryFolders {
		paths[i] = filepath.Join(b.packages, dir)
	}
	config, out := filepath.Join(b.work, "grub.cfg"), filepath.Join(b.work, c.format+".img")
	if err := os.WriteFile(config, []byte(b.layout.boot+"boot\n"), 0o600); err != nil {
		return "", err
	}
	args := []string{
		"--library-path", strings.Join(paths, ":"), mkimage, "-d", b.grubFiles(c), "-O", c.format,
		"-o", out, "-p", c.root + "/boot", "-c", config,
	}
	return out, runIn(ctx, "", nil, ld, append(args, c.modules...)...)
}

func (b *builder) grubFiles(c core) string {
	return filepath.Join(b.packages, "usr/lib/grub", c.format)
}

// writeBIOS writes GRUB to where a BIOS and GRUB's boot sector look for it.
func (b *builder) writeBIOS(ctx context.Context, disk *os.File) error {
	path, err := b.makeCore(ctx, biosCore)
	if err != nil {
		return err
	}
	boot, err := os.ReadFile(filepath.Join(b.grubFiles(biosCore), "boot.img"))
	if err != nil {
		return err
	}
	rest, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if len(boot) < bootCodeSize || len(rest) < gpt.Sector || len(rest) > (efiFirst-bootFirst)*gpt.Sector {
		return fmt.Errorf("GRUB's boot code has %d bytes, its core %d", len(boot), len(rest))
	}
	binary.LittleEndian.PutUint64(boot[grubCoreAt:], bootFirst)
	copy(boot[grubDriveAt:], []byte{0x90, 0x90})
	binary.LittleEndian.PutUint64(rest[grubRestAt:], bootFirst+1)
	if _, err := disk.WriteAt(boot[:bootCodeSize], 0); err != nil {
		return err
	}
	_, err = disk.WriteAt(rest, bootFirst*gpt.Sector)
	return err
}

// writeEFI creates the EFI system partition: a FAT file system with GRUB as its
// only file.
func (b *builder) writeEFI(ctx context.Context, disk *os.File) error {
	path, err := b.makeCore(ctx, efiCore)
	if err != nil {
		return err
	}
	system := filepath.Join(b.work, "efi.fat")
	for _, args := range [][]string{
		{"mformat", "-i", system, "-C", "-T", fmt.Sprint(rootFirst - efiFirst), "-h", "16", "-s", "32", "-H", fmt.Sprint(efiFirst), "-v", "EFI", "::"},
		{"mmd", "-i", system, "::/EFI", "::/EFI/BOOT"},
		{"mcopy", "-i", system, path, efiLoader},
	} {
		if err := runIn(ctx, "", nil, args[0], args[1:]...); err != nil {
			return fmt.Errorf("make the EFI system partition: %w", err)
		}
	}
	return copySparse(disk, system, efiFirst*gpt.Sector)
}
