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
	// MaxFileSize bounds what a pull writes: 64 GiB.
	MaxFileSize = 64 << 30
	// KeepFree is the room that a pull leaves to the guests, whose disks grow on
	// the same file system: 1 GiB.
	KeepFree   = 1 << 30
	maxSums    = 4 << 20
	partSuffix = ".part"
)

// Source is where an image comes from. Digest is its SHA-256 or SHA-512 in hex;
// without it, Sums is the address of the list that has it.
type Source struct {
	Name, URL    string
	Digest, Sums string
}

// Progress is how far a pull is; Total is 0 while it is not known. Bytes.
type Progress struct{ Done, Total int64 }

// Puller brings images into a store.
type Puller struct {
	store *Store
	roots *x509.CertPool
	// limit and room are MaxFileSize and freeBytes; tests make them small.
	limit int64
	room  func(dir string) (int64, error)
}

// NewPuller is a puller into the store. roots verify the servers, the system's
// where nil.
func NewPuller(store *Store, roots *x509.CertPool) *Puller {
	return &Puller{store: store, roots: roots, limit: MaxFileSize, room: freeBytes}
}

// Pull downloads an image, checks its digest and header, and puts it into the
// store by a rename, read-only. A download that ended early goes on where it
// was (HTTP range), also after a crash: what is there already is hashed anew. A
// name that the store has is ErrExists. report may be nil, and is called often.
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
	// The digest is part of the name: what is left of another version is not
	// taken for the beginning of this one.
	part := filepath.Join(p.store.dir, "."+src.Name+"."+digest[:16]+partSuffix)
	if err := p.download(ctx, client, src.URL, part, digest, report); err != nil {
		return Image{}, err
	}
	return p.store.adopt(ctx, part, src.Name)
}

// digest is what the file has to have.
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
