// Package networks describes the networks that programs know by name: one folder for
// each, with its chain id, genesis, seeds, peers, gas price, endpoints and versions.
// The folders of this package are part of the programs; any other folder of the same
// form can be opened by its path.
package networks

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/chainid"
)

// embedded are the folders of the networks that programs know by name.
//
//go:embed dbc-testnet-1
var embedded embed.FS

// Files of a network's folder.
const (
	TermsFile   = "network.toml"
	ChainFile   = "chain.json"
	AssetsFile  = "assetlist.json"
	GenesisFile = "genesis.json"
	// HashFile has the genesis' sha256 in the format of sha256sum.
	HashFile = "genesis.sha256"
	// GentxFolder has a transaction of each founding validator.
	GentxFolder = "gentx"
)

var (
	// ErrUnknown means that no network has the name.
	ErrUnknown = errors.New("unknown network")
	// ErrFile means that a file of a network's folder is missing or is not what it
	// has to be.
	ErrFile = errors.New("network's folder")
	// ErrCeremonyOpen means that the network's genesis has not been made yet.
	ErrCeremonyOpen = errors.New("genesis not made yet")
	// ErrGenesis means that the genesis is not the recorded one.
	ErrGenesis = errors.New("genesis differs from the recorded one")
)

// Network is a network's description. Its fields have been checked.
type Network struct {
	// Source is the name or the folder that it was opened by.
	Source string
	// ChainID is signed into every transaction.
	ChainID string
	// Seeds and Peers are written id@host:port.
	Seeds, Peers []string
	// GasPrice is the minimum, with its denomination, such as 0.01udbc.
	GasPrice string
	// RPC, GRPC and REST are public endpoints, the preferred one first.
	RPC, GRPC, REST []string
	// Versions begin with the one that makes block 1.
	Versions []Version
	// Ceremony is how the genesis is made.
	Ceremony Ceremony

	files             files
	chainName, newest string
}

// Names returns the names of the networks that this program contains.
func Names() []string {
	entries, err := embedded.ReadDir(".")
	if err != nil {
		return nil // the program's own folder is always readable
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// IsFolder reports whether source is a path rather than a name.
func IsFolder(source string) bool {
	return strings.ContainsAny(source, `/\`) || strings.HasPrefix(source, ".")
}

// Open returns the network of a name, or of a folder where source is a path.
func Open(source string) (*Network, error) {
	switch {
	case IsFolder(source):
		return openFolder(source)
	case !chainid.Valid(source) || !slices.Contains(Names(), source):
		return nil, fmt.Errorf("%w %q: this program knows %s; a network of your own is given as a path to its folder, such as ./%s",
			ErrUnknown, source, strings.Join(Names(), ", "), "mynet")
	}
	sub, err := fs.Sub(embedded, source)
	if err != nil {
		return nil, fmt.Errorf("%w %q: %w", ErrUnknown, source, err)
	}
	n, err := read(source, files{sub, source})
	if err == nil && n.ChainID != path.Base(source) {
		err = fmt.Errorf("%w %s: %s has the chain id %q, which has to be the folder's name", ErrFile, source, ChainFile, n.ChainID)
	}
	return n, err
}

// openFolder reads from the folder only: a link in it leads nowhere else.
func openFolder(dir string) (*Network, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find network's folder: %w", err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("%w: open it: %w", ErrFile, err)
	}
	// The root stays open until the program ends: the genesis is read later.
	return read(abs, files{root.FS(), abs})
}
