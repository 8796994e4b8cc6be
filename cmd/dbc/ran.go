package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// ranLife is far above the length of a trial, after which nobody asks again.
const ranLife = 7 * 24 * time.Hour

// ranMark is a file that exists if a virtual machine of a trial was seen to run
// from here. A machine's list no longer has it once it is deleted, and a trial
// that was tried is not to be cancelled as one that never was. The start tells
// rentals of the same number on chains of the same name apart.
func ranMark(home string, r xrental.Rental) string {
	return filepath.Join(home, "ran", fmt.Sprintf("%d-%d", r.Id, r.Start.UnixNano()))
}

func hasRun(home string, r xrental.Rental) bool {
	_, err := os.Stat(ranMark(home, r))
	return err == nil
}

// keepRan writes the mark, and deletes old ones.
func keepRan(home string, r xrental.Rental) error {
	mark := ranMark(home, r)
	if err := os.MkdirAll(filepath.Dir(mark), 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Dir(mark))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > ranLife {
			_ = os.Remove(filepath.Join(filepath.Dir(mark), entry.Name()))
		}
	}
	return os.WriteFile(mark, nil, 0o600)
}
