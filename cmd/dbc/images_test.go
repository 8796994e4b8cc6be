package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
)

// TestImages: a machine's images are listed before anything is rented there, by
// the beginning of its id, and the default is marked.
func TestImages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.add(t, 1)
	w.rentals = nil
	code, out, errOut := w.dbc(t, "images", b.id[:8])
	if code != exitDone || !regexp.MustCompile(`ubuntu\.qcow2 +Ubuntu.* +24\.04 LTS +600M +nvidia 580.* +default`).MatchString(out) ||
		!regexp.MustCompile(`debian-12\.qcow2 +Debian +12 +300M +- *\n`).MatchString(out) || strings.Contains(out, "\x1b") ||
		!strings.Contains(out, "ubuntu.qcow2: NVIDIA's driver licence") {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	code, out, errOut = w.dbc(t, "images", b.id, "--json")
	var list api.ImageList
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != exitDone || len(list.Images) != 2 || !list.Images[1].Default {
		t.Errorf("exit code %d, %v: %s%s", code, err, out, errOut)
	}
	if code, _, errOut = w.dbc(t, "images", "zz"); code != exitUsage || !strings.Contains(errOut, "64 hex digits") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}
