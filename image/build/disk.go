package build

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dbc-network/dbc/image/gpt"
)

const (
	mib       = 1 << 20
	blockSize = 4096

	// GRUB's core for BIOS is before the first MiB, its core for UEFI in the
	// second one, the root after both.
	bootFirst = gpt.FirstUsable
	efiFirst  = mib / gpt.Sector
	rootFirst = 2 * mib / gpt.Sector
)

// layout is what differs between the disks of images.
type layout struct {
	// size of the disk in bytes; guests grow the last partition.
	size int64
	// label of the root file system.
	label string
	// journalMiB is the size of that file system's journal.
	journalMiB int
	// boot is what GRUB executes, built into its core: no menu, no search, no
	// second file.
	boot string
}

// owner is a user and group in the guest.
type owner struct{ uid, gid int }

func (b *builder) makeDisk(ctx context.Context) error {
	raw, system := filepath.Join(b.work, "disk.raw"), filepath.Join(b.work, "root.ext4")
	sectors := uint64(b.layout.size / gpt.Sector)
	size := int64(gpt.LastUsable(sectors)+1-rootFirst) * gpt.Sector / blockSize * blockSize
	if err := b.makeFileSystem(ctx, system, size); err != nil {
		return err
	}
	disk, err := os.Create(raw)
	if err != nil {
		return err
	}
	err = errors.Join(
		disk.Truncate(b.layout.size),
		b.writeBIOS(ctx, disk),
		b.writeEFI(ctx, disk),
		writeTable(disk, sectors),
		copySparse(disk, system, rootFirst*gpt.Sector),
		disk.Close(),
	)
	if err != nil {
		return err
	}
	return runIn(ctx, "", nil, "qemu-img", "convert", "-f", "raw", "-O", "qcow2", "--", raw, b.out)
}

// makeFileSystem fills an ext4 file system from the tree. Features that old
// GRUBs cannot read are off, and blocks are 4 KiB whatever the size, because
// the guest grows it.
func (b *builder) makeFileSystem(ctx context.Context, path string, size int64) error {
	err := runIn(ctx, "", nil, "mkfs.ext4", "-q", "-F", "-L", b.layout.label, "-b", fmt.Sprint(blockSize), "-i", "16384", "-m", "0",
		"-J", fmt.Sprintf("size=%d", b.layout.journalMiB), "-O", "^metadata_csum_seed,^orphan_file", "-E", "root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1",
		"-d", b.root, path, fmt.Sprint(size/blockSize))
	if err != nil {
		return err
	}
	return b.setOwners(ctx, path)
}

// setOwners gives every file to root or to the owner in the packages: mkfs.ext4
// copied the owner from the user who runs the build, whose uid would be the
// renter's user in the guest.
func (b *builder) setOwners(ctx context.Context, system string) error {
	var script strings.Builder
	err := filepath.WalkDir(b.root, func(path string, _ fs.DirEntry, err error) error {
		if rel, e := filepath.Rel(b.root, path); err == nil && e == nil && rel != "." {
			who := b.owners[rel]
			fmt.Fprintf(&script, "set_inode_field \"/%s\" uid %d\nset_inode_field \"/%s\" gid %d\n", rel, who.uid, rel, who.gid)
		}
		return err
	})
	if err != nil {
		return err
	}
	commands := filepath.Join(b.work, "debugfs")
	if err := os.WriteFile(commands, []byte(script.String()), 0o600); err != nil {
		return err
	}
	return runIn(ctx, "", nil, "debugfs", "-w", "-f", commands, system)
}

func writeTable(disk io.WriterAt, sectors uint64) error {
	var ids [4]gpt.GUID
	for i := range ids {
		_, _ = rand.Read(ids[i][:]) // never fails: crypto/rand ends the process instead
	}
	return gpt.Write(disk, sectors, ids[0], []gpt.Partition{
		{Type: gpt.BIOSBoot, ID: ids[1], First: bootFirst, Last: efiFirst - 1, Name: "boot"},
		{Type: gpt.Linux, ID: ids[2], First: rootFirst, Last: gpt.LastUsable(sectors), Name: "root"},
		{Type: gpt.EFISystem, ID: ids[3], First: efiFirst, Last: rootFirst - 1, Name: "efi"},
	})
}

// copySparse copies a file into the disk and leaves holes for its empty parts.
func copySparse(disk io.WriterAt, path string, at int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	buf, zero := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(f, buf)
		if n > 0 && !bytes.Equal(buf[:n], zero[:n]) {
			if _, err := disk.WriteAt(buf[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
