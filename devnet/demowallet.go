package devnet

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/dbc-network/dbc/client/market"
)

// demoWallets is the record of the wallets that demos made, one "name address" a line.
func (p paths) demoWallets() string { return filepath.Join(p.demo, "wallets") }

// DemoWallets returns the wallets that demos made for themselves and that are
// not deleted yet: addresses by name.
func DemoWallets(home string) (map[string]string, error) {
	text, err := os.ReadFile(newPaths(home).demoWallets())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the demos' wallets: %w", err)
	}
	wallets := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, address, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			wallets[name] = address
		}
	}
	return wallets, nil
}

// rememberDemoWallet records a wallet, so that it is never taken for a user's.
func rememberDemoWallet(home string, w *market.Wallet) error {
	wallets, err := DemoWallets(home)
	if err != nil {
		return err
	}
	wallets[w.Name] = w.Address()
	p := newPaths(home)
	if err := os.MkdirAll(p.demo, 0o700); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(wallets)) {
		fmt.Fprintf(&text, "%s %s\n", name, wallets[name])
	}
	if err := renameio.WriteFile(p.demoWallets(), []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("record the demo's wallet: %w", err)
	}
	return nil
}

// ForgetDemoWallets deletes the wallets that demos made. One that has got
// another key under the same name meanwhile is a user's, and stays.
func ForgetDemoWallets(home string) error {
	wallets, err := DemoWallets(home)
	if err != nil || len(wallets) == 0 {
		return err
	}
	ring, err := market.OpenKeyring(home, market.Backend(ChainID), nil)
	if err != nil {
		return err
	}
	for name, address := range wallets {
		w, err := ring.Wallet(name)
		if errors.Is(err, market.ErrNoWallet) || err == nil && w.Address() != address {
			continue
		}
		if err == nil {
			err = ring.Delete(name)
		}
		if err != nil {
			return err
		}
	}
	if err := os.Remove(newPaths(home).demoWallets()); err != nil {
		return fmt.Errorf("forget the demos' wallets: %w", err)
	}
	return nil
}
