package node

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateLook is how often a handshake checks whether the files have changed.
const certificateLook = 10 * time.Second

// certificate is that of http_tls_cert, read again when one of its files
// changes, as at a renewal. If it can't be read, the previous one stays in use.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	looked time.Time
	files  [2]os.FileInfo
	now    *tls.Certificate
}

func openCertificate(cert, key string, log *slog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("read the API's certificate: %w", err)
	}
	c.looked = time.Now()
	return c, nil
}

// config returns the configuration for http.Server, which adds its protocols.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) >= certificateLook {
		c.looked = time.Now()
		if err := c.read(); err != nil {
			c.log.Warn("the API's certificate can't be read anew; the one before stays in use", "error", err)
		}
	}
	return c.now, nil
}

// read loads both files if one has changed. Of a half-finished renewal it loads
// nothing, and checks again.
func (c *certificate) read() error {
	var files [2]os.FileInfo
	for i, path := range []string{c.cert, c.key} {
		var err error
		if files[i], err = os.Stat(path); err != nil {
			return err
		}
	}
	if c.now != nil && same(files[0], c.files[0]) && same(files[1], c.files[1]) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	if c.now != nil {
		c.log.Info("the API has a new certificate")
	}
	c.now, c.files = &pair, files
	return nil
}

func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
