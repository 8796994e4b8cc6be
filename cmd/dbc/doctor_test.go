package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/hw/hwtest"
)

func TestEveryCheckHasWords(t *testing.T) {
	t.Parallel()
	for _, check := range doctor.Checks {
		w, ok := doctorWords[check]
		if !ok || w.name == "" || w.why == "" || w.fix(doctor.Finding{Check: check, Read: map[string]string{"code": "NO_RESET"}}) == "" {
			t.Errorf("%s has no words", check)
		}
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("../../hw/gpu/testdata/cases", "07-amd-iommu-off-in-firmware.txt"))
	if err != nil {
		t.Fatal(err)
	}
	dir := hwtest.Build(t, string(text)+"@file proc/7/comm Xorg\x1b[2J\n@link proc/7/fd/3 /dev/nvidia0\n")
	run := func(flags ...string) (string, error) {
		root, _ := newRootCommand(&settings{})
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(append([]string{"host", "doctor", "--root", dir}, flags...))
		err := root.ExecuteContext(t.Context())
		return out.String(), err
	}
	said, err := run()
	if !errors.Is(err, errDoctor) {
		t.Errorf("%v", err)
	}
	for _, want := range []string{"fail: IOMMU\n", "why:  it keeps", "do:   turn on IOMMU or AMD-Vi in the firmware", "Xorg?[2J (pid 7)", "to look at"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if strings.Contains(said, "pass: ") {
		t.Errorf("what passed is told unasked:\n%s", said)
	}
	if said, _ := run("--all"); !strings.Contains(said, "pass: processor's virtualization; read: flag=svm") {
		t.Errorf("\n%s", said)
	}
	var report doctor.Report
	said, _ = run("--json")
	if err := json.NewDecoder(strings.NewReader(said)).Decode(&report); err != nil || len(report.Findings) < len(doctor.Checks) {
		t.Errorf("%v in %s", err, said)
	}
}
