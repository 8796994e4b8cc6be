// Package backup writes and reads archives of a node's keys and configuration.
//
// An archive is a tar file, encrypted by age with a passphrase (scrypt). Its first entry is
// manifest.json, which names every other entry with its size and SHA-256; the others follow
// in the manifest's order. docs/backup.md says what to keep, docs/adr why it is like this.
package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"time"

	"filippo.io/age"
)

const (
	// Schema is the version of the archive's form.
	Schema = 1
	// MaxSize bounds all entries together.
	MaxSize = 16 << 20
	// MaxFiles bounds their number.
	MaxFiles = 64
	// MinPassphrase is the shortest passphrase, in bytes.
	MinPassphrase = 8

	manifestName = "manifest.json"
	// workFactor is age's own for scrypt, and the most that is accepted: a hostile file
	// could ask for hours.
	workFactor = 18
	fileMode   = 0o600
	// folderMode is that of a folder that was not there: its subfolders are of mode 0700.
	folderMode = 0o755
)

// Kind says whose keys an archive has.
type Kind string

// KindNode is a node of dbc.
const KindNode Kind = "dbc-node"

// Manifest is the archive's table of contents.
type Manifest struct {
	Schema  int       `json:"schema"`
	Kind    Kind      `json:"kind"`
	Created time.Time `json:"created"`
	Version string    `json:"version"`
	ChainID string    `json:"chain_id"`
	// NodeID is the machine's id.
	NodeID string  `json:"node_id"`
	Files  []Entry `json:"files"`
}

// Entry is a file of the archive.
type Entry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// File is a file to archive. Its name is relative, such as dat/node.key.
type File struct {
	Name string
	Text []byte
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*){0,3}$`)

// CheckName refuses what could lead out of a folder.
func CheckName(name string) error {
	if len(name) > 200 || !namePattern.MatchString(name) || path.Clean(name) != name || name == manifestName {
		return fmt.Errorf("%w: entry %.80q: want a relative path of letters, digits, - _ and single dots", ErrArchive, name)
	}
	return nil
}

// Write writes an archive. It fills in the manifest's schema and files.
func Write(w io.Writer, passphrase string, m Manifest, files []File) error {
	if len(passphrase) < MinPassphrase {
		return fmt.Errorf("%w: %d bytes, want at least %d", ErrPassphrase, len(passphrase), MinPassphrase)
	}
	if len(files) > MaxFiles {
		return fmt.Errorf("%w: %d files, at most %d", ErrArchive, len(files), MaxFiles)
	}
	m.Schema, m.Files = Schema, nil
	total := 0
	for _, f := range files {
		if err := CheckName(f.Name); err != nil {
			return err
		}
		if total += len(f.Text); total > MaxSize {
			return fmt.Errorf("%w: more than %d bytes", ErrArchive, MaxSize)
		}
		hash := sha256.Sum256(f.Text)
		m.Files = append(m.Files, Entry{Name: f.Name, Size: int64(len(f.Text)), SHA256: hex.EncodeToString(hash[:])})
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("encrypt the archive: %w", err)
	}
	recipient.SetWorkFactor(workFactor)
	sealed, err := age.Encrypt(w, recipient)
	if err != nil {
		return fmt.Errorf("encrypt the archive: %w", err)
	}
	out := tar.NewWriter(sealed)
	for _, f := range append([]File{{manifestName, text}}, files...) {
		header := tar.Header{Typeflag: tar.TypeReg, Name: f.Name, Size: int64(len(f.Text)), Mode: fileMode, ModTime: m.Created}
		if err := out.WriteHeader(&header); err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
		if _, err := out.Write(f.Text); err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
	}
	if err := errors.Join(out.Close(), sealed.Close()); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// Read reads a whole archive. Nothing of one that is not exactly as its manifest says is
// returned.
func Read(r io.Reader, passphrase string) (m Manifest, files []File, err error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return m, nil, fmt.Errorf("%w: %w", ErrPassphrase, err)
	}
	identity.SetMaxWorkFactor(workFactor)
	// Headers and paddings take up to a KiB for each entry.
	opened, err := age.Decrypt(io.LimitReader(r, 2*MaxSize), identity)
	if wrong := new(age.NoIdentityMatchError); errors.As(err, &wrong) {
		return m, nil, fmt.Errorf("%w: it opens nothing, or the file is damaged", ErrPassphrase)
	}
	if err != nil {
		return m, nil, fmt.Errorf("%w: %w", ErrArchive, err)
	}
	plain, err := io.ReadAll(io.LimitReader(opened, MaxSize+(MaxFiles+2)*2048+1))
	if err != nil {
		return m, nil, fmt.Errorf("%w: it is cut off or was changed: %w", ErrArchive, err)
	}
	if m, files, err = unpack(tar.NewReader(bytes.NewReader(plain))); err != nil {
		return Manifest{}, nil, err
	}
	return m, files, nil
}

func unpack(in *tar.Reader) (m Manifest, files []File, err error) {
	text, err := entry(in, manifestName, MaxSize)
	if err != nil {
		return m, nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, nil, fmt.Errorf("%w: manifest: %w", ErrArchive, err)
	}
	if m.Schema != Schema {
		return m, nil, fmt.Errorf("%w: schema %d, this program reads %d", ErrArchive, m.Schema, Schema)
	}
	if len(m.Files) > MaxFiles {
		return m, nil, fmt.Errorf("%w: %d files, at most %d", ErrArchive, len(m.Files), MaxFiles)
	}
	seen := map[string]bool{}
	for _, e := range m.Files {
		if err := CheckName(e.Name); err != nil {
			return m, nil, err
		}
		if seen[e.Name] {
			return m, nil, fmt.Errorf("%w: entry %s twice", ErrArchive, e.Name)
		}
		seen[e.Name] = true
		text, err := entry(in, e.Name, e.Size)
		if err != nil {
			return m, nil, err
		}
		if hash := sha256.Sum256(text); int64(len(text)) != e.Size || hex.EncodeToString(hash[:]) != e.SHA256 {
			return m, nil, fmt.Errorf("%w: entry %s is not the one of the manifest", ErrArchive, e.Name)
		}
		files = append(files, File{e.Name, text})
	}
	if _, err := in.Next(); !errors.Is(err, io.EOF) {
		return m, nil, fmt.Errorf("%w: more entries than in the manifest", ErrArchive)
	}
	return m, files, nil
}

// entry reads the next entry, a regular file of that name.
func entry(in *tar.Reader, name string, most int64) ([]byte, error) {
	header, err := in.Next()
	if err != nil {
		return nil, fmt.Errorf("%w: %s is missing: %w", ErrArchive, name, err)
	}
	if header.Name != name || header.Typeflag != tar.TypeReg || header.Size < 0 || header.Size > min(most, MaxSize) {
		return nil, fmt.Errorf("%w: entry %.80q of type %q and %d bytes, want the file %s", ErrArchive, header.Name, header.Typeflag, header.Size, name)
	}
	text := make([]byte, header.Size)
	if _, err := io.ReadFull(in, text); err != nil {
		return nil, fmt.Errorf("%w: %s is cut off: %w", ErrArchive, name, err)
	}
	return text, nil
}
