package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOffersUEFI(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"UEFI":           {`{"description":"UEFI","interface-types":["uefi"],"mapping":{"device":"flash"}}`, true},
		"BIOS":           {`{"interface-types":["bios"]}`, false},
		"hidden":         {"", false},
		"no description": {"\x00", false},
		"too large":      {`{"interface-types":["uefi"],"description":"` + strings.Repeat("x", maxDescriptor) + `"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "50-edk2.json"), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := offersUEFI([]string{filepath.Join(dir, "absent"), dir}); err != nil || got != c.want {
				t.Errorf("%v, %v, want %v", got, err, c.want)
			}
		})
	}
}
