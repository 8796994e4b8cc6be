package host

import "testing"

func TestEphemeralPorts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		local, reserved string
		port            uint16
		want            bool
	}{
		"below":                   {"32768\t60999\n", "\n", 32767, false},
		"first":                   {"32768\t60999\n", "\n", 32768, true},
		"last":                    {"32768\t60999\n", "\n", 60999, true},
		"above":                   {"32768\t60999\n", "\n", 61000, false},
		"widened by the operator": {"1024 65535\n", "", 5682, true},
		"reserved alone":          {"1024 65535\n", "5682\n", 5682, false},
		"reserved in a range":     {"1024 65535\n", "80,5200-32767\n", 5682, false},
		"beside the reserved":     {"1024 65535\n", "80,5200-5681,5683\n", 5682, true},
	} {
		e, err := parseEphemeral(c.local, c.reserved)
		if err != nil || e.holds(c.port) != c.want {
			t.Errorf("%s: %v, %v; want %v", name, e.holds(c.port), err, c.want)
		}
	}
	for _, local := range []string{"", "1", "1 2 3", "a b", "1 65536", "-1 5"} {
		if _, err := parseEphemeral(local, ""); err == nil {
			t.Errorf("%q was taken", local)
		}
	}
	if _, err := readEphemeral(netSettings); err != nil {
		t.Errorf("this computer: %v", err)
	}
}
