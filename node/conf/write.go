package conf

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

const peerConf = "# One line for each node to begin with:\n# peer=host:port\n"

// Write writes conf/core.conf and conf/peer.conf below home; set are further lines of
// core.conf. Existing files are kept, so it can be repeated; a configuration that
// would not load is not written.
func Write(home, role string, set map[string]string) error {
	path := filepath.Join(home, ConfFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		text := confText(role, set)
		if _, err := parseConf(path, text); err != nil {
			return err
		}
		if err := writeConf(path, text); err != nil {
			return err
		}
	} else if err != nil {
		return fmt.Errorf("look for the configuration: %w", err)
	} else if _, err := load(home); err != nil {
		return err
	}
	peers := filepath.Join(home, PeerFile)
	if _, err := os.Stat(peers); errors.Is(err, fs.ErrNotExist) {
		return writeConf(peers, []byte(peerConf))
	}
	return nil
}

// Kept returns a *ConfigError if home has a configuration that differs from set:
// Write would keep it and change nothing.
func Kept(home string, set map[string]string) error {
	path := filepath.Join(home, ConfFile)
	text, err := readConf(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the configuration: %w", err)
	}
	lines, err := parseLines(path, text)
	if err != nil {
		return err
	}
	left := maps.Clone(set)
	for _, l := range lines {
		if want, asked := left[l.key]; asked && want != l.value {
			return &ConfigError{
				File: path, Line: l.number, Key: l.key, Value: l.value, Limit: fmt.Sprintf("%q by hand: the file is there and is kept", want),
			}
		}
		delete(left, l.key)
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		return &ConfigError{File: path, Key: key, Limit: fmt.Sprintf("%q by hand: the file is there and is kept", left[key])}
	}
	return nil
}

func confText(role string, set map[string]string) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "# Configuration of a dbc node: key=value, one a line.\nrole=%s\n", role)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if name != "role" {
			fmt.Fprintf(&text, "%s=%s\n", name, set[name])
		}
	}
	return text.Bytes()
}

func writeConf(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the configuration's folder: %w", err)
	}
	if err := replace(path, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
