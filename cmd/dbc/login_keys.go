package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/dbc-network/dbc/client"
)

// loginKeys is the folder that says, for each virtual machine that was made here,
// by the files of which public keys: dbc ssh offers their private halves.
func loginKeys(home, taskID string) (string, error) {
	if err := client.CheckTaskID(taskID); err != nil {
		return "", err
	}
	return filepath.Join(home, "logins", taskID), nil
}

// keepLoginKeys writes the files down, by paths that hold from any folder.
func keepLoginKeys(home, taskID string, files []string) error {
	at, err := loginKeys(home, taskID)
	if err != nil || len(files) == 0 {
		return err
	}
	var text strings.Builder
	for _, file := range files {
		path, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		text.WriteString(path + "\n")
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	return renameio.WriteFile(at, []byte(text.String()), 0o600)
}

// identities are what ssh can offer of the keys that were written down: the
// private half's file, or the public one where an agent has the other.
func identities(home, taskID string) []string {
	at, err := loginKeys(home, taskID)
	if err != nil {
		return nil
	}
	text, err := os.ReadFile(at)
	if err != nil {
		return nil // made elsewhere, or before this was written down
	}
	var found []string
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		public := lines.Text()
		for _, file := range []string{strings.TrimSuffix(public, ".pub"), public} {
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
				found = append(found, file)
				break
			}
		}
	}
	return found
}

func forgetLoginKeys(home, taskID string) {
	if at, err := loginKeys(home, taskID); err == nil {
		_ = os.Remove(at)
	}
}
