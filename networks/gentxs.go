package networks

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// maxGentx bounds a founding validator's transaction, in bytes.
const maxGentx = 64 << 10

// Gentx is a file with a founding validator's transaction, unchecked.
type Gentx struct {
	File string
	Text []byte
}

// Gentxs returns the transactions in the network's gentx folder. Files that are not
// named *.json are not read.
func (n *Network) Gentxs() ([]Gentx, error) {
	entries, err := fs.ReadDir(n.files.fs, GentxFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w %s: list %s: %w", ErrFile, n.files.dir, GentxFolder, err)
	}
	var all []Gentx
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if strings.ContainsFunc(e.Name(), func(r rune) bool { return !strconv.IsPrint(r) }) {
			return nil, fmt.Errorf("%w %s: %s has a file %q; a name of printable letters is wanted", ErrFile, n.files.dir, GentxFolder, e.Name())
		}
		if len(all) == n.Ceremony.MaxValidators {
			return nil, fmt.Errorf("%w %s: %s has more than max_validators, %d, files", ErrFile, n.files.dir, GentxFolder, n.Ceremony.MaxValidators)
		}
		file := GentxFolder + "/" + e.Name()
		text, err := n.files.read(file, maxGentx)
		if err != nil {
			return nil, err
		}
		all = append(all, Gentx{File: file, Text: text})
	}
	return all, nil
}
