package journal

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/vm"
)

// TestFirmwareInTheFile: it is read as it was written, also by and from builds that knew
// only UEFI or not.
func TestFirmwareInTheFile(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct {
		firmware vm.Firmware
		written  string
	}{
		`{"folder":"a"}`:             {vm.BIOS, ""},
		`{"folder":"a","uefi":true}`: {vm.UEFI, `"uefi":true}`},
		`{"folder":"a","uefi":true,"firmware":"uefi_secure_boot"}`: {vm.SecureBoot, `"uefi":true,"firmware":"uefi_secure_boot"}`},
	} {
		var d Disks
		if err := json.Unmarshal([]byte(text), &d); err != nil || d.Firmware != c.firmware || d.Folder != "a" {
			t.Errorf("%s: %+v, %v", text, d, err)
		}
		if got, err := json.Marshal(d); err != nil || !strings.HasSuffix(string(got), c.written) || strings.Contains(string(got), "uefi") != (c.written != "") {
			t.Errorf("%s became %s, %v", text, got, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"firmware":"coreboot"}`), new(Disks)); err == nil {
		t.Error("firmware of a newer build was taken for BIOS")
	}
}

// TestOldPortsGetNames: builds whose ports had no names had SSH's first.
func TestOldPortsGetNames(t *testing.T) {
	t.Parallel()
	text := `{"network":{"ports":[{"protocol":"tcp","Host":5200,"Guest":22},{"protocol":"tcp","Host":5201,"Guest":80},{"protocol":"tcp","Host":5202,"Guest":80}]}}`
	task, err := decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{PortSSH, "tcp-80", "tcp-80-2"} {
		if got := task.Network.Ports[i].Name; got != want {
			t.Errorf("port %d is %q, want %q", i, got, want)
		}
	}
	again, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := decode(again); err != nil || FindPort(same.Network.Ports, "tcp-80-2") != 2 {
		t.Errorf("%+v, %v", same.Network.Ports, err)
	}
}
