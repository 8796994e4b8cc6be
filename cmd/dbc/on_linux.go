//go:build linux

package main

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/x/machine"
)

// What only Linux has: devnets, compute nodes and what belongs to their computers.
// elsewhere.go has what takes its place on other systems.

func linuxCommands(s *settings) []*cobra.Command {
	return []*cobra.Command{newImageCommand(s), newDevnetCommand(s)}
}

func devnetWalletCommands(s *settings) []*cobra.Command {
	return []*cobra.Command{newWalletFaucetCommand(s)}
}

// computerCommands are those of dbc host that look at the machine's own computer.
func computerCommands(s *settings) []*cobra.Command {
	return []*cobra.Command{
		newHostUpdateCommand(s), newHostOnlineCommand(s), newHostStatusCommand(s), newHostAnswerCommand(s),
		newHostInventoryCommand(s), newHostDoctorCommand(s), newHostGPUCommand(s),
	}
}

// ofDevnet takes the endpoints of this home's devnet if one runs and no flag gave any:
// a flag that names another endpoint means another chain, so nothing is mixed.
func (s *settings) ofDevnet(home string) error {
	info, err := devnet.Read(home)
	if errors.Is(err, devnet.ErrNotRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.grpc == "" && s.rpc == "" && s.chainID == "" {
		s.grpc, s.rpc, s.chainID = info.GRPC, info.RPC, info.ChainID
		fill(&s.nodeDefault, info.Client)
		fill(&s.compute, info.Node)
		fill(&s.mining, devnet.MiningHome(home))
	}
	return nil
}

// withoutDevnets leaves out the devnet's own wallets, which must be named, and a demo's
// unless there is no other.
func withoutDevnets(home string, all []*market.Wallet) ([]*market.Wallet, error) {
	demos, err := devnet.DemoWallets(home)
	if err != nil {
		return nil, err
	}
	own := slices.DeleteFunc(all, func(w *market.Wallet) bool { return strings.HasPrefix(w.Name, devnet.AccountPrefix) })
	if users := slices.DeleteFunc(slices.Clone(own), func(w *market.Wallet) bool { return demos[w.Name] == w.Address() }); len(users) > 0 {
		own = users
	}
	return own, nil
}

const nodeHomeHelp = "home of the mining node, with conf/ and dat/ (default the running devnet's, then $DBC_HOME/mining)"

// nodeHomeFlag names the folder with the machine's key.
func nodeHomeFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "node-home", "", nodeHomeHelp)
}

// machineHere returns the id of the machine that this computer's node is.
func machineHere(s *settings, nodeHome string) (string, error) {
	h, err := openHost(s, nodeHome)
	if err != nil {
		return "", err
	}
	return h.Key.MachineID(), nil
}

func openHost(s *settings, nodeHome string) (*host.Host, error) {
	nodeHome, err := nodeFolder(s, nodeHome)
	if err != nil {
		return nil, err
	}
	return host.Open(nodeHome)
}

// nodeFolder returns the mining node's folder: the flag's, or that of the devnet
// whose chain is used.
func nodeFolder(s *settings, flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if err := s.resolve(); err != nil {
		return "", err
	}
	if s.mining != "" {
		return s.mining, nil
	}
	home, err := s.homeDir()
	return filepath.Join(home, "mining"), err
}

func makeBond(s *settings, cmd *cobra.Command, f bondFlags) (machine.Bond, error) {
	if f.price == "" {
		return machine.Bond{}, usagef("--price missing: DBC for each slot and day, such as --price 100")
	}
	price, err := someDBC("--price", f.price)
	if err != nil {
		return machine.Bond{}, err
	}
	notice, err := parseNotice("--exit-notice", f.notice)
	if err != nil {
		return machine.Bond{}, err
	}
	for _, a := range []struct{ flag, address string }{{"operator", f.operator}, {"payout", f.payout}, {"owner", f.owner}} {
		if a.address == "" {
			continue
		}
		if err := market.CheckAddress(a.address); err != nil {
			return machine.Bond{}, usagef("--%s: %w", a.flag, err)
		}
	}
	var place host.Place
	if err := f.place.apply(cmd, &place); err != nil {
		return machine.Bond{}, err
	}
	h, err := openHost(s, f.nodeHome)
	if err != nil {
		return machine.Bond{}, err
	}
	h.Config.CardRoot = f.root
	offer, err := h.Offer(cmd.Context())
	cardsText(cmd.ErrOrStderr(), offer)
	if err != nil {
		return machine.Bond{}, err
	}
	if f.owner == "" {
		owner, _, err := s.renter(cmd) // the chain decides which keyring is used
		if err != nil {
			return machine.Bond{}, err
		}
		f.owner = owner.Wallet.Address()
	}
	if f.operator == "" {
		f.operator = f.owner
	}
	terms := host.Terms{Owner: f.owner, Operator: f.operator, Payout: f.payout, PricePerDay: price, ExitNoticeSeconds: notice, Seq: f.seq, Place: place, Offer: offer}
	if f.seq != 0 {
		return h.Bond(cmd.Context(), nil, terms)
	}
	c, err := s.dial(cmd.Context())
	if err != nil {
		return machine.Bond{}, err
	}
	return h.Bond(cmd.Context(), c, terms)
}
