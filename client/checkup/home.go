package checkup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/durable"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/keys"
)

const (
	// fullMiB and scarceMiB are what a home's file system should have left: an outbox
	// that can't be written refuses to send, and known hosts are lost.
	fullMiB, scarceMiB = 16, 256
	// others are the bits of a mode that let others read or change a file.
	others = 0o077
)

// Home is a renter's home.
type Home struct {
	Dir string
	// Backend is the keyring of the network, "" if no network is known.
	Backend string
	// Passphrase reports whether one is in the environment, PassphraseFile the file that
	// the environment names.
	Passphrase     bool
	PassphraseFile string
}

// Examine makes the checks of the home. It opens no wallet and holds no lock.
func (h Home) Examine() []doctor.Finding {
	there := h.folder()
	if there.Level == doctor.Fail {
		return []doctor.Finding{there}
	}
	return []doctor.Finding{there, h.space(), h.wallets(), h.passphrase(), h.outbox()}
}

func (h Home) folder() doctor.Finding {
	info, err := os.Stat(h.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding(CheckHome, doctor.Warn, "home", h.Dir, "code", "MISSING")
	case err != nil:
		return finding(CheckHome, doctor.Fail, "home", h.Dir, "code", "UNREADABLE", "error", reason(err))
	case !info.IsDir():
		return finding(CheckHome, doctor.Fail, "home", h.Dir, "code", "NO_FOLDER")
	}
	mode := fmt.Sprintf("%04o", info.Mode().Perm())
	switch {
	case !mayUse(h.Dir):
		return finding(CheckHome, doctor.Fail, "home", h.Dir, "code", "NOT_YOURS", "mode", mode)
	case openTo(info, 0o022):
		return finding(CheckHome, doctor.Fail, "home", h.Dir, "code", "OTHERS_WRITE", "mode", mode)
	}
	return finding(CheckHome, doctor.Pass, "home", h.Dir, "mode", mode)
}

func (h Home) space() doctor.Finding {
	at := h.Dir
	free, err := durable.Free(at)
	for err != nil {
		if at == filepath.Dir(at) {
			return finding(CheckSpace, doctor.Warn, "home", h.Dir)
		}
		at = filepath.Dir(at) // a home that is not there yet
		free, err = durable.Free(at)
	}
	return finding(CheckSpace, room(free>>20), "free_mib", strconv.FormatUint(free>>20, 10), "wanted_mib", strconv.Itoa(scarceMiB))
}

func room(freeMiB uint64) doctor.Level {
	switch {
	case freeMiB < fullMiB:
		return doctor.Fail
	case freeMiB < scarceMiB:
		return doctor.Warn
	}
	return doctor.Pass
}

// wallets looks at the files of both keyrings: whoever can read one of a devnet has its
// coins, and one of another network may be guessed at.
func (h Home) wallets() doctor.Finding {
	number := 0
	for _, backend := range []string{keyring.BackendTest, keyring.BackendFile} {
		dir := filepath.Join(h.Dir, "keys", "keyring-"+backend)
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return finding(CheckWallets, doctor.Fail, "file", dir, "code", "UNREADABLE", "error", reason(err))
		}
		for _, entry := range entries {
			if !strings.HasSuffix(entry.Name(), keys.InfoSuffix) {
				continue
			}
			path := filepath.Join(dir, entry.Name())
			info, err := os.Stat(path)
			if err == nil && openTo(info, others) {
				return finding(CheckWallets, doctor.Fail, "file", path, "code", "OTHERS_READ", "mode", fmt.Sprintf("%04o", info.Mode().Perm()))
			}
			if err == nil {
				err = mayRead(path)
			}
			if err != nil {
				return finding(CheckWallets, doctor.Fail, "file", path, "code", "UNREADABLE", "error", reason(err))
			}
			if h.Backend == "" || backend == h.Backend {
				number++
			}
		}
	}
	if number == 0 {
		return finding(CheckWallets, doctor.Warn, "code", "NONE")
	}
	return finding(CheckWallets, doctor.Pass, "wallets", strconv.Itoa(number))
}

func (h Home) passphrase() doctor.Finding {
	if h.PassphraseFile != "" {
		info, err := os.Stat(h.PassphraseFile)
		switch {
		case err != nil:
			return finding(CheckPassphrase, doctor.Fail, "file", h.PassphraseFile, "code", "UNREADABLE", "error", reason(err))
		case info.Mode().IsRegular() && info.Mode().Perm()&others != 0:
			return finding(CheckPassphrase, doctor.Fail, "file", h.PassphraseFile, "code", "OTHERS_READ", "mode", fmt.Sprintf("%04o", info.Mode().Perm()))
		}
		return finding(CheckPassphrase, doctor.Pass, "from", "file")
	}
	if h.Passphrase {
		return finding(CheckPassphrase, doctor.Warn, "code", "ENVIRONMENT")
	}
	names, err := market.Names(h.Dir, h.Backend)
	if h.Backend != keyring.BackendFile || err != nil || len(names) == 0 {
		return finding(CheckPassphrase, doctor.Pass, "from", "none")
	}
	return finding(CheckPassphrase, doctor.Pass, "from", "terminal")
}

// outbox counts what was sent and not settled; it waits for no other command.
func (h Home) outbox() doctor.Finding {
	open, err := filepath.Glob(filepath.Join(client.Outbox(h.Dir), "*", "*.json"))
	if err != nil || len(open) == 0 { // the pattern is right unless the home's name holds a bracket
		return finding(CheckOutbox, doctor.Pass)
	}
	wallet := strings.TrimSuffix(filepath.Base(open[0]), ".json")
	return finding(CheckOutbox, doctor.Warn, "open", strconv.Itoa(len(open)), "wallet", wallet, "chain_id", filepath.Base(filepath.Dir(open[0])))
}

// reason is an error without the path, which is shown beside it.
func reason(err error) string {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err.Error()
	}
	return err.Error()
}
