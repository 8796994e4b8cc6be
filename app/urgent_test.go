package app_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	"github.com/cosmos/cosmos-sdk/x/feegrant"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// TestServedEvenIfNoLongerDue verifies that a transaction which used the lane counts
// as served even if an earlier one of its signer in the same block has done what it
// wanted: otherwise an operator is fresh in every block.
func TestServedEvenIfNoLongerDue(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	other := newNode(2)
	bond := other.bond(c)
	bond.Bonds[0].Operator = c.address("alice")
	c.ok("owner", bond)
	for range 51 { // how long the lane remembers that the machine came online
		c.block(time.Second)
	}
	offline := &machine.MsgSetOffline{Operator: c.address("operator"), MachineId: n.id}
	ordinary := c.signed("operator", 1_000_000, 10_000, offline, sendTo(c.address("operator"), "owner"))
	require.Zero(t, c.checkTx(ordinary).Code)
	urgent := c.signed("operator", 1_000_000, 10_000, offline)
	require.Zero(t, c.checkTx(urgent).Code)
	txs := c.propose()
	require.Equal(t, [][]byte{ordinary, urgent}, txs)
	results := c.block(time.Second, txs...)
	require.Zero(t, results[0].Code, results[0].Log)
	require.NotZero(t, results[1].Code, "the machine is offline already")

	onlineOther := other.online(c)
	onlineOther.Operator = c.address("alice")
	again, first := c.signed("operator", 500_000, 5_000, n.online(c)), c.signed("alice", 500_000, 5_000, onlineOther)
	require.Zero(t, c.checkTx(again).Code)
	require.Zero(t, c.checkTx(first).Code)
	require.Equal(t, [][]byte{first, again}, c.propose(), "alice was not served recently, the operator was")
}

// TestOnlyWhatARentalAllowsIsUrgent verifies that a renter's message which must fail
// because of the rental's state does not get into the lane, as an operator's does not.
func TestOnlyWhatARentalAllowsIsUrgent(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	alice := c.address("alice")
	for _, step := range []struct {
		name   string
		before sdk.Msg
		msg    sdk.Msg
		urgent bool
	}{
		{"renew a trial", c.rent("alice", n, 1), &rental.MsgReletMachine{Renter: alice, RentId: 1, AddDurationSeconds: hours}, false},
		{"break a trial", nil, &rental.MsgBreakRental{Signer: alice, RentId: 1}, false},
		{"confirm a trial", nil, &rental.MsgConfirmRent{Renter: alice, RentId: 1}, true},
		{"confirm again", nil, &rental.MsgConfirmRent{Renter: alice, RentId: 1}, false},
		{"cancel what is confirmed", nil, &rental.MsgCancelRent{Renter: alice, RentId: 1}, false},
		{"renew", nil, &rental.MsgReletMachine{Renter: alice, RentId: 1, AddDurationSeconds: hours}, true},
		{"leave what can't be left", nil, &rental.MsgLeaveRental{Renter: alice, RentId: 1}, false},
		{"cancel a trial", c.rent("alice", n, 1), &rental.MsgCancelRent{Renter: alice, MachineId: n.id, RentId: 2}, true},
	} {
		if step.before != nil {
			c.ok("alice", step.before)
		}
		first := c.signed("bob", 200_000, 10_000, sendTo(c.address("bob"), "owner"))
		require.Zero(t, c.checkTx(first).Code)
		tx := c.signed("alice", 1_000_000, 10_000, step.msg)
		require.Zero(t, c.checkTx(tx).Code)
		txs := c.propose()
		require.Len(t, txs, 2)
		results := c.block(time.Second, txs...)
		urgent, result := string(txs[0]) == string(tx), results[1]
		if urgent {
			result = results[0]
		}
		require.Equal(t, step.urgent, result.Code == 0, "%s: %s", step.name, result.Log)
		if step.urgent != urgent {
			t.Errorf("%s: urgent is %t", step.name, urgent)
		}
	}
}

// TestLeavingIsUrgentWhileItBringsSomething verifies that a notice which brings the end
// forward gets into the lane, since each block costs its renter rent, and a second one
// does not.
func TestLeavingIsUrgentWhileItBringsSomething(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.leavable(n)
	c.ok("alice", c.rentAny("alice", n, 1))
	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	leave := &rental.MsgLeaveRental{Renter: c.address("alice"), MachineId: n.id}
	for _, urgent := range []bool{true, false} {
		first := c.signed("bob", 200_000, 10_000, sendTo(c.address("bob"), "owner"))
		require.Zero(t, c.checkTx(first).Code)
		tx := c.signed("alice", 1_000_000, 10_000, leave)
		require.Zero(t, c.checkTx(tx).Code)
		txs := c.propose()
		require.Len(t, txs, 2)
		require.Equal(t, urgent, string(txs[0]) == string(tx))
		for _, result := range c.block(time.Second, txs...) {
			require.Zero(t, result.Code, result.Log)
		}
	}
	c.check()
}

// TestLeavingAndRenewingIsNotUrgent verifies that a transaction that renews and leaves, which
// changes nothing and costs no rent, does not get into the lane again and again.
func TestLeavingAndRenewingIsNotUrgent(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.leavable(n)
	c.ok("alice", c.rentAny("alice", n, 1))
	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	for range 3 {
		first := c.signed("bob", 200_000, 10_000, sendTo(c.address("bob"), "owner"))
		require.Zero(t, c.checkTx(first).Code)
		tx := c.signed("alice", 3_000_000, 30_000,
			&rental.MsgLeaveRental{Renter: c.address("alice"), RentId: 1},
			&rental.MsgReletMachine{Renter: c.address("alice"), RentId: 1, AddDurationSeconds: hours})
		require.Zero(t, c.checkTx(tx).Code)
		txs := c.propose()
		require.Len(t, txs, 2)
		require.Equal(t, string(first), string(txs[0]))
		for _, result := range c.block(time.Second, txs...) {
			require.Zero(t, result.Code, result.Log)
		}
	}
	c.check()
}

// signedWith signs a transaction with a fee granter, or without the public key in it.
func (c *chain) signedWith(from, granter string, fee, after uint64, withKey bool, msg sdk.Msg) []byte {
	c.t.Helper()
	key := c.people[from]
	account := c.app.Accounts.GetAccount(c.ctx(), sdk.AccAddress(key.PubKey().Address()))
	sequence := account.GetSequence() + after
	b := c.app.TxConfig.NewTxBuilder()
	require.NoError(c.t, b.SetMsgs(msg))
	b.SetGasLimit(1_000_000)
	b.SetFeeAmount(udbc(fee))
	if granter != "" {
		b.SetFeeGranter(sdk.MustAccAddressFromBech32(c.address(granter)))
	}
	signature := signing.SignatureV2{PubKey: key.PubKey(), Sequence: sequence, Data: &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT}}
	if !withKey {
		signature.PubKey = nil
	}
	require.NoError(c.t, b.SetSignatures(signature))
	signed, err := clienttx.SignWithPrivKey(c.t.Context(), signing.SignMode_SIGN_MODE_DIRECT,
		authsigning.SignerData{Address: c.address(from), ChainID: chainID, AccountNumber: account.GetAccountNumber(), Sequence: sequence, PubKey: key.PubKey()},
		b, key, c.app.TxConfig, sequence)
	require.NoError(c.t, err)
	if !withKey {
		signed.PubKey = nil
	}
	require.NoError(c.t, b.SetSignatures(signed))
	bz, err := c.app.TxConfig.TxEncoder()(b.GetTx())
	require.NoError(c.t, err)
	return bz
}

// TestFeeGranterLacks verifies that a fee which somebody else was to pay is compared with
// that account's money.
func TestFeeGranterLacks(t *testing.T) {
	t.Parallel()
	c, _ := market(t)
	c.welcome("poor", 3*dbc)
	grant, err := feegrant.NewMsgGrantAllowance(&feegrant.BasicAllowance{},
		sdk.MustAccAddressFromBech32(c.address("poor")), sdk.MustAccAddressFromBech32(c.address("alice")))
	require.NoError(t, err)
	c.ok("poor", grant)
	check := c.checkTx(c.signedWith("alice", "poor", 50*dbc, 0, true, sendTo(c.address("alice"), "bob")))
	said := values(t, "sdk", 5, check.Codespace, check.Code, check.Log)
	require.Equal(t, strconv.FormatUint(50*dbc, 10), said["needed"])
	require.NotEqual(t, "0", said["missing"], "%v", said)
	require.Equal(t, sum(t, said["balance"], said["missing"]), said["needed"])
}

// TestSignatureWithoutAKey verifies that a signature without its public key is refused
// by a sentence, not by a panic whose stack the answer shows.
func TestSignatureWithoutAKey(t *testing.T) {
	t.Parallel()
	c, _ := market(t)
	c.ok("alice", sendTo(c.address("alice"), "bob"))
	check := c.checkTx(c.signedWith("alice", "", 10_000, 0, false, sendTo(c.address("alice"), "bob")))
	require.NotContains(t, check.Log, "goroutine")
	require.Equal(t, []any{"sdk", sdkerrors.ErrInvalidPubKey.ABCICode()}, []any{check.Codespace, check.Code}, check.Log)
}

// TestKeysThatAreNone verifies that a stranger's malformed public keys are refused by a
// sentence, too.
func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	c, _ := market(t)
	short := &secp256k1.PubKey{Key: []byte{1}}
	packed, err := codectypes.NewAnyWithValue(short)
	require.NoError(t, err)
	for name, key := range map[string]cryptotypes.PubKey{
		"short": short, "empty": &secp256k1.PubKey{}, "short, of a validator": &ed25519.PubKey{Key: []byte{1}},
		"a multisig of nobody": &multisig.LegacyAminoPubKey{Threshold: 1},
		"of a member":          &multisig.LegacyAminoPubKey{Threshold: 1, PubKeys: []*codectypes.Any{packed}},
	} {
		b := c.app.TxConfig.NewTxBuilder()
		require.NoError(t, b.SetMsgs(sendTo(c.address("alice"), "bob")))
		b.SetGasLimit(1_000_000)
		b.SetFeeAmount(udbc(10_000))
		require.NoError(t, b.SetSignatures(signing.SignatureV2{
			PubKey: key, Data: &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT, Signature: []byte{1}},
		}))
		bz, err := c.app.TxConfig.TxEncoder()(b.GetTx())
		require.NoError(t, err)
		check := c.checkTx(bz)
		require.NotContains(t, check.Log, "goroutine", name)
		require.Equal(t, []any{"sdk", sdkerrors.ErrInvalidPubKey.ABCICode()}, []any{check.Codespace, check.Code}, "%s: %s", name, check.Log)
	}
}
