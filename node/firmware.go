package node

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// firmwareDirs are where QEMU's packages describe the firmware that they have;
// libvirt chooses a guest's from the same.
var firmwareDirs = []string{"/usr/share/qemu/firmware", "/etc/qemu/firmware"}

// maxDescriptor bounds one description; they have some hundred bytes.
const maxDescriptor = 1 << 16

// offersUEFI reports whether one of the folders describes a UEFI firmware. A
// folder that does not exist describes none.
func offersUEFI(dirs []string) (bool, error) {
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil {
			return false, fmt.Errorf("look for UEFI firmware: %w", err)
		}
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.Size() == 0 || info.Size() > maxDescriptor {
				continue // an administrator hides a description by an empty file
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return false, fmt.Errorf("look for UEFI firmware: %w", err)
			}
			var described struct {
				Interfaces []string `json:"interface-types"`
			}
			if json.Unmarshal(text, &described) == nil && slices.Contains(described.Interfaces, "uefi") {
				return true, nil
			}
		}
	}
	return false, nil
}
