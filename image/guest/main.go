//go:build linux

// Guest is the first program of the tiny guest image: it loads kernel modules,
// mounts the root, reads the NoCloud seed, configures the network, and then keeps
// SSH and the guest agent running until the power button is pressed.
//
// Like busybox it is one program under several names: init in the initramfs, and
// in the root file system shutdown (also as poweroff, reboot and halt) and
// chpasswd, which the guest agent calls.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, filepath.Base(os.Args[0])+":", err)
		os.Exit(1)
	}
}

func run() error {
	switch name := filepath.Base(os.Args[0]); name {
	case "chpasswd":
		return chpasswd(os.Stdin, len(os.Args) > 1 && os.Args[1] == "-e")
	case "poweroff", "reboot", "halt", "shutdown":
		return askInit(name, os.Args[1:])
	default:
		if os.Getpid() != 1 {
			return fmt.Errorf("%s runs as the first process only", name)
		}
		return boot(context.Background())
	}
}
