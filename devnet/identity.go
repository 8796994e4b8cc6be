package devnet

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// ownerName is the file in a devnet's privileged folder with the path of its home.
const ownerName = "home"

// readID returns the identity that a home's devnet has had since its first start.
func readID(home string) (id [32]byte, ok bool) {
	path := newPaths(home).id
	// The privileged side reads it too: nothing but a short, regular file.
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != 2*int64(len(id))+1 {
		return id, false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return id, false
	}
	n, err := hex.Decode(id[:], []byte(strings.TrimSuffix(string(text), "\n")))
	return id, err == nil && n == len(id)
}

// claim gives a home an identity where it has none. It refuses a copy of another
// home: both would have the same guests and disks.
func claim(home string) error {
	if err := checkCopy(home); err != nil {
		return err
	}
	p := newPaths(home)
	if _, ok := readID(home); ok {
		return nil
	}
	if _, err := os.Lstat(p.id); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s %w: delete it, or dbc devnet reset deletes the devnet", p.id, ErrIdentity))
	}
	id := homeHash(home)
	_, chainErr := os.Stat(p.chain)
	if _, err := os.Stat(DataDir(home)); err == nil && errors.Is(chainErr, fs.ErrNotExist) {
		// A devnet that was moved away from here has that folder.
		if _, err := rand.Read(id[:]); err != nil {
			return fmt.Errorf("make the devnet's identity: %w", err)
		}
	}
	if err := renameio.WriteFile(p.id, []byte(hex.EncodeToString(id[:])+"\n"), 0o644); err != nil {
		return fmt.Errorf("write the devnet's identity: %w", err)
	}
	return nil
}

// checkCopy is ErrCopy where another home has the same identity and the guests.
func checkCopy(home string) error {
	id, ok := readID(home)
	if !ok {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(DataDir(home), ownerName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read whose the guests' disks are: %w", err)
	}
	owner := strings.TrimSuffix(string(text), "\n")
	if other, ok := readID(owner); realPath(owner) != realPath(home) && ok && other == id {
		return fmt.Errorf("%s %w of %s, and both would use the same disks of guests: go on with one of them, "+
			"or delete %s, and this one begins without guests", home, ErrCopy, owner, newPaths(home).id)
	}
	return nil
}

// own records whose the privileged folder is.
func (p *privileged) own() error {
	path := filepath.Join(p.dir, ownerName)
	if err := renameio.WriteFile(path, []byte(realPath(p.order.Home)+"\n"), 0o644); err != nil {
		return fmt.Errorf("record whose the guests' disks are: %w", err)
	}
	return nil
}
