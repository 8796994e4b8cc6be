//go:build linux

package image

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	// MaxFileSize bounds the size of a pull: 64 GiB.
	MaxFileSize = 64 << 30
	// KeepFree is the space that a pull leaves free for the guests, whose disks
	// grow on the same file system: 1 GiB.
	KeepFree   = 1 << 30
	maxSums    = 4 << 20
	partSuffix = ".part"
)

// Source is where an image comes from. Digest is its SHA-256 or SHA-512 in hex.
// Without it, Sums is the URL of a list that contains it.
type Source struct {
	Name, URL    string
	Digest, Sums string
}

// Progress of a pull in bytes. Total is 0 while it is not known.
type Progress struct{ Done, Total int64 }

// Puller downloads images into a store.
type Puller struct {
	store *Store
	roots *x509.CertPool
	// limit and room default to MaxFileSize and freeBytes; tests use smaller
	// ones.
	limit int64
	room  func(dir string) (int64, error)
}

// NewPuller returns a puller into the store. roots verify the servers; nil
// means the system's.
func NewPuller(store *Store, roots *x509.CertPool) *Puller {
	return &Puller{store: store, roots: roots, limit: MaxFileSize, room: freeBytes}
}

// Pull downloads an image, verifies its digest and header, and adds it to the
// store by a link, read-only. An interrupted download is resumed (HTTP range),
// also after a crash: the existing part is hashed again. If the store has the
// name already, Pull returns ErrExists. report may be nil, and is called often.
func (p *Puller) Pull(ctx context.Context, src Source, report func(Progress)) (Image, error) {
	if err := errors.Join(CheckName(src.Name), checkURL(src.URL)); err != nil {
		return Image{}, err
	}
	if _, err := p.store.Find(ctx, src.Name); !errors.Is(err, ErrNotFound) {
		if err == nil {
			err = fmt.Errorf("%w: %s; delete it first", ErrExists, src.Name)
		}
		return Image{}, err
	}
	client, err := newClient(p.roots, src)
	if err != nil {
		return Image{}, err
	}
	defer client.CloseIdleConnections()
	digest, err := p.digest(ctx, client, src)
	if err != nil {
		return Image{}, err
	}
	if err := os.MkdirAll(p.store.dir, 0o755); err != nil {
		return Image{}, fmt.Errorf("make the folder of images: %w", err)
	}
	// The digest is part of the name, so that the rest of another version is
	// not taken for the start of this one.
	part := filepath.Join(p.store.dir, "."+src.Name+"."+digest[:16]+partSuffix)
	if err := p.download(ctx, client, src.URL, part, digest, report); err != nil {
		return Image{}, err
	}
	// A manifest that is there is of a build that was killed, not of this image.
	if err := p.store.ClearBuild(src.Name); err != nil {
		return Image{}, err
	}
	return p.store.adopt(ctx, part, src.Name)
}

// digest returns the digest that the file must have.
func (p *Puller) digest(ctx context.Context, client *http.Client, src Source) (string, error) {
	if src.Digest != "" {
		raw, err := hex.DecodeString(src.Digest)
		if err != nil || (len(raw) != sha256.Size && len(raw) != sha512.Size) {
			return "", fmt.Errorf("%w: %q is no SHA-256 or SHA-512 in hex", ErrChecksum, shorten(src.Digest))
		}
		return strings.ToLower(src.Digest), nil
	}
	if err := checkURL(src.Sums); err != nil {
		return "", fmt.Errorf("%w: an image needs a checksum", err)
	}
	resp, err := get(ctx, client, src.Sums, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	list, err := io.ReadAll(io.LimitReader(resp.Body, maxSums))
	if err != nil {
		return "", fmt.Errorf("%w: read checksums: %w", ErrDownload, err)
	}
	u, err := url.Parse(src.URL)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSource, err)
	}
	return findSum(string(list), path.Base(u.Path))
}
