package build

import (
	"context"
	"path/filepath"
)

const guestProgram = "github.com/dbc-network/dbc/image/guest"

// tiny is a guest for tests: busybox, dropbear with SFTP, the guest agent and our own
// init.
var tiny = kind{
	layout: layout{
		size: 128 * mib, label: "dbc-tiny", journalMiB: 4,
		// tsc and no_timer_check save emulated guests the calibration of a
		// clock that the emulator provides anyway; panic=5 restarts a guest
		// that could not boot.
		boot: `linux /boot/vmlinuz console=ttyS0,115200 quiet tsc=reliable no_timer_check panic=5
initrd /boot/initrd
`,
	},
	steps: []step{
		{"fetch packages", (*builder).fetchTiny},
		{"compile the guest's init", (*builder).compileInit},
		{"make the initramfs", (*builder).makeInitrd},
		{"make the root", (*builder).makeRoot},
		{"make the disk", (*builder).makeDisk},
	},
}

func (b *builder) compileInit(ctx context.Context) error {
	return runIn(ctx, "", []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"},
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(b.work, "init"), guestProgram)
}
