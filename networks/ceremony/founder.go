package ceremony

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	"cosmossdk.io/math"

	addresscodec "github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	txsigning "github.com/cosmos/cosmos-sdk/x/tx/signing"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/client/terminal"
	"github.com/dbc-network/dbc/networks"
	"github.com/dbc-network/dbc/x/machine"
)

// ErrGentx means that a founding validator's transaction cannot be part of the genesis.
var ErrGentx = errors.New("transaction of a founding validator")

// founder is a checked transaction.
type founder struct {
	file, moniker, node, peer, consensus string
	operator                             sdk.AccAddress
	// text is the transaction in one form, whatever spaces and order of keys the
	// file has.
	text json.RawMessage
}

// transaction is what a signed transaction of the SDK can tell.
type transaction interface {
	sdk.FeeTx
	sdk.TxWithMemo
	authsigning.SigVerifiableTx
	authsigning.V2AdaptableTx
}

var peerForm = regexp.MustCompile(`^[0-9a-f]{40}@[A-Za-z0-9.:\[\]-]{3,260}$`)

// check returns the founder of a file, or why the file cannot be used.
func check(a *app.App, n *networks.Network, g networks.Gentx, minCommission math.LegacyDec) (founder, error) {
	f, err := guarded(func() (founder, error) { return examine(a, n, g, minCommission) })
	if err != nil {
		// The SDK's errors repeat what the file has, which may control a terminal.
		return founder{}, fmt.Errorf("%w, %s: %s", ErrGentx, g.File, terminal.Plain(err.Error()))
	}
	f.file = g.File
	return f, nil
}

// guarded turns a panic into an error. The SDK's decoder and getters take it for granted
// that a transaction has each of its parts, and a key its size; on a chain its base
// application recovers from that, and here a stranger's file must not end the ceremony.
func guarded(examine func() (founder, error)) (f founder, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, err = founder{}, fmt.Errorf("a part of it is missing or has another form (%v); make it again with dbcd genesis gentx", r)
		}
	}()
	return examine()
}

func examine(a *app.App, n *networks.Network, g networks.Gentx, minCommission math.LegacyDec) (founder, error) {
	decoded, err := a.TxConfig.TxJSONDecoder()(g.Text)
	if err != nil {
		return founder{}, fmt.Errorf("parse it: %w", err)
	}
	tx, ok := decoded.(transaction)
	if !ok {
		return founder{}, fmt.Errorf("it is a %T; a signed transaction is wanted", decoded)
	}
	if len(tx.GetMsgs()) != 1 {
		return founder{}, fmt.Errorf("it has %d messages; one is wanted", len(tx.GetMsgs()))
	}
	msg, ok := tx.GetMsgs()[0].(*stakingtypes.MsgCreateValidator)
	if !ok {
		return founder{}, fmt.Errorf("its message is %s; %s is wanted", sdk.MsgTypeURL(tx.GetMsgs()[0]), sdk.MsgTypeURL(&stakingtypes.MsgCreateValidator{}))
	}
	if !tx.GetFee().IsZero() || len(tx.FeeGranter()) > 0 {
		return founder{}, fmt.Errorf("its fee is %s; none is wanted, since nobody earns it in a genesis", tx.GetFee())
	}
	f, err := validator(msg, n.Ceremony, minCommission)
	if err != nil {
		return founder{}, err
	}
	if err := signed(a, n.ChainID, tx, f.operator); err != nil {
		return founder{}, err
	}
	f.peer = tx.GetMemo()
	if f.node, err = nodeOf(f.peer); err != nil {
		return founder{}, err
	}
	f.text, err = a.TxConfig.TxJSONEncoder()(decoded)
	return f, err
}

// validator checks what the message promises.
func validator(msg *stakingtypes.MsgCreateValidator, terms networks.Ceremony, minCommission math.LegacyDec) (founder, error) {
	address, err := sdk.ValAddressFromBech32(msg.ValidatorAddress)
	if err != nil {
		return founder{}, fmt.Errorf("validator_address %q: %w", msg.ValidatorAddress, err)
	}
	key, ok := msg.Pubkey.GetCachedValue().(cryptotypes.PubKey)
	if !ok || key.Type() != ed25519.KeyType {
		return founder{}, errors.New("pubkey: the consensus key of a validator is of kind ed25519")
	}
	least, most := math.NewIntFromUint64(terms.MinStake), math.NewIntFromUint64(terms.MaxStake)
	switch {
	case msg.Value.Denom != machine.Denom || msg.Value.Amount.LT(least) || msg.Value.Amount.GT(most):
		return founder{}, fmt.Errorf("value %s: %s to %s%s are wanted", msg.Value, least, most, machine.Denom)
	case msg.Commission.Rate.LT(minCommission):
		return founder{}, fmt.Errorf("commission.rate %s: %s or more is wanted", msg.Commission.Rate, minCommission)
	case strings.TrimSpace(msg.Description.Moniker) == "" || strings.ContainsFunc(msg.Description.Moniker, unprintable):
		return founder{}, fmt.Errorf("description.moniker %q: a name in printable letters is wanted", msg.Description.Moniker)
	}
	if _, err := msg.Description.EnsureLength(); err != nil {
		return founder{}, fmt.Errorf("description: %w", err)
	}
	if err := msg.Validate(addresscodec.NewBech32Codec(sdk.GetConfig().GetBech32ValidatorAddrPrefix())); err != nil {
		return founder{}, fmt.Errorf("commission %s of at most %s, changed by at most %s a day, and min_self_delegation %s: %w",
			msg.Commission.Rate, msg.Commission.MaxRate, msg.Commission.MaxChangeRate, msg.MinSelfDelegation, err)
	}
	operator := sdk.AccAddress(address)
	if msg.DelegatorAddress != "" && msg.DelegatorAddress != operator.String() { //nolint:staticcheck // files of older programs have it
		return founder{}, fmt.Errorf("delegator_address %q: it is %s for this validator", msg.DelegatorAddress, operator) //nolint:staticcheck // as above
	}
	return founder{operator: operator, moniker: msg.Description.Moniker, consensus: key.Address().String()}, nil
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }

// signed verifies the only signature, which covers the chain id.
func signed(a *app.App, chainID string, tx transaction, operator sdk.AccAddress) error {
	signatures, err := tx.GetSignaturesV2()
	if err != nil {
		return fmt.Errorf("read its signature: %w", err)
	}
	if len(signatures) != 1 {
		return fmt.Errorf("it has %d signatures; one is wanted", len(signatures))
	}
	key, ok := signatures[0].PubKey.(*secp256k1.PubKey)
	if !ok || len(key.Key) != secp256k1.PubKeySize {
		return fmt.Errorf("its signer's key is a %T; secp256k1 is wanted", signatures[0].PubKey)
	}
	if signer := sdk.AccAddress(key.Address()); !signer.Equals(operator) {
		return fmt.Errorf("it is signed by %s; its validator, %s, has to sign it", signer, operator)
	}
	packed, err := codectypes.NewAnyWithValue(key)
	if err != nil {
		return fmt.Errorf("pack its signer's key: %w", err)
	}
	data := txsigning.SignerData{
		Address: operator.String(), ChainID: chainID,
		PubKey: &anypb.Any{TypeUrl: packed.TypeUrl, Value: packed.Value},
	}
	err = authsigning.VerifySignature(context.Background(), key, data, signatures[0].Data, a.TxConfig.SignModeHandler(), tx.GetSigningTxData())
	if err != nil {
		return fmt.Errorf("its signature is not over this content for chain %s; make it again with dbcd genesis gentx --chain-id %s: %w", chainID, chainID, err)
	}
	return nil
}

// nodeOf returns the node id of a memo, which dbcd genesis gentx writes as id@host:port.
func nodeOf(memo string) (string, error) {
	id, address, _ := strings.Cut(memo, "@")
	host, port, err := net.SplitHostPort(address)
	if number, portErr := strconv.ParseUint(port, 10, 16); !peerForm.MatchString(memo) || err != nil || host == "" || portErr != nil || number == 0 {
		return "", fmt.Errorf("memo %q: its node as id@host:port is wanted, as dbcd genesis gentx --ip and --p2p-port write it", memo)
	}
	return id, nil
}
