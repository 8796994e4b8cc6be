package binding

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
)

// manifestPath records what was, or is about to be, written.
const (
	manifestPath = ownFolder + "/" + manifestName
	manifestName = "gpu-bind.json"
	ownFolder    = "etc/dbc"
)

// manifest is written before any file that it names, and removed after them: a
// file that it does not name, or that has changed, is somebody else's.
type manifest struct {
	Schema int `json:"schema"`
	// Folders are those that did not exist before, outermost first.
	Folders []string `json:"folders"`
	// Files map to the digests that each may have, Links to their targets.
	Files map[string][]string `json:"files"`
	Links map[string]string   `json:"links"`
}

func loadManifest(root *os.Root) (m manifest, err error) {
	m = manifest{Schema: schema, Files: map[string][]string{}, Links: map[string]string{}}
	text, err := read(root, manifestPath)
	if errors.Is(err, fs.ErrNotExist) {
		return m, ErrNotBound
	}
	if err != nil {
		return m, fmt.Errorf("read what was written: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrFile, manifestPath, err)
	}
	for name := range m.Files {
		if !ownPath(name) {
			return m, fmt.Errorf("%w: %s names %.64q", ErrFile, manifestPath, name)
		}
	}
	for name := range m.Links {
		if name != wantsPath {
			return m, fmt.Errorf("%w: %s names %.64q", ErrFile, manifestPath, name)
		}
	}
	for _, name := range m.Folders {
		if !slices.Contains(parents(append(slices.Clone(paths), wantsPath)...), name) {
			return m, fmt.Errorf("%w: %s names %.64q", ErrFile, manifestPath, name)
		}
	}
	return m, nil
}

// paths are all files that are ever written.
var paths = []string{Path, modulesPath, unitPath, debianHook, dracutHook + "/module-setup.sh", dracutHook + "/keep.sh"}

func ownPath(name string) bool { return slices.Contains(paths, name) }

// parents returns the folders that contain some files, outermost first.
func parents(files ...string) []string {
	var list []string
	var add func(dir string)
	add = func(dir string) {
		if dir == "." || slices.Contains(list, dir) {
			return
		}
		add(path.Dir(dir))
		list = append(list, dir)
	}
	for _, file := range files {
		add(path.Dir(file))
	}
	return list
}

func (m manifest) save(d disk) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	i := item{path: manifestPath, text: append(text, '\n'), mode: 0o644}
	if err := d.clear(ownFolder); err != nil {
		return err
	}
	if _, err := d.root.Lstat(ownFolder); err == nil {
		return d.put(i)
	}
	// The folder appears with the manifest in it, so that it is known to be ours.
	i.path = temporary(ownFolder) + "/" + manifestName
	if err := d.put(i); err != nil {
		return err
	}
	return d.rename(temporary(ownFolder), ownFolder)
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// state is what is at a path.
type state int

const (
	absent state = iota
	ours
	foreign
)

// at returns whose file is at a path, and whether it already is as i says.
func (m manifest) at(root *os.Root, i item) (state, bool, error) {
	info, err := root.Lstat(i.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, false, nil
	case err != nil:
		return foreign, false, err
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := root.Readlink(i.path)
		if err != nil || m.Links[i.path] != target || target == "" {
			return foreign, false, err
		}
		return ours, target == i.target, nil
	case !info.Mode().IsRegular() || info.Size() > maxFile:
		return foreign, false, nil
	}
	text, err := root.ReadFile(i.path)
	if err != nil {
		return foreign, false, err
	}
	if !slices.Contains(m.Files[i.path], digest(text)) {
		return foreign, false, nil
	}
	return ours, digest(text) == digest(i.text) && info.Mode().Perm() == i.mode, nil
}
