package ceremony

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cosmossdk.io/math"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/client/terminal"
	"github.com/dbc-network/dbc/networks"
	"github.com/dbc-network/dbc/x/machine"
)

// holder is an account with what it has from the start.
type holder struct {
	address sdk.AccAddress
	amount  uint64
}

// endow gives the founders and the other accounts their coins.
func endow(a *app.App, state map[string]json.RawMessage, n *networks.Network, founders []founder) error {
	holders, err := holdersOf(n, founders)
	if err != nil {
		return err
	}
	var auth authtypes.GenesisState
	var bank banktypes.GenesisState
	a.Codec.MustUnmarshalJSON(state[authtypes.ModuleName], &auth)
	a.Codec.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	accounts := make(authtypes.GenesisAccounts, 0, len(holders))
	for _, h := range holders {
		coins := sdk.NewCoins(sdk.NewCoin(machine.Denom, math.NewIntFromUint64(h.amount)))
		accounts = append(accounts, authtypes.NewBaseAccountWithAddress(h.address))
		bank.Balances = append(bank.Balances, banktypes.Balance{Address: h.address.String(), Coins: coins})
		bank.Supply = bank.Supply.Add(coins...)
	}
	if auth.Accounts, err = authtypes.PackAccounts(accounts); err != nil {
		return fmt.Errorf("pack accounts: %w", err)
	}
	state[authtypes.ModuleName] = a.Codec.MustMarshalJSON(&auth)
	state[banktypes.ModuleName] = a.Codec.MustMarshalJSON(&bank)
	return nil
}

func holdersOf(n *networks.Network, founders []founder) ([]holder, error) {
	all := make([]holder, 0, len(founders)+len(n.Ceremony.Accounts))
	for _, f := range founders {
		all = append(all, holder{f.operator, n.Ceremony.Balance})
	}
	for _, account := range n.Ceremony.Accounts {
		address, err := sdk.AccAddressFromBech32(account.Address)
		if err != nil {
			return nil, fmt.Errorf("[[ceremony.account]] address %q: %w", account.Address, err)
		}
		all = append(all, holder{address, account.Amount})
	}
	slices.SortFunc(all, func(x, y holder) int { return bytes.Compare(x.address, y.address) })
	for i := range all[1:] {
		if all[i].address.Equals(all[i+1].address) {
			return nil, fmt.Errorf("%w account: %s", ErrTwice, all[i].address)
		}
	}
	return all, nil
}

// begin starts the chain in memory and counts its validators. The SDK panics with the
// transaction that its start refuses; the error names that transaction's file.
func begin(a *app.App, genesis *genutiltypes.AppGenesis, founders []founder) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = refused(fmt.Sprint(r), founders)
		}
	}()
	params := genesis.Consensus.Params.ToProto()
	reply, err := a.InitChain(&abci.RequestInitChain{
		ChainId: genesis.ChainID, Time: genesis.GenesisTime, InitialHeight: genesis.InitialHeight,
		AppStateBytes: genesis.AppState, ConsensusParams: &params,
	})
	if err != nil {
		return fmt.Errorf("start chain from genesis: %w", err)
	}
	if len(reply.Validators) != len(founders) {
		return fmt.Errorf("start chain from genesis: it has %d validators, and %d founders", len(reply.Validators), len(founders))
	}
	return nil
}

// refused says why the chain does not start, and whose transaction it is.
func refused(why string, founders []founder) error {
	for _, f := range founders {
		if _, reason, found := strings.Cut(why, string(f.text)); found {
			return fmt.Errorf("%w, %s: the chain does not start with it: %s", ErrGentx, f.file, terminal.Plain(strings.TrimLeft(reason, "': ")))
		}
	}
	return fmt.Errorf("start chain from genesis: %s", why)
}
