package networks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
)

// sumLine is the format of sha256sum, so that "sha256sum -c genesis.sha256" checks it too.
var sumLine = regexp.MustCompile(`^([0-9a-f]{64})  ` + regexp.QuoteMeta(GenesisFile) + `\n?$`)

// Sum returns a genesis' sha256 in hexadecimal.
func Sum(genesis []byte) string {
	sum := sha256.Sum256(genesis)
	return hex.EncodeToString(sum[:])
}

// SumLine returns the text of HashFile for a genesis.
func SumLine(genesis []byte) string { return Sum(genesis) + "  " + GenesisFile + "\n" }

// Made reports whether the genesis was made. A genesis without its hash, or a hash
// without its genesis, is an error: neither can be trusted.
func (n *Network) Made() (bool, error) {
	genesis, err := n.files.has(GenesisFile)
	if err != nil {
		return false, err
	}
	sum, err := n.files.has(HashFile)
	if err != nil {
		return false, err
	}
	if genesis != sum {
		have, lacks := GenesisFile, HashFile
		if sum {
			have, lacks = HashFile, GenesisFile
		}
		return false, fmt.Errorf("%w %s: it has %s and no %s; get both from where the network is published", ErrFile, n.files.dir, have, lacks)
	}
	return genesis, nil
}

// Genesis returns the genesis with its hash. It returns ErrCeremonyOpen if there is
// none yet, and ErrGenesis if the file is not the recorded one.
func (n *Network) Genesis() (genesis []byte, sum string, err error) {
	switch made, err := n.Made(); {
	case err != nil:
		return nil, "", err
	case !made:
		return nil, "", fmt.Errorf("%w: network %s waits for the transactions of its founding validators; "+
			"take part (docs/networks.md), or come back with a newer version of this program", ErrCeremonyOpen, n.ChainID)
	}
	line, err := n.files.read(HashFile, maxDescription)
	if err != nil {
		return nil, "", err
	}
	want := sumLine.FindSubmatch(line)
	if want == nil {
		return nil, "", fmt.Errorf("%w %s: %s is %q; one line as of sha256sum is wanted", ErrFile, n.files.dir, HashFile, shorten(line))
	}
	if genesis, err = n.files.read(GenesisFile, MaxGenesis); err != nil {
		return nil, "", err
	}
	if sum = Sum(genesis); sum != string(want[1]) {
		return nil, "", fmt.Errorf("%w: %s of network %s has the sha256 %s, and %s says %s; use neither, and get both from where the network is published",
			ErrGenesis, GenesisFile, n.ChainID, sum, HashFile, want[1])
	}
	var head struct {
		ChainID string `json:"chain_id"`
	}
	if err := json.Unmarshal(genesis, &head); err != nil {
		return nil, "", fmt.Errorf("%w %s: parse %s: %w", ErrFile, n.files.dir, GenesisFile, err)
	}
	if head.ChainID != n.ChainID {
		return nil, "", fmt.Errorf("%w: its chain id is %q, and %s says %q", ErrGenesis, head.ChainID, ChainFile, n.ChainID)
	}
	return genesis, sum, nil
}

func shorten(text []byte) string { return string(text[:min(len(text), 100)]) }
