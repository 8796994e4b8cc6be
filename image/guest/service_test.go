//go:build linux

package main

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestReadyIsAlwaysTold: a guest whose SSH server is slow reports it late, and its
// boot goes on meanwhile.
func TestReadyIsAlwaysTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after time.Duration
		late  bool
	}{
		"at once":        {},
		"soon":           {after: readyMax / 2},
		"on a busy host": {after: 4 * readyMax, late: true},
		"after an hour":  {after: time.Hour, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began, told, late := time.Now(), time.Duration(-1), false
				whenSo(func() bool { return time.Since(began) >= c.after }, func() { told = time.Since(began) }, func() { late = true })
				if going := time.Since(began); going > readyMax+pollStep {
					t.Errorf("the boot goes on after %v", going)
				}
				<-time.After(2 * time.Hour)
				if told < c.after || told > c.after+readyMax || late != c.late {
					t.Errorf("told after %v, late %v; want %v, %v", told, late, c.after, c.late)
				}
			})
		})
	}
}
