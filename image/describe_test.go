package image_test

import (
	"slices"
	"testing"

	"github.com/dbc-network/dbc/image"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"ubuntu.qcow2": {"Ubuntu", "24.04 LTS"}, "ubuntu-22.04.qcow2": {"Ubuntu", "22.04 LTS"}, "debian-13.qcow2": {"Debian", "13"},
		"rocky-9.qcow2": {"Rocky Linux", "9"}, "tiny.qcow2": {"Tiny test guest", ""}, "debian-12.qcow2": {"Debian", "12"},
		"ubuntu-26.04.qcow2": {"ubuntu", "26.04"}, "my-image.qcow2": {"my-image", ""}, "pytorch-2.9.qcow2": {"pytorch", "2.9"}, "x.qcow2": {"x", ""},
	} {
		if title, version := image.Describe(name); title != want[0] || version != want[1] {
			t.Errorf("%s: %q %q, want %q", name, title, version, want)
		}
	}
}

// TestDefault: the order in which a machine prefers images, each before all that
// follow, in whatever order they are listed.
func TestDefault(t *testing.T) {
	t.Parallel()
	order := []string{
		"ubuntu.qcow2", "ubuntu-26.04.qcow2", "ubuntu-24.10.qcow2", "ubuntu-24.04.qcow2", "ubuntu-22.04.qcow2", "debian-13.qcow2", "debian-12.qcow2", "almalinux-9.qcow2", "pytorch-2.9.qcow2", "tiny.qcow2",
	}
	for i := range order {
		names := slices.Clone(order[i:])
		slices.Sort(names)
		if got := image.Default(names); got != order[i] {
			t.Errorf("of %v: %s, want %s", names, got, order[i])
		}
		slices.Reverse(names)
		if got := image.Default(names); got != order[i] {
			t.Errorf("of %v: %s, want %s", names, got, order[i])
		}
	}
	if got := image.Default(nil); got != "" {
		t.Errorf("of none: %s", got)
	}
}
