package market

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	files "github.com/99designs/keyring"

	"github.com/dbc-network/dbc/durable"
)

const (
	stagePrefix = ".new-"
	// stageLife is far above the time that a command needs a stage.
	stageLife = time.Minute
)

// keyFiles is the library's keyring of files, except that each file appears
// whole and is on disk before Set returns. The library truncates a file and
// then writes it; what is in it may be all that anybody has of a wallet.
type keyFiles struct {
	files.Keyring
	dir      string
	password files.PromptFunc
	// remove is os.RemoveAll, but for tests.
	remove func(path string) error
}

func openKeyFiles(dir string, password files.PromptFunc) (*keyFiles, error) {
	k := &keyFiles{dir: dir, password: remember(password), remove: os.RemoveAll}
	var err error
	k.Keyring, err = k.in(dir)
	return k, err
}

func (k *keyFiles) in(dir string) (files.Keyring, error) {
	ring, err := files.Open(files.Config{
		AllowedBackends: []files.BackendType{files.FileBackend}, ServiceName: keyringService, FileDir: dir, FilePasswordFunc: k.password,
	})
	if err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	return ring, nil
}

// Set lets the library encrypt the item elsewhere, and moves the result. Once it is in
// place nothing is an error: the caller would take the wallet for one that was not made,
// and its words would be shown to nobody.
func (k *keyFiles) Set(item files.Item) (err error) {
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return fmt.Errorf("write keyring: %w", err)
	}
	sweep(filepath.Dir(k.dir))
	stage, err := os.MkdirTemp(filepath.Dir(k.dir), stagePrefix)
	if err != nil {
		return fmt.Errorf("write keyring: %w", err)
	}
	defer func() {
		if left := k.remove(stage); err != nil { // else a later Set sweeps it
			err = errors.Join(err, left)
		}
	}()
	ring, err := k.in(stage)
	if err != nil {
		return err
	}
	if err := ring.Set(item); err != nil {
		return err // of the passphrase, as a rule
	}
	entries, err := os.ReadDir(stage)
	if err != nil {
		return fmt.Errorf("write keyring: %w", err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(stage, entry.Name()))
		if err != nil {
			return fmt.Errorf("write keyring: %w", err)
		}
		if err := durable.WriteFile(filepath.Join(k.dir, entry.Name()), text, 0o600); err != nil {
			return fmt.Errorf("write keyring: %w", err)
		}
	}
	return nil
}

// sweep deletes what killed commands left: there is a key in it.
func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // Set fails there, too
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if strings.HasPrefix(entry.Name(), stagePrefix) && err == nil && time.Since(info.ModTime()) > stageLife {
			_ = os.RemoveAll(filepath.Join(parent, entry.Name()))
		}
	}
}

// remember asks once for what was right.
func remember(password files.PromptFunc) files.PromptFunc {
	var known string
	return func(prompt string) (string, error) {
		if known != "" {
			return known, nil
		}
		text, err := password(prompt)
		if err == nil {
			known = text
		}
		return text, err
	}
}
