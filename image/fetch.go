//go:build linux

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
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	// stall ends a download whose server has stopped sending.
	stall = time.Minute
	// roomEvery is the number of bytes written between two checks of the free
	// space.
	roomEvery = 64 << 20
)

func (p *Puller) download(ctx context.Context, client *http.Client, address, part, digest string, report func(Progress)) error {
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("open the download: %w", err)
	}
	defer unlock(f)
	// Two pulls of one image, also from two processes, must not write to one
	// file.
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("%w: the image is being pulled", ErrBusy)
	}
	sum := newHash(digest)
	have, err := io.Copy(sum, f)
	if err != nil {
		return fmt.Errorf("read what is there of the download: %w", err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
		d := &transfer{p: p, client: client, file: f, sum: sum, report: report}
		if err := d.fetch(ctx, address, have); err != nil {
			// The first cannot become an image, and the second has nothing to
			// resume from.
			if info, statErr := f.Stat(); errors.Is(err, ErrTooLarge) || (statErr == nil && info.Size() == 0) {
				err = errors.Join(err, os.Remove(part))
			}
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

// transfer is one download into a file.
type transfer struct {
	p      *Puller
	client *http.Client
	file   *os.File
	sum    hash.Hash
	report func(Progress)
	now    Progress
}

// fetch appends what is missing after have bytes. If a server does not support
// ranges and sends all of it, the file is written from the start.
func (d *transfer) fetch(ctx context.Context, address string, have int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(stall, func() { cancel(fmt.Errorf("nothing came for %v", stall)) })
	defer timer.Stop()
	resp, err := get(ctx, d.client, address, have)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if have > 0 && resp.StatusCode != http.StatusPartialContent {
		if err := d.restart(); err != nil {
			return fmt.Errorf("begin the download anew: %w", err)
		}
		have = 0
	}
	d.now = Progress{Done: have}
	if resp.ContentLength > 0 {
		d.now.Total = have + resp.ContentLength
	}
	if err := d.checkTotal(); err != nil {
		return err
	}
	err = d.copy(resp.Body, timer)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

func (d *transfer) restart() error {
	d.sum.Reset()
	_, err := d.file.Seek(0, io.SeekStart)
	return errors.Join(d.file.Truncate(0), err)
}

// checkTotal refuses a size that is too large by the server's own account,
// before anything is written.
func (d *transfer) checkTotal() error {
	if d.now.Total > d.p.limit {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, d.now.Total, d.p.limit)
	}
	return d.checkRoom(max(0, d.now.Total-d.now.Done))
}

func (d *transfer) checkRoom(more int64) error {
	free, err := d.p.room(d.p.store.dir)
	if err != nil {
		return err
	}
	if free-KeepFree < more {
		return fmt.Errorf("%w: %d bytes are free in %s, %d to come and %d for guests are needed; make room and ask again",
			ErrNoRoom, free, d.p.store.dir, more, int64(KeepFree))
	}
	return nil
}

func (d *transfer) copy(body io.Reader, timer *time.Timer) error {
	buf := make([]byte, 256<<10)
	for sinceRoom := 0; ; {
		n, err := body.Read(buf)
		if n > 0 {
			timer.Reset(stall)
			if err := d.write(buf[:n]); err != nil {
				return err
			}
			if sinceRoom += n; sinceRoom >= roomEvery {
				sinceRoom = 0
				if err := d.checkRoom(0); err != nil {
					return err
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w after %d bytes, and goes on from there when asked again: %w", ErrDownload, d.now.Done, err)
		}
	}
}

func (d *transfer) write(b []byte) error {
	if d.now.Done += int64(len(b)); d.now.Done > d.p.limit {
		return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, d.p.limit)
	}
	if _, err := d.file.Write(b); err != nil {
		return fmt.Errorf("write the download: %w", err)
	}
	_, _ = d.sum.Write(b) // a hash never fails
	if d.report != nil {
		d.report(d.now)
	}
	return nil
}

func get(ctx context.Context, client *http.Client, address string, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	}
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	resp, err := client.Do(req)
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
		return get(ctx, client, address, 0) // the server cannot send the rest, so request all of it
	}
	return nil, fmt.Errorf("%w: %s answers %s", ErrDownload, req.URL.Host, resp.Status)
}
