package image

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// MaxFileSize bounds what a pull writes: 64 GiB.
	MaxFileSize  = 64 << 30
	maxSums      = 4 << 20
	maxRedirects = 10
	partSuffix   = ".part"
	// stall ends a download whose server sends nothing any more.
	stall = time.Minute
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
	store  *Store
	client *http.Client
}

// NewPuller is a puller into the store; client is http.DefaultClient when nil.
// A redirect away from https is refused: the checksum comes the same way.
func NewPuller(store *Store, client *http.Client) *Puller {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return fmt.Errorf("%w: more than %d redirects", ErrSource, maxRedirects)
		}
		return checkURL(req.URL.String())
	}
	return &Puller{store: store, client: &own}
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
	digest, err := p.digest(ctx, src)
	if err != nil {
		return Image{}, err
	}
	if err := os.MkdirAll(p.store.dir, 0o755); err != nil {
		return Image{}, fmt.Errorf("make the folder of images: %w", err)
	}
	// The digest is part of the name: what is left of another version is not
	// taken for the beginning of this one.
	part := filepath.Join(p.store.dir, "."+src.Name+"."+digest[:16]+partSuffix)
	if err := p.download(ctx, src.URL, part, digest, report); err != nil {
		return Image{}, err
	}
	return p.store.adopt(ctx, part, src.Name)
}

// digest is what the file has to have.
func (p *Puller) digest(ctx context.Context, src Source) (string, error) {
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
	resp, err := p.get(ctx, src.Sums, 0)
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

func (p *Puller) download(ctx context.Context, address, part, digest string, report func(Progress)) error {
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("open the download: %w", err)
	}
	defer func() { _ = f.Close() }()
	// Two pulls of one image, also of two processes, must not write one file.
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("%w: the image is being pulled", ErrBusy)
	}
	sum := newHash(digest)
	have, err := io.Copy(sum, f)
	if err != nil {
		return fmt.Errorf("read what is there of the download: %w", err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
		if err := p.fetch(ctx, address, f, sum, have, report); err != nil {
			return err
		}
		if got = hex.EncodeToString(sum.Sum(nil)); got != digest {
			return errors.Join(fmt.Errorf("%w: %s, want %s; it was deleted", ErrChecksum, got, digest), os.Remove(part))
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync the download: %w", err)
	}
	return nil
}

func newHash(digest string) hash.Hash {
	if len(digest) == 2*sha512.Size {
		return sha512.New()
	}
	return sha256.New()
}

// fetch appends to f what is missing; a server that does not know ranges
// sends all of it, and it is written anew.
func (p *Puller) fetch(ctx context.Context, address string, f *os.File, sum hash.Hash, have int64, report func(Progress)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(stall, func() { cancel(fmt.Errorf("nothing came for %v", stall)) })
	defer timer.Stop()
	resp, err := p.get(ctx, address, have)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if have > 0 && resp.StatusCode != http.StatusPartialContent {
		if err := f.Truncate(0); err != nil {
			return fmt.Errorf("begin the download anew: %w", err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("begin the download anew: %w", err)
		}
		sum.Reset()
		have = 0
	}
	now := Progress{Done: have}
	if resp.ContentLength > 0 {
		now.Total = have + resp.ContentLength
	}
	if now.Total > MaxFileSize {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, now.Total, int64(MaxFileSize))
	}
	buf := make([]byte, 256<<10)
	for {
		n, err := resp.Body.Read(buf)
		if n > 0 {
			timer.Reset(stall)
			if now.Done += int64(n); now.Done > MaxFileSize {
				return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, int64(MaxFileSize))
			}
			if _, err := f.Write(buf[:n]); err != nil {
				return fmt.Errorf("write the download: %w", err)
			}
			_, _ = sum.Write(buf[:n]) // a hash never fails
			if report != nil {
				report(now)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w after %d bytes, and goes on from there when asked again: %w", ErrDownload, now.Done, errors.Join(err, context.Cause(ctx)))
		}
	}
}

func (p *Puller) get(ctx context.Context, address string, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	}
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDownload, err)
	}
	whole := resp.StatusCode == http.StatusOK
	rest := resp.StatusCode == http.StatusPartialContent &&
		strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", from))
	if whole || (from > 0 && rest) {
		return resp, nil
	}
	_ = resp.Body.Close()
	if from > 0 && resp.StatusCode != http.StatusNotFound {
		return p.get(ctx, address, 0) // the rest is not there: all of it
	}
	return nil, fmt.Errorf("%w: %s answers %s", ErrDownload, req.URL.Host, resp.Status)
}

// adopt makes a checked file an image. Its header is read before it has the name.
func (s *Store) adopt(ctx context.Context, part, name string) (Image, error) {
	if err := os.Chmod(part, 0o444); err != nil {
		return Image{}, fmt.Errorf("protect the image: %w", err)
	}
	f, err := os.Open(part)
	if err != nil {
		return Image{}, fmt.Errorf("open the image: %w", err)
	}
	_, err = inspect(f, name, part)
	if err := errors.Join(err, f.Close()); err != nil {
		return Image{}, errors.Join(err, os.Remove(part))
	}
	// A link, unlike a rename, never replaces an image that came meanwhile.
	target := filepath.Join(s.dir, name)
	if err := os.Link(part, target); err != nil {
		return Image{}, fmt.Errorf("publish the image: %w", err)
	}
	if err := errors.Join(os.Remove(part), syncPath(s.dir)); err != nil {
		return Image{}, fmt.Errorf("publish the image: %w", err)
	}
	return s.Find(ctx, name)
}

// Delete removes an image by name. Disks that stand on it are the caller's to
// ask for: they could not be opened any more.
func (s *Store) Delete(_ context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%w: %s", ErrNotFound, name)
		}
		return fmt.Errorf("delete image: %w", err)
	}
	return syncPath(s.dir)
}
