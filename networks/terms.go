package networks

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Version is a version of the programs and the height of its first block.
type Version struct {
	// Name is the upgrade's, as in the proposal that governance passed, or "genesis".
	Name string `toml:"name"`
	// Height is that of the upgrade, and 1 for genesis.
	Height int64 `toml:"height"`
	// Version is the release that makes blocks from Height on, such as 0.2.0.
	Version string `toml:"version"`
}

// Ceremony is how a genesis is made from the transactions of the founding validators.
type Ceremony struct {
	// Time is that of the genesis: the first block is made at this time or later.
	Time time.Time `toml:"genesis_time"`
	// Balance is what each founding validator's account has, in udbc.
	Balance uint64 `toml:"balance"`
	// MinStake and MaxStake bound what each of them delegates to itself, in udbc.
	MinStake uint64 `toml:"min_stake"`
	MaxStake uint64 `toml:"max_stake"`
	// MinValidators and MaxValidators bound their number.
	MinValidators int `toml:"min_validators"`
	MaxValidators int `toml:"max_validators"`
	// Accounts are others that have coins from the start.
	Accounts []Account `toml:"account"`
}

// Account is an account of the genesis.
type Account struct {
	Address string `toml:"address"`
	// Amount is in udbc.
	Amount uint64 `toml:"amount"`
	// Purpose is a note for readers.
	Purpose string `toml:"purpose"`
}

// terms is network.toml: what chain.json, which follows the registry's schema, has no
// place for.
type terms struct {
	Ceremony Ceremony  `toml:"ceremony"`
	Versions []Version `toml:"version"`
}

const (
	// maxFounders is how many validators the chain has at a time.
	maxFounders = 100
	genesisName = "genesis"
	maxVersions = 1000
)

var (
	upgradeName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)
	release     = regexp.MustCompile(`^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$`)
)

func parseTerms(text []byte) (terms, error) {
	var t terms
	decoder := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		var unknown *toml.StrictMissingError
		if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
			row, _ := unknown.Errors[0].Position()
			return t, fmt.Errorf("line %d: no such key: %v", row, unknown.Errors[0].Key())
		}
		return t, err
	}
	if err := checkVersions(t.Versions); err != nil {
		return t, err
	}
	return t, t.Ceremony.check()
}

func checkVersions(all []Version) error {
	if len(all) == 0 || len(all) > maxVersions {
		return fmt.Errorf("[[version]]: there are %d; 1 to %d are wanted", len(all), maxVersions)
	}
	if first := all[0]; first.Name != genesisName || first.Height != 1 {
		return fmt.Errorf("[[version]]: the first is %q at height %d; %q at 1 is wanted", first.Name, first.Height, genesisName)
	}
	seen := make(map[string]bool, len(all))
	last := int64(0)
	for _, v := range all {
		switch {
		case !upgradeName.MatchString(v.Name):
			return fmt.Errorf("[[version]] name %q: small letters, digits, dots and dashes, at most 64, are wanted", v.Name)
		case seen[v.Name]:
			return fmt.Errorf("[[version]] name %q is there twice", v.Name)
		case v.Height <= last:
			return fmt.Errorf("[[version]] %s: height %d; more than %d, that of the one before, is wanted", v.Name, v.Height, last)
		case !release.MatchString(v.Version):
			return fmt.Errorf("[[version]] %s: version %q; a release such as 0.2.0 is wanted", v.Name, v.Version)
		}
		seen[v.Name], last = true, v.Height
	}
	return nil
}

func (c Ceremony) check() error {
	switch {
	case c.Time.IsZero():
		return errors.New("ceremony.genesis_time is missing; a time such as 2027-02-01T12:00:00Z is wanted")
	case c.Time.Nanosecond() != 0 || c.Time.Location() != time.UTC:
		return fmt.Errorf("ceremony.genesis_time %s: whole seconds in UTC, ending in Z, are wanted", c.Time.Format(time.RFC3339Nano))
	case c.MinStake == 0 || c.MaxStake < c.MinStake || c.Balance < c.MaxStake || c.Balance > math.MaxInt64:
		return fmt.Errorf("ceremony: min_stake %d, max_stake %d, balance %d; 0 < min_stake ≤ max_stake ≤ balance ≤ %d is wanted",
			c.MinStake, c.MaxStake, c.Balance, int64(math.MaxInt64))
	case c.MinValidators < 1 || c.MaxValidators < c.MinValidators || c.MaxValidators > maxFounders:
		return fmt.Errorf("ceremony: min_validators %d, max_validators %d; 1 ≤ min_validators ≤ max_validators ≤ %d is wanted",
			c.MinValidators, c.MaxValidators, maxFounders)
	}
	for _, a := range c.Accounts {
		if a.Amount == 0 || a.Amount > math.MaxInt64 {
			return fmt.Errorf("[[ceremony.account]] %q: amount %d; 1 to %d udbc are wanted", a.Address, a.Amount, int64(math.MaxInt64))
		}
	}
	return nil
}
