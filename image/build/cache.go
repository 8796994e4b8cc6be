package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

const keySuffix = ".inputs"

// inputsKey returns a hash of everything that determines the image, except the
// versions of packages: querying those takes longer than a cached run may.
func inputsKey(ctx context.Context) (string, error) {
	const mine = "{{if and .Module .Module.Main}}{{.Dir}}{{end}}"
	raw, err := output(ctx, "", []string{"CGO_ENABLED=0"}, "go", "list", "-deps", "-f", mine,
		guestProgram, "github.com/dbc-network/dbc/image/build")
	if err != nil {
		return "", fmt.Errorf("find sources: %w", err)
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", fmt.Errorf("find distribution: %w", err)
	}
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\n%s\n", runtime.Version(), release)
	dirs := strings.Fields(string(raw))
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		if err := hashSources(sum, dir); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

type writer interface{ Write([]byte) (int, error) }

func hashSources(sum writer, dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return fmt.Errorf("find sources: %w", err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read source: %w", err)
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n", filepath.Base(path), len(content))
		_, _ = sum.Write(content) // a hash never fails
	}
	return nil
}

func upToDate(target, key string) bool {
	have, err := os.ReadFile(target + keySuffix)
	if err != nil || string(have) != key {
		return false
	}
	info, err := os.Stat(target)
	return err == nil && info.Mode().IsRegular()
}

// publish moves the image into place. Overlays of the old one keep its content
// only as long as it is open, so a computer with guests needs a new name for
// each version; a development machine has none.
func publish(image, target, key string) error {
	if err := os.Remove(target + keySuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("publish image: %w", err)
	}
	if err := os.Chmod(image, 0o444); err != nil {
		return fmt.Errorf("publish image: %w", err)
	}
	f, err := os.Open(image)
	if err != nil {
		return fmt.Errorf("publish image: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("publish image: %w", err)
	}
	if err := os.Rename(image, target); err != nil {
		return fmt.Errorf("publish image: %w", err)
	}
	if err := renameio.WriteFile(target+keySuffix, []byte(key), 0o644); err != nil {
		return fmt.Errorf("publish image: %w", err)
	}
	return nil
}
