package host

import (
	"strings"
	"testing"
)

// FuzzBanner: only a line of SSH makes a guest ready, and no more of it is read than the
// limit.
func FuzzBanner(f *testing.F) {
	f.Add("SSH-2.0-OpenSSH_9.2\r\n")
	f.Add("SSH-")
	f.Add(strings.Repeat("x", 2*bannerLimit) + "\n")
	f.Fuzz(func(t *testing.T, sent string) {
		rest := strings.NewReader(sent)
		if err := readBanner(rest); err == nil && !strings.HasPrefix(sent, "SSH-") {
			t.Errorf("%q counts as SSH", sent)
		}
		if len(sent)-rest.Len() > bannerLimit {
			t.Errorf("read %d bytes", len(sent)-rest.Len())
		}
	})
}

// FuzzEphemeral: parsing the kernel's settings yields ranges or an error.
func FuzzEphemeral(f *testing.F) {
	f.Add("32768\t60999\n", "40000,50000-50010\n")
	f.Add("1", "-")
	f.Fuzz(func(t *testing.T, local, reserved string) {
		e, err := parseEphemeral(local, reserved)
		if err != nil {
			return
		}
		for _, span := range e.reserved {
			if span.first <= span.last && e.holds(span.first) {
				t.Errorf("%q %q: reserved port %d counts as the kernel's", local, reserved, span.first)
			}
		}
	})
}
