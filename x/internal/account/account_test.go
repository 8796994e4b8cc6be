package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/x/internal/account"
)

type blocked map[string]bool

func (b blocked) BlockedAddr(addr sdk.AccAddress) bool { return b[addr.String()] }

func TestParse(t *testing.T) {
	t.Parallel()
	address := func(n int) string { return sdk.AccAddress(make([]byte, n)).String() }
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"a key's":             {address(20), true},
		"a module's":          {address(32), true},
		"in capitals":         {strings.ToUpper(address(20)), true},
		"in both":             {strings.ToUpper(address(20)[:9]) + address(20)[9:], false},
		"with a space":        {address(20) + " ", false},
		"too short":           {address(19), false},
		"too long":            {address(255), false},
		"of another chain":    {"osmo1vd5xzmrvv4hxwetjyqszqgpqyqszqgpqc0cz2z", false},
		"with a wrong letter": {address(20)[:len(address(20))-1] + "q", false},
		"empty":               {"", false},
	} {
		addr, err := account.Parse(c.text)
		require.Equal(t, c.ok, err == nil, "%s: %v", name, err)
		if c.ok {
			require.Equal(t, strings.ToLower(c.text), addr.String(), name)
			require.Equal(t, strings.ToLower(c.text), account.Canonical(c.text), name)
		} else {
			require.Equal(t, c.text, account.Canonical(c.text), name)
		}
	}
}

func TestParty(t *testing.T) {
	t.Parallel()
	module := authtypes.NewModuleAddress("gov").String()
	list := blocked{module: true}
	_, err := account.Party(module, list)
	require.ErrorIs(t, err, account.ErrBlocked)
	_, err = account.Party(strings.ToUpper(module), list)
	require.ErrorIs(t, err, account.ErrBlocked, "the same account")
	_, err = account.Party("x", list)
	require.Error(t, err)
	addr, err := account.Party(sdk.AccAddress(make([]byte, 20)).String(), list)
	require.NoError(t, err)
	require.Len(t, addr, 20)
}
