package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestElsewhere: on other systems dbc links nothing of compute nodes and devnets, which
// need Linux. A release builds it for them; the packages alone show early what would not
// be built.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	const ours = "github.com/dbc-network/dbc/"
	for _, system := range []string{"darwin", "windows"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
		list.Env = append(list.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		linked := strings.Fields(string(out))
		if len(linked) < 500 {
			t.Fatalf("%s: %d packages, which is not all", system, len(linked))
		}
		for _, pkg := range linked {
			for _, linux := range []string{"devnet", "vm/libvirt", "node/compute", "node/guests", "hw/vfio", "hw/binding", "image/build"} {
				if pkg == ours+linux || strings.HasPrefix(pkg, ours+linux+"/") {
					t.Errorf("%s: dbc links %s", system, pkg)
				}
			}
		}
	}
}
