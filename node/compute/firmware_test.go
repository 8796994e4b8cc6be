package compute

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/vm"
)

func TestOfferedFirmware(t *testing.T) {
	t.Parallel()
	const q35 = `"targets":[{"architecture":"x86_64","machines":["pc-i440fx-*","pc-q35-*"]}]`
	none, uefi := []vm.Firmware{vm.BIOS}, []vm.Firmware{vm.BIOS, vm.UEFI}
	for name, c := range map[string]struct {
		text string
		want []vm.Firmware
	}{
		"UEFI":             {`{"description":"UEFI","interface-types":["uefi"],"mapping":{"device":"flash"},` + q35 + `}`, uefi},
		"Secure Boot":      {`{"interface-types":["uefi"],"features":["enrolled-keys","requires-smm","secure-boot"],` + q35 + `}`, []vm.Firmware{vm.BIOS, vm.SecureBoot}},
		"without its keys": {`{"interface-types":["uefi"],"features":["requires-smm","secure-boot"],` + q35 + `}`, none},
		"BIOS":             {`{"interface-types":["bios"],` + q35 + `}`, none},
		"another processor": {
			`{"interface-types":["uefi"],"targets":[{"architecture":"aarch64","machines":["virt-*"]},{"architecture":"i386","machines":["pc-q35-*"]}]}`, none,
		},
		"another machine": {`{"interface-types":["uefi"],"targets":[{"architecture":"x86_64","machines":["microvm","pc-i440fx-*"]}]}`, none},
		"a second target": {
			`{"interface-types":["uefi"],"targets":[{"architecture":"i386","machines":["pc-q35-*"]},{"architecture":"x86_64","machines":["pc-q35-*"]}]}`, uefi,
		},
		"for nothing":    {`{"interface-types":["uefi"]}`, none},
		"hidden":         {"", none},
		"no description": {"\x00", none},
		"too large":      {`{"interface-types":["uefi"],` + q35 + `,"description":"` + strings.Repeat("x", maxDescriptor) + `"}`, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			describe(t, dir, c.text)
			if got, err := offeredFirmware([]string{filepath.Join(dir, "absent"), dir}); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%v, %v, want %v", got, err, c.want)
			}
		})
	}
	t.Run("an administrator's instead of a package's", func(t *testing.T) {
		t.Parallel()
		packaged, own := t.TempDir(), t.TempDir()
		describe(t, packaged, `{"interface-types":["uefi"],`+q35+`}`)
		describe(t, own, "")
		if got, err := offeredFirmware([]string{packaged, own}); err != nil || !slices.Equal(got, none) {
			t.Errorf("%v, %v, want %v", got, err, none)
		}
	})
}

func describe(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "50-edk2.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
