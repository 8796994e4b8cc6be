package image

import (
	"bufio"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

//go:embed catalogue.txt
var catalogueText string

// Entry is an image of the catalogue: where a public project publishes it, and
// where the file with its checksum is.
type Entry struct {
	// Name is the image's name here.
	Name string
	// URL and Sums are https.
	URL, Sums string
	// What describes it in one line.
	What string
}

// Catalogue returns the images that a node downloads from the internet by name.
func Catalogue() ([]Entry, error) { return parseCatalogue(catalogueText) }

// Lookup returns the catalogue's entry with the given name, or ErrNotFound.
func Lookup(name string) (Entry, error) {
	entries, err := Catalogue()
	if err != nil {
		return Entry{}, err
	}
	for _, e := range entries {
		if e.Name == name {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("%w in the catalogue: %s", ErrNotFound, shorten(name))
}

// parseCatalogue parses lines of name, URL, checksum file, and description.
func parseCatalogue(text string) ([]Entry, error) {
	var entries []Entry
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) < 4 {
			return nil, fmt.Errorf("read catalogue: %q has fewer than four words", line)
		}
		e := Entry{Name: f[0], URL: f[1], Sums: f[2], What: strings.Join(f[3:], " ")}
		if err := errors.Join(CheckName(e.Name), checkURL(e.URL), checkURL(e.Sums)); err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		if seen[e.Name] {
			return nil, fmt.Errorf("read catalogue: %s is there twice", e.Name)
		}
		seen[e.Name] = true
		entries = append(entries, e)
	}
	return entries, nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%w: %s is no https address", ErrSource, shorten(text))
	}
	return nil
}

// findSum finds a file's SHA-256 (64 hex digits) or SHA-512 (128) in a list in
// the format of sha256sum ("digest *name") or BSD ("SHA256 (name) = digest").
func findSum(list, file string) (string, error) {
	lines := bufio.NewScanner(strings.NewReader(list))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		var digest string
		switch {
		case len(f) == 2 && strings.TrimPrefix(f[1], "*") == file:
			digest = f[0]
		case len(f) == 4 && f[1] == "("+file+")" && f[2] == "=":
			digest = f[3]
		default:
			continue
		}
		if raw, err := hex.DecodeString(digest); err == nil && (len(raw) == 32 || len(raw) == 64) {
			return strings.ToLower(digest), nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("read checksums: %w", err)
	}
	return "", fmt.Errorf("%w: the list has none for %s", ErrChecksum, file)
}
