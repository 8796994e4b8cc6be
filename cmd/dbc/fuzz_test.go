package main

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzArguments: what is on the command line is a value within its bounds or a usage
// error.
func FuzzArguments(f *testing.F) {
	for _, text := range []string{"8080", "0:22", "70000:1", "7", "https://images.example/a.qcow2", "debian-12.qcow2", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, remote, err := parseForward(text); err == nil && remote == 0 {
			t.Errorf("%q leads to port 0", text)
		} else if err != nil && exitCode(err) != exitUsage {
			t.Errorf("%q: %v exits with %d", text, err, exitCode(err))
		}
		if id, err := parseRentID(text); err == nil && id == 0 {
			t.Errorf("%q is rental 0", text)
		}
		if src, err := pullSource(text, "", ""); err == nil && src.Sums == "" && src.Digest == "" {
			t.Errorf("%q would be pulled unchecked: %+v", text, src)
		}
	})
}

// FuzzBond: a bond's file is read or refused.
func FuzzBond(f *testing.F) {
	f.Add([]byte(`{"machine_id":"ab","price_per_day":5,"facts":{"slots":[{"gpu_count":1}]}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "bond.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readBond(path); err != nil && exitCode(err) != exitUsage {
			t.Errorf("%s: %v exits with %d", text, err, exitCode(err))
		}
	})
}
