package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/durable"
)

// loginKeys is the folder that records, for each virtual machine that was made
// here, the files of its public keys: dbc ssh offers their private halves.
func loginKeys(home, taskID string) (string, error) {
	if err := client.CheckTaskID(taskID); err != nil {
		return "", err
	}
	return filepath.Join(home, "logins", taskID), nil
}

// keepLoginKeys records the files, by absolute paths.
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
		text.WriteString(path + "\x00") // a path may contain a line end
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	return durable.WriteFile(at, []byte(text.String()), 0o600)
}

// identities returns what ssh can offer of the recorded keys: the private
// half's file, or the public one if an agent has the other half.
func identities(home, taskID string) []string {
	at, err := loginKeys(home, taskID)
	if err != nil {
		return nil
	}
	text, err := os.ReadFile(at)
	if err != nil {
		return nil // made elsewhere, or before this was recorded
	}
	end := "\x00"
	if !strings.Contains(string(text), end) {
		end = "\n" // written by an earlier version
	}
	var found []string
	for public := range strings.SplitSeq(string(text), end) {
		if public == "" {
			continue
		}
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

// identityFiles returns the files of -i: ssh would go on without one that is not
// there, and only say that permission was denied.
func identityFiles(paths []string) ([]string, error) {
	files := make([]string, len(paths))
	for i, path := range paths {
		files[i] = belowHome(path)
		info, err := os.Stat(files[i])
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, usagef("-i %s: no such file", path)
		case err != nil:
			return nil, usagef("-i: %w", err)
		case info.IsDir():
			return nil, usagef("-i: %s is a folder; give the file of a private key", path)
		}
	}
	return files, nil
}
